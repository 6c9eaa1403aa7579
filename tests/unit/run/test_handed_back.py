"""What a process does not copy while others copy as well."""

import os
from errno import EINTR
from pathlib import Path
from typing import Any

import pytest

from pycp import system
from pycp.entries import Entry
from pycp.plan.links import Memory
from pycp.run.handed_back import HandedBack
from pycp.run.level import IN_TURN
from pycp.run.worker import Others
from pycp.system.folder import Folder
from pycp.values import REGULAR, SYMLINK
from tests.unit.rooms import job, opened_folder


class Above:
    """A directory that waits for names handed back."""

    depth = pending = 0


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    """Return a folder whose destinations are a file, one of two names, and a symbolic link."""
    monkeypatch.chdir(tmp_path)
    for name in "sd":
        Path(name).mkdir()
    for name in ("plain", "linked", "symlink", "new"):
        Path("s", name).touch()
    Path("d/plain").touch()
    Path("d/linked").touch()
    os.link("d/linked", "d/other")
    Path("d/symlink").symlink_to("plain")
    return opened_folder()


def counts(folder: Folder, has_turns: bool = True, **options: Any) -> dict[str, int]:
    """Return what names are handed back with."""
    handed_back = HandedBack(job(**options), Memory())
    handed_back.has_turns = has_turns
    above: Any = Above()
    for name in os.listdir("s"):
        handed_back.take(Entry(folder, name), above, REGULAR)
    assert above.pending == len(handed_back.names)
    return {name: count for _above, name, _identity, count in handed_back.names}


def test_what_links_lead_to_is_written_in_turn(folder: Folder) -> None:
    assert counts(folder) == {"linked": IN_TURN, "symlink": IN_TURN}
    assert counts(folder, has_turns=False) == {}


@pytest.mark.parametrize("side", ["source_directory", "destination_directory"])
def test_what_cannot_be_looked_at_waits_for_its_turn(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, side: str
) -> None:
    """Another name of its set may be copied by somebody else."""

    def fail(name: str, *, dir_fd: int, follow_symlinks: bool) -> os.stat_result:
        if name == "plain" and dir_fd == getattr(folder, side).fd:
            raise InterruptedError(EINTR, "")
        return os.stat(name, dir_fd=dir_fd, follow_symlinks=follow_symlinks)

    monkeypatch.setattr(system, "stat", fail)
    assert counts(folder, preserve_links=True)["plain"] == IN_TURN
    assert counts(folder, has_turns=False, preserve_links=True) == {}


def test_what_is_not_written_needs_no_turn(folder: Folder) -> None:
    assert counts(folder, hard_link=True) == counts(folder, symbolic_link=True) == {}
    folder.is_new = True
    assert counts(folder) == {}


def test_what_is_removed_because_it_has_other_names_waits_for_its_turn(folder: Folder) -> None:
    assert counts(folder, hard_link=True, preserve_links=True)["linked"] == IN_TURN
    assert counts(folder, symbolic_link=True, preserve_links=True)["linked"] == IN_TURN


def test_a_symbolic_link_is_not_written_through_by_another(folder: Folder) -> None:
    handed_back = HandedBack(job(), Memory())
    handed_back.has_turns = True
    above: Any = Above()
    assert not handed_back.take(Entry(folder, "symlink"), above, SYMLINK)
    assert handed_back.take(Entry(folder, "linked"), above, SYMLINK)


@pytest.mark.parametrize(
    ("options", "count"),
    [
        ({"preserve_links": True}, None),
        ({"update": "older"}, IN_TURN),
        ({"update": "older", "resume": True}, None),
        ({}, None),
    ],
)
def test_names_that_only_stay_together_if_they_stay_wait_for_their_turn(
    folder: Folder, options: dict[str, Any], count: int | None
) -> None:
    os.link("s/new", "s/more")
    found = counts(folder, **options)
    assert (found.get("new"), found.get("more")) == (count, count)


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({"preserve_links": True, "resume": True}, {"symlink"}),
        ({"preserve_links": True}, {"symlink"}),
        ({"update": "older", "resume": True}, {"linked", "symlink"}),
    ],
)
def test_a_first_name_of_a_link_set_is_written_in_turn_as_well(
    folder: Folder, options: dict[str, Any], names: set[str]
) -> None:
    for name in ("plain", "linked", "symlink"):
        os.link(f"s/{name}", f"s/also {name}")
    memory = Memory()
    memory.elsewhere = Others()
    handed_back = HandedBack(job(**options), memory)
    handed_back.has_turns, handed_back.has_sets_in_turn = True, False
    above: Any = Above()
    for name in os.listdir("s"):
        handed_back.take(Entry(folder, name), above, REGULAR)
    assert {name for _above, name, _key, count in handed_back.names if count == IN_TURN} == names

"""What a dry run foresees of attributes that could not be set."""

import os
from pathlib import Path

import pytest

from pycp.engine import dry_directory, dry_regular
from pycp.engine.attributes import Made
from pycp.engine.directory import Filled
from pycp.engine.dry_directory import foresee_attributes, foresee_parent, list_pretended
from pycp.errors import CopyError, SilentError
from pycp.plan.links import Copies
from pycp.quoting import quote_word
from pycp.system.folder import Directory, identity
from pycp.system.nodes import changed
from pycp.system.overlay import Overlay, Pretended
from tests.unit.rooms import entry, job

DENIED = "Operation not permitted"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkdir("d")


def nobodys() -> os.stat_result:
    return changed(os.stat("d"), st_uid=os.geteuid() + 1)


@pytest.mark.parametrize(
    ("options", "is_privileged", "told"),
    [
        (["timestamps", "ownership", "mode"], True, f"preserving times for 'd': {DENIED}"),
        (["ownership", "mode"], True, f"clearing permissions for 'd': {DENIED}"),
        (["ownership"], True, f"failed to preserve ownership for 'd': {DENIED}"),
        (["ownership"], False, None),
        (["ownership", "mode"], False, ""),
        (["mode"], False, f"preserving permissions for {quote_word('d')}: {DENIED}"),
        ([], True, None),
    ],
)
def test_attributes_that_could_not_be_set_are_foreseen(
    monkeypatch: pytest.MonkeyPatch, options: list[str], is_privileged: bool, told: str | None
) -> None:
    monkeypatch.setattr(dry_directory, "_is_protected", lambda _directory: True)
    work = job(**{f"preserve_{name}": True for name in options})
    work.is_privileged = is_privileged
    if told is None:
        foresee_attributes(work, entry("s", "d"), os.stat("d"), nobodys())
        return
    with pytest.raises(CopyError) as problem:
        foresee_attributes(work, entry("s", "d"), os.stat("d"), nobodys())
    assert (str(problem.value), isinstance(problem.value, SilentError)) == (told, not told)


@pytest.mark.parametrize(
    ("options", "is_privileged", "told"),
    [
        (["timestamps", "ownership", "mode"], True, "times"),
        (["ownership", "mode"], True, "ownership"),
        (["ownership", "mode"], False, "permissions"),
        (["ownership"], False, ""),
    ],
)
def test_attributes_of_directories_above_are_foreseen(
    monkeypatch: pytest.MonkeyPatch, options: list[str], is_privileged: bool, told: str
) -> None:
    above = Pretended(Directory(None, "d", os.open("d", os.O_RDONLY), "d"), Overlay())
    work = job(**{f"preserve_{name}": True for name in options})
    work.is_privileged = is_privileged
    foresee_parent(work, above, None)  # it is ours
    monkeypatch.setattr(dry_directory, "_is_protected", lambda _directory: True)
    try:
        if not told:
            foresee_parent(work, above, None)
            return
        with pytest.raises(CopyError) as problem:
            foresee_parent(work, above, None)
        assert str(problem.value) == f"failed to preserve {told} for 'd': {DENIED}"
    finally:
        above.close()


def test_a_source_that_would_be_gone_by_then_cannot_be_read() -> None:
    made = entry("missing", "b")
    overlay = Overlay()
    dry_directory.pretend_folder(made, overlay)
    overlay.changed[(0, 0)] = os.stat("d")
    with pytest.raises(CopyError, match="cannot open 'missing' for reading: No such file or dir"):
        dry_regular._require_readable(made, os.stat("d"))


def test_another_directory_in_the_place_of_one_that_would_be_there_is_skipped() -> None:
    top = Pretended(Directory(None, "", None), Overlay())
    top.mkdir("new", 0o755)
    below = top.enter("new", "new")
    below.id = identity(os.stat("d"))
    made = entry("new", "copy")
    made.folder.source_directory = below
    filled = Filled(made, made.folder, os.stat("d"), Made(os.stat("d"), True, 0))
    with pytest.raises(CopyError, match="skipping directory 'new', as it was replaced"):
        list_pretended(job(), filled, Copies())

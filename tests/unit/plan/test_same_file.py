"""The verdict on two names of one file, option by option."""

import os
from pathlib import Path
from typing import Any

import pytest

from pycp.entries import Entry
from pycp.options import CopyOptions
from pycp.plan.same_file import is_same_entry, judge
from pycp.system.folder import Directory, Folder, identity

NEVER = {"dereference": "never"}
ALWAYS = {"dereference": "always"}
BACKUP = {"backup": "simple"}
REMOVE = {"remove_destination": True}
LINK = {"hard_link": True}
SYMBOLIC = {"symbolic_link": True}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand among files that are the same in every way."""
    monkeypatch.chdir(tmp_path)
    Path("f").touch()
    Path("other").touch()
    os.link("f", "hard")
    os.symlink("f", "soft")
    os.symlink("f", "soft2")
    os.symlink("other", "elsewhere")
    os.link("soft", "hardsoft", follow_symlinks=False)
    os.mkdir("d")
    os.link("f", "d/f")
    return tmp_path


def verdict(source: str, destination: str, **options: Any) -> str:
    """Return the verdict on two operands."""
    chosen = CopyOptions(**options)
    folder = Folder(None, Directory(None, ".", None, "."), Directory(None, ".", None, "."), False)
    entry = Entry(folder, source, is_operand=True)
    entry.destination_name = destination
    entry.name_operands(source, destination)
    follows = chosen.dereference != "never"
    itself = destination_itself = not follows
    if chosen.remove_destination or chosen.backup != "none":
        destination_itself = True
    return judge(
        entry,
        os.stat(source, follow_symlinks=not itself),
        os.stat(destination, follow_symlinks=not destination_itself),
        chosen,
    )


@pytest.mark.parametrize(
    ("source", "destination", "options", "expected"),
    [
        ("f", "other", ALWAYS, "distinct"),
        ("f", "f", ALWAYS, "same"),
        ("f", "./f", ALWAYS, "same"),
        ("f", "hard", ALWAYS, "same"),
        ("f", "soft", ALWAYS, "same"),
        ("soft", "f", ALWAYS, "same"),
        ("soft", "soft2", ALWAYS, "same"),
        ("soft", "elsewhere", ALWAYS, "distinct"),
        ("f", "f", NEVER, "same"),
        ("f", "hard", NEVER, "same"),
        ("soft", "soft", NEVER, "same"),
        ("soft", "hardsoft", NEVER, "nothing to do"),
        ("soft", "soft2", NEVER, "distinct"),
        ("f", "f", ALWAYS | BACKUP, "same"),
        ("f", "hard", ALWAYS | BACKUP, "distinct"),
        ("soft", "hardsoft", NEVER | BACKUP, "distinct"),
        ("f", "f", ALWAYS | REMOVE, "same"),
        ("f", "hard", ALWAYS | REMOVE, "distinct"),
        ("f", "d/f", ALWAYS | REMOVE, "distinct"),
        ("f", "f", ALWAYS | LINK, "nothing to do"),
        ("f", "hard", NEVER | LINK, "nothing to do"),
        ("f", "other", NEVER | LINK, "distinct"),
        ("f", "soft", ALWAYS | SYMBOLIC, "distinct"),
        ("f", "hard", ALWAYS | SYMBOLIC, "same"),
    ],
    ids=str,
)
def test_two_names_of_one_file(
    source: str, destination: str, options: dict[str, Any], expected: str
) -> None:
    assert verdict(source, destination, **options) == expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("f", "f", True),
        ("f", "./f", True),
        ("f", "d/../f", True),
        ("f", "hard", False),
        ("f", "d/f", False),
        ("d/f", "d//f", True),
        ("d/", "d", True),
        ("gone/f", "gone/f", False),
    ],
)
def test_one_directory_entry_is_told_from_two(one: str, other: str, expected: bool) -> None:
    here = Directory(None, ".", None, ".")
    assert is_same_entry(here, one, here, other) == expected


def test_a_directory_held_by_descriptor_is_known_by_its_identity() -> None:
    here = Directory(None, ".", None, ".")
    below = Directory(None, "d", os.open("d", os.O_RDONLY), "d")
    try:
        below.id = identity(os.stat("d"))
        assert is_same_entry(here, "d/f", below, "f")
        assert not is_same_entry(here, "f", below, "f")
    finally:
        below.close()

"""Names of backups: simple, numbered, and those that would be too long."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from pycp.options import CopyOptions
from pycp.plan.backup import backup_name
from pycp.system import mounts
from pycp.system.folder import Directory


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the working directory of a test."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def name_of(name: str, **options: Any) -> str:
    """Return the name of a backup."""
    backup = backup_name(name, f"shown/{name}", Directory(None, "", None), CopyOptions(**options))
    assert backup.shown == f"shown/{backup.name}"
    return backup.name


@pytest.mark.parametrize(
    ("control", "others", "expected"),
    [
        ("simple", [], "f~"),
        ("simple", ["f.~3~"], "f~"),
        ("existing", [], "f~"),
        ("existing", ["f~", "f.~0~", "f.~01~", "f.~x~", "f.~1", "ff.~1~"], "f~"),
        ("existing", ["f.~3~"], "f.~4~"),
        ("numbered", [], "f.~1~"),
        ("numbered", ["f.~9~", "f.~10~"], "f.~11~"),
        ("numbered", ["f.~1~", "f.~99999999999999999999~"], "f.~100000000000000000000~"),
        ("numbered", ["f.~1~x", "f.~-1~", "f.~ 1~", "f.~\N{SUPERSCRIPT ONE}~"], "f.~1~"),
    ],
)
def test_a_number_follows_the_highest(
    here: Path, control: str, others: Sequence[str], expected: str
) -> None:
    for other in others:
        (here / other).touch()
    assert name_of("f", backup=control, suffix="~") == expected


@pytest.mark.parametrize("name", ["d/f", "d//f", "./f", "d/f/"])
def test_a_backup_stands_beside_its_file(here: Path, name: str) -> None:
    (here / "d").mkdir()
    stem = name.rstrip("/")
    assert name_of(name, backup="simple", suffix=".bak") == f"{stem}.bak"
    (here / f"{stem}.~4~").touch()
    assert name_of(name, backup="numbered", suffix=".bak") == f"{stem}.~5~"


def test_a_directory_that_cannot_be_listed_has_no_numbers(here: Path) -> None:
    assert name_of("nowhere/f", backup="existing", suffix="~") == "nowhere/f~"


@pytest.mark.parametrize("character", ["x", "\N{SNOWMAN}", "\udcff"], ids=ascii)
@pytest.mark.parametrize("room", [255, 143, 30])
@pytest.mark.parametrize("left", [7, 6, 5, 4, 3, 1, 0])
def test_a_long_name_makes_room_for_its_suffix(
    here: Path, monkeypatch: pytest.MonkeyPatch, character: str, room: int, left: int
) -> None:
    monkeypatch.setattr(mounts, "longest_name", lambda _above, _dir_fd: room)
    length = room - left
    raw = (os.fsencode(character) * length)[:length]
    name = os.fsdecode(raw)
    (here / name).touch()
    made = name_of(name, backup="numbered", suffix="~")
    if left > len(".~1~"):
        assert made == f"{name}.~1~"
    else:
        assert os.fsencode(made) == raw[: room - 2] + b"~"
    os.rename(name, made)


@pytest.mark.parametrize(
    ("stem", "made"),
    [
        ("\N{SNOWMAN}" * 250, "\N{SNOWMAN}" * 250 + ".~1~"),
        ("\N{SNOWMAN}" * 253, "\N{SNOWMAN}" * 253 + "~"),
        ("n" * 255, "n" * 254 + "~"),
        ("n" + "\N{GRINNING FACE}" * 127, "n" + "\N{GRINNING FACE}" * 126 + "~"),
    ],
)
def test_where_a_name_may_have_so_many_letters_they_are_counted(
    monkeypatch: pytest.MonkeyPatch, stem: str, made: str
) -> None:
    monkeypatch.setattr(mounts, "longest_name", lambda _above, _dir_fd: 255 * 6)
    assert name_of(stem, backup="numbered", suffix="~") == made


def test_the_room_for_a_name_is_that_of_its_directory(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def told(above: str, _dir_fd: int | None) -> int:
        asked.append(above)
        return 255

    monkeypatch.setattr(mounts, "longest_name", told)
    for name in ("d/" + "n" * 255, "n" * 255, "short"):
        name_of(name, backup="existing", suffix="~")
    assert asked == ["d/", "."]

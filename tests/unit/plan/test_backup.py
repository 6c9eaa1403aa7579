"""Names of backups: simple, numbered, and those that would be too long."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from pycp.options import CopyOptions
from pycp.plan.backup import LONGEST, backup_name
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
@pytest.mark.parametrize("length", [LONGEST - 6, LONGEST - 5, LONGEST - 4, LONGEST, LONGEST + 1])
def test_a_long_name_makes_room_for_its_suffix(here: Path, character: str, length: int) -> None:
    raw = (os.fsencode(character) * length)[:length]
    name = os.fsdecode(raw)
    (here / name).touch()
    made = name_of(name, backup="numbered", suffix="~")
    if length <= LONGEST - len(".~1~"):
        assert made == f"{name}.~1~"
    else:
        assert os.fsencode(made) == raw[: LONGEST - 1] + b"~"
    os.rename(name, made)

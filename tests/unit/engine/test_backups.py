"""Finding a number for a backup comes to an end, whatever the file system says."""

import errno
from pathlib import Path

import pytest

from pycp.engine import write
from pycp.entries import Backup
from pycp.errors import CopyError
from tests.unit import rooms


def kept(monkeypatch: pytest.MonkeyPatch, directory: Path, makes: bool, attempts: int) -> int:
    """Keep a numbered backup where each number is taken; return how many were tried.

    `makes` leaves a file of the name that is said to be taken. After some attempts it works.
    """
    monkeypatch.chdir(directory)
    tried: list[str] = []

    def keep(backup: Backup) -> None:
        tried.append(backup.name)
        if len(tried) > attempts:
            return
        if makes:
            (directory / backup.name).touch()
        raise FileExistsError(errno.EEXIST, "File exists")

    write.keep_backup(rooms.entry("a", "b"), Backup("b.~1~", "b.~1~", 1), keep)
    return len(set(tried))


def test_each_number_that_is_taken_is_passed_over(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert kept(monkeypatch, tmp_path, True, 300) == 301


def test_a_number_that_was_given_up_is_taken(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert kept(monkeypatch, tmp_path, False, 5) == 1


@pytest.mark.parametrize("makes", [False, True], ids=["nobody has it", "it is there at once"])
def test_a_file_system_that_says_so_of_every_name_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, makes: bool
) -> None:
    monkeypatch.setattr(write, "MOST_NUMBERS", 1000)
    with pytest.raises(CopyError, match="cannot backup 'b': File exists"):
        kept(monkeypatch, tmp_path, makes, 2000)

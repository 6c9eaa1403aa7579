"""What a failure on the way back up a tree leaves behind: nothing."""

import os
from pathlib import Path

import pytest

from pycp import system
from pycp.system.folder import CLOSED, Directory, identity


@pytest.mark.parametrize("from_child", [False, True])
def test_a_failing_look_at_a_directory_leaves_nothing_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, from_child: bool
) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    top = Directory(None, "", os.open(tmp_path, os.O_RDONLY), "top")
    above = Directory(top, "a", CLOSED)
    above.id = identity(os.stat(tmp_path / "a"))
    below = Directory(above, "b", os.open(tmp_path / "a/b", os.O_RDONLY))
    before = os.listdir("/proc/self/fd")

    def fail(_fd: int) -> os.stat_result:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(system, "fstat", fail)
    with pytest.raises(OSError):
        above.reopen(below if from_child else None)
    assert above.fd == CLOSED
    assert os.listdir("/proc/self/fd") == before
    below.close()
    top.close()


def test_a_directory_moved_away_is_still_found_from_above(tmp_path: Path) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    top = Directory(None, "", os.open(tmp_path, os.O_RDONLY), "top")
    above = Directory(top, "a", CLOSED)
    above.id = identity(os.stat(tmp_path / "a"))
    below = Directory(above, "b", os.open(tmp_path / "a/b", os.O_RDONLY))
    os.rename(tmp_path / "a/b", tmp_path / "moved")
    above.reopen(below)  # whose ".." is the top now
    assert above.fd is not None
    assert identity(os.fstat(above.fd)) == above.id
    for directory in (below, above, top):
        directory.close()

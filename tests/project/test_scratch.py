"""What tests leave behind when they fail or are killed: nothing that others stumble over."""

import os
import signal
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests import comparison, extent, needs, tree
from tests.memory import MEMORY
from tests.scratch import PREFIX, own_directory


def test_the_next_one_removes_what_a_killed_process_left(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            made = own_directory(str(tmp_path))
            tree.build(f"{made}/tree", "d/@0500 d/f", (os.geteuid(), os.getegid()))
            os.write(writing, b"made")
            signal.pause()
        finally:
            os._exit(1)
    os.read(reading, 4)
    (left,) = tmp_path.glob(f"{PREFIX}*")
    held = Path(own_directory(str(tmp_path)))
    assert left.exists()
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    last = Path(own_directory(str(tmp_path)))
    assert {*tmp_path.iterdir()} == {held, last}
    os.close(reading)
    os.close(writing)


def test_a_tree_that_cannot_be_built_is_not_there(tmp_path: Path) -> None:
    root = tmp_path / "tree"
    with pytest.raises(FileNotFoundError):
        tree.build(str(root), "d/f h=nothing", (os.geteuid(), os.getegid()))
    assert not root.exists()


@pytest.mark.parametrize(
    ("blocks", "flags", "why"),
    [
        (1000, 0, "there is too little room"),
        (1 << 20, os.ST_NODEV, "devices have no effect"),
        (1 << 20, os.ST_NOEXEC, "programs have no effect"),
        (1 << 20, os.ST_NOSUID, "ids have no effect"),
    ],
)
def test_trees_are_on_disk_where_memory_does_less(
    blocks: int, flags: int, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = SimpleNamespace(f_bavail=blocks, f_frsize=4096, f_flag=flags)
    monkeypatch.setattr(os, "statvfs", lambda _place: found)
    monkeypatch.setattr(needs, "why_not_like_a_disk", needs.why_not_like_a_disk.__wrapped__)
    assert needs.why_not_like_a_disk(MEMORY) == why
    assert comparison.for_trees() == "/tmp"


def test_trees_of_a_thorough_run_are_on_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(needs, "why_not_like_a_disk", lambda _place: "")
    monkeypatch.setattr(extent, "IS_THOROUGH", False)
    assert comparison.for_trees() == MEMORY
    monkeypatch.setattr(extent, "IS_THOROUGH", True)
    assert comparison.for_trees() == "/tmp"

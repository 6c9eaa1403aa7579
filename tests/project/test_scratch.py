"""What tests leave behind when they fail or are killed: nothing that others stumble over."""

import os
import signal
from pathlib import Path

import pytest

from tests import tree
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

"""When a tree is shared: where calls are slow, and not where processors are busy."""

import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pycp import system
from pycp.options import CopyOptions
from pycp.run import tree as tree_module
from pycp.run.crew import AHEAD, Crew
from pycp.run.serial import run_serial
from pycp.run.tree import LOOK, SLOW, SMALL_PIECE, WAITING_PROCESSES, Tree
from tests.tree import build
from tests.unit.rooms import Heard, job


class Clocks:
    """Clocks that stand still but while a file is copied."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, waiting: float, queued: float) -> None:
        self.now = self.in_queue = 0.0
        self.shared: list[tuple[int, int]] = []

        def open_slowly(*arguments: Any, **more: Any) -> int:
            self.now += waiting / 2  # the source is opened, and the destination
            self.in_queue += queued / 2
            return os.open(*arguments, **more)

        monkeypatch.setattr(system, "open", open_slowly)
        monkeypatch.setattr(system, "queued", lambda: self.in_queue)
        monkeypatch.setattr(tree_module, "time", self)
        monkeypatch.setattr(Tree, "_share", lambda _tree, *how: self.shared.append(how))

    def monotonic(self) -> float:
        """Return the time of day."""
        return self.now

    def process_time(self) -> float:
        """Return what of it we were running."""
        return 0.0


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "Callable[[int], None]":
    """Return a function that copies a directory of so many files."""

    def copy_files(count: int) -> None:
        build(
            str(tmp_path / "t"),
            " ".join(f"s/f{number}" for number in range(count)),
            (os.geteuid(), os.getegid()),
        )
        monkeypatch.chdir(tmp_path / "t")
        run_serial(CopyOptions(recursive=True, dereference="never"), ["s", "d"], Heard())

    return copy_files


def test_a_few_slow_files_are_enough_to_share_the_others(
    copy: "Callable[[int], None]", monkeypatch: pytest.MonkeyPatch
) -> None:
    clocks = Clocks(monkeypatch, waiting=LOOK * SLOW, queued=0)
    copy(2)
    assert (WAITING_PROCESSES, SMALL_PIECE) in clocks.shared


@pytest.mark.parametrize(("waiting", "queued"), [(SLOW / 2, 0), (LOOK * SLOW, LOOK * SLOW)])
def test_quick_calls_and_busy_processors_are_no_reason_to_share(
    copy: "Callable[[int], None]", monkeypatch: pytest.MonkeyPatch, waiting: float, queued: float
) -> None:
    clocks = Clocks(monkeypatch, waiting, queued)
    copy(3 * LOOK)
    assert clocks.now > LOOK * SLOW
    assert clocks.shared == []


class Idle:
    """A worker that does nothing."""


def test_a_worker_is_started_only_when_all_others_are_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Crew, "_start", lambda _crew, _lane: Idle())
    tree: Any = SimpleNamespace(job=job())
    root: Any = SimpleNamespace(folder=None)
    crew = Crew(tree, root, count=2, piece=SMALL_PIECE)
    tasks: Any = crew._tasks
    first = crew._next_worker()
    assert crew._next_worker() is first
    tasks[first].append([])
    second = crew._next_worker()
    assert second is not first
    tasks[second].append([])
    for _ in range(2, 2 * AHEAD):
        tasks[crew._next_worker()].append([])
    assert crew._next_worker() is None
    assert len(tasks) == 2

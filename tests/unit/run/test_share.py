"""When a tree is shared: where calls are slow, and not where processors are busy."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pycp import system
from pycp.options import CopyOptions
from pycp.run import share, tree
from pycp.run.serial import run_serial
from pycp.run.share import LOOK, MOST_WAITING, SOME, WORTH_A_FORK, WORTH_A_LOOK, processes
from pycp.system import worker
from tests.tree import build
from tests.unit.rooms import Heard


class Clocks:
    """Clocks that stand still but while a file is copied."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, waiting: float, queued: float, slow: int = 1000
    ) -> None:
        self.now = self.in_queue = self.ran = 0.0
        self.slow = slow
        self.shared: list[tuple[float, float]] = []

        def open_slowly(*arguments: Any, **more: Any) -> int:
            if not self.slow:
                self.now, self.ran = self.now + WORTH_A_LOOK, self.ran + WORTH_A_LOOK
            elif arguments[0].startswith("f"):
                self.slow -= 1
                self.now += waiting / 2  # the source is opened, and the destination
                self.in_queue += queued / 2
            return os.open(*arguments, **more)

        def keep(_walk: object, _stack: object, _jobs: int, *times: float) -> bool:
            self.shared.append((times[0], times[1]))
            return False

        monkeypatch.setattr(system, "open", open_slowly)
        monkeypatch.setattr(system, "queued", lambda: self.in_queue)
        monkeypatch.setattr(share, "time", self)
        monkeypatch.setattr(tree, "_share", keep)

    def monotonic(self) -> float:
        """Return the time of day."""
        return self.now

    def process_time(self) -> float:
        """Return what of it we were running."""
        return self.ran


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
    clocks = Clocks(monkeypatch, waiting=1.1 * WORTH_A_FORK, queued=0)
    copy(3)
    ((wall, waited),) = clocks.shared
    assert waited == wall > WORTH_A_FORK


def test_one_file_that_is_waited_for_is_no_reason_to_share(
    copy: "Callable[[int], None]", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(share, "LONG", 1e9)
    clocks = Clocks(monkeypatch, waiting=50 * WORTH_A_FORK, queued=0, slow=2)
    copy(3 * LOOK)
    assert clocks.slow == 0
    assert clocks.shared == []


def test_what_keeps_a_processor_busy_is_shared_however_few_entries_there_are(
    copy: "Callable[[int], None]", monkeypatch: pytest.MonkeyPatch
) -> None:
    clocks = Clocks(monkeypatch, waiting=0, queued=0, slow=0)
    copy(3 * LOOK)
    ((_wall, waited),) = clocks.shared
    assert clocks.ran > share.LONG
    assert waited < WORTH_A_LOOK


@pytest.mark.parametrize(
    ("waiting", "queued"), [(WORTH_A_FORK / 4 / LOOK, 0), (WORTH_A_FORK, WORTH_A_FORK)]
)
def test_quick_calls_and_busy_processors_are_no_reason_to_share(
    copy: "Callable[[int], None]", monkeypatch: pytest.MonkeyPatch, waiting: float, queued: float
) -> None:
    clocks = Clocks(monkeypatch, waiting, queued)
    copy(3 * LOOK)
    assert clocks.now > WORTH_A_FORK / 2
    assert clocks.shared == []


@pytest.mark.parametrize(
    ("wall", "waited", "expected"),
    [
        (1.0, 0.0, 2),
        (1.0, SOME - 0.01, 2),
        (1.0, 0.25, 8),
        (1.0, 0.5, MOST_WAITING),
        (1.0, 0.999, MOST_WAITING),
        (0.01, 0.01, 2),
    ],
)
def test_more_processes_wait_the_more_there_is_to_wait(
    monkeypatch: pytest.MonkeyPatch, wall: float, waited: float, expected: int
) -> None:
    monkeypatch.setattr(worker, "processors", lambda: 2)
    assert processes(0, wall, waited) == expected


def test_a_number_the_user_gave_stands() -> None:
    assert processes(3, 1.0, 1.0) == 3

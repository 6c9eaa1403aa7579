"""--bwlimit: no more bytes in a second than are allowed, over all files of a run."""

import os
import shlex
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycp import system
from pycp.engine import rate as rate_module
from pycp.engine.rate import BURST, STEPS, Pace
from pycp.options import CopyOptions
from pycp.run.serial import run_serial
from tests.programs import Programs
from tests.unit.engine.copying import FEW
from tests.unit.rooms import Heard

MARGIN = 2 * rate_module.WORTH_A_SLEEP


class Clock:
    """A clock that goes on only when somebody sleeps or works."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(rate_module, "time", made)
    return made


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def passed(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> list[tuple[float, int]]:
    """Return the list that writes are noted in: when, and how many bytes."""
    noted: list[tuple[float, int]] = []

    def write(fd: int, data: Any) -> int:
        noted.append((clock.now, len(data)))
        return os.write(fd, data)

    monkeypatch.setattr(system, "write", write)
    return noted


@pytest.mark.parametrize("rate", [1, 3000, 500_000])
@pytest.mark.parametrize("files", [1, 200])
def test_the_rate_is_kept_over_large_and_many_small_files(
    rate: int, files: int, clock: Clock, passed: list[tuple[float, int]]
) -> None:
    size = max(rate * 4 // files, 1)
    Path("s").mkdir()
    for number in range(files):
        Path(f"s/{number}").write_bytes(bytes(size))
    start = clock.now
    report = Heard()
    run_serial(CopyOptions(recursive=True, bandwidth=rate, jobs=1), ["s", "t"], report)
    assert not report.words
    assert sum(count for _, count in passed) == files * size
    assert abs(clock.now - start - files * size / rate) < MARGIN
    step = max(rate / STEPS, size if files > 1 else 0, 1)
    total = 0
    for when, count in passed:
        total += count
        assert total <= (when - start) * rate + step + MARGIN * rate


def test_the_kernel_copies_nothing_at_its_own_pace(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def offload(_source_fd: int, _destination_fd: int, _count: int) -> int:
        raise AssertionError

    monkeypatch.setattr(system, "offload", offload)
    Path("a").write_bytes(bytes(300_000))
    run_serial(CopyOptions(bandwidth=100_000), ["a", "b"], Heard())
    assert Path("b").stat().st_size == 300_000


@FEW
@given(waits=st.lists(st.floats(0, 2), max_size=20))
def test_what_was_missed_is_caught_up_with_for_a_moment_only(waits: list[float]) -> None:
    clock = Clock()
    rate = 1000
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(rate_module, "time", clock)
        pace = Pace(rate)
        for wait in waits:
            clock.now += wait  # as a slow source makes us wait
            begin = clock.now
            pace.passed(3 * rate)
            assert clock.now - begin >= 3 - BURST - MARGIN


def test_holes_take_no_time(clock: Clock) -> None:
    with open("a", "wb") as file:
        file.truncate(10**9)
        file.write(b"data")
    if os.stat("a").st_blocks > 100:
        pytest.skip("the file system keeps zeros where a hole should be, so there is none to copy")
    start = clock.now
    run_serial(CopyOptions(bandwidth=10_000), ["a", "b"], Heard())
    assert clock.now - start < 2


def test_one_process_copies(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    def fork() -> int:
        raise AssertionError

    monkeypatch.setattr(os, "fork", fork)
    Path("s").mkdir()
    Path("s/a").write_text("words")
    run_serial(CopyOptions(recursive=True, bandwidth=1000, jobs=3), ["s", "t"], Heard())
    assert Path("t/a").read_text() == "words"


@pytest.fixture
def slow(run_pycp: Programs, here: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Start a copy that takes an hour, and wait until it waits."""
    Path("a").write_bytes(bytes(3600))
    process = subprocess.Popen(
        shlex.split(f"{run_pycp.path}/pycp --bwlimit=1 a b"), env={"PATH": "/usr/bin:/bin"}
    )
    while not (Path("b").exists() and Path("b").stat().st_size):
        assert process.poll() is None
        time.sleep(0.01)
    yield process
    process.kill()
    process.wait()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_the_wait(slow: "subprocess.Popen[bytes]", number: signal.Signals) -> None:
    slow.send_signal(number)
    assert slow.wait(timeout=10) == -number

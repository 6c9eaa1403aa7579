"""A large file is gone through in steps of a short time, however slow its disk or network is."""

import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pycp import system
from pycp.engine.contents import copy_contents
from pycp.engine.digest import read_digest
from pycp.engine.file_copy import FileCopy
from pycp.engine.job import Job
from pycp.engine.part import copy_part
from pycp.engine.verify import first_difference
from pycp.entries import Tally
from pycp.values import BYTES
from tests.unit.engine.copying import contents_of
from tests.unit.rooms import entry, job

SIZE = 2 * 1024 * 1024
RATE = 64_000
"""Bytes in a second."""
LONGEST = 0.25
"""Seconds between two looks at the counts."""
LEARNING = 3
"""Looks until the steps are as short as they should be."""

Work = Callable[[Job, FileCopy], object]


def copying(**options: Any) -> tuple[Job, Work]:
    return job(**options), copy_contents


def by_hand() -> tuple[Job, Work]:
    return copying(reflink="never")


def with_digest() -> tuple[Job, Work]:
    made, work = copying()
    made.manifest = lambda _name, _digest: None
    return made, work


def compared() -> tuple[Job, Work]:
    def compare(job: Job, file: FileCopy) -> None:
        sides = (file.source_fd, "a"), (os.open("a", os.O_RDONLY), "b")
        first_difference(*sides, False, lambda _count: job.tally.beat())
        os.close(sides[1][0])

    return job(), compare


def digested() -> tuple[Job, Work]:
    def digest(job: Job, file: FileCopy) -> None:
        read_digest(hashlib.sha256(), file.source_fd, "a", job.tally)

    return job(), digest


def as_part() -> tuple[Job, Work]:
    return job(sparse="never"), lambda job, file: copy_part(job, file, SIZE)


WORKS = {
    "offload": copying,
    "read and write": by_hand,
    "digest as it passes": with_digest,
    "holes looked for": lambda: copying(sparse="always"),
    "read back": compared,
    "digest of what is there": digested,
    "part": as_part,
}


@pytest.fixture
def gaps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Have calls take their time, by a clock of our own; return seconds between looks."""
    monkeypatch.chdir(tmp_path)
    now = 0.0
    monkeypatch.setattr(time, "monotonic", lambda: now)

    def slow(call: Callable[..., Any]) -> Callable[..., Any]:
        def take_time(*arguments: Any) -> Any:
            nonlocal now
            result = call(*arguments)
            now += (result if isinstance(result, int) else len(result)) / RATE / 2
            return result

        return take_time

    for name in ("read", "readv", "pread", "write", "offload", "send"):
        monkeypatch.setattr(system, name, slow(getattr(system, name)))
    seen: list[float] = []
    last = 0.0

    def look(_tally: Tally) -> None:
        nonlocal last
        seen.append(now - last)
        last = now

    monkeypatch.setattr(Tally, "beat", look)
    return seen


def run(made: Job, work: Work) -> None:
    source, destination = os.open("a", os.O_RDONLY), os.open("b", os.O_RDWR | os.O_CREAT)
    file = FileCopy(entry("a", "b"), source, os.fstat(source), destination)
    file.destination = os.fstat(destination)
    try:
        work(made, file)
    finally:
        os.close(source)
        os.close(destination)


@pytest.mark.parametrize("work", WORKS.values(), ids=WORKS)
def test_a_bar_moves_four_times_in_a_second(
    gaps: list[float], work: Callable[[], tuple[Job, Work]]
) -> None:
    Path("a").write_bytes(contents_of(SIZE))
    run(*work())
    assert len(gaps) > SIZE / RATE / LONGEST / 2
    assert max(gaps[LEARNING:]) <= LONGEST


def test_zeros_written_where_there_was_a_hole_are_bytes_that_were_written(
    gaps: list[float],
) -> None:
    Path("a").touch()
    os.truncate("a", SIZE)
    made, work = copying(sparse="never")
    run(made, work)
    assert made.tally.own[BYTES] == SIZE
    assert max(gaps[LEARNING:]) <= LONGEST

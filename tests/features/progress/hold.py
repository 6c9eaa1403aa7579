"""Replacements that make a copy wait for a test, and the painter not wait at all."""

import os
from collections.abc import Callable, Iterator

from pycp import system
from pycp.engine import data, job, verify
from pycp.plan import survey
from pycp.report import progress
from tests.features.progress.terminal import Gate

STEP = 256 * 1024
"""Bytes of a big file that are copied at a time."""


def impatient() -> None:
    """Have the bar drawn from the beginning, and often."""
    progress.PATIENCE = 0.0
    progress.DRAWING_INTERVAL = progress.LINE_INTERVAL = 0.01


def steps_of_big_files(gate: Gate) -> None:
    """Copy big files step by step, inside the kernel as far as anybody can tell."""
    impatient()
    data.OFFLOAD_STEP = job.FIRST_STEP = job.LEAST_STEP = STEP

    def offload(source_fd: int, destination_fd: int, size: int, *_offsets: int | None) -> int:
        gate.wait()
        return os.write(destination_fd, os.read(source_fd, size))

    system.offload = offload


def reading_back(gate: Gate) -> None:
    """Compare big files step by step, one side after the other."""
    impatient()
    verify.BUFFER_SIZE = job.FIRST_STEP = job.LEAST_STEP = STEP
    read = system.pread

    def read_gated(fd: int, size: int, offset: int) -> bytes:
        gate.wait()
        return read(fd, size, offset)

    system.pread = read_gated


def flushing(gate: Gate) -> None:
    """Flush each file and directory when the gate lets it."""
    impatient()
    flush = system.flush

    def flush_gated(fd: int) -> None:
        gate.wait()
        flush(fd)

    system.flush = flush_gated  # type: ignore[assignment]


def each_file(gate: Gate) -> None:
    """Copy file by file; `open` of a new file is where the next one waits."""
    impatient()
    open_file = system.open

    def open_gated(name: str, flags: int, *rest: int, dir_fd: int | None = None) -> int:
        if flags & os.O_CREAT:
            gate.wait()
        return open_file(name, flags, *rest, dir_fd=dir_fd)

    system.open = open_gated  # type: ignore[assignment]


def walk(gate: Gate) -> None:
    """Look at no source before the gate opens."""
    impatient()
    walk_on: Callable[..., Iterator[tuple[int, int]]] = survey.survey

    def gated(*arguments: object) -> Iterator[tuple[int, int]]:
        gate.wait()
        yield from walk_on(*arguments)

    survey.survey = gated  # type: ignore[assignment]

"""Copy the data of a file, and make calls that move fewer bytes than they are asked to."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings

from pycp.engine.contents import copy_data
from pycp.engine.file_copy import FileCopy
from tests import extent
from tests.unit.rooms import entry, job

FEW = settings(
    max_examples=extent.number(40, 60),
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def copied(contents: bytes | None = None, **options: Any) -> bytes:
    """Copy the data of a, made anew if contents are given; return those of b."""
    if contents is not None:
        Path("a").write_bytes(contents)
    source, destination = os.open("a", os.O_RDONLY), os.open("b", os.O_RDWR | os.O_CREAT)
    try:
        os.ftruncate(destination, 0)
        file = FileCopy(entry("a", "b"), source, os.fstat(source), destination)
        file.destination = os.fstat(destination)
        copy_data(job(**options), file)
    finally:
        os.close(source)
        os.close(destination)
    return Path("b").read_bytes()


def reluctant(call: Callable[..., Any], sizes: Iterator[int]) -> Callable[..., Any]:
    """Return a read, write or offload that moves fewer bytes than it is asked to."""

    def moves_few(*arguments: Any) -> Any:
        size = next(sizes)
        if call is os.write:
            return os.write(arguments[0], bytes(arguments[1])[:size])
        if call is os.readv:
            return os.readv(arguments[0], [memoryview(arguments[1][0])[:size]])
        return call(*arguments[:-1], min(size, arguments[-1]))

    return moves_few


def contents_of(size: int) -> bytes:
    return b"".join(number.to_bytes(4, "big") for number in range(size // 4 + 1))[:size]

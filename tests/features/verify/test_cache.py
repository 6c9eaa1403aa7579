"""What memory holds of a file is dropped, in the way the system knows."""

import errno
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from pycp import system

NO_CACHE = 48
"""F_NOCACHE of macOS."""


@pytest.fixture
def fd(tmp_path: Path) -> Iterator[int]:
    opened = os.open(tmp_path / "a", os.O_RDWR | os.O_CREAT)
    os.write(opened, b"words")
    os.fsync(opened)
    yield opened
    os.close(opened)


def is_cached(fd: int) -> bool:
    """Return whether a file can be read without waiting for the disk."""
    try:
        return os.preadv(fd, [bytearray(5)], 0, os.RWF_NOWAIT) > 0
    except BlockingIOError:
        return False


def test_what_was_flushed_is_dropped(fd: int) -> None:
    try:
        assert is_cached(fd)
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
        can_be_dropped = not is_cached(fd)
    except OSError as error:
        pytest.skip(f"the file system does not tell what is cached: {error}")
    if not can_be_dropped:
        pytest.skip("the file system is memory, so nothing is cached that could be dropped")
    assert os.pread(fd, 5, 0) == b"words"
    assert is_cached(fd)
    system.drop_cached(fd)
    assert not is_cached(fd)


def test_without_advice_reading_goes_past_the_cache_from_then_on(
    fd: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    monkeypatch.delattr(os, "posix_fadvise")
    monkeypatch.setattr(fcntl, "F_NOCACHE", NO_CACHE, raising=False)
    monkeypatch.setattr(fcntl, "fcntl", lambda *words: calls.append(words))
    system.drop_cached(fd)
    assert calls == [(fd, NO_CACHE, 1)]


def test_where_no_call_asks_for_it_nothing_is_done(
    fd: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "posix_fadvise")
    monkeypatch.delattr(fcntl, "F_NOCACHE", raising=False)
    monkeypatch.delattr(fcntl, "fcntl")
    system.drop_cached(fd)
    assert os.pread(fd, 5, 0) == b"words"


def test_that_advice_is_not_taken_is_no_error(fd: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_words: int) -> None:
        raise OSError(errno.EINVAL, "")

    monkeypatch.setattr(os, "posix_fadvise", refuse)
    system.drop_cached(fd)
    assert os.pread(fd, 5, 0) == b"words"

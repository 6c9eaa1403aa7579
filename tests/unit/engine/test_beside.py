"""The digest of a large file, taken by another thread."""

import _thread
import errno
import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

import pycp
from pycp import system
from pycp.engine import beside
from pycp.engine.beside import Beside
from pycp.system import worker

DATA = bytes(range(256)) * 5000


@pytest.fixture(autouse=True)
def always(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have each file found large enough, and no thread left."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(beside, "WORTH_A_THREAD", 1)
    monkeypatch.setattr(beside, "processors", lambda: 2)


@pytest.fixture(autouse=True)
def none_left() -> Any:
    before = set(worker.threads())  # one of them may be about to end
    yield
    assert set(worker.threads()) <= before


def digest_of_copy() -> str:
    """Copy `a` and return what the manifest says of it."""
    pycp.copy("a", "b", manifest="M", digest="sha256", sparse="never")
    return Path("M").read_text().split()[0]


def test_all_that_is_given_is_seen_in_its_order() -> None:
    made = Beside(hashlib.sha256())
    for start in range(0, len(DATA), 70_001):
        made.update(memoryview(DATA)[start : start + 70_001])
    assert made.hexdigest() == hashlib.sha256(DATA).hexdigest()
    made.close()


def test_who_ends_it_before_the_last_bytes_are_taken_waits_for_nothing() -> None:
    """Interrupted, while the thread has yet to see that there are more."""
    made = Beside.__new__(Beside)
    made._given, made._taken = _thread.allocate_lock(), _thread.allocate_lock()
    made._threads = len(worker.threads())
    made.close()
    assert (made._data, made._given.locked(), made._taken.locked()) == (None, False, True)


def test_what_was_given_is_not_written_over_before_it_is_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Slow:
        def __init__(self) -> None:
            self.seen = hashlib.sha256()

        def update(self, data: bytes) -> None:
            for start in range(0, len(data), 50_000):
                os.sched_yield()
                self.seen.update(data[start : start + 50_000])

        def hexdigest(self) -> str:
            return self.seen.hexdigest()

    monkeypatch.setattr("pycp.engine.stream.new_digest", lambda _name: Slow())
    data = b"".join(bytes([number]) * 100_000 for number in range(200))
    Path("a").write_bytes(data)
    assert digest_of_copy() == hashlib.sha256(data).hexdigest()
    assert Path("b").read_bytes() == data


@pytest.mark.parametrize("change", ["no threads", "one processor"])
def test_without_another_thread_the_digest_is_the_same(
    change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_words: object) -> int:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("_thread.start_new_thread", fails)
    if change == "one processor":
        monkeypatch.setattr(beside, "processors", lambda: 1)
        monkeypatch.setattr(beside, "Beside", None)
    Path("a").write_bytes(DATA)
    assert digest_of_copy() == hashlib.sha256(DATA).hexdigest()


def test_the_thread_ends_with_a_copy_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("a").write_bytes(DATA)
    started: list[Beside] = []
    begin = Beside.__init__

    def note(self: Beside, *words: Any) -> None:
        started.append(self)
        begin(self, *words)

    def full(_fd: int, _data: bytes) -> int:
        raise OSError(errno.ENOSPC, "")

    monkeypatch.setattr(Beside, "__init__", note)
    monkeypatch.setattr(system, "write", full)
    with pytest.raises(pycp.CopyFailed, match="error writing 'b': No space left on device"):
        pycp.copy("a", "b", manifest="M")
    assert len(started) == 1


def test_it_ends_where_we_were_interrupted_while_we_gave_it_something(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(beside, "LONGEST", 0.01)
    made = Beside(hashlib.sha256())
    made._taken.acquire()  # as `update` does first
    made.close()
    while len(worker.threads()) > made._threads:
        os.sched_yield()

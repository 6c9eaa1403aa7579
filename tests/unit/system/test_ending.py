"""What is done before a signal ends the process: by whom, in which order, and for how long."""

import os
import signal
import threading
from collections.abc import Iterator

import pytest

from pycp.system import ending
from pycp.system.ending import BeforeTheEnd, disarm

NUMBERS = (signal.SIGTERM, signal.SIGXCPU)


@pytest.fixture(autouse=True)
def nothing_armed() -> Iterator[None]:
    """Leave signals as they were."""
    ending._forget()
    before = {number: signal.getsignal(number) for number in NUMBERS}
    for number in NUMBERS:
        signal.signal(number, signal.SIG_DFL)
    yield
    ending._forget()
    for number, handler in before.items():
        signal.signal(number, handler)


def test_who_came_last_goes_first_and_the_signal_ends_the_process_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done: list[object] = []
    monkeypatch.setattr(os, "kill", lambda pid, number: done.append((pid, number)))
    # As for the first process of a container, which no signal ends.
    monkeypatch.setattr(os, "_exit", lambda status: done.append(status))
    first = BeforeTheEnd(lambda: done.append("first"), NUMBERS)
    last = BeforeTheEnd(lambda: done.append("last"), NUMBERS)
    other = BeforeTheEnd(lambda: done.append("not for this one"), (signal.SIGXCPU,))
    gone = BeforeTheEnd(lambda: done.append("over"), NUMBERS)
    gone.is_over()
    signal.raise_signal(signal.SIGTERM)
    assert done == ["last", "first", (os.getpid(), signal.SIGTERM), 128 + signal.SIGTERM]
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    for each in (first, last, other):
        each.is_over()


def test_signals_are_as_before_once_nobody_wants_anything_done() -> None:
    wanted = BeforeTheEnd(lambda: None, NUMBERS)
    disarm()
    assert callable(signal.getsignal(signal.SIGTERM))
    wanted.is_over()
    disarm()
    assert [signal.getsignal(number) for number in NUMBERS] == [signal.SIG_DFL] * 2


def test_a_signal_that_means_something_else_keeps_its_meaning() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    BeforeTheEnd(lambda: None, NUMBERS).is_over()
    disarm()
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_IGN


def test_another_thread_neither_watches_signals_nor_ends_the_watch() -> None:
    def in_a_thread(work: object) -> None:
        assert callable(work)
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()

    wanted: list[BeforeTheEnd] = []
    in_a_thread(lambda: wanted.append(BeforeTheEnd(lambda: None, NUMBERS)))
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    wanted.pop().is_over()
    wanted.append(BeforeTheEnd(lambda: None, NUMBERS))
    wanted.pop().is_over()
    in_a_thread(disarm)
    assert callable(signal.getsignal(signal.SIGTERM))
    disarm()
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


def test_a_signal_that_is_watched_already_is_watched_once_and_others_as_well() -> None:
    few = BeforeTheEnd(lambda: None, NUMBERS[:1])
    all_of_them = BeforeTheEnd(lambda: None, NUMBERS)
    assert ending._armed == list(NUMBERS)
    for each in (few, all_of_them):
        each.is_over()
    disarm()

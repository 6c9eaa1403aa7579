"""Workers: messages arrive whole, ends are noticed, and nobody outlives us."""

import _socket
import ctypes
import errno
import os
import select
import signal
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pycp.system import worker as room
from pycp.system.worker import EXHAUSTED, Channel, Worker, processors, ready, start

SECONDS = 20
PAIR = _socket.socketpair


@pytest.fixture(autouse=True)
def hurry() -> Iterator[None]:
    """End a test that hangs."""
    signal.alarm(SECONDS)
    yield
    signal.alarm(0)


def echo(channel: Channel) -> None:
    """Send back what comes, until nobody is there."""
    while True:
        try:
            channel.send(channel.receive())
        except EOFError:
            return


@pytest.mark.parametrize(
    "message",
    [
        None,
        [],
        ("a", 1, -(10**30), 2.5, True, {"k": (None,)}),
        "any \udcff byte",
        b"\0\xff",
        "x" * 3_000_000,
        [("name", number) for number in range(50_000)],
    ],
    ids=["none", "empty", "mixed", "surrogate", "bytes", "long", "many"],
)
def test_messages_of_any_size_arrive_whole(message: Any) -> None:
    worker = start(echo)
    for _ in range(3):
        worker.channel.send(message)
        assert worker.channel.receive() == message
    assert worker.end() == ""


def test_a_worker_that_dies_is_noticed_and_its_end_is_told() -> None:
    def die(channel: Channel) -> None:
        channel.receive()
        os.kill(os.getpid(), signal.SIGKILL)

    worker = start(die)
    worker.channel.send("go")
    with pytest.raises(EOFError):
        worker.channel.receive()
    assert worker.end() == "killed by signal 9"


def test_a_worker_that_dies_in_the_middle_of_a_message_is_noticed() -> None:
    def stammer(channel: Channel) -> None:
        os.write(channel.fileno(), b"\xff\0\0\0half")

    worker = start(stammer)
    with pytest.raises(EOFError):
        worker.channel.receive()
    assert worker.end() == ""


def test_a_worker_that_fails_is_told(capfd: pytest.CaptureFixture[str]) -> None:
    def fail(_channel: Channel) -> None:
        raise ValueError

    worker = start(fail)
    with pytest.raises(EOFError):
        worker.channel.receive()
    assert worker.end() == "exit status 1"
    assert capfd.readouterr().err == ""


def test_a_worker_that_lacks_memory_says_so() -> None:
    def exhaust(_channel: Channel) -> None:
        raise MemoryError

    worker = start(exhaust)
    while not worker.channel.is_over(1):
        pass
    assert worker.end() == EXHAUSTED


def test_sending_to_one_that_is_gone_is_an_error_and_no_signal() -> None:
    worker = start(lambda _channel: None)
    with pytest.raises(EOFError):
        worker.channel.receive()
    with pytest.raises(OSError):
        for _ in range(3):
            worker.channel.send("x" * 1_000_000)
    worker.end()


def test_who_waits_for_a_message_that_cannot_be_sent_does_not_wait_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Full:
        def __init__(self, socket: Any) -> None:
            self._socket = socket

        def __getattr__(self, name: str) -> Any:
            return getattr(self._socket, name)

        def send(self, *_arguments: object) -> int:
            raise OSError(errno.ENOBUFS, os.strerror(errno.ENOBUFS))

    worker = start(echo)
    monkeypatch.setattr(worker.channel, "_socket", Full(worker.channel._socket))
    with pytest.raises(OSError):
        worker.channel.send("word")
    monkeypatch.undo()
    with pytest.raises(EOFError):
        worker.channel.receive()
    assert worker.end() == ""


def test_a_worker_holds_nothing_of_the_others() -> None:
    workers: list[Worker] = []
    for _ in range(4):
        workers.append(start(echo))
    # The first is let go while all others are still there: only then does it end.
    for worker in workers:
        worker.channel.send("still here")
        assert worker.channel.receive() == "still here"
        assert worker.end() == ""


def test_who_has_sent_something_is_ready() -> None:
    first, second = workers = [start(echo), start(echo)]
    assert ready(workers, wait=False) == []
    second.channel.send(1)
    assert ready(workers, wait=True) == [second]
    second.channel.receive()
    os.kill(first.pid, signal.SIGKILL)
    assert ready(workers, wait=True) == [first]
    assert [worker.end() for worker in workers] == ["killed by signal 9", ""]


@pytest.fixture
def small_buffers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have channels hold as little as they can."""

    def small_pair(*words: int) -> tuple[Any, Any]:
        pair = PAIR(*words)
        for end in pair:
            end.setsockopt(_socket.SOL_SOCKET, _socket.SO_SNDBUF, 1)
        return pair

    monkeypatch.setattr(_socket, "socketpair", small_pair)


@pytest.mark.usefixtures("small_buffers")
def test_two_that_send_at_the_same_time_both_arrive() -> None:
    def talk(channel: Channel) -> None:
        for number in range(3):
            channel.send([number] * 100_000)
        assert [channel.receive() for _ in range(3)] == ["x" * 100_000] * 3
        channel.send("all")

    worker = start(talk)
    for _ in range(3):
        worker.channel.send("x" * 100_000)
    for number in range(3):
        assert ready([worker], wait=True) == [worker]
        assert worker.channel.receive() == [number] * 100_000
    assert worker.channel.receive() == "all"
    assert worker.end() == ""


@pytest.mark.usefixtures("small_buffers")
def test_what_was_taken_in_while_sending_is_ready() -> None:
    def talk(channel: Channel) -> None:
        channel.send("first")
        channel.send("second")
        channel.receive()
        signal.pause()

    worker = start(talk)
    worker.channel.send("x" * 100_000)
    for message in ("first", "second"):
        assert ready([worker], wait=True) == [worker]
        assert worker.channel.receive() == message
    assert ready([worker], wait=False) == []
    worker.stop()


@pytest.mark.usefixtures("small_buffers")
def test_sending_to_one_that_sends_and_is_gone_is_an_error() -> None:
    worker = start(lambda channel: channel.send("last"))
    os.waitid(os.P_PID, worker.pid, os.WEXITED | os.WNOWAIT)
    with pytest.raises(OSError):
        worker.channel.send("x" * 1_000_000)
    assert worker.channel.receive() == "last"
    with pytest.raises(EOFError):
        worker.channel.receive()
    worker.end()


def forks() -> dict[str, Callable[[], int]]:
    """Return the ways a program may fork; Python is not told of the second."""
    return {"Python": os.fork, "C": ctypes.PyDLL(None).fork}


@pytest.fixture(params=forks())
def bystander(request: pytest.FixtureRequest) -> Iterator[Callable[[], None]]:
    """Return a function that forks a process which lives until the end of the test."""
    started = []

    def fork() -> None:
        pid = forks()[request.param]()
        if pid == 0:
            signal.alarm(SECONDS)
            while True:
                signal.pause()
        started.append(pid)

    yield fork
    for pid in started:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def test_a_worker_ends_while_a_process_forked_from_ours_lives(
    bystander: Callable[[], None],
) -> None:
    worker = start(echo)
    bystander()
    assert worker.end() == ""


def test_a_worker_is_stopped_while_a_process_forked_from_ours_lives(
    bystander: Callable[[], None],
) -> None:
    worker = start(lambda _channel: signal.pause())
    bystander()
    worker.stop()


@pytest.mark.parametrize("how", ["ignored", "blocked"])
def test_a_worker_is_stopped_where_the_signal_for_that_has_no_effect(how: str) -> None:
    def stay(channel: Channel) -> None:
        channel.send("here")
        signal.pause()

    before = signal.getsignal(signal.SIGTERM)
    try:
        if how == "ignored":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        else:
            signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM,))
        worker = start(stay, signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGTERM,))
    assert worker.channel.receive() == "here"
    worker.cut_lifeline()
    assert worker.end() == "killed by signal 9"


def test_a_worker_that_is_stopped_before_it_begins_does_not_begin(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reading, writing = os.pipe()

    def wait_first(*words: Any) -> None:
        os.read(reading, 1)
        die_with(*words)

    die_with = room._die_with
    monkeypatch.setattr(room, "_die_with", wait_first)
    worker = start(lambda _channel: signal.pause())
    worker.cut_lifeline()
    os.write(writing, b".")
    assert worker.end() == ""
    os.close(reading)
    os.close(writing)


def test_a_process_forked_from_ours_cannot_end_our_workers() -> None:
    worker = start(echo)
    pid = os.fork()
    if pid == 0:
        try:
            worker.stop()  # as when an error leads out of the copy there, too
        finally:
            os._exit(0)
    os.waitpid(pid, 0)
    worker.channel.send("still here")
    assert worker.channel.receive() == "still here"
    assert worker.end() == ""


@pytest.mark.parametrize("number", [signal.SIGUSR2, signal.SIGWINCH, signal.SIGHUP])
def test_a_handler_of_the_program_does_not_run_in_a_worker(number: signal.Signals) -> None:
    """A terminal sends SIGWINCH to all its processes, and `pkill` anything to all of a name."""

    def work(channel: Channel) -> None:
        signal.raise_signal(number)
        channel.send("unmoved")

    def handle(*_arguments: object) -> None:
        raise AssertionError

    before = signal.signal(number, handle)
    try:
        worker = start(work)
    finally:
        signal.signal(number, before)
    if number == signal.SIGHUP:
        assert worker.end() == "killed by signal 1"
        return
    assert worker.channel.receive() == "unmoved"
    assert worker.end() == ""


@pytest.mark.parametrize("kind", [OSError, RuntimeError])
def test_what_cannot_be_started_leaves_no_descriptor(
    kind: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python 3.12 raises a RuntimeError where it is about to end."""

    def refuse(*_words: object) -> Any:
        raise kind

    def pair_once(*words: int) -> Any:
        monkeypatch.setattr(_socket, "socketpair", refuse)
        return PAIR(*words)

    before = os.listdir("/dev/fd")
    with monkeypatch.context() as patched:
        patched.setattr(os, "fork", refuse)
        with pytest.raises(OSError):
            start(echo)
    assert os.listdir("/dev/fd") == before
    if kind is OSError:
        monkeypatch.setattr(_socket, "socketpair", pair_once)
        with pytest.raises(OSError):
            start(echo)
    assert os.listdir("/dev/fd") == before
    assert not room._ours


@pytest.mark.parametrize("has_forked", [False, True])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_no_worker_outlives_its_parent(number: signal.Signals, has_forked: bool) -> None:
    others, other = os.pipe()
    reading, writing = os.pipe()
    parent = os.fork()
    if parent == 0:
        try:
            os.close(reading)
            worker = start(lambda _channel: signal.pause())  # it ends by itself never
            if has_forked:
                pid = os.fork()  # who outlives the parent
                if pid == 0:
                    os.close(writing)
                    os.close(other)
                    os.read(others, 1)
                    os._exit(0)
            os.write(writing, f"{worker.pid}\n".encode())
            signal.pause()
        finally:
            os._exit(1)
    os.close(writing)
    pid = int(os.read(reading, 100))
    held = os.pidfd_open(pid)
    os.kill(parent, number)
    os.waitpid(parent, 0)
    # The pipe has no writer any more once the worker is gone as well.
    assert os.read(reading, 1) == b""
    assert select.select([held], [], [], SECONDS)[0]
    for fd in (held, reading, others, other):
        os.close(fd)


def test_some_processor_is_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    assert processors() >= 1
    monkeypatch.delattr(os, "sched_getaffinity")
    assert processors() >= 1

"""Workers: messages arrive whole, ends are noticed, and nobody outlives us."""

import os
import select
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from pycp.system.worker import Channel, Worker, processors, ready, start

SECONDS = 20


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
    worker = start(echo, [])
    for _ in range(3):
        worker.channel.send(message)
        assert worker.channel.receive() == message
    assert worker.end() == ""


def test_a_worker_that_dies_is_noticed_and_its_end_is_told() -> None:
    def die(channel: Channel) -> None:
        channel.receive()
        os.kill(os.getpid(), signal.SIGKILL)

    worker = start(die, [])
    worker.channel.send("go")
    with pytest.raises(EOFError):
        worker.channel.receive()
    assert worker.end() == "killed by signal 9"


def test_a_worker_that_dies_in_the_middle_of_a_message_is_noticed() -> None:
    def stammer(channel: Channel) -> None:
        os.write(channel.fileno(), b"\xff\0\0\0half")

    worker = start(stammer, [])
    with pytest.raises(EOFError):
        worker.channel.receive()
    assert worker.end() == ""


def test_a_worker_that_fails_is_told(capfd: pytest.CaptureFixture[str]) -> None:
    def fail(_channel: Channel) -> None:
        raise ValueError

    worker = start(fail, [])
    with pytest.raises(EOFError):
        worker.channel.receive()
    assert worker.end() == "exit status 1"
    assert capfd.readouterr().err == ""


def test_sending_to_one_that_is_gone_is_an_error_and_no_signal() -> None:
    worker = start(lambda _channel: None, [])
    with pytest.raises(EOFError):
        worker.channel.receive()
    with pytest.raises(OSError):
        for _ in range(3):
            worker.channel.send("x" * 1_000_000)
    worker.end()


def test_a_worker_holds_nothing_of_the_others() -> None:
    workers: list[Worker] = []
    for _ in range(4):
        workers.append(start(echo, workers))
    # The first is let go while all others are still there: only then does it end.
    for worker in workers:
        worker.channel.send("still here")
        assert worker.channel.receive() == "still here"
        assert worker.end() == ""


def test_who_has_sent_something_is_ready() -> None:
    first, second = workers = [start(echo, []), start(echo, [])]
    assert ready(workers, wait=False) == []
    second.channel.send(1)
    assert ready(workers, wait=True) == [second]
    second.channel.receive()
    os.kill(first.pid, signal.SIGKILL)
    assert ready(workers, wait=True) == [first]
    assert [worker.end() for worker in workers] == ["killed by signal 9", ""]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_no_worker_outlives_its_parent(number: signal.Signals) -> None:
    reading, writing = os.pipe()
    parent = os.fork()
    if parent == 0:
        try:
            os.close(reading)
            worker = start(lambda _channel: signal.pause(), [])  # it ends by itself never
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
    os.close(held)
    os.close(reading)


def test_some_processor_is_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    assert processors() >= 1
    monkeypatch.delattr(os, "sched_getaffinity")
    assert processors() >= 1

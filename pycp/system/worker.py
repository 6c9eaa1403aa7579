"""Forked workers and the channels to them.

A worker is a copy of this process, made before any thread exists; it starts at once and has
everything we have loaded. It never outlives us: its lifeline is a pipe whose other end only we
hold, and when that closes, for whatever reason, the kernel kills it.
"""

import _signal  # type: ignore[import-not-found]  # signal imports enum
import _socket  # socket imports enum
import fcntl
import marshal
import os
import select
from errno import ENOMEM

from pycp.system.posix import ASKING, ENDING, Undisturbed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

SPARE = 40
"""Descriptors that every process needs for itself, those it inherits included."""
EXHAUSTED = "memory exhausted"
"""How a worker ends that has no memory left."""
LENGTH_BYTES = 4
"""Every message begins with its length, in this many bytes."""


class Channel:
    """Messages to and from one other process: tuples, lists, dicts, strings, numbers, None."""

    def __init__(self, socket: "Any") -> None:
        self._socket = socket

    def fileno(self) -> int:
        """Return the descriptor, to wait for a message."""
        return int(self._socket.fileno())

    def send(self, message: "Any") -> None:
        """Send a message; raise OSError if nobody is there to receive it."""
        data = marshal.dumps(message)
        self.send_bytes(data)

    def send_bytes(self, data: bytes) -> None:
        """Send a message that is put in bytes already."""
        left = memoryview(len(data).to_bytes(LENGTH_BYTES, "little") + data)
        while left:
            left = left[self._socket.send(left, NO_SIGNAL) :]

    def receive(self) -> "Any":
        """Wait for a message and return it; raise EOFError if the other side is gone."""
        length = int.from_bytes(self._receive_bytes(LENGTH_BYTES), "little")
        return marshal.loads(self._receive_bytes(length))

    def _receive_bytes(self, length: int) -> bytes:
        data = b""
        while len(data) < length:
            try:
                more = self._socket.recv(length - len(data))
            except OSError:
                more = b""
            if not more:
                raise EOFError
            data += more
        return data

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


NO_SIGNAL: int = getattr(_socket, "MSG_NOSIGNAL", 0)


class Worker:
    """A worker as its parent sees it."""

    def __init__(self, pid: int, channel: Channel, lifeline: int) -> None:
        self.pid = pid
        self.channel = channel
        self._lifeline = lifeline

    def end(self) -> str:
        """Let the worker go, wait for it, and return how it ended if not by itself."""
        self.channel.close()
        try:
            status = os.waitpid(self.pid, 0)[1]
        except ChildProcessError:
            status = 0  # a program that uses us may ignore its children, or wait for them all
        self._cut_lifeline()
        if os.WIFSIGNALED(status):
            return f"killed by signal {os.WTERMSIG(status)}"
        code = os.waitstatus_to_exitcode(status)
        if code == ENOMEM:
            return EXHAUSTED
        return f"exit status {code}" if code else ""

    def stop(self) -> None:
        """End the worker in the midst of what it does."""
        self._cut_lifeline()
        self.end()

    def _cut_lifeline(self) -> None:
        lifeline, self._lifeline = self._lifeline, -1
        if lifeline >= 0:
            os.close(lifeline)


def start(
    work: "Callable[[Channel], None]",
    others: "Iterable[Worker]",
    end_signal: int = _signal.SIGKILL,
) -> Worker:
    """Start a worker that runs `work` on its end of a channel, and ends when that returns.

    `others` are the workers started before, whose channels the new one must not hold. Who catches
    `end_signal`, which comes when we are gone, must end then.
    """
    ours, theirs = _socket.socketpair(_socket.AF_UNIX, _socket.SOCK_STREAM)
    lifeline_end, lifeline = os.pipe()
    parent = os.getpid()
    with Undisturbed():
        pid = os.fork()
        if not pid:
            _forget_handlers()
    if pid:
        theirs.close()
        os.close(lifeline_end)
        return Worker(pid, Channel(ours), lifeline)
    status = 1
    try:
        ours.close()
        os.close(lifeline)
        for worker in others:
            worker.channel.close()
            os.close(worker._lifeline)
        for number in ASKING:  # one process answers for all
            _signal.signal(number, _signal.SIG_IGN)
        _die_with(lifeline_end, end_signal)
        if os.getppid() == parent:
            work(Channel(theirs))
        status = 0
    except MemoryError:
        status = ENOMEM
    finally:
        os._exit(status)


def _forget_handlers() -> None:
    """Leave what a program that uses us does at the end to that program."""
    for number in ENDING:
        if callable(_signal.getsignal(number)):
            _signal.signal(number, _signal.SIG_DFL)


def _die_with(lifeline_end: int, end_signal: int) -> None:
    """Have the kernel send this process a signal when the other end of the lifeline is closed.

    F_SETSIG, F_SETOWN and O_ASYNC are Linux's (fcntl(2)); elsewhere the end of the channel will do.
    """
    if hasattr(fcntl, "F_SETSIG"):
        fcntl.fcntl(lifeline_end, fcntl.F_SETSIG, end_signal)
        fcntl.fcntl(lifeline_end, fcntl.F_SETOWN, os.getpid())
        flags = fcntl.fcntl(lifeline_end, fcntl.F_GETFL)
        fcntl.fcntl(lifeline_end, fcntl.F_SETFL, flags | os.O_ASYNC)


def ready(workers: "Iterable[Worker]", wait: bool) -> list[Worker]:
    """Return the workers that have sent something or are gone; with `wait` at least one."""
    poll = select.poll()
    by_fd = {}
    for worker in workers:
        fd = worker.channel.fileno()
        by_fd[fd] = worker
        poll.register(fd, select.POLLIN)
    return [by_fd[fd] for fd, _event in poll.poll(None if wait else 0)]


def processors() -> int:
    """Return the number of processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def most_workers() -> int:
    """Return how many workers there may be: each takes two of the descriptors we may have.

    Where other threads run there are none: what they hold at the moment of a fork stays locked.
    """
    if len(_threads()) != 1:
        return 0
    return (os.sysconf("SC_OPEN_MAX") - SPARE) // 2


def _threads() -> "list[str] | list[int]":
    """Return something for each thread of this process; Linux knows those of other libraries."""
    try:
        return os.listdir("/proc/self/task")
    except OSError:
        from _thread import _count

        return [_count() + 1]

"""Forked workers and the channels to them.

A worker is a copy of this process, made before any thread exists; it starts at once and has
everything we have loaded. It never outlives us: its lifeline is a socket whose other end only we
hold, and when that closes, for whatever reason, the kernel kills it. A process that somebody else
forks from ours gets copies of our ends; so they are closed there, and shut down here.
"""

import _signal  # type: ignore[import-not-found]  # signal imports enum
import _socket  # socket imports enum
import fcntl
import marshal
import os
import select
from errno import EAGAIN, ENOMEM

from pycp.system import posix
from pycp.system.posix import ALSO_ENDING, ASKING, ENDING, Undisturbed
from pycp.system.standard import Barred

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

SPARE = 40
"""Descriptors that every process needs for itself, those it inherits included."""
EXHAUSTED = "memory exhausted"
"""How a worker ends that has no memory left."""
FIRST_STEPS = 64 * 1024
"""Bytes that a new process can surely have before it can say that it has none."""
LENGTH_BYTES = 4
"""Every message begins with its length, in this many bytes."""
RECEIVED_AT_ONCE = 64 * 1024
"""Bytes taken in by one call."""


class Channel:
    """Messages to and from one other process: tuples, lists, dicts, strings, numbers, None."""

    def __init__(self, socket: "Any") -> None:
        self._socket = socket
        self._received = bytearray()
        self._is_over = False
        socket.setblocking(False)

    def fileno(self) -> int:
        """Return the descriptor, to wait for a message."""
        return int(self._socket.fileno())

    def send(self, message: "Any") -> None:
        """Send a message; raise OSError if nobody is there to receive it, now or later."""
        data = marshal.dumps(message)
        self.send_bytes(data)

    def send_bytes(self, data: bytes) -> None:
        """Send a message that is put in bytes already.

        Meanwhile take in what comes: the other side may be sending too, and then neither would
        read before its own message is gone, which may be more than the kernel holds.
        """
        left = memoryview(len(data).to_bytes(LENGTH_BYTES, "little") + data)
        while left:
            try:
                left = left[self._socket.send(left, NO_SIGNAL) :]
            except BlockingIOError:
                self._wait(select.POLLOUT if self._is_over else select.POLLOUT | select.POLLIN)
                self._take_in()
            except OSError:
                # Whether it is gone or the kernel has no memory for it: half a message is none, and
                # who waits for it would do so for ever.
                try:
                    self._socket.shutdown(_socket.SHUT_RDWR)
                except OSError:
                    pass
                raise

    def receive(self) -> "Any":
        """Wait for a message and return it; raise EOFError if the other side is gone."""
        while not self.has_message():
            if self._is_over:
                raise EOFError
            if not self._take_in():
                self._wait(select.POLLIN)
        end = self._end_of_message()
        message = marshal.loads(memoryview(self._received)[LENGTH_BYTES:end])
        del self._received[:end]
        return message

    def has_message(self) -> bool:
        """Return whether a whole message was taken in before anybody waited for it."""
        return len(self._received) >= self._end_of_message()

    def is_over(self, seconds: float = 0) -> bool:
        """Return whether the other side is gone, or goes in the next seconds."""
        if self._wait(select.POLLIN, seconds):
            self._take_in()
        return self._is_over

    def _end_of_message(self) -> int:
        return LENGTH_BYTES + int.from_bytes(self._received[:LENGTH_BYTES], "little")

    def _take_in(self) -> bool:
        """Take in what has come; return whether there was anything, the end included."""
        try:
            more = self._socket.recv(RECEIVED_AT_ONCE)
        except BlockingIOError:
            return False
        except OSError:
            more = b""
        self._received += more
        self._is_over |= not more
        return True

    def _wait(self, events: int, seconds: float | None = None) -> bool:
        poll = select.poll()
        poll.register(self.fileno(), events)
        return bool(poll.poll(None if seconds is None else seconds * 1000))

    def close(self) -> None:
        """Hang up, whoever else holds a copy of our end."""
        _shut_down(self._socket)


NO_SIGNAL: int = getattr(_socket, "MSG_NOSIGNAL", 0)
_ours: "set[Any]" = set()
"""Our ends of all channels and lifelines."""


def _shut_down(socket: "Any") -> None:
    _ours.discard(socket)
    try:
        socket.shutdown(_socket.SHUT_RDWR)
    except OSError:
        pass  # the other side was quicker, or this process has let go of its copy
    socket.close()


def _let_go() -> None:
    """Close what belongs to the process this one was forked from, and leave it working there."""
    for socket in _ours:
        socket.close()
    _ours.clear()


os.register_at_fork(after_in_child=_let_go)


class Worker:
    """A worker as its parent sees it."""

    def __init__(self, pid: int, channel: Channel, lifeline: "Any") -> None:
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
        self.cut_lifeline()
        if os.WIFSIGNALED(status):
            return f"killed by signal {os.WTERMSIG(status)}"
        code = os.waitstatus_to_exitcode(status)
        if code == ENOMEM:
            return EXHAUSTED
        return f"exit status {code}" if code else ""

    def stop(self) -> None:
        """End the worker in the midst of what it does."""
        self.cut_lifeline()
        self.end()

    def cut_lifeline(self) -> None:
        """Have the worker get its end signal, where the system has one for that."""
        _shut_down(self._lifeline)


def start(
    work: "Callable[[Channel], None]",
    end_signal: int = _signal.SIGKILL,
    keep: "Callable[[Worker], None] | None" = None,
) -> Worker:
    """Start a worker that runs `work` on its end of a channel, and ends when that returns.

    Who catches `end_signal`, which comes when we are gone, must end then; where it has no effect
    SIGKILL comes. `keep` is called with the worker before a signal can have a handler raise, so
    that nobody loses it. Raise OSError if there can be no more processes or descriptors.
    """
    sockets: list[Any] = []
    parent = os.getpid()
    worker = None
    try:
        with Barred(unconnected):
            for _ in range(2):
                sockets += _socket.socketpair(_socket.AF_UNIX, _socket.SOCK_STREAM)
        ours, theirs, lifeline, lifeline_end = sockets
        _ours.update((ours, lifeline))
        with Undisturbed(_signal.valid_signals()):
            _require_memory()
            pid = _fork()
            if pid:
                worker = Worker(pid, Channel(ours), lifeline)
                if keep is not None:
                    keep(worker)
            else:
                _forget_handlers()
    except BaseException:
        if worker is not None:
            worker.stop()
        _ours.difference_update(sockets)
        for socket in sockets:
            socket.close()
        raise
    if worker is not None:
        theirs.close()
        lifeline_end.close()
        return worker
    posix.is_ours = True
    status = 1
    try:
        for number in ASKING:  # one process answers for all
            _signal.signal(number, _signal.SIG_IGN)
        _die_with(lifeline_end.fileno(), end_signal if _is_heard(end_signal) else _signal.SIGKILL)
        # What came before that gives no signal.
        if os.getppid() == parent and not _is_cut(lifeline_end.fileno()):
            work(Channel(theirs))
        status = 0
    except MemoryError:
        status = ENOMEM
    finally:
        os._exit(status)


def _fork() -> int:
    """Fork; raise OSError if that cannot be, as at the end of a program that uses us."""
    try:
        return os.fork()
    except RuntimeError as error:  # in what is called at exit, says Python 3.12
        raise OSError(EAGAIN, str(error)) from None


def _require_memory() -> None:
    """Raise OSError unless there is memory for the first steps of a new process.

    The interpreter takes some there, and ends it with words of its own if it gets none. What is
    given back here is free for that.
    """
    try:
        bytearray(FIRST_STEPS)
    except MemoryError:
        raise OSError(ENOMEM, os.strerror(ENOMEM)) from None


def unconnected() -> int:
    """Return a descriptor of a socket that leads nowhere."""
    return int(_socket.socket(_socket.AF_UNIX, _socket.SOCK_DGRAM).detach())


def _forget_handlers() -> None:
    """Leave what a program that uses us does at a signal to that program, which may get it too.

    What ends a process by default would not be heard otherwise; of the rest a worker takes no
    notice, as one that is sent to all processes of a terminal, or of a name. For what else ends us
    a command has handlers that are to run in any of its processes.
    """
    for number in {*_signal.valid_signals()}.difference(ALSO_ENDING):
        if callable(_signal.getsignal(number)):
            is_left = number in ENDING or number == _signal.SIGCHLD
            _signal.signal(number, _signal.SIG_DFL if is_left else _signal.SIG_IGN)


def _is_heard(number: int) -> bool:
    """Return whether a signal has an effect: a program that uses us may ignore it, or block it."""
    blocked = _signal.pthread_sigmask(_signal.SIG_BLOCK, ())
    return number not in blocked and _signal.getsignal(number) != _signal.SIG_IGN


def _die_with(lifeline_end: int, end_signal: int) -> None:
    """Have the kernel send this process a signal when the other end of the lifeline is closed.

    F_SETSIG, F_SETOWN and O_ASYNC are Linux's (fcntl(2)); elsewhere the end of the channel will do.
    """
    if hasattr(fcntl, "F_SETSIG"):
        fcntl.fcntl(lifeline_end, fcntl.F_SETSIG, end_signal)
        fcntl.fcntl(lifeline_end, fcntl.F_SETOWN, os.getpid())
        flags = fcntl.fcntl(lifeline_end, fcntl.F_GETFL)
        fcntl.fcntl(lifeline_end, fcntl.F_SETFL, flags | os.O_ASYNC)


def _is_cut(lifeline_end: int) -> bool:
    poll = select.poll()
    poll.register(lifeline_end, select.POLLIN)
    return bool(poll.poll(0))


def ready(workers: "Iterable[Worker]", wait: bool, seconds: float | None = None) -> list[Worker]:
    """Return the workers that have sent something or are gone.

    With `wait` it is at least one, or none if nothing comes in so many seconds.
    """
    poll = select.poll()
    by_fd = {}
    found = []
    for worker in workers:
        if worker.channel.has_message():
            found.append(worker)
        else:
            fd = worker.channel.fileno()
            by_fd[fd] = worker
            poll.register(fd, select.POLLIN)
    longest = None if seconds is None else seconds * 1000
    came = poll.poll(longest if wait and not found else 0)
    return found + [by_fd[fd] for fd, _event in came]


def processors() -> int:
    """Return the number of processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def most_workers() -> int:
    """Return how many workers there may be: each takes two of the descriptors we may have.

    Where other threads run there are none: what they hold at the moment of a fork stays locked.
    """
    if len(threads()) != 1:
        return 0
    return (os.sysconf("SC_OPEN_MAX") - SPARE) // 2


def threads() -> "list[str] | range":
    """Return something for each thread of this process; Linux knows those of other libraries."""
    try:
        return os.listdir("/proc/self/task")
    except OSError:
        from _thread import _count

        return range(_count() + 1)

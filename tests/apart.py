"""Run programs in children of a small process (`tests.small`), which knows of no tests.

A fork costs what there is to fork, and a process that holds all the tests is so large that a new
interpreter would start sooner. What a test replaced in its own process is not replaced here: for
that there is `tests.forked`.
"""

import atexit
import os
import pickle
import select
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import cache, partial
from typing import Unpack

from pycp.__main__ import cp_main
from tests.child import Setting, Start, execute
from tests.memory import MEMORY
from tests.programs import CHECKOUT, ORACLES, Result
from tests.small import HERE

PIPE_BYTES = 1 << 15
"""What certainly goes into a pipe that nobody reads yet."""
MORE_SECONDS = 10
"""How much longer than its child the small process is waited for."""


def run_ours(
    words: Sequence[str],
    cwd: str,
    main: Callable[[], int] = cp_main,
    **setting: Unpack[Setting],
) -> Result:
    """Run pycp, or what `main` makes of it; PYCP_UNDER_TEST names another program."""
    other = os.environ.get("PYCP_UNDER_TEST")
    return run(partial(execute, other) if other else main, words, cwd, **setting)


def run_theirs(words: Sequence[str], cwd: str, **setting: Unpack[Setting]) -> Result:
    """Run GNU's cp under our name with these words."""
    return run(partial(execute, ORACLES["pycp"]), words, cwd, **setting)


def run(
    main: Callable[[], int], words: Sequence[str], cwd: str, **setting: Unpack[Setting]
) -> Result:
    """Call `main`, which must be possible to pickle, in such a child; the streams are pipes.

    An exception ends the child with a traceback.
    """
    start = Start(main, words, cwd, **setting)
    called = main.func if isinstance(main, partial) else main
    small = _small_process(called.__module__ not in HERE)
    try:
        with ExitStack() as ours:
            with ExitStack() as its:
                output, printed = _pipe(ours, its)
                errors, told = _pipe(ours, its)
                request = its.enter_context(tempfile.TemporaryFile(dir=MEMORY))
                pickle.dump(start._replace(stdin=""), request)
                request.seek(0)
                fds = [request.fileno(), _input(start.stdin, its), printed, told]
                socket.send_fds(small.link, [b"?"], fds)
            texts = _read(output, errors, time.monotonic() + start.seconds + MORE_SECONDS)
        answer = small.link.recv(4)
        assert len(answer) == 4, "the small process has ended"
    except BaseException:
        small.give_up()  # what it answers later is for nobody
        raise
    return Result(int.from_bytes(answer, "little", signed=True), *map(os.fsdecode, texts))


def _pipe(reading: ExitStack, writing: ExitStack) -> tuple[int, int]:
    """Return both ends of a pipe, and say who closes them."""
    reader, writer = os.pipe()
    reading.callback(os.close, reader)
    writing.callback(os.close, writer)
    return reader, writer


def _input(text: str, reading: ExitStack) -> int:
    """Return a descriptor to read the text from."""
    data = os.fsencode(text)
    if len(data) <= PIPE_BYTES:
        with ExitStack() as here:
            held, writer = _pipe(reading, here)
            os.write(writer, data)
    else:
        held = os.memfd_create("stdin")
        reading.callback(os.close, held)
        os.write(held, data)
        os.lseek(held, 0, os.SEEK_SET)
    return held


def _read(output: int, errors: int, end: float) -> tuple[bytes, bytes]:
    """Read two pipes until nobody writes into them any more."""
    parts: dict[int, list[bytes]] = {output: [], errors: []}
    waiting = select.poll()
    for fd in parts:
        waiting.register(fd, select.POLLIN)
    for _open in range(2):
        while True:
            ready = waiting.poll(max(end - time.monotonic(), 0) * 1000)
            if not ready:
                raise TimeoutError("somebody keeps the output of a program open")
            fd = ready[0][0]
            data = os.read(fd, 1 << 20)
            if not data:
                break
            parts[fd].append(data)
        waiting.unregister(fd)
    return b"".join(parts[output]), b"".join(parts[errors])


class _SmallProcess:
    """One with only what the commands need, or with everything; it ends when we do."""

    def __init__(self, everything: bool) -> None:
        self.link, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with its:
            command = [sys.executable, "-m", "tests.small", str(its.fileno())]
            self.process = subprocess.Popen(
                [*command, "all"] if everything else command,
                cwd=CHECKOUT,
                pass_fds=[its.fileno()],
                env=os.environ | {"LC_ALL": "C"},
                start_new_session=True,
            )
        self.owner = os.getpid()
        atexit.register(self.end)

    def end(self) -> None:
        """End it, also if somebody whom its owner forked holds the link still."""
        if os.getpid() == self.owner:
            self.link.shutdown(socket.SHUT_RDWR)
            self.process.wait()
        self.link.close()

    def give_up(self) -> None:
        """Have the next who asks start another one."""
        _small_process.cache_clear()
        atexit.unregister(self.end)
        if os.getpid() == self.owner:
            self.process.kill()
        self.end()


_small_process = cache(_SmallProcess)

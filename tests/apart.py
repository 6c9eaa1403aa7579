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
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import Unpack

from pycp.__main__ import cp_main
from tests.child import Setting, Start, execute
from tests.memory import MEMORY
from tests.programs import CHECKOUT, ORACLES, SECONDS, Result
from tests.small import HERE
from tests.tree import Owner

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
    main: Callable[[], int],
    words: Sequence[str],
    cwd: str,
    *,
    name: str = "pycp",
    stdin: str = "",
    umask: int = 0o022,
    env: Mapping[str, str] | None = None,
    owner: Owner | None = None,
    groups: Sequence[int] = (),
    seconds: int = SECONDS,
) -> Result:
    """Call `main`, which must be possible to pickle, in such a child; the streams are pipes.

    One that takes too long dies by SIGALRM; an exception ends it with a traceback.
    """
    start = Start(main, words, cwd, umask, env or {}, owner, groups, seconds, name)
    data = os.fsencode(stdin)
    input_, feed = _stream_of(data)
    output, printed = os.pipe()
    errors, told = os.pipe()
    called = main.func if isinstance(main, partial) else main
    link = _small_process(called.__module__ not in HERE)
    with tempfile.TemporaryFile(dir=MEMORY) as request:
        pickle.dump(start, request)
        request.seek(0)
        socket.send_fds(link, [b"?"], [request.fileno(), input_, printed, told])
    for fd in (input_, printed, told):
        os.close(fd)
    if feed >= 0:
        os.close(feed)
    try:
        texts = _read(output, errors, time.monotonic() + seconds + MORE_SECONDS)
        answer = link.recv(4)
        assert len(answer) == 4, "the small process has ended"
    except BaseException:
        _small_process.cache_clear()  # what it answers later is for nobody
        raise
    return Result(int.from_bytes(answer, "little", signed=True), *map(os.fsdecode, texts))


def _stream_of(data: bytes) -> tuple[int, int]:
    """Return a descriptor to read the data from, and one to close then, -1 if there is none."""
    if len(data) <= PIPE_BYTES:
        reader, writer = os.pipe()
        os.write(writer, data)
        return reader, writer
    held = os.memfd_create("stdin")
    os.write(held, data)
    os.lseek(held, 0, os.SEEK_SET)
    return held, -1


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
        os.close(fd)
    return b"".join(parts[output]), b"".join(parts[errors])


@cache
def _small_process(everything: bool) -> socket.socket:
    """Start one with only what the commands need, or with everything; it ends when we do."""
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with its:
        command = [sys.executable, "-m", "tests.small", str(its.fileno())]
        if everything:
            command.append("all")
        process = subprocess.Popen(
            command,
            cwd=CHECKOUT,
            pass_fds=[its.fileno()],
            env=os.environ | {"LC_ALL": "C"},
            start_new_session=True,
        )
    atexit.register(_end, os.getpid(), ours, process)
    return ours


def _end(owner: int, link: socket.socket, process: "subprocess.Popen[bytes]") -> None:
    """End it, also if somebody whom its owner forked holds the link still."""
    if os.getpid() == owner:
        link.shutdown(socket.SHUT_RDWR)
        process.wait()

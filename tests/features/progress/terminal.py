"""A terminal to run a command on, and the reading of what it shows.

The command runs in a forked child of the test process, so a test can replace parts of it, and hold
it where it wants to look.
"""

import codecs
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

from pycp import quoting
from pycp.__main__ import cp_main
from tests.programs import SECONDS

COLUMNS = 80
CRASHED = 70
"""Exit status of a command that ended with a traceback."""
SILENCE = 0.3
"""Seconds without output after which a terminal has stopped."""
CONTROLS = re.compile(r"\r\n|\r|\n|\x1b\[K|\x1b\[\?25[hl]|\x1b|.", re.DOTALL)


class Screen:
    """The lines a terminal shows, if it has as many as it needs."""

    def __init__(self, columns: int = COLUMNS) -> None:
        self.columns = columns
        self.lines = [""]
        self._column = 0

    def show(self, text: str) -> None:
        """Do what a terminal does with some output."""
        for unit in CONTROLS.findall(text):
            if unit == "\r":
                self._column = 0
            elif unit in ("\n", "\r\n"):
                self._column = 0
                self.lines.append("")
            elif unit == "\x1b[K":
                self.lines[-1] = self.lines[-1][: self._column]
            else:
                assert unit.isprintable(), repr(text)  # no other control may reach a terminal
                line = self.lines[-1].ljust(self._column)
                self.lines[-1] = line[: self._column] + unit + line[self._column + 1 :]
                self._column += 1
                if self._column > self.columns:
                    raise AssertionError(f"a line wraps: {self.lines[-1]!r}")


class Gate:
    """Where a command waits until it is let through, step by step."""

    def __init__(self) -> None:
        self._reading, self._writing = os.pipe()
        self._arrivals, self._arrived = os.pipe()

    def let(self, steps: int = 1) -> None:
        """Let so many steps be done."""
        os.write(self._writing, b"." * steps)

    def expect(self, steps: int = 1) -> None:
        """Wait until the command has come here so many times more."""
        for _ in range(steps):
            assert select.select([self._arrivals], [], [], SECONDS)[0]
            os.read(self._arrivals, 1)

    def arrive(self) -> None:
        """Let the test know, from the command, that it came here."""
        os.write(self._arrived, b".")

    def wait(self) -> None:
        """Wait, in the command, until one more step may be done."""
        self.arrive()
        os.read(self._reading, 1)


class Terminal:
    """A command that runs on a terminal of its own."""

    def __init__(
        self,
        words: Sequence[str],
        cwd: Path,
        before: Callable[[], None] = lambda: None,
        main: Callable[[], int] = cp_main,
        columns: int = COLUMNS,
        environment: dict[str, str] | None = None,
    ) -> None:
        self.output = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self.screen = Screen(columns)
        self._alive, held = os.pipe()  # has a writer as long as any process of the command lives
        os.set_inheritable(held, True)
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            status = CRASHED
            try:
                signal.alarm(SECONDS)
                os.chdir(cwd)
                os.environ.clear()
                os.environ.update({"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TERM": "xterm"})
                os.environ.update(environment or {})
                quoting._charset = ""
                fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("4H", 24, columns, 0, 0))
                sys.argv[:] = ["pycp", *words]
                before()
                status = main()
            except BaseException:
                os.write(2, traceback.format_exc().encode())
            finally:
                os._exit(status)
        os.close(held)

    def resize(self, columns: int) -> None:
        """Give the window another width; what is on its way may still be meant for the old one."""
        self.screen.columns = max(columns, self.screen.columns)
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("4H", 24, columns, 0, 0))

    def type(self, text: str) -> None:
        """Press some keys."""
        os.write(self._fd, text.encode())

    def stop(self) -> None:
        """Have the terminal take no more output."""
        self.type("\x13")
        while select.select([self._fd], [], [], SILENCE)[0]:
            self.read()

    def kill(self, number: int) -> None:
        """Send a signal to the process that was started."""
        os.kill(self.pid, number)

    def read(self) -> bool:
        """Read what comes next, and return whether there was anything."""
        if not select.select([self._fd], [], [], SECONDS)[0]:
            raise AssertionError(f"nothing more comes after {self.output!r}")
        try:
            raw = os.read(self._fd, 65536)
        except OSError:  # Linux says so of a terminal that nobody has open any more
            raw = b""
        text = self._decoder.decode(raw)
        self.output += text
        self.screen.show(text)
        return bool(raw)

    def until(self, found: Callable[[], object]) -> None:
        """Read until something is true of what is shown."""
        while not found():
            if not self.read():
                raise AssertionError(f"the end came first: {self.output!r}")

    def until_line(self, number: int) -> str:
        """Read until a line is complete, and return it."""
        self.until(lambda: len(self.screen.lines) > number + 1)
        return self.screen.lines[number]

    def until_shown(self, pattern: str) -> str:
        """Read until the last line matches, and return it."""
        self.until(lambda: re.search(pattern, self.screen.lines[-1]))
        return self.screen.lines[-1]

    def end(self) -> int:
        """Read to the end and return the exit status; no process may be left then."""
        while self.read():
            pass
        os.close(self._fd)
        status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        if not select.select([self._alive], [], [], SECONDS)[0]:
            raise AssertionError("a process of the command is still there")
        os.close(self._alive)
        return status

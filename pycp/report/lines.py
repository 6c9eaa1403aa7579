"""Words for a terminal: what is done on stdout, what goes wrong and what is asked on stderr."""

import os

from pycp.entries import Tally
from pycp.errors import SilentError, detached

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Protocol

    from pycp.entries import Encoder
    from pycp.errors import CopyError

    class Bar(Protocol):
        """What shows how far the copy has come."""

        is_on_terminal: bool
        places: memoryview
        """How far a walk through the sources has come."""

        @property
        def is_shown(self) -> bool:
            """Return whether there is a picture in the line of the cursor."""

        def pause(self) -> None:
            """Leave the terminal alone for a while."""

        def resume(self) -> None:
            """Go on drawing."""

        def end(self, is_complete: bool) -> None:
            """Draw for the last time."""


BUFFER_SIZE = 4096
"""Bytes of output collected before they are written to something other than a terminal."""
ERASE = b"\r\x1b[K"
"""What clears the line of a terminal that the cursor is in."""


class Lines:
    """The report of a command: lines as GNU prints them, and whether anything failed.

    Standard output is written when enough has come together, at each line on a terminal, and
    always before something is said on standard error.
    """

    def __init__(self, program: str, verbose: bool = False, debug: bool = False) -> None:
        self.program = program
        self.verbose = verbose
        self.debug = debug
        self.hears = False
        self.encoder: Encoder | None = None
        self.own_files: dict[tuple[int, int], str] = {}
        self.tally = Tally()
        self.has_failed = False
        self.failures = 0
        self.has_stats = self.is_dry = False
        """A line tells at the end what was done, or would have been."""
        self._pending: list[bytes] = []
        self._size = 0
        self._limit = 0
        self._has_lost_output = False
        self._has_lost_input = False
        self.bar: Bar | None = None

    def begin_pulse(self, totals: "Callable[[], Iterator[tuple[int, int]] | None]") -> None:
        """Tell nothing once a second."""

    def event(self, kind: str, **details: object) -> None:
        """Say nothing: the lines for people come apart from events."""

    def take_encoded(self, kinds: "Mapping[str, int]", lines: bytes) -> None:
        """Refuse: nobody puts events in words for this report."""
        raise AssertionError(kinds)

    def flush_events(self) -> None:
        """Hold nothing back."""

    def line(self, text: str) -> None:
        """Print a line on standard output."""
        self.take_lines(os.fsencode(text) + b"\n")

    def take_lines(self, data: bytes) -> None:
        """Print lines on standard output."""
        if not self._pending and not self._limit:
            self._limit = 1 if os.isatty(1) else BUFFER_SIZE
        self._pending.append(data)
        self._size += len(data)
        if self._size >= self._limit and self.flush():
            self._pending = [data]  # so that the end finds out why, as GNU does

    def flush(self) -> OSError | None:
        """Write what was printed so far; return the failure, which is told at the end."""
        data, self._pending, self._size = b"".join(self._pending), [], 0
        if data:
            data = self.over_bar(1) + data
        try:
            while data:
                data = data[os.write(1, data) :]
        except OSError as error:
            self._has_lost_output = True
            return detached(error)
        return None

    def over_bar(self, fd: int) -> bytes:
        """Return what must precede a line so that it takes the place of the bar."""
        has_bar = self.bar is not None and self.bar.is_on_terminal
        return ERASE if has_bar and os.isatty(fd) else b""

    def say(self, text: str) -> None:
        """Print a line of the program's own on standard error."""
        self._error_output(f"{self.program}: {text}\n")

    def hint(self, text: str) -> None:
        """Print a line that is not about any one thing on standard error."""
        self._error_output(text + "\n")

    def warn(self, text: str) -> None:
        """Print something that is not a failure."""
        self.say(text)

    def failed(self, error: "CopyError") -> None:
        """Print a failure, unless there is nothing to say, and remember it.

        One that was told before is just the same failure again.
        """
        self.has_failed = True
        self.failures += not error.is_told or isinstance(error, SilentError)
        if not error.is_told:
            self.say(str(error))
        detached(error)

    def _error_output(self, text: str) -> None:
        self.flush()
        data = self.over_bar(2) + os.fsencode(text)
        try:
            while data:
                data = data[os.write(2, data) :]
        except OSError:
            self.has_failed = True

    def agrees(self, question: str) -> bool:
        """Ask on standard error, read a line from standard input, return whether it says yes."""
        if self.bar is not None:
            self.bar.pause()
        try:
            os.write(2, self.over_bar(2) + os.fsencode(f"{self.program}: {question}"))
        except OSError:
            self.has_failed = True
        answer = self._read_answer()
        if self.bar is not None:
            self.bar.resume()
        self.has_failed |= not (agreed := _says_yes(answer))
        return agreed

    def _read_answer(self) -> bytes:
        """Read one line, byte by byte: what follows it belongs to whoever reads next."""
        answer = bytearray()
        try:
            while (byte := os.read(0, 1)) not in (b"", b"\n"):
                answer += byte
        except OSError:
            self._has_lost_input = True
        return bytes(answer)

    def finish(self) -> bool:
        """Write what is left, tell failures of the standard streams; return whether all is well."""
        if self._has_lost_input:
            self.has_failed = True
            self.say("error closing file" + _why_closing_fails(0))
        error = self.flush()
        if self.bar is not None:
            self.bar.end(is_complete=not self.has_failed)
            self.bar = None
        if self._has_lost_output:
            self.has_failed = True
            self.say("write error" + (f": {error.strerror}" if error else _why_closing_fails(1)))
        if self.has_stats:
            from pycp.report.status import closing_line

            self.say(closing_line(self.tally, self.failures, self.is_dry))
        return not self.has_failed


def _why_closing_fails(stream: int) -> str:
    """Return why closing a stream fails; GNU has forgotten what failed before that."""
    try:
        os.fstat(stream)
    except OSError as error:
        return f": {error.strerror}"
    return ""


def _says_yes(answer: bytes) -> bool:
    """Return whether an answer means yes where the user is (YESEXPR of the locale)."""
    if answer[:1] in (b"y", b"Y"):
        return True
    if answer[:1] in (b"", b"n", b"N") or (answer[:1] < b"\x80" and not _has_locale()):
        return False
    import _locale

    before = _locale.setlocale(_locale.LC_ALL)
    try:
        _locale.setlocale(_locale.LC_ALL, "")
        expression = _locale.nl_langinfo(_locale.YESEXPR)
    except ValueError:
        return False
    finally:
        _locale.setlocale(_locale.LC_ALL, before)
    import re

    return re.match(expression, os.fsdecode(answer)) is not None


def _has_locale() -> bool:
    """Return whether the environment names a language for messages."""
    names = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return next((name for name in names if name), "C").partition(".")[0] not in ("C", "POSIX")

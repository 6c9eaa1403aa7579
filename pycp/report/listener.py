"""What happens, told to a program: events for a function, and a list of failures.

The events are those of `json_lines`, with the same fields.
"""

import time
from errno import errorcode

from pycp.entries import Tally
from pycp.errors import SilentError, detached
from pycp.options import Record
from pycp.values import BYTES, DIRECTORIES, EXCLUDED, FILES, HARD_LINKS, REFLINKED, SKIPPED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any, Literal

    from pycp.entries import Encoder
    from pycp.errors import CopyError
    from pycp.report.pulse import Pulse
    from pycp.report.walker import Totals

    EventKind = Literal[
        "started",
        "copied",
        "directory",
        "recorded",
        "skipped",
        "removed",
        "restored",
        "progress",
        "warning",
        "failed",
    ]


class Event(Record):
    """One thing that happened; what an event of its kind does not tell is None.

    - `started`: something other than a directory is being copied: `type`, `source`, `destination`,
      `size` in bytes.
    - `copied`: it is complete: `type`, `source`, `destination`; of a file `method` and `bytes`,
      and `resumed_at`, the offset an interrupted copy went on at; `backup`, the name that the old
      destination has now; `context`, the SELinux label that options gave it.
    - `directory`: one was `made`, or was there: `source` (not where `install` makes it),
      `destination`, `context`.
    - `skipped`: it is not copied, and that is no failure: `source`, `destination`, `reason`.
    - `recorded`: a record got a line: `destination`, `recorded_as`, its name there, `type`, `made`,
      `mode`, `uid`, `gid` and, if they have names, `uname` and `gname`; of a file `size`, `time`,
      `sha256` and `backup`.
    - `removed`: an old `destination` was taken away, or one that is undone.
    - `restored`: an old `destination` was put back, which was kept as `backup`.
    - `progress`: about once in a second while something runs: `files` and `bytes` done, what needs
      no copying included; `files_found` and `bytes_found`, known to be there in all, and whether
      that is all (`found_all`); the `phase`; and the `source` in work.
    - `warning`: `message`.
    - `failed`: `message`, `path` and perhaps `path2`, and `errno`, the name of the error number;
      of several destinations (`tee`) also `destination`, the one it happened to.

    An event cannot be changed.
    """

    kind: "EventKind" = "started"
    type: 'Literal["file", "directory", "symlink", "hardlink", "fifo", "special"] | None' = None
    source: str | None = None
    destination: str | None = None
    size: int | None = None
    bytes: int | None = None
    method: 'Literal["reflink", "offload", "loop", "none"] | None' = None
    resumed_at: int | None = None
    backup: str | None = None
    context: str | None = None
    made: bool | None = None
    recorded_as: str | None = None
    mode: str | None = None
    uid: int | None = None
    gid: int | None = None
    uname: str | None = None
    gname: str | None = None
    time: str | None = None
    sha256: str | None = None
    reason: str | None = None
    files: int | None = None
    files_found: int | None = None
    bytes_found: int | None = None
    found_all: bool | None = None
    phase: 'Literal["copying", "checking", "flushing", "reading", "stripping"] | None' = None
    message: str | None = None
    path: str | None = None
    path2: str | None = None
    errno: str | None = None


class Summary(Record):
    """What a call has done; the counts are those of events."""

    files: int = 0
    """Files, links and special files copied."""
    directories: int = 0
    """Directories made, or entered because they were there."""
    skipped: int = 0
    """What needed no copying, or was left out."""
    warnings: int = 0
    failed: int = 0
    reflinked: int = 0
    """Files that share their storage with the source."""
    linked: int = 0
    """Hard links made."""
    bytes: int = 0
    """Bytes copied: holes do not count, storage shared with the source does."""
    seconds: float = 0.0


class Stopped(BaseException):
    """The function that is told events raised an exception, which ends the copy.

    No `except OSError` on the way may take that for a failure of a file.
    """

    def __init__(self, error: BaseException) -> None:
        self.error = error


class CopyFailed(OSError):
    """Something could not be copied; everything else was.

    `errors` lists all failures in their order: each is an OSError with `errno`, `strerror`,
    `filename` and `filename2`, of which `errno` is None if no system call failed. These four
    attributes of this exception are those of the first. `summary` says what was done. Of several
    destinations (`tee`), the `destination` of an error is the one it happened to.
    """

    def __init__(self, errors: "Sequence[CopyError]", summary: Summary) -> None:
        first = errors[0]
        text = str(first) or first.strerror or "not copied"
        if len(errors) > 1:
            text += f" (and {len(errors) - 1} more)"
        super().__init__(text)
        self.errors = tuple(errors)
        self.summary = summary
        self.errno = first.errno
        self.strerror = first.strerror
        self.filename = first.filename
        self.filename2 = first.filename2

    def __str__(self) -> str:
        return str(self.args[0])

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.errors, self.summary), self.__dict__


class Listener:
    """The report of a program that uses us: prints nothing, keeps failures, tells events."""

    program = "pycp"
    verbose = False
    debug = False
    encoder: "Encoder | None" = None

    def __init__(self, on_event: "Callable[[Event], object] | None") -> None:
        self._on_event = on_event
        self.hears = on_event is not None
        self.own_files: dict[tuple[int, int], str] = {}
        self.tally = Tally()
        self.errors: list[CopyError] = []
        self.pulse: Pulse | None = None
        self._warnings = 0
        self._start = time.monotonic()

    def begin_pulse(self, totals: "Callable[[], Totals | None]") -> None:
        """Tell once a second how far the copy is; `totals` begins a walk through the sources."""
        from pycp.report.pulse import Pulse

        self.pulse = Pulse(self.tally, self.event, totals)

    def end(self) -> None:
        """Tell nothing more."""
        if self.pulse is not None:
            self.pulse.end()
            self.pulse = None

    def event(self, kind: str, **details: "Any") -> None:
        """Tell what happened to one file."""
        if self.pulse is not None and kind != "progress":
            self.pulse.beat()
        if self._on_event is not None:
            try:
                self._on_event(Event(kind=kind, **details))  # type: ignore[arg-type]
            except BaseException as error:
                self._on_event = None  # it has ended the copy, and hears no more of that
                raise Stopped(error) from None

    def take_encoded(self, kinds: "Mapping[str, int]", lines: bytes) -> None:
        """Refuse: nobody puts events in words for this report."""
        raise AssertionError(kinds)

    def flush_events(self) -> None:
        """Hold nothing back."""

    def line(self, text: str) -> None:
        """Print nothing."""

    def take_lines(self, data: bytes) -> None:
        """Print nothing."""

    def warn(self, text: str) -> None:
        """Tell something that is not a failure."""
        self._warnings += 1
        self.event("warning", message=text)

    def failed(self, error: "CopyError") -> None:
        """Keep a failure, and tell it; one that was told before is just the same again."""
        if error.is_told and not isinstance(error, SilentError):
            return
        self.errors.append(detached(error))
        self.event("failed", **failure_details(error))

    def summary(self) -> Summary:
        """Return what was done so far, by workers too."""
        total = self.tally.total
        passed = total(SKIPPED)
        return Summary(
            files=total(FILES) - passed,
            directories=total(DIRECTORIES),
            skipped=passed + total(EXCLUDED),
            warnings=self._warnings,
            failed=len(self.errors),
            reflinked=total(REFLINKED),
            linked=total(HARD_LINKS),
            bytes=total(BYTES),
            seconds=time.monotonic() - self._start,
        )

    def agrees(self, question: str) -> bool:
        """Refuse: no option of the Python interface asks."""
        raise AssertionError(question)


def failure_details(error: "CopyError") -> "dict[str, Any]":
    """Return the fields of an event that tells a failure."""
    details: dict[str, Any] = {"message": str(error)}
    for field, name in (("path", error.filename), ("path2", error.filename2)):
        if name is not None:
            details[field] = name
    if error.destination is not None:
        details["destination"] = error.destination
    if error.errno:
        details["errno"] = errorcode.get(error.errno, str(error.errno))
    return details

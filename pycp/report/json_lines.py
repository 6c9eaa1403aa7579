"""Objects for programs: one line of JSON for each event, and a summary at the end.

The schema of the lines is `events.schema.json` beside this module.
"""

import os
import time

from pycp.errors import CopyError, SilentError, detached, reason
from pycp.quoting import quote_name
from pycp.report.encoder import Encoder
from pycp.report.lines import BUFFER_SIZE, Lines
from pycp.report.listener import failure_details
from pycp.report.output import open_output
from pycp.values import BYTES, HARD_LINKS, NEW_MODE, REFLINKED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pycp.options import WriteOptions
    from pycp.report.pulse import Pulse
    from pycp.report.walker import Totals

VERSION = 1
"""Version of the schema; it changes when a line of before would be read wrongly."""


class JsonLines(Lines):
    """A report that also, or only, writes events."""

    def __init__(self, program: str, options: "WriteOptions", operands: list[str]) -> None:
        """Write to the file the options name, or instead of lines to standard output if "-".

        Raise CopyError if the file cannot be opened, or is an operand.
        """
        super().__init__(program, options.verbose, options.debug)
        self.hears = True
        self.encoder = self._encoder = Encoder()
        self._place = place = "-" if options.json is None else options.json
        self._is_alone = place == "-"
        self._fd = 1
        if not self._is_alone:
            self._fd, identity = open_output(
                place, NEW_MODE, operands, options.lists(), "the file of events"
            )
            if identity is not None:
                self.own_files[identity] = "events are written to it"
        self._events: list[bytes] = []
        self._events_size = 0
        self._counts = dict.fromkeys(("copied", "directory", "skipped", "warning", "failed"), 0)
        self._event_error: OSError | None = None
        self._start = time.monotonic()
        self.pulse: Pulse | None = None
        extra = {"dry_run": True} if options.dry_run else {}
        self.event("begin", schema=VERSION, program=program, **extra)

    def begin_pulse(self, totals: "Callable[[], Totals | None]") -> None:
        """Tell once a second how far the copy is; `totals` begins a walk through the sources."""
        from pycp.report.pulse import Pulse

        places = self.bar.places if self.bar is not None else None
        self.pulse = Pulse(self.tally, self.event, totals, places)

    def event(self, kind: str, **details: object) -> None:
        """Write an event, now or when more have come together."""
        self.take_encoded({kind: 1}, self._encoder.event(kind, details))
        if kind == "progress":
            self.flush_events()

    def take_encoded(self, kinds: "Mapping[str, int]", lines: bytes) -> None:
        """Count events, and keep their lines until they are written."""
        pulse, counts = self.pulse, self._counts
        if pulse is not None and time.monotonic() >= pulse.next and "progress" not in kinds:
            pulse.beat()
        for kind in kinds:
            if kind in counts:
                counts[kind] += kinds[kind]
        self._events.append(lines)
        self._events_size += len(lines)
        if self._events_size >= BUFFER_SIZE:
            self.flush_events()

    def flush_events(self) -> None:
        """Write what has come together."""
        data, self._events, self._events_size = b"".join(self._events), [], 0
        if data and self._is_alone:
            data = self.over_bar(1) + data
        try:
            while data and not self._event_error:
                data = data[os.write(self._fd, data) :]
        except OSError as error:
            self._event_error = detached(error)

    def take_lines(self, data: bytes) -> None:
        """Print lines for people, unless the events have their place."""
        if not self._is_alone:
            super().take_lines(data)

    def warn(self, text: str) -> None:
        """Tell something that is not a failure, both ways."""
        self.event("warning", message=text)
        super().warn(text)

    def failed(self, error: CopyError) -> None:
        """Tell a failure, both ways; one that was told before is just the same failure again."""
        if not error.is_told or isinstance(error, SilentError):
            self.event("failed", **failure_details(error))
        super().failed(error)

    def finish(self) -> bool:
        """Write the summary and what is left; return whether all is well."""
        if self.pulse is not None:
            self.pulse.end()
            self.pulse = None
        is_well = super().finish()
        counts = self._counts
        self.event(
            "summary",
            copied=counts["copied"],
            directories=counts["directory"],
            skipped=counts["skipped"],
            warnings=counts["warning"],
            failed=counts["failed"],
            reflinked=self.tally.total(REFLINKED),
            linked=self.tally.total(HARD_LINKS),
            bytes=self.tally.total(BYTES),
            seconds=round(time.monotonic() - self._start, 6),
            status=int(not is_well),
        )
        self.flush_events()
        if self._event_error:
            self.has_failed = is_well = False
            shown = "standard output" if self._is_alone else quote_name(self._place)
            self.say(f"error writing events to {shown}: {reason(self._event_error)}")
        return is_well

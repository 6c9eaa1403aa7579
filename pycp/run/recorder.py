"""What one process has to tell, written down for another one to tell it."""

import os
from itertools import groupby

from pycp.errors import CopyError, SilentError, detached

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    from pycp.entries import Report
    from pycp.run.walk import Walk

    Event = tuple[Any, ...] | bytes
    """What happened, as plain values; bytes are lines for people."""


class Recorder:
    """The report of a worker: everything is written down, and told by the coordinator."""

    def __init__(self, report: "Report") -> None:
        self.program = report.program
        self.verbose = report.verbose
        self.debug = False
        self.hears = report.hears
        self.tally = report.tally
        self.own_files = report.own_files
        self.keeps_order: bool = getattr(report, "keeps_order", False)
        """It is noted as well where something comes that is not done yet."""
        self.events: list[Event] = []
        self.encoder = report.encoder

    def listen(self, walk: "Walk") -> None:
        """Be told what a walk does from now on, and where something comes that it hands back."""
        job = walk.job
        job.report, job.steps = self, None
        if job.manifest is not None:
            job.manifest = self.copied
        walk.choose_ways()
        walk.hand_back().tell = self.handed_back

    def event(self, kind: str, **details: object) -> None:
        """Note what happened to a file."""
        if self.encoder is not None:
            self.take_encoded({kind: 1}, self.encoder.event(kind, details))
        else:
            self.events.append(("event", kind, details))

    def copied(self, name: str, digest: str) -> None:
        """Note a line of the manifest."""
        self.events.append(("manifest", name, digest))

    def take_encoded(self, kinds: "Mapping[str, int]", lines: bytes) -> None:
        """Note events that are in words, together with those before."""
        events = self.events
        last = events[-1] if events else b""
        if not isinstance(last, bytes) and last[0] == "encoded":
            _encoded, known, before = last
            for kind in kinds:
                known[kind] = known.get(kind, 0) + kinds[kind]
            before += lines
        else:
            events.append(("encoded", dict(kinds), bytearray(lines)))

    def flush_events(self) -> None:
        """Hold nothing back."""

    def line(self, text: str) -> None:
        """Note what is being done."""
        self.events.append(os.fsencode(text) + b"\n")

    def take_lines(self, data: bytes) -> None:
        """Note lines that another process has put in bytes."""
        self.events.append(data)

    def handed_back(self, number: int) -> None:
        """Note where a name comes that somebody else is to copy, if there is an order."""
        if self.keeps_order:
            self.events.append(("handed back", number))

    def warn(self, text: str) -> None:
        """Note something that is not a failure."""
        self.events.append(("warn", text))

    def failed(self, error: CopyError) -> None:
        """Note a failure; one that was told before is just the same again."""
        if error.is_told and not isinstance(error, SilentError):
            return
        self.events.append(("failed", *error.words, error.is_told, error.destination))
        detached(error)

    def agrees(self, question: str) -> bool:
        """Refuse: who may be asked is known before work is shared, so nobody gets here."""
        raise AssertionError(question)


def replay(
    events: "list[Event]", report: "Report", manifest: "Callable[[str, str], None] | None" = None
) -> None:
    """Tell the report, and the manifest if there is one, what a worker wrote down."""
    for event in events:
        if isinstance(event, bytes):
            report.take_lines(event)
            continue
        kind, *told = event
        if kind == "warn":
            report.warn(*told)
        elif kind == "encoded":
            report.take_encoded(*told)
        elif kind == "event":
            report.event(told[0], **told[1])
        elif kind == "manifest":
            assert manifest is not None
            manifest(*told)
        else:
            *words, is_told, destination = told
            error = (SilentError if is_told else CopyError)(*words)
            error.destination = destination
            report.failed(error)
    report.flush_events()


def _is_lines(event: "Event") -> bool:
    return isinstance(event, bytes)


def joined(events: "list[Event]") -> "list[Event]":
    """Return events with lines for people that follow each other put together."""
    together: list[Event] = []
    runs: Iterable[tuple[bool, Iterable[Any]]] = groupby(events, _is_lines)
    for is_lines, run in runs:
        if is_lines:
            together.append(b"".join(run))
        else:
            together += run
    return together

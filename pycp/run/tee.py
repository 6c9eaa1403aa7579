"""--tee: one copy to several destinations, each as if it were the only one.

A process is forked for each destination and runs the serial copy there (`one_read`). This one has
the data of files read once for all of them (`lending`), and tells what they tell. A process that is
lost costs its own destination only.

Where no processes can be forked, one destination is copied to after the other.
"""

import _signal  # type: ignore[import-not-found]  # signal imports enum

from pycp import system
from pycp.errors import CopyError, failed
from pycp.plan.operands import probe, split
from pycp.quoting import quote_name
from pycp.run.lending import Asking, Lender
from pycp.run.one_read import SharedSource, Teller, say
from pycp.run.recorder import replay
from pycp.run.serial import run_serial
from pycp.system.folder import Directory, identity
from pycp.system.handover import Handover, new_slots
from pycp.system.worker import Worker, most_workers, ready, start
from pycp.values import join, split_last

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from pycp.entries import Report
    from pycp.options import CopyOptions
    from pycp.system.counts import Counts
    from pycp.system.worker import Channel

DESCRIPTORS = 2
"""Shares of a worker's descriptors that one with a way to hand files over takes."""
GO = True
"""The word that a process waits for before it does anything."""


class Destination:
    """One of the destinations, and the copy that is made there."""

    asking: Asking
    """Its process, where it has one."""

    def __init__(self, name: str, options: "CopyOptions", operands: list[str]) -> None:
        self.name = name
        self.options = options
        self.operands = operands

    def copy(self, teller: Teller, source: "SharedSource | None" = None) -> None:
        """Copy everything to it, and tell what goes wrong."""
        try:
            run_serial(self.options, self.operands, teller, shared_source=source)
        except CopyError as error:
            teller.failed(error)
        teller.tell()

    def loss(self, how: str) -> CopyError:
        """Word that its process has ended before the copy was complete."""
        shown = quote_name(self.name)
        text = f"cannot copy to {shown}: the process copying there ended: {how}"
        error = CopyError(text, None, self.name)
        error.destination = self.name
        return error


def run_tee(options: "CopyOptions", operands: "Iterable[str]", report: "Report") -> None:
    """Copy all operands to each destination; raise UsageError or CopyError if one cannot be.

    What goes wrong is told to the report, and everything else is copied.
    """
    destinations = _destinations(options, operands, report)
    report.tally.provide(max(len(destinations), 1))
    tee = Tee(destinations, report)
    try:
        is_started = len(destinations) * DESCRIPTORS <= most_workers() and tee.start()
        if is_started:
            tee.run()
    finally:
        tee.close()
    if not is_started:
        for one in destinations:
            teller = Teller(report, one.name, report.tally, lambda events: replay(events, report))
            one.copy(teller)


class Tee:
    """The processes of all destinations."""

    def __init__(self, destinations: list[Destination], report: "Report") -> None:
        self._destinations = destinations
        self._report = report
        self._by_worker: dict[Worker, Destination] = {}

    def start(self) -> bool:
        """Start them all; return False if that cannot be, and nothing is done then."""
        spare = self._report.tally.spare
        try:
            self._slots = new_slots()
            for destination, counts in zip(self._destinations, spare, strict=False):
                self._start(destination, counts)
        except OSError:
            return False
        for worker in self._by_worker:
            try:
                worker.channel.send(GO)
            except OSError:
                pass  # it is gone, and that is found out when it is listened to
        return True

    def _start(self, destination: Destination, counts: "Counts") -> None:
        """Start one, which waits for the word; raise OSError if it cannot be."""
        handover = Handover()

        def work(channel: "Channel") -> None:
            channel.receive()
            report, name = self._report, destination.name
            tally = type(report.tally)()
            tally.share(counts)
            teller = Teller(report, name, tally, lambda events: say(channel, "tell", events))
            destination.copy(teller, SharedSource(channel, handover, self._slots, teller))
            counts.name = ""
            say(channel, "over")

        def keep(worker: Worker) -> None:
            destination.asking = Asking(worker.channel, handover)
            self._by_worker[worker] = destination

        try:
            # A process that is told to end by SIGTERM removes what is temporary first.
            start(work, _signal.SIGTERM, keep)
        except BaseException:
            handover.close()
            raise
        handover.theirs.close()

    def run(self) -> None:
        """Have read what they wait for, and tell what they tell, until all are at their end."""
        askers = [one.asking for one in self._destinations]
        self._lender = Lender(askers, self._slots, self._report.tally, self._listen)
        while self._by_worker:
            self._listen()
            self._lender.serve()

    def _listen(self) -> None:
        """Wait for messages, and do what they mean."""
        self._report.tally.beat()
        for worker in ready(self._by_worker, True):
            try:
                what, *details = worker.channel.receive()
            except EOFError:
                self._end(worker, "without a word")
                continue
            if what == "tell":
                replay(details[0], self._report)
            elif what == "over":
                self._end(worker, "")
            else:
                self._lender.hear(self._by_worker[worker].asking, what, details)

    def _end(self, worker: Worker, how: str) -> None:
        """Let go of a process that is at its end, or was lost; `how` it was if it does not say."""
        how = worker.end() or how
        destination = self._by_worker.pop(worker)
        self._lender.forget(destination.asking)
        if how:
            self._report.failed(destination.loss(how))

    def close(self) -> None:
        """End what is left, in the midst of what it does."""
        for worker in self._by_worker:
            worker.cut_lifeline()  # of all, before one is waited for
        for worker, destination in self._by_worker.items():
            destination.asking.handover.close()
            worker.end()
        self._by_worker.clear()


def _destinations(
    options: "CopyOptions", operands: "Iterable[str]", report: "Report"
) -> list[Destination]:
    """Return all of them; raise UsageError or CopyError if one cannot be, or is there twice.

    Lists of sources are read here, as a whole: they may come through a pipe.
    """
    if not isinstance(operands, list):
        operands = list(operands)
        if not operands:
            return []
    sources, directory, name = split(
        options, operands, "target directory", "target", report.failed, options.parents
    )
    if directory is not None:
        directory.close()
    sources = list(sources)
    if options.resume:
        from pycp.plan.begun import require_possible

        require_possible(options)
    found: dict[tuple[int, int], str] = {}
    beside = split_last(name)[0]
    if directory is not None:
        beside = f"{name}/"
        _require_new(name, found)
    elif options.manifest is not None:
        _require_new(beside or ".", found)  # two manifests would be one file
    if not sources:
        return []  # a list may be empty
    alone = options.replace(tee=(), jobs=1, files_from=())
    if options.files_from:
        alone, operands = alone.replace(target_directory=name), sources
    if options.exclude:
        from pycp.plan.exclude import Exclusions

        lines = Exclusions(options.exclude).lines  # some may come from standard input
        alone = alone.replace(exclude=tuple(("pattern", line) for line in lines))
    destinations = [Destination(name, alone.replace(manifest=_below(beside, options)), operands)]
    for name in options.tee:
        target = probe(name)
        if not isinstance(target, Directory):
            raise failed("target directory", name, target)
        target.close()
        _require_new(name, found)
        to_it = alone.replace(target_directory=name, manifest=_below(f"{name}/", options))
        destinations.append(Destination(name, to_it, sources))
    return destinations


def _require_new(name: str, found: "dict[tuple[int, int], str]") -> None:
    """Raise CopyError if a directory was found before, by this name or another."""
    try:
        directory = identity(system.stat(name))
    except OSError as error:
        raise failed("target directory", name, error) from None
    if directory in found:
        other = found[directory]
        text = f"{quote_name(other)} and {quote_name(name)} are the same directory"
        raise CopyError(text, None, other, name)
    found[directory] = name


def _below(directory: str, options: "CopyOptions") -> str | None:
    """Return the name of the manifest of one destination."""
    return None if options.manifest is None else join(directory, options.manifest)

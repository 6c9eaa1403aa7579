"""What a process that was started elsewhere does: proves itself, and carries out units.

Everything comes as bytes of plain values (marshal), and so does everything that is sent back. It
may be a thread beside others, as Dask and executors have them: each has a server of its own.
"""

import marshal
import threading
import time

from pycp import system
from pycp.cluster.devices import Devices
from pycp.cluster.proof import difference, facts, unproved
from pycp.engine.job import Job
from pycp.entries import Entry, Tally
from pycp.errors import CopyError
from pycp.options import CopyOptions
from pycp.plan.exclude import Exclusions
from pycp.plan.operands import probe
from pycp.run.recorder import Recorder
from pycp.run.visit import Visitor
from pycp.run.walk import Walk
from pycp.run.worker import Server
from pycp.system.folder import NOT_YET, PAUSE, Directory, Folder
from pycp.values import NUMBERS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pycp.entries import Encoder
    from pycp.run.unit import Part

    Identity = tuple[int, int]
    Root = tuple[str, str, Identity]
    Tree = tuple[int, Root, Root, list[Identity], list[Identity], int]
    """Number of an operand; source and destination, each with its name for people, whole name and
    identity; what was met before; links that were made; and from which size on a file is shared."""

MOST_RUNS = 4
"""Copies that a process of long life remembers."""


class Speaker:
    """What a recorder has to know of whoever listens."""

    debug = False
    encoder: "Encoder | None" = None

    def __init__(self, program: str, verbose: bool, hears: bool) -> None:
        self.program = program
        self.verbose = verbose
        self.hears = hears
        self.tally = Tally()
        self.own_files: dict[Identity, str] = {}


class Held:
    """What a thread has open of an operand; whatever forgets it gives that back."""

    def __init__(self, tree: bytes, server: Server, root: Folder, tally: Tally) -> None:
        self.tree = tree
        self.server = server
        assert root.source_fd is not None and root.destination_fd is not None
        self.fds = root.source_fd, root.destination_fd
        self.own = tally.own

    def __del__(self) -> None:
        self.server.close()


class Run:
    """One copy, as far as this process takes part in it."""

    def __init__(self, setup: bytes) -> None:
        self._facts, options, self._says, self._own_files, self._has_company, self._places = (
            marshal.loads(setup)
        )
        self._options = CopyOptions(**options)
        self._devices = Devices()
        self._here = threading.local()
        self._lock = threading.Lock()
        self._tickets: set[int] = set()
        self._fault: str | None = None

    def fault(self) -> str:
        """Return why this process cannot take part, nothing if it can."""
        with self._lock:
            if self._fault is None:
                self._fault = difference(facts(), self._facts)
                for place in self._places:
                    self._fault = self._fault or unproved(place, self._devices)
            return self._fault

    def carry_out(self, ticket: int, tree: bytes, unit: bytes) -> "tuple[Any, ...]":
        """Carry out a unit; raise CopyError if that cannot be."""
        if ticket in self._tickets:
            raise CopyError("the same work came twice")
        self._tickets.add(ticket)
        held: Held | None = getattr(self._here, "held", None)
        if held is None or held.tree != tree:
            held = self._here.held = None  # what that has open is given back first
            held = self._here.held = self._open(tree)
        seconds, left_by, parts, wanted = marshal.loads(unit)
        if wanted is not None:
            way, name, new_name, source, copy, *ends = wanted
            sides = self._devices.arriving(source), self._devices.arriving(copy)
            wanted = (self._devices.arriving_way(way, held.fds), name, new_name, *sides, *ends)
        there = self._translated(parts, held.fds)
        answer = held.server.carry_out(seconds, left_by, there, wanted)
        translated, has_unknown = self._devices.leaving_answer(answer)
        counts = list(held.own)
        for number in range(NUMBERS):
            held.own[number] = 0
        return translated, has_unknown, counts

    def _translated(self, parts: "list[Part]", fds: tuple[int, int]) -> "list[Part]":
        devices = self._devices
        there: list[Part] = []
        for way, *rest, link in parts:
            step = devices.arriving_way(way, fds)
            if link is not None:
                identity, place = link
                if place is not None:
                    place = devices.arriving_way(place[0], fds), *place[1:]
                link = devices.arriving(identity), place
            there.append((step, *rest, link))  # type: ignore[arg-type]
        return there

    def _open(self, tree: bytes) -> Held:
        """Open the directories of an operand."""
        operands: Tree = marshal.loads(tree)
        _number, source, destination, known, links, large_from = operands
        options = self._options
        report = Speaker(*self._says)
        report.own_files = {
            self._devices.arriving((device, inode)): text for device, inode, text in self._own_files
        }
        job = Job(options, Recorder(report))  # type: ignore[arg-type]
        if options.exclude:
            job.exclusions = Exclusions(options.exclude)
        if options.manifest is not None:
            job.manifest = lambda _name, _digest: None  # until the recorder takes its place
        job.large_from = large_from
        walk = Walk(Visitor(job, self._has_company))
        nowhere = Directory(None, "", None)
        above = Folder(None, nowhere, nowhere, False)
        source_directory = self._at(source)
        try:
            root = Folder(above, source_directory, self._at(destination), False)
        except CopyError:
            source_directory.close()
            raise
        operand = Entry(root, "", is_operand=True)
        operand.name_operands(source[0], destination[0])
        walk.memory.operand = operand
        walk.memory.foreign = frozenset(map(self._devices.arriving, known))
        for link in links:
            walk.memory.made_link(self._devices.arriving(link))
        server = Server(walk, root, forgets=True)
        server.prepare()
        return Held(tree, server, root, report.tally)

    def _at(self, root: "Root") -> Directory:
        """Open a directory that must be the coordinator's."""
        shown, path, identity = root
        directory = probe(path)
        if isinstance(directory, OSError) and directory.errno in NOT_YET:
            time.sleep(PAUSE)
            directory = probe(path)
        if isinstance(directory, OSError):
            raise CopyError(f"cannot access {shown}: {directory.strerror}")
        directory.shown_as = shown
        if directory.id != self._devices.arriving(identity):
            directory.close()
            raise CopyError(f"{shown} is not the same directory as here")
        return directory


_runs: dict[str, Run] = {}
_lock = threading.Lock()


def forget(key: str) -> None:
    """Give back what threads of this process have open of a copy that is over."""
    with _lock:
        run = _runs.pop(key, None)
    del run  # while others may go on


def carry_out(request: bytes) -> bytes:
    """Do what a request asks for, and return what came of it."""
    key, setup, ticket, tree, unit = marshal.loads(request)
    with _lock:
        run = _runs.get(key)
        if run is None and setup:
            while len(_runs) >= MOST_RUNS:
                del _runs[next(iter(_runs))]
            run = _runs[key] = Run(setup)
    name = system.host_name()
    if run is None:
        return marshal.dumps((name, "it is not the process that was there before", None))
    fault = run.fault()
    if fault or not unit:
        return marshal.dumps((name, fault, None))
    try:
        return marshal.dumps((name, "", run.carry_out(ticket, tree, unit)))
    except CopyError as error:
        return marshal.dumps((name, str(error), None))

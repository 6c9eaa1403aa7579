"""The coordinator's side of a cluster: has the nodes prove themselves, and gives them units.

How requests travel is for a carrier, of which there is one for each engine.
"""

import marshal
import os
import time

from pycp.cluster.devices import Lookup
from pycp.cluster.proof import Probes, absolute, facts
from pycp.errors import CopyError
from pycp.run.hands import Lost
from pycp.run.large import directories_of
from pycp.system.folder import identity
from pycp.values import NUMBERS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Protocol

    from pycp.cluster.proof import Place
    from pycp.engine.job import Job
    from pycp.plan.operands import Operands
    from pycp.run.walk import Walk
    from pycp.run.worker import Answer
    from pycp.system.folder import Folder

    class Carrier(Protocol):
        """Takes requests to nodes, and brings what came of them."""

        nodes: list[int]
        """Those that are there; one that is lost goes."""
        unit_cost: float
        knows_nodes: bool
        """It sends where it is told to, and never does so twice."""

        def send(self, node: int, ticket: int, request: bytes) -> None:
            """Have a node carry out a request."""

        def receive(self, wait: bool) -> list[tuple[int, bytes | Lost]]:
            """Return what came, by ticket; with `wait` something, if anything is out."""

        def cancel(self) -> None:
            """Have nothing begun that is not."""

        def close(self, status: int) -> None:
            """Let the nodes go; `status` is that of the whole copy."""


STAYS_HERE = ("json", "progress", "jobs", "cluster", "cluster_insecure", "exclude", "verbose")
"""Options that nodes have no use for, or get in another form."""
POLL = 0.005
LONGEST_WAIT = 10.0
"""Seconds to wait for what is being copied when a copy is interrupted."""


class Nodes:
    """The nodes, whose carrier is `carrier`."""

    is_local = False

    def __init__(self, carrier: "Carrier", most: int = 0) -> None:
        self._carrier = carrier
        self._most = most
        self.unit_cost = carrier.unit_cost
        self.reruns = not carrier.knows_nodes
        self._probes = Probes()
        self.key = os.urandom(16).hex()
        """What nodes know this copy by."""
        self._setup = b""
        self._tree = b""
        self._trees = 0
        self._walk: Walk | None = None
        self._root: Folder | None = None
        self._ticket = 0
        self._out: dict[int, tuple[int, bytes]] = {}
        self._held = dict.fromkeys(carrier.nodes[: most or None], 0)
        self._lookups: dict[int, Lookup] = {}

    @property
    def slots(self) -> int:
        """Return how many nodes there are."""
        there = self._carrier.nodes
        if len(self._held) > len(there):
            self._held = {node: held for node, held in self._held.items() if node in there}
        return len(self._held)

    @slots.setter
    def slots(self, wanted: int) -> None:
        """Leave it: there are as many as were started."""

    def prove(self, job: "Job", operands: "Operands") -> None:
        """Have the nodes prove that they see what we see; raise CopyError if one does not."""
        options = job.options
        follows = options.follows(is_operand=True)
        places: list[Place] = []
        # What is made in destinations changes those that are sources as well.
        for find in (self._probes.destination, self._probes.source):
            for entry in operands.entries():
                sides = directories_of(job, entry)
                shares = options.recursive or sides is not None
                place = find(entry, follows, sides) if shares else None
                if place is not None and place not in places:
                    places.append(place)
        fields = {key: value for key, value in options.__dict__.items() if key not in STAYS_HERE}
        if job.exclusions is not None:
            fields["exclude"] = tuple(("pattern", line) for line in job.exclusions.lines)
        report = job.report
        own_files = [(*key, text) for key, text in report.own_files.items()]
        says = (report.program, report.verbose, report.hears)
        self._setup = marshal.dumps(
            (facts(), fields, says, own_files, operands.has_company, places)
        )
        try:
            faults = self._ask_all()
        finally:
            if self._carrier.knows_nodes:
                self._probes.remove()  # otherwise somebody may still come
        if faults:
            raise CopyError("\n".join(f"{node}: {fault}" for node, fault in faults[:1]))

    def _ask_all(self) -> list[tuple[str, str]]:
        """Ask every node; return names and words of those that see something else."""
        asked = set()
        for node in list(self._held):
            self._ticket += 1
            asked.add(self._ticket)
            self._carrier.send(node, self._ticket, self._request(self._setup, b"", b""))
        faults = []
        while asked:
            for ticket, answer in self._carrier.receive(wait=True):
                asked.discard(ticket)
                if isinstance(answer, Lost):
                    faults.append(("a node", f"it ended: {answer.how}"))
                    continue
                name, fault, _nothing = marshal.loads(answer)
                if fault:
                    faults.append((name, fault))
        return faults

    def _request(self, setup: bytes, tree: bytes, unit: bytes) -> bytes:
        return marshal.dumps((self.key, setup, self._ticket, tree, unit))

    def begin(self, walk: "Walk", root: "Folder") -> None:
        """Take units of this root from now on."""
        self._walk, self._root = walk, root
        self._trees += 1
        operand = walk.memory.operand
        assert operand is not None
        known = walk.memory.copied.operands()
        source, copy = root.source_directory, root.destination_directory
        self._tree = marshal.dumps(
            (
                self._trees,
                (operand.source, absolute(operand.source_name), source.id),
                (operand.destination, absolute(operand.destination), copy.id),
                known,
                walk.memory.known_links(),
                walk.job.large_from,
            )
        )

    def give(self, unit: bytes) -> int:
        """Have a unit carried out by the node that has least to do."""
        self._ticket += 1
        node = min(self._held, key=self._held.__getitem__)
        self._held[node] += 1
        self._out[self._ticket] = node, unit
        setup = self._setup if self.reruns else b""
        self._carrier.send(node, self._ticket, self._request(setup, self._tree, unit))
        return self._ticket

    def take(self, wait: bool) -> "list[tuple[int, Answer | Lost]]":
        """Return what nodes have sent, and the units of those that are lost."""
        taken: list[tuple[int, Answer | Lost]] = []
        for ticket, data in self._carrier.receive(wait and bool(self._out)):
            if ticket not in self._out:
                continue
            node, unit = self._out.pop(ticket)
            if node in self._held:
                self._held[node] -= 1
            if isinstance(data, Lost):
                taken.append((ticket, data))
                continue
            name, fault, came = marshal.loads(data)
            if fault:
                taken.append((ticket, Lost(f"{name}: {fault}")))
            else:
                taken.append((ticket, self._understood(node, unit, *came)))
        return taken

    def _understood(
        self, node: int, unit: bytes, answer: "Any", has_unknown: bool, counts: list[int]
    ) -> "Answer":
        assert self._walk is not None
        own = self._walk.job.tally.own
        for what in range(NUMBERS):
            own[what] += counts[what]
        if has_unknown:
            lookup = self._lookups.setdefault(node, Lookup())
            answer = lookup.complete(answer, marshal.loads(unit)[2], self._look)
        return answer  # type: ignore[no-any-return]

    def _look(self, side: int, path: str) -> tuple[int, int]:
        assert self._root is not None
        directory = (self._root.source_directory, self._root.destination_directory)[side]
        try:
            return identity(directory.stat(path))
        except OSError:
            return -1, -1

    def close(self, at_once: bool) -> None:
        """Wait for what is out if a tree is given up, but not for long; the nodes stay."""
        if not at_once:
            return
        self._carrier.cancel()
        deadline = time.monotonic() + max(LONGEST_WAIT, 3 * self.slots * self.unit_cost)
        while self._out and time.monotonic() < deadline:
            for ticket, _answer in self._carrier.receive(wait=False):
                self._out.pop(ticket, None)
            time.sleep(POLL)

    def interrupted(self) -> None:
        """Leave nothing behind, because this process is about to end."""
        self.close(at_once=True)
        self._probes.remove()

    def end(self, status: int) -> None:
        """Let the nodes go."""
        self._probes.remove()
        self._carrier.close(status)

"""Who carries out units of work: other processes, each unit at most once.

A loss is told, never hidden. The forked processes of this machine are one implementation.
"""

import _signal  # type: ignore[import-not-found]  # signal imports enum
import os

from pycp.errors import CopyError
from pycp.quoting import quote_name
from pycp.run.worker import Server
from pycp.system.worker import EXHAUSTED, Worker, ready, start

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from pycp.engine.job import Job
    from pycp.plan.operands import Operands
    from pycp.run.walk import Walk
    from pycp.run.worker import Answer
    from pycp.system.counts import Counts
    from pycp.system.folder import Folder

    class Hands(Protocol):
        """Processes that units of work are given to."""

        slots: int
        """Processes that work at the same time; may change while running."""
        unit_cost: float
        """Seconds that one unit costs the coordinator."""
        is_local: bool
        """They share the processors of the coordinator, and are as many as it wants."""
        reruns: bool
        """A unit may be carried out twice, and nobody would know."""

        def give(self, unit: bytes) -> int:
            """Have a unit carried out; return its ticket. At most AHEAD for each slot are out."""

        def take(self, wait: bool) -> "list[tuple[int, Answer | Lost]]":
            """Return what came back, by ticket; with `wait` there is something unless all is."""

        def close(self, at_once: bool) -> None:
            """Let the processes go, or end them in the midst of what they do."""

    class Cluster(Hands, Protocol):
        """Hands on other machines, for all operands of a run."""

        def prove(self, job: Job, operands: Operands) -> None:
            """Raise CopyError unless all machines see what we see; nothing is written before."""

        def begin(self, walk: Walk, root: Folder) -> None:
            """Take units of this root from now on."""


AHEAD = 2
"""Units a process holds, so that it need not wait for the next."""
TICK = 0.5
"""Seconds to wait for processes at most, if somebody is to hear how far they are."""


class Lost:
    """What came back of a unit whose process ended; nobody knows how far it came."""

    def __init__(self, how: str, token: str = "", was_begun: bool = True) -> None:
        self.how = how
        self.token = token
        """What its temporary names have in them."""
        self.was_begun = was_begun
        """Unless there was nobody to begin with it."""

    def error(self, shown: str) -> CopyError:
        """Word what is not copied for it."""
        text = f"cannot copy {quote_name(shown)}: the process copying it ended: {self.how}"
        return CopyError(text, filename=shown)


class ForkedHands:
    """Processes forked from this one when there is work for them."""

    unit_cost = 0.0002
    is_local = True
    reruns = False

    def __init__(self, walk: "Walk", root: "Folder", most: int) -> None:
        self._walk = walk
        self._root = root
        self._most = most
        self._slots = 0
        self._tally = walk.job.tally
        self._tally.provide(walk.job.options.jobs)
        self._held: dict[Worker, list[int]] = {}
        self._counts: dict[Worker, Counts] = {}
        self._tokens: dict[Worker, str] = {}
        self._next = 0
        self._lost: list[tuple[int, Answer | Lost]] = []

    @property
    def slots(self) -> int:
        """Return how many processes are to work at the same time."""
        return min(self._slots, self._most)

    @slots.setter
    def slots(self, wanted: int) -> None:
        self._slots = wanted

    def give(self, unit: bytes) -> int:
        """Have a unit carried out by whoever has least to do, or by a new process."""
        self._next += 1
        worker = min(self._held, key=lambda known: len(self._held[known]), default=None)
        if (worker is None or self._held[worker]) and len(self._held) < self.slots:
            worker = self._start() or worker
        if worker is None:
            self._lost.append((self._next, Lost("none could be started", was_begun=False)))
            return self._next
        self._held[worker].append(self._next)
        try:
            worker.channel.send_bytes(unit)
        except OSError:
            pass  # it is gone, and that is found out when its answer is taken
        return self._next

    def _start(self) -> Worker | None:
        """Start a process, which finds its way from the directories of the root."""
        root = self._root
        was_open = root.source_directory.is_open and root.destination_directory.is_open
        spare = self._tally.spare
        try:
            if not spare:
                raise OSError
            counts = spare[-1]
            root.reopen()
            server = Server(self._walk, root)
            token = os.urandom(4).hex()

            def keep(worker: Worker) -> None:
                self._counts[worker], self._tokens[worker] = spare.pop(), token
                self._held[worker] = []

            # By this signal it is not ended before something that has a temporary name has its own.
            return start(
                lambda channel: server.serve(channel, counts, token), _signal.SIGTERM, keep
            )
        except OSError:
            self._most = len(self._held)  # fewer will do, and none as well
            return None
        finally:
            if not was_open:
                root.close()

    def take(self, wait: bool) -> "list[tuple[int, Answer | Lost]]":
        """Return what processes have sent, and the units of those that ended."""
        taken, self._lost = self._lost, []
        if not self._held or not any(self._held.values()):
            return taken
        seconds = None if self._tally.tick is None else TICK
        for worker in ready(self._held, wait and not taken, seconds):
            try:
                answer = worker.channel.receive()
            except EOFError:
                how = Lost(worker.end() or "without a word", self._tokens[worker])
                taken += [(ticket, how) for ticket in self._held.pop(worker)]
                self._give_back(worker)
                if how.how == EXHAUSTED:
                    raise MemoryError from None
                self._most -= 1  # so that what kills every process ends
            else:
                taken.append((self._held[worker].pop(0), answer))
        return taken

    def close(self, at_once: bool) -> None:
        """Let the processes go, or end them in the midst of what they do."""
        if at_once:
            for worker in self._held:
                worker.cut_lifeline()  # of all, before one is waited for
        while self._held:
            worker = next(iter(self._held))
            worker.end()
            del self._held[worker]
            self._give_back(worker)

    def _give_back(self, worker: Worker) -> None:
        """Have the next process go on counting where one that has ended stopped."""
        counts = self._counts.pop(worker)
        counts.name = ""
        self._tally.spare.append(counts)

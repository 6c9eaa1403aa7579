"""Several processes copying one tree: a coordinator that walks it, and workers.

The coordinator makes directories, copies what is no regular file, and gathers the names of regular
files into pieces of work. Who has nothing to do gets the next piece; if everybody is busy, the
coordinator does it itself. The order of files differs from a serial copy, and nothing else does:
what happened is told by the coordinator alone, and a directory gets its attributes when all that
belongs into it has arrived.
"""

import marshal
import time

from pycp.errors import CopyError
from pycp.quoting import quote_name
from pycp.run.work import LONG, copy_names, replay, way_to, work
from pycp.system.lanes import provide_lanes
from pycp.system.worker import Worker, ready, start

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pycp.engine.directory import Filled
    from pycp.run.tree import Tree
    from pycp.system.lanes import Lane

    Part = tuple[Filled, list[str]]

AHEAD = 2
"""Pieces of work a worker holds, so that it need not wait for the next."""
LARGEST = 64 * 1024
"""Bytes of the largest piece of work that is sent, well below what a channel holds."""


class Crew:
    """The workers of one tree."""

    def __init__(self, tree: "Tree", root: "Filled", count: int, piece: int) -> None:
        self._tree = tree
        self._root = root.folder
        self._piece = piece
        """Files in a piece of work."""
        self._works_itself = piece >= SHARED_PIECE
        """The coordinator is one of those who copy, rather than one who waits for slow calls."""
        self._batch: list[Part] = []
        self._size = 0
        self._tasks: dict[Worker, list[list[Part]]] = {}
        self._tally = tree.job.tally
        provide_lanes(self._tally, tree.job.options.jobs)
        self._lanes = self._tally.spare_lanes[:count]
        self._tally.spare_lanes = self._tally.spare_lanes[count:]
        self._not_started = list(self._lanes)

    def _next_worker(self) -> "Worker | None":
        """Return a worker that can take a piece of work now, started if all others are busy."""
        least = min(self._tasks, key=lambda worker: len(self._tasks[worker]), default=None)
        if self._not_started and (least is None or self._tasks[least]):
            try:
                least = self._start(self._not_started.pop())
                self._tasks[least] = []
            except OSError:
                self._not_started.clear()  # fewer will do, and none as well
        if least is None or len(self._tasks[least]) == AHEAD:
            return None
        return least

    def _start(self, lane: "Lane") -> Worker:
        """Start a worker, which finds its way from the directories of the root."""
        root = self._root
        was_open = root.source_directory.is_open and root.destination_directory.is_open
        try:
            root.reopen()
            return start(lambda channel: work(self._tree, root, channel, lane))
        finally:
            if not was_open:
                root.close()

    def add(self, filled: "Filled", name: str) -> None:
        """Have a regular file of a directory copied."""
        if not self._batch or self._batch[-1][0] is not filled:
            self._batch.append((filled, []))
            filled.pending += 1
        self._batch[-1][1].append(name)
        self._size += 1
        if self._size >= self._piece:
            self.hand_out()

    def hand_out(self) -> None:
        """Give the names gathered so far to whoever is free."""
        parts, self._batch, self._size = self._batch, [], 0
        if parts:
            self._hand_out(parts)

    def _hand_out(self, parts: "list[Part]") -> None:
        self._collect(wait=False)
        ways = [
            (way_to(filled.folder, self._root), filled.folder.is_new, names)
            for filled, names in parts
        ]
        message = marshal.dumps(ways)
        while len(message) <= LARGEST:
            worker = self._next_worker()
            if worker is not None:
                self._tasks[worker].append(parts)
                try:
                    worker.channel.send_bytes(message)
                except OSError:
                    self._collect(wait=True)  # it is gone, and that is told there
                return
            if self._works_itself or not self._tasks:
                break
            self._collect(wait=True)
        self._do(parts)

    def _do(self, parts: "list[Part]") -> None:
        """Do a piece of work here."""
        deadline = time.monotonic() + LONG
        left: list[list[str]] = []
        special: list[list[str]] = []
        for filled, names in parts:
            for_memory: list[str] = []
            not_begun: list[str] = []
            with self._tree.opened(filled) as is_open:
                if is_open:
                    not_begun = copy_names(self._tree, filled.folder, names, for_memory, deadline)
            left.append(not_begun)
            special.append(for_memory)
        self._settle(parts, left, special)

    def _settle(self, parts: "list[Part]", left: list[list[str]], special: list[list[str]]) -> None:
        """Finish what belongs to a piece of work that came back."""
        again = [
            (filled, some)
            for (filled, _), names in zip(parts, left, strict=True)
            for some in self._split(names)
        ]
        for filled, _names in again:
            filled.pending += 1
        for (filled, _), names in zip(parts, special, strict=True):
            for name in names:
                self._tree.copy_one(filled, name)
            self._tree.settle(filled)
        for part in again:
            self._hand_out([part])

    def _split(self, names: list[str]) -> list[list[str]]:
        """Divide what one process did not get to among all."""
        size = max(len(names) // (len(self._tasks) + 1), 1)
        return [names[start : start + size] for start in range(0, len(names), size)]

    def _collect(self, wait: bool) -> None:
        """Take in what workers have sent; with `wait` until there was something."""
        while self._tasks:
            came = ready(self._tasks, wait)
            if not came:
                return
            results = []
            for worker in came:
                try:
                    result = worker.channel.receive()
                except EOFError:
                    self._bury(worker)
                else:
                    results.append((self._tasks[worker].pop(0), *result))
            # Settling hands out work again, so it must not find a message half taken in.
            for parts, events, left, special in results:
                replay(events, self._tree)
                self._settle(parts, left, special)
            if wait:
                return

    def _bury(self, worker: Worker) -> None:
        """Tell what a worker that died has not finished; nobody knows how far it came."""
        tasks = self._tasks.pop(worker)
        how = worker.end() or "without a word"
        for parts in tasks:
            for filled, names in parts:
                for name in names:
                    shown = f"{filled.folder.source}/{name}"
                    self._tree.job.report.failed(
                        CopyError(
                            f"cannot copy {quote_name(shown)}: the process copying it ended: {how}",
                            filename=shown,
                        )
                    )
                self._tree.settle(filled)

    def finish(self) -> None:
        """Wait until everything is copied, and send the workers home."""
        self.hand_out()
        while any(self._tasks.values()):
            self._collect(wait=True)
        for worker in self._tasks:
            worker.end()
        self._tasks.clear()
        self._tally.spare_lanes += self._lanes

    def abandon(self) -> None:
        """Stop the workers where they are."""
        for worker in self._tasks:
            worker.stop()
        self._tasks.clear()


SHARED_PIECE = 64
"""Files in a piece of work from which on the coordinator lends a hand."""

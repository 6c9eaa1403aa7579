"""Dask: the workers of a scheduler that somebody started, each of which gets what is meant for it.

A unit is pinned to one worker, and is never to be done by another: the scheduler would give a dead
worker's tasks to others without telling.
"""

from pycp.cluster.futures import Futures
from pycp.cluster.node import carry_out
from pycp.cluster.scheduler import Scheduler
from pycp.run.hands import Lost

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Workers:
    """The workers of the scheduler at an address."""

    unit_cost = 0.003
    knows_nodes = True

    def __init__(self, address: str) -> None:
        """Raise CopyError if there are none."""
        self._futures = Futures()
        self._scheduler = Scheduler(address, self._futures.given_to, self._futures.put)
        self._addresses = self._scheduler.workers
        self.nodes = list(range(len(self._addresses)))

    def send(self, node: int, ticket: int, request: bytes) -> None:
        """Submit a request to one worker and no other."""
        address = self._addresses[node]
        future = self._scheduler.client.submit(
            carry_out,
            request,
            workers=[address],
            allow_other_workers=False,
            pure=False,
            retries=0,
        )
        self._futures.add(future, ticket, address)
        if node not in self.nodes:
            self._futures.put(address)  # it went before it could be told of this

    def receive(self, wait: bool) -> list[tuple[int, bytes | Lost]]:
        """Return what is done, and what was given to workers that are gone."""
        taken: list[tuple[int, bytes | Lost]] = []
        while not taken and (came := self._futures.come(wait)):
            for gone in came:
                if isinstance(gone, str):
                    taken += self._lost(gone)
            taken += self._gathered([future for future in came if future in self._futures.out])
        return taken

    def _lost(self, address: str) -> list[tuple[int, bytes | Lost]]:
        self.nodes = [node for node in self.nodes if self._addresses[node] != address]
        gone = self._futures.given_to(address)
        self._scheduler.forget(gone)
        how = Lost(f"the worker {address} is gone")
        return [(self._futures.pop(future), how) for future in gone]

    def _gathered(self, done: "list[Any]") -> list[tuple[int, bytes | Lost]]:
        results = self._scheduler.gathered(done)
        taken: list[tuple[int, bytes | Lost]] = []
        for future in done:
            lost = Lost(f"the worker returned nothing: {future.status}")
            taken.append((self._futures.pop(future), results.get(future, lost)))
        return taken

    def cancel(self) -> None:
        """Take back what has not begun."""
        self._scheduler.cancel(list(self._futures.out))

    def close(self, status: int) -> None:
        """Leave scheduler and workers to whoever started them."""
        self.cancel()
        self._scheduler.close()

"""Dask: the workers of a scheduler that somebody started, each of which gets what is meant for it.

A unit is pinned to one worker, and is never to be done by another: the scheduler would give a dead
worker's tasks to others without telling. It tells everybody who listens that a worker is gone.
"""

from pycp import system
from pycp.cluster.address import address_of, require_trust
from pycp.cluster.futures import Futures
from pycp.cluster.node import carry_out
from pycp.errors import CopyError
from pycp.run.hands import Lost

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

SECONDS = 10
"""How long a scheduler may take to answer."""


class Workers:
    """The workers of the scheduler at an address, or whose address a file holds."""

    unit_cost = 0.003
    knows_nodes = True

    def __init__(self, word: str, is_insecure: bool) -> None:
        """Raise CopyError if there are none, or anybody could pass for them."""
        address = address_of(word)
        require_trust(address, is_insecure, system.geteuid() == 0)
        try:
            from distributed import Client

            connect: Any = Client
        except ImportError:
            raise CopyError(
                "--cluster=dask needs the Python package distributed:"
                " install 'pycp-coreutils[dask]', or distributed"
            ) from None
        import logging

        logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what matters we say
        self._futures = Futures()
        try:
            self._client = connect(address, timeout=SECONDS, set_as_default=False)
            self._client.subscribe_topic("all", self._hear)
            known = self._client.scheduler_info(n_workers=-1)["workers"]
        except Exception as error:  # of whatever kind: TLS, names, timeouts, versions
            reason = (str(error) or type(error).__name__).splitlines()[0]
            raise CopyError(f"cannot connect to the scheduler {address}: {reason}") from None
        self._addresses = sorted(known)
        self.nodes = list(range(len(known)))
        if not known:
            self._client.close()
            raise CopyError(f"the scheduler {address} has no workers")

    async def _hear(self, event: "tuple[float, Any]") -> None:
        message = event[1]
        if isinstance(message, dict) and message.get("action") == "remove-worker":
            # Results that were still there are lost, and whoever gathers one would wait for ever.
            gone = self._given_to(message["worker"])
            if gone:
                await self._client.cancel(gone, asynchronous=True, force=True)
            self._futures.put(message["worker"])

    def _given_to(self, address: str) -> "list[Any]":
        """Return the futures of what is out with a worker."""
        return [
            future
            for future, (_ticket, node) in list(self._futures.out.items())
            if self._addresses[node] == address
        ]

    def send(self, node: int, ticket: int, request: bytes) -> None:
        """Submit a request to one worker and no other."""
        future = self._client.submit(
            carry_out,
            request,
            workers=[self._addresses[node]],
            allow_other_workers=False,
            pure=False,
            retries=0,
        )
        self._futures.add(future, ticket, node)
        if node not in self.nodes:
            self._futures.put(self._addresses[node])

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
        if address not in self._addresses:
            return []
        node = self._addresses.index(address)
        if node in self.nodes:
            self.nodes.remove(node)
        gone = self._given_to(address)
        if gone:
            self._client.cancel(gone, force=True)
        how = Lost(f"the worker {address} is gone")
        return [(self._futures.pop(future), how) for future in gone]

    def _gathered(self, done: "list[Any]") -> list[tuple[int, bytes | Lost]]:
        good = [future for future in done if future.status == "finished"]
        results = dict(
            zip(good, self._client.gather(good, errors="skip"), strict=False) if good else ()
        )
        if len(results) != len(good):  # some are gone with their worker
            results = {}
        taken: list[tuple[int, bytes | Lost]] = []
        for future in done:
            ticket = self._futures.pop(future)
            lost = Lost(f"the worker returned nothing: {future.status}")
            taken.append((ticket, results.get(future, lost)))
        return taken

    def cancel(self) -> None:
        """Take back what has not begun."""
        if self._futures.out:
            self._client.cancel(list(self._futures.out))

    def close(self, status: int) -> None:
        """Leave scheduler and workers to whoever started them."""
        self.cancel()
        self._client.close(timeout=SECONDS)

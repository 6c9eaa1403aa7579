"""Dask: the workers of a scheduler that somebody started, each of which gets what is meant for it.

A unit is pinned to one worker, and is never to be done by another: the scheduler would give a dead
worker's tasks to others without telling. It tells everybody who listens that a worker is gone, but
would wait for ever for results that went with one, and so would whoever gathers them.
"""

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
    """The workers of the scheduler at an address."""

    unit_cost = 0.003
    knows_nodes = True

    def __init__(self, address: str) -> None:
        """Raise CopyError if there is no scheduler, or it has no workers."""
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
        self._addresses: list[str] = sorted(known)
        self.nodes = list(range(len(self._addresses)))
        if not known:
            self._client.close()
            raise CopyError(f"the scheduler {address} has no workers")

    async def _hear(self, event: "tuple[float, Any]") -> None:
        """Have it known that a worker is gone, and nothing more expected of it."""
        message = event[1]
        if isinstance(message, dict) and message.get("action") == "remove-worker":
            gone = self._futures.given_to(message["worker"])
            self._futures.put(message["worker"])  # first, or what it had just counts as cancelled
            if gone:
                await self._client.cancel(gone, asynchronous=True, force=True)

    def send(self, node: int, ticket: int, request: bytes) -> None:
        """Submit a request to one worker and no other."""
        address = self._addresses[node]
        future = self._client.submit(
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
        if gone:
            self._client.cancel(gone, force=True)
        how = Lost(f"the worker {address} is gone")
        return [(self._futures.pop(future), how) for future in gone]

    def _gathered(self, done: "list[Any]") -> list[tuple[int, bytes | Lost]]:
        """Take what came of futures that are done, all at once; nothing if some of it is gone."""
        good = [future for future in done if future.status == "finished"]
        came = self._client.gather(good, errors="skip") if good else []
        results = dict(zip(good, came, strict=True)) if len(came) == len(good) else {}
        taken: list[tuple[int, bytes | Lost]] = []
        for future in done:
            lost = Lost(f"the worker returned nothing: {future.status}")
            taken.append((self._futures.pop(future), results.get(future, lost)))
        return taken

    def cancel(self) -> None:
        """Take back nothing: what a worker has begun would count as back, too, and go on."""

    def close(self, status: int) -> None:
        """Leave scheduler and workers to whoever started them."""
        if self._futures.out:
            self._client.cancel(list(self._futures.out))
        self._client.close(timeout=SECONDS)

"""Dask: the workers of a scheduler that somebody started, each of which gets what is meant for it.

A unit is pinned to one worker, and is never to be done by another: the scheduler would give a dead
worker's tasks to others without telling. It tells everybody who listens that a worker is gone.
"""

import json
import time
from queue import Empty, SimpleQueue

from pycp import system
from pycp.cluster.node import carry_out
from pycp.errors import CopyError
from pycp.quoting import quote_word
from pycp.run.hands import Lost

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

SECONDS = 10
"""How long a scheduler may take to answer."""
GATHER = 0.002
"""Seconds to wait for more results, because many are fetched almost as quickly as one."""
TLS = "tls://"
TCP = "tcp://"


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
        self._tickets: dict[Any, tuple[int, int]] = {}
        """Ticket and node of what is out, by its future."""
        self._done: SimpleQueue[Any] = SimpleQueue()
        """Futures that are done, and addresses of workers that are gone."""
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
            self._done.put(message["worker"])

    def _given_to(self, address: str) -> "list[Any]":
        """Return the futures of what is out with a worker."""
        return [
            future
            for future, (_ticket, node) in list(self._tickets.items())
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
        self._tickets[future] = ticket, node
        if node in self.nodes:
            future.add_done_callback(self._done.put)
        else:
            self._done.put(self._addresses[node])

    def receive(self, wait: bool) -> list[tuple[int, bytes | Lost]]:
        """Return what is done, and what was given to workers that are gone."""
        taken: list[tuple[int, bytes | Lost]] = []
        while self._tickets and not taken:
            came = self._next(wait)
            if not came:
                break
            done = []
            for one in came:
                if isinstance(one, str):
                    taken += self._lost(one)
                elif one in self._tickets:
                    done.append(one)
            done = [future for future in done if future in self._tickets]
            taken += self._gathered(done)
        return taken

    def _next(self, wait: bool) -> "list[Any]":
        came = []
        try:
            came.append(self._done.get(block=wait))
            if self._done.empty():
                time.sleep(GATHER)
            while True:
                came.append(self._done.get(block=False))
        except Empty:
            return came

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
        return [(self._tickets.pop(future)[0], how) for future in gone]

    def _gathered(self, done: "list[Any]") -> list[tuple[int, bytes | Lost]]:
        good = [future for future in done if future.status == "finished"]
        results = dict(
            zip(good, self._client.gather(good, errors="skip"), strict=False) if good else ()
        )
        if len(results) != len(good):  # some are gone with their worker
            results = {}
        taken: list[tuple[int, bytes | Lost]] = []
        for future in done:
            ticket, _node = self._tickets.pop(future)
            lost = Lost(f"the worker returned nothing: {future.status}")
            taken.append((ticket, results.get(future, lost)))
        return taken

    def cancel(self) -> None:
        """Take back what has not begun."""
        if self._tickets:
            self._client.cancel(list(self._tickets))

    def close(self, status: int) -> None:
        """Leave scheduler and workers to whoever started them."""
        self.cancel()
        self._client.close(timeout=SECONDS)


def address_of(word: str) -> str:
    """Return the address that the user named, or that the file named holds."""
    if "://" in word:
        return word
    if not word.endswith(".json"):
        return f"tcp://{word}"
    try:
        with open(word, encoding="utf-8") as file:
            return str(json.load(file)["address"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it holds no address"
        raise CopyError(
            f"cannot read the scheduler's address from {quote_word(word)}: {reason}"
        ) from None


def require_trust(address: str, is_insecure: bool, is_root: bool) -> None:
    """Raise CopyError if anybody else could give work to our workers, or take it from them.

    Without TLS a scheduler obeys whoever reaches it, and that includes all users of this machine.
    """
    if address.startswith(TLS):
        return
    if is_root:
        raise CopyError(f"as root, a scheduler must be reached by {TLS}, not at {address}")
    if not (is_insecure or is_loopback(address)):
        raise CopyError(
            f"anybody could give work to the scheduler at {address}:"
            f" use {TLS}, or say --cluster-insecure"
        )


def is_loopback(address: str) -> bool:
    """Return whether what is sent to an address never leaves this machine."""
    host = address.removeprefix(TCP).rpartition(":")[0]
    numbers = host.split(".")
    return address.startswith(TCP) and (
        host in ("localhost", "[::1]")
        or (numbers[0] == "127" and len(numbers) == 4 and all(map(str.isdigit, numbers)))
    )

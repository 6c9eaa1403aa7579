"""What is out with an engine that gives futures, and which of them are done."""

import time
from queue import Empty, SimpleQueue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

GATHER = 0.002
"""Seconds to wait for more results, because many are fetched almost as quickly as one."""


class Futures:
    """The futures of requests, until somebody has taken what came of them."""

    def __init__(self) -> None:
        self.out: dict[Any, tuple[int, object]] = {}
        """Ticket of what is out, and to whom it was given, by its future."""
        self._done: SimpleQueue[Any] = SimpleQueue()

    def add(self, future: "Any", ticket: int, who: object) -> None:
        """Wait from now on for a future of what was given to somebody."""
        self.out[future] = ticket, who
        future.add_done_callback(self.put)

    def given_to(self, who: object) -> "list[Any]":
        """Return the futures of what is out with somebody; another thread may be adding some."""
        return [future for future, (_ticket, whose) in list(self.out.items()) if whose == who]

    def put(self, news: "Any") -> None:
        """Have a future that is done taken, or any other news."""
        self._done.put(news)

    def come(self, wait: bool) -> "list[Any]":
        """Return what is done, and other news; with `wait` something, if anything is out."""
        came: list[Any] = []
        if not self.out:
            return came
        try:
            came.append(self._done.get(block=wait))
            if self._done.empty():
                time.sleep(GATHER)
            while True:
                came.append(self._done.get(block=False))
        except Empty:
            return came

    def pop(self, future: "Any") -> int:
        """Return the ticket of a future that is taken."""
        return self.out.pop(future)[0]

"""Any executor of concurrent.futures: processes or threads, here or elsewhere.

Who carries out what, and whether something is carried out twice, is for the executor to know.
"""

from concurrent.futures import CancelledError, Executor, Future

from pycp.checks import keeps_from_executor
from pycp.cluster.futures import Futures
from pycp.cluster.node import carry_out, forget
from pycp.cluster.nodes import Nodes
from pycp.run.hands import Lost
from pycp.system.worker import processors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Hired:
    """The carrier of an executor that does `slots` things at a time."""

    unit_cost = 0.001
    knows_nodes = False

    def __init__(self, executor: Executor, slots: int) -> None:
        self.nodes = list(range(slots))
        self._executor = executor
        self._futures = Futures()

    def send(self, node: int, ticket: int, request: bytes) -> None:
        """Submit a request; to whom is not for us to say."""
        try:
            future = self._executor.submit(carry_out, request)
        except RuntimeError as error:  # it is shut down, or broken
            future = Future()
            future.set_exception(error)
        self._futures.add(future, ticket, node)

    def receive(self, wait: bool) -> list[tuple[int, bytes | Lost]]:
        """Return what is done."""
        came = self._futures.come(wait)
        return [(self._futures.pop(future), self._result(future)) for future in came]

    def _result(self, future: "Future[bytes]") -> bytes | Lost:
        try:
            return future.result()
        except CancelledError:
            return Lost("it was cancelled")
        except Exception as error:  # whatever the executor has to tell
            if isinstance(error, RuntimeError):
                self.nodes.clear()  # BrokenExecutor is one: nothing more will be done
            return Lost(f"{type(error).__name__}: {error}")

    def cancel(self) -> None:
        """Take back what has not begun."""
        for future in list(self._futures.out):
            future.cancel()

    def close(self, status: int) -> None:
        """Leave the executor to whoever made it."""
        self.cancel()


class HiredNodes(Nodes):
    """The nodes that an executor stands for."""

    def end(self, status: int) -> None:
        """Let go of what its threads, if it has any, keep open for the next unit."""
        super().end(status)
        forget(self.key)


def share_with(executor: Executor, fields: "dict[str, Any]") -> Nodes:
    """Return the nodes that an executor stands for; `fields` are options.

    Raise TypeError if it is none, ValueError if it could do harm by doing something twice.
    """
    if not callable(getattr(executor, "submit", None)):
        raise TypeError(f"executor must be an Executor, not {type(executor).__name__}")
    reason = keeps_from_executor(fields)
    if reason:
        raise ValueError(reason)
    slots = fields.get("jobs") or getattr(executor, "_max_workers", 0) or processors()
    return HiredNodes(Hired(executor, slots))

"""MPI: every process of a job runs the same command; the first coordinates, the others are nodes.

A message is a ticket and a request, or what came of it; an empty one lets a node go. If one of the
processes dies MPI ends all.
"""

import time

from pycp.cluster.messages import Messages
from pycp.cluster.node import carry_out
from pycp.errors import CopyError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pycp.run.hands import Lost

TICKET_BYTES = 8
FOR_THE_OTHERS = 0.3
"""Seconds the others have to end before a failure does: their launcher would kill them."""


class Ranks:
    """The processes of the job that we were started with."""

    unit_cost = 0.0002
    knows_nodes = True

    def __init__(self) -> None:
        """Raise CopyError if there is no MPI, or nobody else."""
        self._messages = Messages()
        self.is_first = self._messages.rank == 0
        self.nodes = list(range(1, self._messages.size))
        if not self.nodes:
            self._messages.end()
            raise CopyError(
                "--cluster=mpi needs at least two processes: start pycp with mpiexec or srun"
            )

    def send(self, node: int, ticket: int, request: bytes) -> None:
        """Send a request, or what came of one."""
        self._messages.post(node, ticket.to_bytes(TICKET_BYTES, "little") + request)

    def receive(self, wait: bool) -> "list[tuple[int, bytes | Lost]]":
        """Return what came."""
        taken: list[tuple[int, bytes | Lost]] = []
        while (message := self._messages.next(wait and not taken)) is not None:
            taken.append(_parted(message))
        return taken

    def serve(self) -> None:
        """Carry out requests until there are no more."""
        try:
            while message := self._messages.next(wait=True):
                ticket, request = _parted(message)
                self.send(0, ticket, carry_out(request))
                self._messages.flush()
        except BaseException:
            import traceback

            traceback.print_exc()
            self._messages.abort()
        self._messages.end()

    def cancel(self) -> None:
        """Leave it: what a node has got it does."""

    def close(self, status: int) -> None:
        """Have the others end."""
        for node in self.nodes:
            self._messages.post(node, b"")
        self._messages.end()
        if status:
            time.sleep(FOR_THE_OTHERS)


def _parted(message: bytes) -> tuple[int, bytes]:
    """Return the ticket of a message, and what it is about."""
    return int.from_bytes(message[:TICKET_BYTES], "little"), message[TICKET_BYTES:]

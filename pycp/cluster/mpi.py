"""MPI: every process of a job runs the same command; the first coordinates, the others are nodes.

A message is a ticket and a request, or what came of it; an empty one lets a node go. Whoever waits
for one sleeps between two looks, because MPI itself would keep a processor busy. If one of the
processes dies MPI ends all.
"""

import time

from pycp.cluster.node import carry_out
from pycp.errors import CopyError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pycp.run.hands import Lost

TICKET_BYTES = 8
PAUSE = 0.0005
FOR_THE_OTHERS = 0.3
"""Seconds the others have to end before a failure does: their launcher would kill them."""


class Ranks:
    """The processes of the job that we were started with, which are plain ones."""

    unit_cost = 0.0002
    knows_nodes = True

    def __init__(self) -> None:
        """Raise CopyError if there is no MPI, or nobody else."""
        try:
            import mpi4py

            mpi4py.rc(threads=False)
            from mpi4py import MPI
        except (ImportError, RuntimeError) as error:
            missing = isinstance(error, ModuleNotFoundError)
            reason = "install 'pycp-coreutils[mpi]'" if missing else str(error).splitlines()[0]
            raise CopyError(
                f"--cluster=mpi needs the Python package mpi4py and an MPI library: {reason}"
            ) from None
        self._mpi = MPI
        self._world = MPI.COMM_WORLD
        self._sending: list[tuple[Any, bytes]] = []
        self.is_first = self._world.rank == 0
        self.nodes = list(range(1, self._world.size))
        if not self.nodes:
            MPI.Finalize()
            raise CopyError(
                "--cluster=mpi needs at least two processes: start pycp with mpiexec or srun"
            )

    def send(self, node: int, ticket: int, request: bytes) -> None:
        """Send a request, or what came of one; it may still be under way when this returns."""
        self._post(node, ticket.to_bytes(TICKET_BYTES, "little") + request)

    def _post(self, rank: int, data: bytes) -> None:
        self._forget_sent()
        self._sending.append((self._world.Isend([data, self._mpi.BYTE], rank), data))

    def _forget_sent(self) -> None:
        self._sending = [(sent, kept) for sent, kept in self._sending if not sent.Test()]

    def receive(self, wait: bool) -> "list[tuple[int, bytes | Lost]]":
        """Return what came."""
        taken: list[tuple[int, bytes | Lost]] = []
        while (message := self._next(wait and not taken)) is not None:
            taken.append(_parted(message))
        return taken

    def _next(self, wait: bool) -> bytes | None:
        """Return a message; without `wait`, None if there is none."""
        status = self._mpi.Status()
        while not self._world.Iprobe(status=status):
            if not wait:
                return None
            time.sleep(PAUSE)
        data = bytearray(status.Get_count(self._mpi.BYTE))
        self._world.Recv([data, self._mpi.BYTE], status.source, status.tag)
        return bytes(data)

    def serve(self) -> None:
        """Carry out requests until there are no more."""
        try:
            while message := self._next(wait=True):
                ticket, request = _parted(message)
                self.send(0, ticket, carry_out(request))
                self._forget_sent()
                while self._sending:  # it would stand still while this process works
                    time.sleep(PAUSE)
                    self._forget_sent()
        except BaseException:
            import traceback

            traceback.print_exc()
            self._world.Abort(1)  # all processes of the job
        self._mpi.Finalize()

    def cancel(self) -> None:
        """Leave it: what a node has got it does."""

    def close(self, status: int) -> None:
        """Have the others end."""
        for node in self.nodes:
            self._post(node, b"")
        for sent, _data in self._sending:
            sent.Wait()
        self._mpi.Finalize()
        if status:
            time.sleep(FOR_THE_OTHERS)


def _parted(message: bytes) -> tuple[int, bytes]:
    """Return the ticket of a message, and what it is about."""
    return int.from_bytes(message[:TICKET_BYTES], "little"), message[TICKET_BYTES:]

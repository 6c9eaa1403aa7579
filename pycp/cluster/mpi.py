"""MPI: every process of a job runs the same command; the first coordinates, the others are nodes.

Messages are plain ones of bytes. Whoever waits for one sleeps between two looks, because MPI itself
would keep a processor busy. If one of the processes dies MPI ends all.
"""

import time

from pycp.cluster.node import carry_out
from pycp.errors import CopyError
from pycp.run.hands import Lost

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PAUSE = 0.0005
TICKET_BYTES = 8
REQUEST, END = 0, 1
"""Tags of messages."""
FOR_THE_OTHERS = 0.3
"""Seconds the others have to end before a failure does: their launcher would kill them."""


class Ranks:
    """The processes of the job that we were started with."""

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
        self.is_first = self._world.rank == 0
        self.nodes = list(range(1, self._world.size))
        self._sending: list[tuple[Any, bytes]] = []
        if not self.nodes:
            self._mpi.Finalize()
            raise CopyError(
                "--cluster=mpi needs at least two processes: start pycp with mpiexec or srun"
            )

    def send(self, node: int, ticket: int, request: bytes) -> None:
        """Send a request, or what came of one; it may still be under way when this returns."""
        self._post(node, ticket.to_bytes(TICKET_BYTES, "little") + request, REQUEST)

    def _post(self, node: int, data: bytes, tag: int) -> None:
        self._sending = [(sent, kept) for sent, kept in self._sending if not sent.Test()]
        self._sending.append((self._world.Isend([data, self._mpi.BYTE], node, tag), data))

    def receive(self, wait: bool) -> list[tuple[int, bytes | Lost]]:
        """Return what came."""
        taken: list[tuple[int, bytes | Lost]] = []
        while True:
            while (message := self._next()) is not None:
                taken.append((int.from_bytes(message[:TICKET_BYTES], "little"), message[8:]))
            if taken or not wait:
                return taken
            time.sleep(PAUSE)

    def _next(self) -> bytes | None:
        status = self._mpi.Status()
        if not self._world.Iprobe(status=status):
            return None
        data = bytearray(status.Get_count(self._mpi.BYTE))
        self._world.Recv([data, self._mpi.BYTE], status.source, status.tag)
        return bytes(data) if status.tag == REQUEST else b""

    def serve(self) -> None:
        """Carry out requests until there are no more."""
        try:
            while data := self._await():
                ticket = int.from_bytes(data[:TICKET_BYTES], "little")
                self.send(0, ticket, carry_out(data[TICKET_BYTES:]))
                while self._sending:  # while we work nothing would be under way
                    self._sending = [each for each in self._sending if not each[0].Test()]
                    time.sleep(0 if not self._sending else PAUSE)
        except BaseException:
            import traceback

            traceback.print_exc()
            self._world.Abort(1)
        self._mpi.Finalize()

    def _await(self) -> bytes:
        while (data := self._next()) is None:
            time.sleep(PAUSE)
        return data

    def cancel(self) -> None:
        """Leave it: what a node has got it does."""

    def close(self, status: int) -> None:
        """Have the others end."""
        for node in self.nodes:
            self._post(node, b"", END)
        for sent, _data in self._sending:
            sent.Wait()
        self._mpi.Finalize()
        if status:
            time.sleep(FOR_THE_OTHERS)

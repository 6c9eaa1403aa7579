"""Messages of bytes between the processes of an MPI job, which are plain ones.

Whoever waits for one sleeps between two looks, because MPI itself would keep a processor busy.
"""

import time

from pycp.errors import CopyError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PAUSE = 0.0005


class Messages:
    """Those of this process, to and from all others of its job."""

    def __init__(self) -> None:
        """Raise CopyError if there is no MPI."""
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
        self.rank: int = self._world.rank
        self.size: int = self._world.size
        self._sending: list[tuple[Any, bytes]] = []

    def post(self, rank: int, data: bytes) -> None:
        """Send a message; it may still be under way when this returns."""
        self._forget_sent()
        self._sending.append((self._world.Isend([data, self._mpi.BYTE], rank), data))

    def _forget_sent(self) -> None:
        self._sending = [(sent, kept) for sent, kept in self._sending if not sent.Test()]

    def flush(self) -> None:
        """Wait until nothing is under way: it would stand still while this process works."""
        self._forget_sent()
        while self._sending:
            time.sleep(PAUSE)
            self._forget_sent()

    def next(self, wait: bool) -> bytes | None:
        """Return a message; without `wait`, None if there is none."""
        status = self._mpi.Status()
        while not self._world.Iprobe(status=status):
            if not wait:
                return None
            time.sleep(PAUSE)
        data = bytearray(status.Get_count(self._mpi.BYTE))
        self._world.Recv([data, self._mpi.BYTE], status.source, status.tag)
        return bytes(data)

    def end(self) -> None:
        """Take part no more, once all is sent."""
        for sent, _data in self._sending:
            sent.Wait()
        self._mpi.Finalize()

    def abort(self) -> None:
        """End all processes of the job."""
        self._world.Abort(1)

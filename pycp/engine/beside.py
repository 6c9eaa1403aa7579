"""A digest that another thread takes of some bytes, while the next ones are read and written."""

import _signal  # type: ignore[import-not-found]  # signal imports enum
import _thread
import time

from pycp.system.worker import processors, threads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hashlib import _Hash

    from pycp.engine.digest import Digests

WORTH_A_THREAD = 8 * 1024 * 1024
"""Bytes of a file from which on a second processor pays."""
STEP = 2 * 1024 * 1024
"""Bytes that it is given at a time: to change to another thread takes as long as some thousands."""
LONGEST = 1.0
"""Seconds to wait for a thread that has nothing more to do."""


def beside(digest: "_Hash | Digests", size: int) -> "Beside | None":
    """Return who takes the digest of so many bytes beside their copying, if that pays and can be.

    It has to be closed.
    """
    if size < WORTH_A_THREAD or processors() < 2:
        return None
    try:
        return Beside(digest)
    except RuntimeError:
        return None  # there can be no more threads


class Beside:
    """Stands for a digest; what it is given must not change until it is given something else."""

    def __init__(self, digest: "_Hash | Digests") -> None:
        self._digest = digest
        self._data: bytes | memoryview | None = None
        self._given, self._taken = _thread.allocate_lock(), _thread.allocate_lock()
        self._given.acquire()
        self._threads = len(threads())
        _thread.start_new_thread(self._take, ())

    def _take(self) -> None:
        # Signals are for the thread whose calls they are to interrupt.
        _signal.pthread_sigmask(_signal.SIG_BLOCK, _signal.valid_signals())
        while True:
            self._given.acquire()
            data = self._data
            if data is None:
                return
            self._digest.update(data)
            self._taken.release()

    def update(self, data: bytes | memoryview) -> None:
        """Give the next bytes, when all that were given before are taken."""
        self._taken.acquire()
        self._data = data
        self._given.release()

    def hexdigest(self) -> str:
        """Return the digest of all that was given, in hexadecimal."""
        with self._taken:
            return self._digest.hexdigest()

    def close(self) -> None:
        """End the thread, and wait for that: while there is one no other process is begun."""
        self._taken.acquire(timeout=LONGEST)  # or we were interrupted while we gave it something
        self._data = None
        if self._given.locked():
            self._given.release()
        latest = time.monotonic() + LONGEST
        while len(threads()) > self._threads and time.monotonic() < latest:
            time.sleep(0.0001)

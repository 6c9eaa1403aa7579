"""A file that one process at a time reads and writes."""

from fcntl import LOCK_EX, LOCK_UN, flock


class Locked:
    """Hold a file that is open for ourselves alone, among those who ask; wait until it is free."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def __enter__(self) -> None:
        flock(self._fd, LOCK_EX)

    def __exit__(self, *_error: object) -> None:
        flock(self._fd, LOCK_UN)

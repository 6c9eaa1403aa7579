"""A directory of this process, where files cost the least, which does not outlive it for long.

Its end removes it; what a killed one left the next one removes. A lock, which processes forked from
ours hold as well, tells whether anybody is still there.
"""

import atexit
import fcntl
import os
import tempfile
from pathlib import Path

from tests import tree

MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else tempfile.gettempdir()
PREFIX = "pycp-scratch-"


def own_directory(above: str = MEMORY) -> str:
    """Make it, for every user to work in; return its name. Remove those that nobody holds."""
    for old in Path(above).glob(f"{PREFIX}*"):
        remove_left(str(old))
    made = tempfile.mkdtemp(prefix=PREFIX, dir=above)
    held = os.open(made, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    os.chmod(made, 0o1777)
    atexit.register(_end, made, os.getpid())
    return made


def remove_left(old: str) -> None:
    """Remove a directory that is ours if it has been open to all users, and nobody holds it."""
    try:
        fd = os.open(old, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return  # somebody was quicker
    try:
        status = os.fstat(fd)
        if status.st_uid != os.geteuid() or not status.st_mode & 0o002:
            return  # somebody else's, or just being made
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        tree.remove(old)
    except BlockingIOError:
        pass
    finally:
        os.close(fd)


def _end(made: str, pid: int) -> None:
    if os.getpid() == pid:
        tree.remove(made)

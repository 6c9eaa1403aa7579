"""The place of a race: a tree that an adversary owns, secrets and victims that root owns.

    s/          what is copied          D/        where it goes
    secrets/    must not be read        victims/  must not change
    aside/      what the adversary took away
    parked/     what is root's, and the adversary may give another name

Secrets hold the word SECRET: in contents, names and attributes. What lies in `victims` has the
names of what is copied, so that whoever writes there hits something.
"""

import os
import stat
from collections.abc import Iterator

from tests import tree

ADVERSARY = (54321, 54321) if os.geteuid() == 0 else (os.geteuid(), os.getegid())
ROOT = (os.geteuid(), os.getegid())
SECRET = b"SECRET"
OUTSIDE: dict[str, tree.Node] = {
    "secrets": tree.directory(0o700, owner=ROOT, xattrs={"user.secret": SECRET}),
    "secrets/f": tree.file(SECRET, 0o600, owner=ROOT, xattrs={"user.secret": SECRET}),
    "secrets/g": tree.file(SECRET, 0o600, owner=ROOT),
    "secrets/SECRET": tree.file(SECRET, 0o600, owner=ROOT),
    "secrets/down": tree.directory(0o700, owner=ROOT),
    "secrets/down/SECRET": tree.file(SECRET, 0o600, owner=ROOT),
    "victims": tree.directory(0o700, owner=ROOT),
    "victims/file": tree.file("victim", 0o640, owner=ROOT),
    "victims/link": tree.symlink("victim", owner=ROOT),
    "victims/fifo": tree.Node(kind=stat.S_IFIFO, mode=0o640, owner=ROOT),
    "victims/dir": tree.directory(0o700, owner=ROOT),
    **{
        f"victims/dir/{name}": tree.file("victim", 0o640, owner=ROOT)
        for name in ("f", "g", "l", "p", "h", "f~", "y", "z")
    },
    "victims/dir/d": tree.directory(0o700, owner=ROOT),
    "victims/dir/d/g": tree.file("victim", 0o640, owner=ROOT),
    "aside": tree.directory(0o700, owner=ROOT),
    "parked/file": tree.file("victim", 0o600, owner=ROOT),
    "parked/dir": tree.directory(0o700, owner=ROOT),
    "parked/dir/g": tree.file("victim", 0o600, owner=ROOT),
}
PARKED = [name for name in OUTSIDE if name.startswith("parked/")]

Fingerprint = dict[str, tuple[object, ...]]


class Arena:
    """One such place, built anew for every run."""

    def __init__(self, root: str, spec: tree.Spec) -> None:
        self.root = root
        self._spec = {**tree.nodes(spec), **OUTSIDE}
        self._before: Fingerprint = {}
        self._parked: dict[str, int] = {}

    def build(self) -> None:
        """Make everything; the adversary owns what is not said to be somebody else's."""
        self.remove()
        tree.build(self.root, self._spec, ADVERSARY)
        self._parked = {name: os.open(self.path(name), os.O_PATH) for name in PARKED}
        self._before = self._fingerprint()

    def remove(self) -> None:
        """Remove everything."""
        for fd in self._parked.values():
            os.close(fd)
        self._parked.clear()
        if os.path.lexists(self.root):
            _remove(self.root)

    def path(self, name: str) -> str:
        """Return the path of a name in the arena."""
        return f"{self.root}/{name}"

    def harms(self) -> list[str]:
        """Describe what happened that must not."""
        found = []
        now = self._fingerprint()
        for name in sorted(self._before.keys() | now.keys()):
            if self._before.get(name) != now.get(name) and (name in now or name not in PARKED):
                found.append(f"{name} was {self._before.get(name)} and is {now.get(name)}")
        for part in ("D", "aside"):
            for path, status in _walk(self.path(part)):
                if SECRET in os.fsencode(os.path.basename(path)) + _held(path, status):
                    found.append(f"{path.removeprefix(self.root)} has got a secret")
        return found

    def _fingerprint(self) -> Fingerprint:
        """Describe all that a copy must leave alone, wherever the adversary moved it."""
        found: Fingerprint = {}
        for part in ("secrets", "victims"):
            for path, status in _walk(self.path(part)):
                found[path.removeprefix(self.root)] = _state(status, _held(path, status))
        for name, fd in self._parked.items():
            status = os.fstat(fd)
            if status.st_nlink:  # its name is the adversary's to take away
                found[name] = _state(status, _held(f"/proc/self/fd/{fd}", status))
        return found


def _state(status: os.stat_result, held: bytes) -> tuple[object, ...]:
    return (
        oct(status.st_mode),
        status.st_uid,
        status.st_gid,
        status.st_mtime_ns,
        # Whoever looks into a directory or at a link changes the time of its last access.
        status.st_atime_ns if stat.S_ISREG(status.st_mode) else 0,
        held,
    )


def _walk(path: str) -> Iterator[tuple[str, os.stat_result]]:
    """Yield everything below a path and itself; links are not followed."""
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        return
    yield path, status
    if stat.S_ISDIR(status.st_mode):
        for name in os.listdir(path):
            yield from _walk(f"{path}/{name}")


def _held(path: str, status: os.stat_result) -> bytes:
    """Return contents or text of a link, and extended attributes."""
    held = b""
    if stat.S_ISREG(status.st_mode):
        fd = os.open(path, os.O_RDONLY | os.O_NOATIME)
        held = os.read(fd, 1 << 20)
        os.close(fd)
    elif stat.S_ISLNK(status.st_mode):
        held = os.fsencode(os.readlink(path))
    follows = not stat.S_ISLNK(status.st_mode)
    for name in os.listxattr(path, follow_symlinks=follows):
        held += b" " + os.fsencode(name) + b"=" + os.getxattr(path, name, follow_symlinks=follows)
    return held


def _remove(path: str) -> None:
    """Remove a small tree."""
    if stat.S_ISDIR(os.lstat(path).st_mode):
        for name in os.listdir(path):
            _remove(f"{path}/{name}")
        os.rmdir(path)
    else:
        os.unlink(path)

"""The place of a race: a tree that an adversary owns, secrets and victims that root owns.

    s/          what is copied          D/        where it goes
    secrets/    must not be read        victims/  must not change
    aside/      what the adversary took away
    parked/     what is root's, and the adversary may give another name

Secrets hold the word SECRET: in contents, names and attributes. What lies in `victims` has the
names of what is copied, so that whoever writes there hits something. What is `strange` is known by
every attribute it has, an access list included: nothing may get one of them from it.
"""

import os
import stat
from collections.abc import Iterator

from tests import tree

ADVERSARY = (54321, 54321) if os.geteuid() == 0 else (os.geteuid(), os.getegid())
ROOT = (os.geteuid(), os.getegid())
SECRET = b"SECRET"
STRANGER = int.from_bytes(SECRET[:3], "little")
"""A user whose number spells the beginning of that word in an access list."""
STRANGE_OWNER = (STRANGER, STRANGER) if os.geteuid() == 0 else ROOT
STRANGE_DATA = b"strange"
STRANGE_MODE = 0o1771
"""A mode that nothing else has."""
STRANGE_LIST = tree.acl(f"u::rwx u:{STRANGER}:rwx g::x m::rwx o::x")
STRANGE_ATTRIBUTES = {"user.strange": b"", **STRANGE_LIST}
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
    "parked/strange": tree.directory(STRANGE_MODE, owner=STRANGE_OWNER, xattrs=STRANGE_ATTRIBUTES),
    "parked/strange_file": tree.file(
        STRANGE_DATA, STRANGE_MODE, owner=STRANGE_OWNER, xattrs=STRANGE_ATTRIBUTES
    ),
    "parked/strange_fifo": tree.Node(
        kind=stat.S_IFIFO, mode=STRANGE_MODE, owner=STRANGE_OWNER, xattrs=STRANGE_LIST
    ),
}
PARKED = [name for name in OUTSIDE if name.startswith("parked/")]

Fingerprint = dict[str, tuple[object, ...]]


class Sandbox:
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
        """Return the path of a name in the sandbox."""
        return f"{self.root}/{name}"

    def harms(self) -> list[str]:
        """Describe what happened that must not."""
        found = []
        now = self._fingerprint()
        for name in sorted(self._before.keys() | now.keys()):
            if self._before.get(name) != now.get(name) and (name in now or name not in PARKED):
                found.append(f"{name} was {self._before.get(name)} and is {now.get(name)}")
        parked = [os.fstat(fd) for fd in self._parked.values()]
        ours = [(status.st_dev, status.st_ino) for status in parked]
        for part in ("D", "aside"):
            for path, status in _walk(self.path(part)):
                if SECRET in os.fsencode(os.path.basename(path)) + _held(path, status):
                    found.append(f"{path.removeprefix(self.root)} has got a secret")
                if (status.st_dev, status.st_ino) not in ours:  # or the adversary moved it there
                    strange = _strange(path, status)
                    found += [
                        f"{path.removeprefix(self.root)} has a strange {it}" for it in strange
                    ]
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
        # Whoever looks into a directory or at a link changes the time of its last access; and what
        # is strange may be copied, but whole.
        status.st_atime_ns
        if stat.S_ISREG(status.st_mode) and not held.startswith(STRANGE_DATA)
        else 0,
        held,
    )


def _strange(path: str, status: os.stat_result) -> Iterator[str]:
    """Yield what something has from what is strange, unless it is a copy of the whole of that."""
    if stat.S_ISREG(status.st_mode) and _held(path, status).startswith(STRANGE_DATA):
        return
    if stat.S_IMODE(status.st_mode) == STRANGE_MODE:
        yield "mode"
    if STRANGE_OWNER != ROOT and STRANGER in (status.st_uid, status.st_gid):
        yield "owner"
    if not stat.S_ISLNK(status.st_mode):
        names = os.listxattr(path)
        if "user.strange" in names:
            yield "attribute"
        if any(name in STRANGE_LIST for name in names):
            yield "access list"


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

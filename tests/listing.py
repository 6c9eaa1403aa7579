"""List a tree, a line for each name, so that two can be compared."""

import errno
import os
import stat
import time
import zlib
from collections.abc import Iterator

from tests.tree import ACL_VALUES, BASE_NS, KINDS, acl_text

DEEPEST = 200
"""Levels that a listing shows; names below could be too long for the system."""


def walk(root: str) -> Iterator[tuple[str, os.stat_result]]:
    """Yield names below `root` (itself as ".") with their status, directories before contents."""
    yield ".", os.lstat(root)
    waiting = [""]
    while waiting:
        inside = waiting.pop()
        make_usable(os.path.join(root, inside))
        try:
            names = sorted(os.listdir(os.path.join(root, inside)))
        except PermissionError:
            continue
        for name in names:
            relative = os.path.join(inside, name)
            status = os.lstat(os.path.join(root, relative))
            if stat.S_ISDIR(status.st_mode) and relative.count("/") < DEEPEST:
                waiting.append(relative)
            yield relative, status


def make_usable(directory: str) -> None:
    """Let an ordinary user look into a directory whose status is known already."""
    status = os.lstat(directory)
    if is_closed(status):
        os.chmod(directory, stat.S_IMODE(status.st_mode) | stat.S_IRWXU)


def is_closed(status: os.stat_result) -> bool:
    """Tell whether a directory is an ordinary user's own, and closed to him."""
    is_ours = status.st_uid == os.geteuid() != 0
    return is_ours and status.st_mode & stat.S_IRWXU != stat.S_IRWXU


def listing(root: str, since_ns: int, *, atimes: bool = False) -> list[str]:
    """Describe everything in a tree, a line each; times after `since_ns` read "now"."""
    found = sorted(walk(root))
    sharing: dict[int, list[str]] = {}
    for name, status in found:
        sharing.setdefault(status.st_ino, []).append(name)
    lines = []
    for name, status in found:
        path = os.path.join(root, name)
        words = [
            name,
            KINDS[stat.S_IFMT(status.st_mode)],
            f"{stat.S_IMODE(status.st_mode):04o}",
            f"{status.st_uid}:{status.st_gid}",
        ]
        if stat.S_ISREG(status.st_mode):
            words += contents(path, status.st_size)
        elif stat.S_ISLNK(status.st_mode):
            words.append("-> " + os.readlink(path))
        elif status.st_rdev:
            words.append(f"{os.major(status.st_rdev)}:{os.minor(status.st_rdev)}")
        words.append("mtime " + moment(status.st_mtime_ns, since_ns))
        if atimes:
            words.append("atime " + moment(status.st_atime_ns, since_ns))
        words += attributes(path)
        if status.st_nlink > 1 and not stat.S_ISDIR(status.st_mode):
            words.append(f"{status.st_nlink} links: " + " ".join(sharing[status.st_ino]))
        lines.append("  ".join(words))
    for name, status in reversed(found):  # what is in a directory first
        if stat.S_ISDIR(status.st_mode) and is_closed(status):
            os.chmod(os.path.join(root, name), stat.S_IMODE(status.st_mode))
    return lines


def moment(time_ns: int, since_ns: int) -> str:
    """Show a time, or "now" if it lies between `since_ns` and the present."""
    # The kernel stamps files with its coarse clock, some milliseconds behind the precise one.
    if since_ns - 20_000_000 <= time_ns <= time.time_ns():
        return "now"
    return f"{(time_ns - BASE_NS) / 1e9:+.9f}"


def contents(path: str, size: int) -> list[str]:
    """Describe the bytes of a regular file, and where they are stored if that can be seen."""
    try:
        # Only root and the owner may read without a trace.
        flags = os.O_NOATIME if os.geteuid() in (0, os.lstat(path).st_uid) else 0
        descriptor = os.open(path, os.O_RDONLY | flags)
    except PermissionError:
        return [f"{size} bytes, unreadable"]
    try:
        if size < 4096:
            return [f"{size} bytes {os.read(descriptor, size)!r}"]
        runs = list(data_runs(descriptor, size))
        # Only what is stored is read: a huge hole costs nothing.
        digest = 0
        for start, end in runs:
            digest = zlib.crc32(os.pread(descriptor, end - start, start), digest)
        where = " ".join(f"{start}-{end}" for start, end in runs)
        return [f"{size} bytes crc {digest:08x}", f"stored: {where or 'nothing'}"]
    finally:
        os.close(descriptor)


def data_runs(descriptor: int, size: int) -> Iterator[tuple[int, int]]:
    """Yield the (start, end) offsets, in bytes, of what is stored in a file."""
    end = 0
    while end < size:
        try:
            start = os.lseek(descriptor, end, os.SEEK_DATA)
        except OSError as error:
            if error.errno == errno.ENXIO:
                return
            raise
        end = os.lseek(descriptor, start, os.SEEK_HOLE)
        yield start, end


def attributes(path: str) -> list[str]:
    """Describe the extended attributes of one name; the security label is the system's."""
    words = []
    for name in sorted(os.listxattr(path, follow_symlinks=False)):
        if name == "security.selinux":
            continue
        try:
            value = os.getxattr(path, name, follow_symlinks=False)
        except PermissionError:
            words.append(f"[{name}, unreadable]")
        else:
            words.append(f"[{name} {acl_text(value) if name in ACL_VALUES else ascii(value)}]")
    return words

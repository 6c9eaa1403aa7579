"""What is mounted, and what the file system of a device can do, as far as that tells: proc(5)."""

import os

from pycp import system
from pycp.values import split_last

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from pycp.system.folder import Directory

MOUNTS = "/proc/self/mountinfo"
SMB = (b"cifs", b"smb3")
LOCAL = frozenset(b"ext2 ext3 ext4 xfs btrfs bcachefs f2fs zfs tmpfs ramfs overlay".split())
"""Those of this machine alone: what is refused is refused when it is written or flushed."""
USUAL_NAME = 255
_known: dict[int, tuple[bytes, bytes]] = {}


def has_copying_server(device: int) -> bool:
    """Return whether the data of a copy within this device stays where it is; False if unknown."""
    kind, options = _kind(device)
    return kind in SMB or (kind == b"nfs4" and b"vers=4.2" in options.split(b","))


def keeps_only_files(name: str, directory: "Directory") -> bool:
    """Return whether a link or special file of this name becomes a regular one when renamed.

    So it is with SMB (mount.cifs(8)), where these are stored as files of a special form, unless
    both sides have its extensions for Unix. Those of SMB 3 ("posix") do not change that.
    """
    device = 0 if "/" in name else directory.id[0]
    if not device:
        try:
            device = os.stat(split_last(name)[0] or ".", dir_fd=directory.fd).st_dev
        except OSError:
            return False  # nothing will be made there
    kind, options = _kind(device)
    return kind in SMB and b"unix" not in options.split(b",")


def forgets_times(device: int) -> bool:
    """Return whether a file that is flushed is given the time of that: SMB servers do."""
    return _kind(device)[0] in SMB


def may_refuse_late(device: int) -> bool:
    """Return whether a file system may refuse data when a descriptor is closed; True if unknown."""
    return _kind(device)[0] not in LOCAL


def longest_name(above: str, dir_fd: int | None) -> int:
    """Return how many bytes a name may have in a directory, the usual number if unknown."""
    told = 0
    try:
        fd = system.open(above, system.PLACE_FLAGS, dir_fd=dir_fd)
        try:
            told = os.fstatvfs(fd).f_namemax
        finally:
            system.close(fd)
    except OSError:
        pass  # what is done there will fail
    return told or USUAL_NAME


def may_be_mounted(directories: "Iterable[Directory]", names: "Iterable[str]") -> bool:
    """Return whether something is mounted on an entry of these names in any, or below one.

    True if nobody can tell.
    """
    found: set[bytes] = set()
    try:
        with open(MOUNTS, "rb") as file:
            mounts = file.read()
        for directory in directories:
            if directory.fd is None:
                path = os.getcwdb()
            else:
                path = os.fsencode(os.readlink(system.descriptor_path(directory.fd)))
            found |= mounted_in(mounts, path)
    except OSError:
        return True
    return bool(found) and not found.isdisjoint(map(os.fsencode, names))


def mounted_in(mounts: bytes, path: bytes) -> set[bytes]:
    """Return the entries of a directory that something is mounted on, or below."""
    above, found = path.rstrip(b"/") + b"/", set()
    for line in mounts.splitlines():
        first, *rest = line.split(b" ")[4].split(b"\\")  # each begins with three octal digits
        point = first + b"".join(bytes((int(part[:3], 8),)) + part[3:] for part in rest)
        if point.startswith(above) and point != above:
            found.add(point[len(above) :].partition(b"/")[0])
    return found


def _kind(device: int) -> tuple[bytes, bytes]:
    if device not in _known:
        try:
            with open(MOUNTS, "rb") as file:
                _known[device] = found_in(file.read(), device)
        except OSError:
            _known[device] = b"", b""
    return _known[device]


def found_in(mounts: bytes, device: int) -> tuple[bytes, bytes]:
    """Return the kind of file system of a device and its options, nothing if it is not there."""
    number = b"%d:%d" % (os.major(device), os.minor(device))
    for line in mounts.splitlines():
        about, _, more = line.partition(b" - ")
        kind, _, more = more.partition(b" ")
        if about.split(b" ")[2:3] == [number]:
            return kind, more.partition(b" ")[2]
    return b"", b""

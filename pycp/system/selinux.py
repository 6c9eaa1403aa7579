"""SELinux: labels of files and of what is about to be made, and what the policy says of names.

A label is a text like "system_u:object_r:etc_t:s0": user, role, type and range. This is for kernels
that have them: `system.has_labels` tells.

Sources: proc_pid_attr(5) for /proc/thread-self/attr, the kernel's selinuxfs for `create` and
`class`, selabel_lookup(3) for the policy's own list of names, which takes its library to read.
"""

import os
import stat
from errno import ENOENT

from pycp import system

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

ATTRIBUTE = "security.selinux"
OWN = "/proc/thread-self/attr"
KERNEL = "/sys/fs/selinux"
LIBRARY = "libselinux.so.1"
FILE_NAMES = 0
"""The list of the policy that knows the labels of files (SELABEL_CTX_FILE)."""
CLASSES = {
    stat.S_IFREG: "file",
    stat.S_IFDIR: "dir",
    stat.S_IFLNK: "lnk_file",
    stat.S_IFIFO: "fifo_file",
    stat.S_IFCHR: "chr_file",
    stat.S_IFBLK: "blk_file",
    stat.S_IFSOCK: "sock_file",
}
"""What the kernel calls kinds of files."""
ANSWER_SIZE = 4096


def label_of(where: "system.Where") -> str:
    """Return the label of a file."""
    return os.fsdecode(system.xattr().get_value(where, ATTRIBUTE).rstrip(b"\0"))


def set_label(where: "system.Where", label: str) -> None:
    """Give a file a label."""
    system.xattr().set_value(where, ATTRIBUTE, os.fsencode(label) + b"\0")


def label_new(label: str) -> None:
    """Have this thread make files with a label from now on; "" leaves that to the kernel again.

    Raise OSError with EINVAL if the policy knows no such label.
    """
    fd = system.open(f"{OWN}/fscreate", system.O_WRONLY | system.O_CLOEXEC)
    try:
        system.write(fd, os.fsencode(label) + b"\0")
    finally:
        system.close(fd)


def own_label() -> str:
    """Return the label of this thread."""
    return os.fsdecode(_contents(f"{OWN}/current").rstrip(b"\0\n"))


def with_type_of(label: str, other: str) -> str:
    """Return a label with the type of another one."""
    user, role, _type, *rest = label.split(":", 3)
    return ":".join((user, role, other.split(":", 3)[2], *rest))


def inherited(above: str, mode: int) -> str:
    """Return what this thread's new files of a kind get in a directory that is labelled `above`."""
    kind = CLASSES[stat.S_IFMT(mode)]
    number = _contents(f"{KERNEL}/class/{kind}/index").decode().strip()
    fd = system.open(f"{KERNEL}/create", system.O_RDWR | system.O_CLOEXEC)
    try:
        system.write(fd, os.fsencode(f"{own_label()} {above} {number}"))
        return os.fsdecode(system.read(fd, ANSWER_SIZE).rstrip(b"\0"))
    finally:
        system.close(fd)


def _contents(path: str) -> bytes:
    fd = system.open(path, system.O_RDONLY | system.O_CLOEXEC)
    try:
        return system.read(fd, ANSWER_SIZE)
    finally:
        system.close(fd)


class Policy:
    """The labels that the policy has for files by their names."""

    def __init__(self) -> None:
        """Open the list; raise OSError if there is no library to read it, or no list."""
        import ctypes

        self._ctypes: Any = ctypes
        self._library = library = ctypes.CDLL(LIBRARY, use_errno=True)
        library.selabel_open.restype = ctypes.c_void_p
        self._handle = library.selabel_open(FILE_NAMES, None, 0)
        if not self._handle:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))

    def label(self, path: str, mode: int) -> str:
        """Return the label for a whole name and the kind in a mode, "" if the policy has none."""
        ctypes, library = self._ctypes, self._library
        found = ctypes.c_void_p()
        handle = ctypes.c_void_p(self._handle)
        name = ctypes.c_char_p(os.fsencode(path))
        if library.selabel_lookup_raw(handle, ctypes.byref(found), name, mode) < 0:
            number = ctypes.get_errno()
            if number == ENOENT:
                return ""
            raise OSError(number, os.strerror(number))
        try:
            return os.fsdecode(ctypes.string_at(found))
        finally:
            library.freecon(found)

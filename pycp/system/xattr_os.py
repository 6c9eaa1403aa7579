"""Extended attributes through the calls of `os` (Linux, xattr(7))."""

import os
from errno import ENOTSUP

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from pycp.system.posix import Where

    Result = TypeVar("Result")


names_of_open = os.listxattr
"""Returns the names of a file's extended attributes, by its descriptor alone."""
value_of_open = os.getxattr
"""Returns the value of one attribute by the descriptor of its file."""
set_on_open = os.setxattr
"""Sets one attribute by the descriptor of its file."""


def names_of_path(path: str) -> list[str]:
    """Return the names of the extended attributes of a file, not followed."""
    return os.listxattr(path, follow_symlinks=False)


def list_names(target: "Where") -> list[str]:
    """Return the names of a file's extended attributes."""
    if isinstance(target, tuple):
        return _below(target, os.listxattr)
    return os.listxattr(target)


def get_value(target: "Where", name: str) -> bytes:
    """Return the value of one attribute; raise OSError with NO_ATTRIBUTE if there is none."""
    if isinstance(target, tuple):
        return _below(target, os.getxattr, name)
    return os.getxattr(target, name)


def set_value(target: "Where", name: str, value: bytes) -> None:
    """Set one attribute, new or existing."""
    if isinstance(target, tuple):
        _below(target, os.setxattr, name, value)
    else:
        os.setxattr(target, name, value)


def remove(target: "Where", name: str) -> None:
    """Remove one attribute; raise OSError with NO_ATTRIBUTE if there is none."""
    if isinstance(target, tuple):
        _below(target, os.removexattr, name)
    else:
        os.removexattr(target, name)


def _below(
    target: tuple[str, int | None], call: "Callable[..., Result]", *values: str | bytes
) -> "Result":
    """Make a call for a name below a descriptor, not followed; these calls know no `dir_fd`."""
    name, dir_fd = target
    if dir_fd is None:
        return call(name, *values, follow_symlinks=False)
    try:
        return call(f"/proc/self/fd/{dir_fd}/{name}", *values, follow_symlinks=False)
    except FileNotFoundError:
        if os.access("/proc/self/fd", os.X_OK):
            raise
    if name != ".":  # there is no way to it, and opening a FIFO or device would not be harmless
        raise OSError(ENOTSUP, os.strerror(ENOTSUP))
    fd = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=dir_fd)
    try:
        return call(fd, *values)
    finally:
        os.close(fd)

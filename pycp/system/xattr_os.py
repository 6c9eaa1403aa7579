"""Extended attributes through the calls of `os` (Linux, xattr(7))."""

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pycp.system.posix import Where


def list_names(target: "Where") -> list[str]:
    """Return the names of a file's extended attributes."""
    if isinstance(target, tuple):
        return os.listxattr(_path(target), follow_symlinks=False)
    return os.listxattr(target)


def get_value(target: "Where", name: str) -> bytes:
    """Return the value of one attribute; raise OSError with NO_ATTRIBUTE if there is none."""
    if isinstance(target, tuple):
        return os.getxattr(_path(target), name, follow_symlinks=False)
    return os.getxattr(target, name)


def set_value(target: "Where", name: str, value: bytes) -> None:
    """Set one attribute, new or existing."""
    if isinstance(target, tuple):
        os.setxattr(_path(target), name, value, follow_symlinks=False)
    else:
        os.setxattr(target, name, value)


def remove(target: "Where", name: str) -> None:
    """Remove one attribute; raise OSError with NO_ATTRIBUTE if there is none."""
    if isinstance(target, tuple):
        os.removexattr(_path(target), name, follow_symlinks=False)
    else:
        os.removexattr(target, name)


def _path(target: tuple[str, int | None]) -> str:
    """Return a path for a name below a descriptor; these calls know no `dir_fd`."""
    name, dir_fd = target
    return name if dir_fd is None else f"/proc/self/fd/{dir_fd}/{name}"

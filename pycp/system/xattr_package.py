"""Extended attributes through the xattr package, where `os` has no calls for them (macOS)."""

import os
from errno import ENOTSUP

import xattr

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pycp.system.posix import Where


def list_names(target: "Where") -> list[str]:
    """Return the names of a file's extended attributes."""
    return list(xattr.listxattr(*_file(target)))


names_of_open = list_names


def names_of_path(path: str) -> list[str]:
    """Return the names of the extended attributes of a file, not followed."""
    return list(xattr.listxattr(path, True))


def get_value(target: "Where", name: str) -> bytes:
    """Return the value of one attribute; raise OSError with NO_ATTRIBUTE if there is none."""
    file, is_link = _file(target)
    return bytes(xattr.getxattr(file, name, is_link))


def set_value(target: "Where", name: str, value: bytes) -> None:
    """Set one attribute, new or existing."""
    file, is_link = _file(target)
    xattr.setxattr(file, name, value, 0, is_link)


value_of_open, set_on_open = get_value, set_value


def remove(target: "Where", name: str) -> None:
    """Remove one attribute; raise OSError with NO_ATTRIBUTE if there is none."""
    file, is_link = _file(target)
    xattr.removexattr(file, name, is_link)


def _file(target: "Where") -> tuple[int | str, bool]:
    """Return what the package takes, and whether a symbolic link itself is meant."""
    if not isinstance(target, tuple):
        return target, False
    name, dir_fd = target
    if dir_fd is not None and not name.startswith("/"):
        raise OSError(ENOTSUP, os.strerror(ENOTSUP))  # it knows no directory descriptors
    return name, True

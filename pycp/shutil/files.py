"""One file, as the standard module copies it.

A regular file that goes to a new name, or over another regular file, is copied here, by descriptor
from beginning to end. Whatever else source and destination are is for the standard module itself,
and nothing has happened until then.
"""

import os
import sys
from errno import EACCES, EINVAL, ENOENT, ENOTSUP, EPERM
from os import strerror
from stat import S_IMODE, S_ISREG

from pycp import system
from pycp.engine.contents import copy_contents
from pycp.engine.file_copy import FileCopy
from pycp.engine.job import Job
from pycp.engine.write import narrow
from pycp.engine.xattrs import ACCESS_LIST, bits_without
from pycp.entries import Entry, Tally
from pycp.errors import CopyError, detached
from pycp.options import CopyOptions
from pycp.shutil.original import standard
from pycp.system.folder import Directory, Folder, identity
from pycp.values import ALL_BITS, NEW_MODE, OWNER_ALL, USER_WRITE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TypeVar

    from pycp.entries import Encoder

    AnyPath = str | bytes | os.PathLike[str] | os.PathLike[bytes]
    Destination = TypeVar("Destination", bound=AnyPath)
    Opened = tuple[int, os.stat_result]

TOLERATED = {EPERM, ENOTSUP, system.NO_ATTRIBUTE, EINVAL} | (
    {EACCES} if sys.version_info >= (3, 12) else set()
)
"""Errors of extended attributes that the standard module of this Python passes over."""
OPTIONS = CopyOptions(preserve_mode=True, preserve_timestamps=True, recursive=True)


class Failures:
    """A report that keeps the failures and prints nothing."""

    program = ""
    verbose = False
    debug = False
    hears = False
    encoder: "Encoder | None" = None

    def __init__(self) -> None:
        self.own_files: dict[tuple[int, int], str] = {}
        self.tally = Tally()
        self.errors: list[CopyError] = []

    def event(self, kind: str, **details: object) -> None:
        """Tell the audit hooks, whose events are the only ones here."""
        sys.audit(kind, *details.values())

    def take_encoded(self, kinds: "Mapping[str, int]", lines: bytes) -> None:
        """Refuse: nobody puts events in words for this report."""
        raise AssertionError(kinds)

    def flush_events(self) -> None:
        """Hold nothing back."""

    def line(self, text: str) -> None:
        """Keep nothing."""

    def take_lines(self, data: bytes) -> None:
        """Keep nothing."""

    def warn(self, text: str) -> None:
        """Keep nothing."""

    def failed(self, error: CopyError) -> None:
        """Keep a failure."""
        self.errors.append(detached(error))

    def agrees(self, question: str) -> bool:
        """Refuse: nothing here asks."""
        raise AssertionError(question)


def copyfile(src: "AnyPath", dst: "Destination", *, follow_symlinks: bool = True) -> "Destination":
    """Copy the contents of the file `src` to the file `dst`, and return `dst`.

    If `src` is a symbolic link and `follow_symlinks` is false, the link is copied. Raise
    SameFileError, SpecialFileError for a named pipe, or OSError, as the standard module does.
    """
    if not is_plain(src, dst, follow_symlinks):
        return standard().copyfile(src, dst, follow_symlinks=follow_symlinks)  # type: ignore[no-any-return]
    copy_plain(src, dst, "")
    return dst


def copy(src: "AnyPath", dst: "AnyPath", *, follow_symlinks: bool = True) -> "AnyPath":
    """Copy the contents and the mode of the file `src` to the file or into the directory `dst`.

    Return the name of the new file. Otherwise this does what `copyfile` does.
    """
    place = _place(src, dst)
    if not is_plain(src, place, follow_symlinks):
        return standard().copy(src, dst, follow_symlinks=follow_symlinks)  # type: ignore[no-any-return]
    copy_plain(src, place, "shutil.copymode")
    return place


def copy2(src: "AnyPath", dst: "AnyPath", *, follow_symlinks: bool = True) -> "AnyPath":
    """Copy a file as `copy` does, with its times and extended attributes."""
    place = _place(src, dst)
    if not is_plain(src, place, follow_symlinks):
        return standard().copy2(src, dst, follow_symlinks=follow_symlinks)  # type: ignore[no-any-return]
    copy_plain(src, place, "shutil.copystat")
    return place


def _place(src: "AnyPath", dst: "AnyPath") -> "AnyPath":
    """Return the name of the new file, which is in `dst` if that is a directory."""
    if os.path.isdir(dst):
        return os.path.join(dst, os.path.basename(src))  # type: ignore[arg-type]
    return dst


def is_plain(src: "AnyPath", dst: "AnyPath", follows: bool) -> bool:
    """Return whether a regular file goes to a new name, or over another regular file."""
    if isinstance(src, int) or isinstance(dst, int):
        return False  # descriptors, of which the standard module closes some
    try:
        source = os.stat(src)
        if not S_ISREG(source.st_mode) or (not follows and os.path.islink(src)):
            return False
    except OSError:
        return False
    try:
        destination = os.stat(dst)
    except OSError as error:
        return error.errno == ENOENT
    return S_ISREG(destination.st_mode) and identity(destination) != identity(source)


def copy_plain(src: "AnyPath", dst: "AnyPath", then: str) -> None:
    """Copy a regular file to another, then mode or status; `then` is the audit event of that."""
    sys.audit("shutil.copyfile", src, dst)
    source_fd = system.open(src, system.SOURCE_FLAGS | system.O_NONBLOCK)
    try:
        source = system.fstat(source_fd)
        file = FileCopy(_operand(src, dst), source_fd, source)
        _open_destination(file, src, dst, bool(then))
        destination_fd = file.destination_fd
        try:
            try:
                copy_contents(Job(OPTIONS, Failures()), file)
            except CopyError as error:
                code = error.errno or 0
                raise OSError(code, strerror(code), src, None, dst) from None
            if then:
                sys.audit(then, src, dst)
            if then == "shutil.copystat":
                copy_status(source_fd, source, destination_fd)
            elif then:
                system.set_mode(destination_fd, S_IMODE(source.st_mode))
        except BaseException:
            system.close(destination_fd)
            raise
        system.close(destination_fd)
    except OSError as error:
        # A descriptor says nothing to whoever reads of the failure.
        if isinstance(error.filename, int):
            error.filename = src if error.filename == source_fd else dst
        raise
    finally:
        system.close(source_fd)


def _operand(src: "AnyPath", dst: "AnyPath") -> Entry:
    here = Directory(None, "", None)
    entry = Entry(Folder(None, here, here, False), "", is_operand=True)
    entry.name_operands(os.fsdecode(src), os.fsdecode(dst))
    return entry


def _open_destination(file: FileCopy, src: "AnyPath", dst: "AnyPath", keeps_mode: bool) -> None:
    """Open or create the destination, which must not be the source; it is empty then."""
    flags = system.OLD_FILE_FLAGS | system.O_CREAT | system.O_NONBLOCK
    # An access list of the source may give less than its mode does.
    mode = file.source.st_mode & OWNER_ALL | USER_WRITE if keeps_mode else NEW_MODE
    try:
        fd = file.destination_fd = system.open(dst, flags, mode)
    except IsADirectoryError as error:
        if os.path.exists(dst):
            raise
        text = f"Directory does not exist: {dst!s}"
        raise FileNotFoundError(text) from error
    try:
        file.destination = system.fstat(fd)
        if identity(file.destination) == identity(file.source):
            raise standard().SameFileError(f"{src!r} and {dst!r} are the same file")
        if S_ISREG(file.destination.st_mode):
            if keeps_mode:
                narrow(file)
            system.ftruncate(fd, 0)
    except BaseException:
        system.close(fd)
        raise


def copy_status(
    source: "system.Where", status: "os.stat_result", destination: "system.Where"
) -> None:
    """Copy times, extended attributes and mode, in this order: the mode may forbid attributes."""
    system.set_times(destination, status.st_atime_ns, status.st_mtime_ns)
    bits = copy_xattrs(source, destination)
    system.set_mode(destination, S_IMODE(status.st_mode) & bits)


def copy_xattrs(source: "system.Where", destination: "system.Where") -> int:
    """Copy extended attributes as far as this user may, as the standard module does.

    Return the bits that a mode may give then: fewer if an access list is lost.
    """
    bits = ALL_BITS
    xattr = system.xattr()
    try:
        names = xattr.list_names(source)
    except OSError as error:
        if error.errno not in (ENOTSUP, system.NO_ATTRIBUTE, EINVAL):
            raise
        return bits
    for name in names:
        value = None
        try:
            value = xattr.get_value(source, name)
            xattr.set_value(destination, name, value)
        except OSError as error:
            if error.errno not in TOLERATED:
                raise
            if name == ACCESS_LIST:
                bits = bits_without(value)
    return bits

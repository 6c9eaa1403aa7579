"""--dry-run of install: directories that would be made on the way, and what follows a copy."""

import stat
from errno import ENOENT, ENOTDIR, EPERM
from os import getgroups

from pycp import system
from pycp.engine.directory_path import MODE, creation_error, names_on, tell_made
from pycp.engine.install_directory import change_error
from pycp.errors import cannot, detached
from pycp.quoting import quote_name, quote_word
from pycp.system.folder import Directory
from pycp.system.overlay import Overlay, Pretended
from pycp.values import split_last

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from pycp.entries import Entry, Final, Report


def pretend_path(
    path: str,
    report: "Report",
    overlay: Overlay,
    quote: "Callable[[str], str]" = quote_name,
) -> Pretended:
    """Pretend to make what is missing of a path of directories; return the last one."""
    directory = Pretended(Directory(None, "", None), overlay)
    if path.startswith("/"):
        directory = directory.enter("/", "/", follows=True)
    try:
        for name, shown in names_on(path):
            if name != ".":
                above, directory = directory, _entered(directory, name, shown, report, quote)
                above.close()
    except BaseException:
        directory.close()
        raise
    return directory


def _entered(
    above: Pretended, name: str, shown: str, report: "Report", quote: "Callable[[str], str]"
) -> Pretended:
    """Pretend to make one directory on the way if it is missing; return it."""
    not_made = None
    try:
        if name != "..":
            above.mkdir(name, MODE)
            tell_made(shown, report)
    except OSError as error:
        not_made = detached(error)
    try:
        directory = above.enter(name, shown, follows=True)
        try:
            directory.stat(".")
        except OSError:
            directory.close()
            raise
    except FileNotFoundError as error:
        raise creation_error(shown, not_made or error, quote) from None
    except OSError as error:
        raise creation_error(shown, error, quote) from None
    return directory


def pretend_to_install_directory(
    name: str, final: "Final", report: "Report", overlay: Overlay
) -> None:
    """Pretend to make one directory (-d) and those above it; raise CopyError with GNU's message."""
    path, last = split_last(name)
    above = pretend_path(path, report, overlay, quote_word)
    try:
        _pretend_last(name, last, above, final, report)
    finally:
        above.close()


def _pretend_last(name: str, last: str, above: Pretended, final: "Final", report: "Report") -> None:
    mode = final.mode
    not_made = None
    try:
        above.mkdir(last, mode)
        tell_made(name, report)
    except OSError as error:
        if error.errno in (ENOENT, ENOTDIR):
            raise creation_error(name, error, quote_word) from None
        not_made = detached(error)
    try:
        status = above.stat(last)  # who may not search it can do the rest
        directory = above.enter(last, name, follows=True)
    except OSError as error:
        raise creation_error(name, not_made or error, quote_word) from None
    differs = (stat.S_IMODE(status.st_mode) ^ mode) & final.changed_bits
    is_given_away = final.uid not in (-1, status.st_uid) or final.gid not in (-1, status.st_gid)
    changes = differs or is_given_away
    try:
        is_refused = (
            not _may_give(status, final)
            or (differs and not _is_ours(status))
            or (changes and directory.is_protected)
        )
    finally:
        directory.close()
    if is_refused:
        raise change_error(name, final, OSError(EPERM, ""))


def require_giving(entry: "Entry", status: "os.stat_result", final: "Final") -> None:
    """Raise CopyError if this user may not give a new file to the owner it is to have."""
    if not _may_give(status, final):
        raise cannot("change ownership of", entry.destination, OSError(EPERM, ""))


def _is_ours(status: "os.stat_result") -> bool:
    return system.geteuid() in (0, status.st_uid)


def _may_give(status: "os.stat_result", final: "Final") -> bool:
    """Return whether this user may give something to owner and group, as far as they differ."""
    if system.geteuid() == 0:
        return True
    if final.uid not in (-1, status.st_uid):
        return False
    groups = (-1, status.st_gid, system.getegid(), *getgroups())
    return final.gid in groups and (final.gid in (-1, status.st_gid) or _is_ours(status))

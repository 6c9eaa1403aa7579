"""--dry-run of install: whether what is made or found could be given owner and mode."""

import stat
from errno import EPERM
from os import getgroups

from pycp import system
from pycp.errors import cannot
from pycp.system.overlay import Pretended

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os

    from pycp.entries import Entry, Final
    from pycp.system.folder import Directory


def require_settling(directory: "Directory", status: "os.stat_result", final: "Final") -> None:
    """Pretend to give a directory its mode; raise OSError if this user may not, or not its owner.

    Only what differs is given.
    """
    assert isinstance(directory, Pretended)
    differs = (stat.S_IMODE(status.st_mode) ^ final.mode) & final.changed_bits
    is_given_away = final.uid not in (-1, status.st_uid) or final.gid not in (-1, status.st_gid)
    if (
        not _may_give(status, final)
        or (differs and not _is_ours(status))
        or ((differs or is_given_away) and directory.is_protected)
    ):
        raise OSError(EPERM, "")
    directory.finish(final.mode)


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

"""What a dry run pretends to be there: a status, and what a symbolic link holds."""

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pycp.system.folder import Directory


class Node:
    """Something that is pretended to be there."""

    __slots__ = ("above", "is_finished", "status", "text")

    def __init__(self, status: os.stat_result, text: str, above: "Directory | None") -> None:
        self.status = status
        self.text = text
        """What a symbolic link holds."""
        self.above = above
        """The directory that a directory was made in."""
        self.is_finished = False
        """A directory has its mode in the end, which may keep its owner from writing in it."""


class Later:
    """A regular file that is pretended to be there; nobody has asked for more than its name."""

    __slots__ = ("known", "like", "number", "source")

    def __init__(
        self,
        like: os.stat_result,
        known: "Callable[[os.stat_result], dict[str, int]]",
        source: "Directory",
        number: int,
    ) -> None:
        self.known = known
        """Says in what it does not look like its source."""
        self.like = like
        """The status of its source."""
        self.source = source
        """The directory of that, where it has the same name."""
        self.number = number


def new_status(
    like: os.stat_result, device: int, number: int, known: dict[str, int]
) -> os.stat_result:
    """Return the status of something new; it looks `like` a source where nothing else is known."""
    return changed(like, **{"st_dev": device, "st_ino": -number, "st_nlink": 1, **known})


def changed(status: os.stat_result, **known: int) -> os.stat_result:
    """Return a status with some fields changed; of the times, give those in nanoseconds."""
    names = ("st_mode", "st_ino", "st_dev", "st_nlink", "st_uid", "st_gid", "st_size")
    names_ns = ("st_atime_ns", "st_mtime_ns", "st_ctime_ns")
    times_ns = {name: known.get(name, getattr(status, name)) for name in names_ns}
    values = [known.get(name, getattr(status, name)) for name in names]
    seconds = [time // 1_000_000_000 for time in times_ns.values()]
    return os.stat_result((*values, *seconds), {"st_rdev": status.st_rdev, **times_ns})

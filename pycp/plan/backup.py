"""The name of a backup: simple, or numbered after those that exist (spec 8)."""

import os
import stat

from pycp.entries import Backup
from pycp.errors import CopyError
from pycp.quoting import quote_name
from pycp.system.folder import identity
from pycp.values import last_component

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pycp.entries import Entry
    from pycp.options import WriteOptions
    from pycp.system.folder import Directory

ALWAYS_FITS = 14
"""Bytes that every file system lets a name have (POSIX)."""
LETTERS = 255
"""Most letters of UTF-16 where a name may have more bytes than that."""


def backup_name(name: str, shown: str, directory: "Directory", options: "WriteOptions") -> Backup:
    """Return the name that `name`, below a directory, is moved to before it is replaced."""
    stem = name.rstrip("/")
    number = 0
    if options.backup != "simple":
        number = _highest_number(stem, directory) + 1
        if number == 1 and options.backup == "existing":
            number = 0
    suffix = f".~{number}~" if number else options.suffix
    head, slash, base = stem.rpartition("/")
    if options.backup != "simple":
        base, suffix = _shorten(base, suffix, directory, head + slash or ".")
    ending = base + suffix
    # The shown name ends with the name itself, so both change alike.
    whole = shown.rstrip("/")
    whole = whole[: len(whole) - len(last_component(stem))]
    return Backup(head + slash + ending, whole + ending, number)


def _highest_number(name: str, directory: "Directory") -> int:
    """Return the largest N of the names NAME.~N~ beside `name`, 0 if there is none."""
    head, slash, base = name.rpartition("/")
    start = base + ".~"
    highest = "0"
    try:
        for other in directory.names(head + slash or "."):
            if not (other.startswith(start) and other.endswith("~")):
                continue
            digits = other[len(start) : -1]
            if (
                digits.isascii()
                and digits.isdigit()
                and digits[0] != "0"
                and (len(digits), digits) > (len(highest), highest)
            ):
                highest = digits
    except OSError:
        return 0
    return int(highest) if len(highest) < 4000 else 0


def _shorten(base: str, suffix: str, directory: "Directory", above: str) -> tuple[str, str]:
    """Make room for a suffix in a name that would become too long: a single "~" then.

    GNU lets the name have one byte less than the file system does. Where that counts letters, it
    finds no room, and fails.
    """
    raw = os.fsencode(base)
    size = len(raw) + len(os.fsencode(suffix))
    if size <= ALWAYS_FITS:
        return base, suffix
    from pycp.system.mounts import longest_name

    longest = longest_name(above, directory.fd)
    if size >= longest:
        return os.fsdecode(raw[: longest - 2]), "~"
    if longest > LETTERS and _letters(base + suffix) > LETTERS:
        while _letters(base) >= LETTERS:
            base = base[:-1]
        suffix = "~"
    return base, suffix


def _letters(name: str) -> int:
    return len(name.encode("utf-16-le", "surrogatepass")) // 2


def refuse_to_lose_source(
    entry: "Entry", source: "os.stat_result", options: "WriteOptions"
) -> None:
    """Raise CopyError if making the backup would take the source's place.

    GNU looks at the simple name even when a numbered one would be made. It misses a source that
    is a symbolic link to the backup, and loses the backup then; that is refused as well.
    """
    if options.backup == "numbered":
        return
    name = entry.destination_name.rstrip("/") + options.suffix
    is_namesake = last_component(entry.source_name) == last_component(name)
    try:
        found = entry.folder.destination_directory.stat(name, is_namesake)
    except OSError:
        return
    if identity(found) != identity(source):
        return
    if not is_namesake:
        itself = entry.folder.source_directory.stat(entry.source_name, False)
        if not stat.S_ISLNK(itself.st_mode) or identity(itself) == identity(found):
            return
    raise CopyError(
        f"backing up {quote_name(entry.destination)} might destroy source; "
        f" {quote_name(entry.source)} not copied",
        filename=entry.destination,
        filename2=entry.source,
    )

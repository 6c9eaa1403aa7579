"""Names taken apart, and the numbers by which kinds of entries and counts are known."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os


def join(directory: str, name: str) -> str:
    """Return the name of something below a directory as GNU spells it.

    Trailing slashes of the directory go; a name that begins with a slash brings its own, and
    below the root it gets a dot before it.
    """
    if not directory:
        return name
    stem = directory.rstrip("/")
    if name.startswith("/"):
        return (stem or f"{directory}.") + name
    return f"{stem}/{name}" if stem else directory + name


def last_component(name: str) -> str:
    """Return what follows the last slash, trailing slashes aside; "" for the root."""
    return name.rstrip("/").rpartition("/")[2]


def split_last(name: str) -> tuple[str, str]:
    """Return the path a name goes through, "" if none, and its last component with its slashes."""
    start = name.rstrip("/").rfind("/") + 1
    return name[:start], name[start:]


def components(path: str) -> list[str]:
    """Return the names that a path goes through, one after the other."""
    return [name for name in path.split("/") if name not in ("", ".")]


def is_ours(source: "os.stat_result", status: "os.stat_result", user: int) -> bool:
    """Return whether something belongs to us, or to whom the copy is given: nobody planted it."""
    return status.st_uid in (source.st_uid, user)


def has_time_of(source: "os.stat_result", status: "os.stat_result") -> bool:
    """Return whether a file has the size of its source, and was given its time.

    A time that was set lies apart from that of the last change of status: one that only comes from
    writing, at the moment in which the source was written as well, proves nothing.
    """
    return (
        status.st_size == source.st_size
        and status.st_mtime_ns == source.st_mtime_ns != status.st_ctime_ns
    )


PERMISSIONS, SPECIAL_BITS, ALL_BITS = 0o777, 0o7000, 0o7777
"""What a mode is made of: permissions, and the set-id and sticky bits."""
SET_ID = 0o6000
USER_WRITE, OWNER_ALL = 0o200, 0o700
GROUP_AND_OTHERS, OTHERS_WRITE = 0o077, 0o022
"""What a mode gives to others than the owner, and how far they may write."""
READ_AND_WRITE = 0o600
"""What the owner of a copy may do with it until it is complete."""
PRIVATE = 0o600
"""Mode of a new file until everything else about it is final."""
NEW_MODE = 0o666
"""Mode of a new file that follows the umask alone."""

TEMPORARY = "Cu"
"""How temporary names begin; hexadecimal digits follow."""

BLOCK = 4096
"""Bytes of a block: it is a hole or holds data, of one range or of two that meet in it."""

LARGE_FILE = 1024 * 1024 * 1024
"""Bytes from which on a file is copied in ranges, by several processes."""

OTHER, REGULAR, SYMLINK, DIRECTORY, LINKED, MISSING, COMPLETE = range(7)
"""Kinds of entries as a listing tells them.

LINKED is a regular file whose inode was met before, so one more name of it. A kind is a hint: who
acts on an entry looks at it again.
"""

FILES, BYTES, PASSED, ASKED, SKIPPED, EXCLUDED, DIRECTORIES = range(7)
"""What is counted: files done, bytes copied, and bytes of files that need no copying; which of the
files needed none, what was left out, and directories made or entered.

ASKED is no count: it is set when another process would like to know the next file's name.
"""
KEPT, FLUSHED, CHECKED, COMPARED, REFLINKED, HARD_LINKS, PHASE, READ, MADE = range(7, 16)
"""Also counted: bytes that stay of files gone on with, bytes flushed to disk, bytes read back, and
bytes read for any other reason than to copy them; files that share storage, and hard links made;
bytes read for several destinations at once; and which of the directories were made.

PHASE is no count either, but the place in PHASES of what is being done.
"""
NUMBERS = 16
PHASES = ("copying", "checking", "flushing", "reading", "stripping")
"""What may take its time for one file: `reading` is for a digest of what is there already."""
COPYING, CHECKING, FLUSHING, READING, STRIPPING = range(5)

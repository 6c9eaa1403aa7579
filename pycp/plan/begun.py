"""Whether a copy can be resumed, and whether a directory is the copy that was begun (--resume).

The same words mean something else once the destination exists: `pycp -r s D` makes D, and after
that D/s. A directory that holds nothing but what the source holds is taken for the copy begun.
"""

import stat

from pycp import system
from pycp.errors import CopyError, UsageError
from pycp.quoting import quote_name
from pycp.system.folder import Directory
from pycp.values import TEMPORARY, last_component

PROBE = ".pycp-probe-"
"""How names begin by which the machines of a cluster find out whether they see the same."""
HEXADECIMAL = "0123456789abcdef"
TEMPORARY_DIGITS = 6, 16
"""How many of them follow in a temporary name: of a hard link, and of all else."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pycp.options import CopyOptions


def require_possible(options: "CopyOptions") -> None:
    """Raise UsageError if other options leave nothing to go on with, or ask at each file."""
    if options.backup != "none" or options.overwrite == "ask" or options.remove_destination:
        raise UsageError(
            "--resume is mutually exclusive with --backup, --interactive and --remove-destination"
        )


def is_begun_copy(options: "CopyOptions", sources: list[str], directory: Directory) -> bool:
    """Return whether an existing destination is to be the copy of a source, and not to hold it.

    Raise CopyError if it may be either.
    """
    if (
        len(sources) > 1
        or options.target_directory is not None
        or options.parents
        or not options.recursive
    ):
        return False
    name = sources[0]
    if last_component(name) in (".", ".."):
        return False  # what it holds goes into the destination in any case
    try:
        source = system.stat(name, follow_symlinks=options.follows(is_operand=True))
        if not stat.S_ISDIR(source.st_mode):
            return False
        known = frozenset(Directory(None, "", None).names(name))
        found = set()
        is_begun = False
        for made in directory.names("."):
            if made.startswith(PROBE):
                continue  # it stayed behind when a copy was killed
            if made in known:
                found.add(made)
            elif _is_temporary(made):
                is_begun = True  # so did that
            else:
                return False
    except OSError:
        return False  # copying will tell
    if found == {last_component(name)}:
        shown = quote_name(directory.shown)
        raise CopyError(
            f"cannot tell whether {shown} is the copy of {quote_name(name)} or holds it:"
            " say -T or -t",
            filename=directory.shown,
        )
    return is_begun or bool(found)


def _is_temporary(name: str) -> bool:
    """Return whether a name is one of those that --atomic, or a link, makes something under."""
    number = name.removeprefix(TEMPORARY)
    is_number = len(number) in TEMPORARY_DIGITS and not number.strip(HEXADECIMAL)
    return number != name and is_number

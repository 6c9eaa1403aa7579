"""Files that we write for the user meanwhile, like a manifest: they are no part of the copy."""

from pycp import system
from pycp.errors import CopyError
from pycp.quoting import quote_name
from pycp.system.folder import identity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pycp.entries import Decision, Entry


def claim(
    own_files: dict[tuple[int, int], str], file_id: tuple[int, int], name: str, what: str
) -> None:
    """Note that a file is `what` we write; raise CopyError if it is another one of ours already."""
    if file_id in own_files:
        text = f"{quote_name(name)} cannot be {what}, as {own_files[file_id]}"
        raise CopyError(text, filename=name)
    own_files[file_id] = f"it is {what}"


def apart_from(own_files: dict[tuple[int, int], str]) -> "Callable[[Entry, Decision], None]":
    """Return the function that raises CopyError if one would be copied, or written over."""

    def require_apart(entry: "Entry", decision: "Decision") -> None:
        why = own_files.get(identity(decision.source_stat))
        problem = f"not copying {quote_name(entry.source)}"
        try:
            there = system.stat(entry.destination_name, dir_fd=entry.folder.destination_fd)
        except OSError:
            pass  # there is nothing, or nothing that leads to a file
        else:
            if identity(there) in own_files:
                why = own_files[identity(there)]
                problem = f"not writing to {quote_name(entry.destination)}"
        if why:
            raise CopyError(f"{problem}, as {why}", None, entry.source, entry.destination)

    return require_apart

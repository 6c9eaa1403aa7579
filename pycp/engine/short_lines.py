"""The lines that -v prints of what is copied in short: a directory is put in words only once."""

from pycp.entries import Entry
from pycp.quoting import needs_no_escapes, quote_name
from pycp.values import join

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pycp.entries import Report
    from pycp.system.folder import Folder


def announcer(report: "Report") -> "Callable[[Folder, str], None]":
    """Return the function that tells that an entry is copied under its name."""
    take_lines = report.take_lines
    latest: Folder | None = None
    source = destination = ""
    are_plain = False

    def announce(folder: "Folder", name: str) -> None:
        nonlocal latest, source, destination, are_plain
        if folder is not latest:
            latest = folder
            source, destination = join(folder.source, ""), join(folder.destination, "")
            are_plain = needs_no_escapes(source) and needs_no_escapes(destination)
        if are_plain and needs_no_escapes(name):
            take_lines(f"'{source}{name}' -> '{destination}{name}'\n".encode())
        else:
            entry = Entry(folder, name)
            report.line(f"{quote_name(entry.source)} -> {quote_name(entry.destination)}")

    return announce

"""The file that install just made: opened again, and known by its descriptor."""

from pycp import system
from pycp.errors import CopyError
from pycp.quoting import quote_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pycp.engine.job import Job
    from pycp.entries import Entry


class Irremovable(CopyError):
    """What a failed strip left cannot be removed; GNU then installs nothing more."""


def open_made(job: "Job", entry: "Entry") -> int:
    """Open the file for reading, by its name if it has got that already."""
    if job.stage is not None:
        return job.stage.reader()
    dir_fd = entry.folder.destination_fd
    return system.open(entry.destination_name, system.FILE_ITSELF_FLAGS, dir_fd=dir_fd)


def replaced(entry: "Entry") -> CopyError:
    """Word that something else has the destination's name now."""
    name = quote_name(entry.destination)
    text = f"leaving {name} as it is, as it was replaced while being installed"
    return CopyError(text, filename=entry.destination)

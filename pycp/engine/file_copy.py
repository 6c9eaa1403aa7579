"""What the steps of one copy know of it."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os

    from pycp.entries import Entry


class FileCopy:
    """One regular file that is being copied, both sides open."""

    __slots__ = ("data", "destination_fd", "entry", "method", "size", "source", "source_fd")

    def __init__(
        self, entry: "Entry", source_fd: int, source: "os.stat_result", destination_fd: int
    ) -> None:
        self.entry = entry
        self.source_fd = source_fd
        self.source = source
        self.destination_fd = destination_fd
        self.data: bytes | None = None
        """All of it, if it is small."""
        self.size = 0
        """Bytes copied."""
        self.method = "loop"
        """How, in the word of events."""

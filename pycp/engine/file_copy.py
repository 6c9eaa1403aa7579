"""One copy of a regular file, as everything that takes part in it knows it."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os

    from pycp.entries import Entry


class FileCopy:
    """One regular file, or anything else read as a stream, that is being copied.

    The source is open; the destination is, once there is one.
    """

    destination: "os.stat_result"
    """What the destination was when it was opened or made."""
    start = 0
    """Offset that copying begins at; what is before it is there already."""
    kept = 0
    """Bytes of an earlier run that stay."""
    data: bytes | None = None
    """All of it, if it is small."""
    size = 0
    """Bytes copied."""
    is_flushed = False
    """Its data is on the disk."""
    counted = 0
    """What this process had copied before, as far as none of this file is in it."""
    offload = reflink = sparse = "unknown"
    """How it was copied, in the words of --debug."""

    def __init__(
        self, entry: "Entry", source_fd: int, source: "os.stat_result", destination_fd: int = -1
    ) -> None:
        self.entry = entry
        self.source_fd = source_fd
        self.source = source
        self.destination_fd = destination_fd

    @property
    def method(self) -> str:
        """Return how most of the data was copied, in the word of events."""
        if self.reflink == "yes":
            return "reflink"
        return "offload" if self.offload == "yes" else "loop"

    @property
    def stored(self) -> int:
        """Return about how many bytes were stored, holes and what stays left out."""
        if self.data is not None:
            return len(self.data)
        return max(min(self.source.st_size, self.source.st_blocks * 512) - self.kept, 0)

    @property
    def words(self) -> str:
        """Return what --debug tells of it."""
        return (
            f"copy offload: {self.offload}, reflink: {self.reflink},"
            f" sparse detection: {self.sparse}"
        )

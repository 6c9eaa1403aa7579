"""One destination of several, in a process of its own, for which another one reads the sources.

It decides and does everything as if it were alone. Only the data of files it does not read by
itself: it asks for them. The process that started all of them (`lending`) has each file read once.

    from here   ("tell", events)                 what is to be told
                ("want", file)                   a file is wanted, and none before it any more
                ("read", data)                   all of a small file, None if that failed
                ("written",)                     the piece that was lent last is no longer needed
                ("over",)
    to here     (number, "read it")              and send what was read
                (number, "whole", data)
                (number, "hand over")            the open file itself
                (number, "piece", slot, offset, length)
                (number, "end", size)            where the file ends if that is a hole, else 0
                (number, "failed", what a CopyError is made of)

A message to here begins with the number of the file, so that one about a file that was given up is
known.
"""

from stat import S_ISREG

from pycp.engine.data import EMPTY, SMALL, read_some
from pycp.errors import CopyError
from pycp.quoting import quote_name
from pycp.run.recorder import Recorder
from pycp.values import READ

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from pycp.engine.file_copy import FileCopy
    from pycp.engine.job import Job, Piece
    from pycp.entries import Entry, Report, Tally
    from pycp.system.folder import Directory
    from pycp.system.handover import Handover
    from pycp.system.worker import Channel

    Position = tuple[int, ...]
    Version = tuple[int, int, int, int]
    """Device and inode number of a file, its size, and when it was changed."""
    Wanted = tuple[int, Position, Version, bool, int, bool, str]
    """Number, place in the walk, version, whether it is small, first offset wanted, whether by its
    map, and name."""

ENOUGH = 64
"""Events that are told without waiting for the next file."""


class Teller(Recorder):
    """The report of one destination: all that goes wrong says which it is about."""

    def __init__(
        self, report: "Report", destination: str, tally: "Tally", tell: "Callable[[Any], None]"
    ) -> None:
        super().__init__(report)
        self.debug = report.debug
        self.tally = tally
        self.destination = destination
        self._tell = tell

    def event(self, kind: str, **details: object) -> None:
        """Note what happened to a file."""
        super().event(kind, **details)
        self._tell_if_enough()

    def line(self, text: str) -> None:
        """Note what is being done."""
        super().line(text)
        self._tell_if_enough()

    def warn(self, text: str) -> None:
        """Note something that is not a failure, and where."""
        super().warn(self._placed(text))
        self.tell()

    def failed(self, error: CopyError) -> None:
        """Note a failure, and where."""
        beginning = self.destination.rstrip("/") + "/"
        names = [name for name in (error.filename, error.filename2) if name]
        is_named = any(f"{name}/".startswith(beginning) for name in names)
        text = str(error)
        if text and not is_named:
            error.args = (self._placed(text),)
        error.destination = self.destination
        super().failed(error)
        self.tell()

    def _placed(self, text: str) -> str:
        return f"{quote_name(self.destination)}: {text}"

    def _tell_if_enough(self) -> None:
        if len(self.events) >= ENOUGH:
            self.tell()

    def tell(self) -> None:
        """Have told what was noted."""
        events, self.events = self.events, []
        if events:
            self._tell(events)


def say(channel: "Channel", *message: object) -> None:
    """Say something to the process that reads.

    Raise EOFError if that is gone: no failure of a file, but the end.
    """
    try:
        channel.send(message)
    except OSError:
        raise EOFError from None


class SharedSource:
    """The source as one process has it read by others."""

    def __init__(
        self, channel: "Channel", handover: "Handover", slots: list[memoryview], teller: Teller
    ) -> None:
        self._channel = channel
        self._handover = handover
        self._slots = slots
        self._teller = teller
        self._number = 0
        self._operand = 0
        self._looks_again = False

    def attach(self, job: "Job", entries: "Iterator[Entry]") -> "Iterator[Entry]":
        """Have a job read from here; return its operands, which are counted on the way."""
        job.shared_source = self._pieces
        self._looks_again = job.options.dereference == "always"
        return self._counted(entries)

    def _counted(self, entries: "Iterator[Entry]") -> "Iterator[Entry]":
        for entry in entries:
            self._operand += 1
            yield entry

    def _pieces(self, file: "FileCopy", first: int, mapped: bool) -> "Iterator[Piece]":
        """Yield offset and bytes of what a source holds, as `pieces_of` does."""
        source = file.source
        is_small = S_ISREG(source.st_mode) and source.st_size <= SMALL and not (first or mapped)
        if is_small and not source.st_size:
            if not read_some(file, EMPTY):
                return
            is_small = False  # it only says that it is empty, as those in /proc do
        self._teller.tell()
        self._want(file, first, mapped, is_small)
        while True:
            number, what, *details = self._channel.receive()
            if number != self._number:
                continue
            if what == "piece":
                slot, offset, length = details
                begin = min(max(first - offset, 0), length)
                if begin < length:
                    yield offset + begin, self._slots[slot][begin:length]
                say(self._channel, "written")
            elif what == "whole":
                yield 0, details[0]
                return
            elif what == "read it":
                data = self._read(file)
                if data is not None:
                    yield 0, data
                    return
                self._want(file, first, mapped, False)
            elif what == "hand over":
                try:
                    self._handover.give(file.source_fd)
                except OSError:
                    raise EOFError from None
            elif what == "end":
                if details[0]:
                    yield details[0], b""
                return
            else:
                raise CopyError(*details)

    def _want(self, file: "FileCopy", first: int, mapped: bool, is_small: bool) -> None:
        self._number += 1
        source = file.source
        version = source.st_dev, source.st_ino, source.st_size, source.st_ctime_ns
        name = file.entry.source
        wanted = self._number, self._position(file), version, is_small, first, mapped, name
        say(self._channel, "want", wanted)

    def _read(self, file: "FileCopy") -> bytes | None:
        """Read a small file for all who want it; return None if it is not as it was."""
        size = file.source.st_size
        data = None
        try:
            found = read_some(file, size + 1)
            self._teller.tally.add(READ, len(found))
            if len(found) == size:
                data = found
        finally:
            say(self._channel, "read", data)
        return data

    def _position(self, file: "FileCopy") -> "Position":
        """Return where a file comes in the walk, which goes by inode numbers."""
        entry = file.entry
        if entry.is_operand:
            return (self._operand,)
        inode = file.source.st_ino
        directory: Directory | None = entry.folder.source_directory
        if self._looks_again and directory is not None:
            itself = directory.look(entry.source_name)
            if itself is not None:  # or it may be read once more than need be
                inode = itself.st_ino
        steps = [inode]
        while directory is not None and directory.parent is not None:
            steps.append(directory.id[1])
            directory = directory.parent
        return (self._operand, *reversed(steps))

"""Each source read once, and lent to all processes that want it.

Small files: the process that comes to one first reads it, and what it read is kept until all the
others have it or have passed by. So none has to wait for another, and some files are kept at most.

Larger ones are read here, when every process waits or is at its end, so that all who want one are
known: that which comes first in the order of the walk, piece by piece, in memory that all of them
share. What `one_read` says of messages holds here as well.
"""

from errno import EMFILE
from stat import S_ISREG

from pycp import system
from pycp.engine.file_copy import FileCopy
from pycp.engine.sparse import pieces_of
from pycp.entries import Entry
from pycp.errors import failed
from pycp.system.folder import Directory, Folder, release
from pycp.system.handover import SLOTS
from pycp.values import READ

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pycp.entries import Tally
    from pycp.run.one_read import Position, Version, Wanted
    from pycp.system.handover import Handover
    from pycp.system.worker import Channel

AHEAD = 64
"""Small files that are kept for those who have not come to them."""


class Asking:
    """A process that wants sources read."""

    def __init__(self, channel: "Channel", handover: "Handover") -> None:
        self._channel = channel
        self.handover = handover
        self.wanted: Wanted | None = None
        """The file it waits for."""
        self.position: Position = ()
        """The place in the walk before which it wants nothing any more."""
        self.is_over = False
        self.number = 0
        """The file it was last lent."""
        self.written = 0
        """Pieces of that it needs no more."""

    @property
    def is_busy(self) -> bool:
        """Return whether it neither waits for a file nor is at its end."""
        return self.wanted is None and not self.is_over

    def begin(self) -> None:
        """Note that it gets the file it waits for, and is busy."""
        assert self.wanted is not None
        self.number, self.wanted, self.written = self.wanted[0], None, 0

    def send(self, *message: object) -> None:
        """Say something about the file that it is lent."""
        try:
            self._channel.send((self.number, *message))
        except OSError:
            pass  # it is gone, and that is found out elsewhere


class Lender:
    """Has files read for all processes."""

    def __init__(
        self,
        askers: list[Asking],
        slots: list[memoryview],
        tally: "Tally",
        listen: "Callable[[], None]",
    ) -> None:
        """Lend to these; `listen` waits for a message of any, and has us hear it."""
        self._askers = askers
        self._slots = slots
        self._tally = tally
        self._listen = listen
        self._kept: dict[Version, tuple[Position, bytes]] = {}
        self._read_by: dict[Version, Asking] = {}

    def hear(self, one: Asking, what: str, details: "list[object]") -> None:
        """Note what a message means."""
        if what == "want":
            one.wanted = details[0]  # type: ignore[assignment]
            one.position = one.wanted[1]  # type: ignore[index]
        elif what == "written":
            one.written += 1
        else:
            version = next(known for known, reader in self._read_by.items() if reader is one)
            del self._read_by[version]
            if isinstance(details[0], bytes):
                self._kept[version] = one.position, details[0]

    def forget(self, one: Asking) -> None:
        """Note that a process is at its end."""
        one.is_over, one.wanted = True, None
        one.handover.close()
        self._read_by = {file: by for file, by in self._read_by.items() if by is not one}

    def serve(self) -> None:
        """Lend what can be lent, until somebody is busy or all are at their end."""
        while True:
            live = [one for one in self._askers if not one.is_over]
            last = min((one.position for one in live), default=())
            for one in live:
                if one.wanted is not None:
                    self._serve_small(one, one.wanted, one.position == last)
            if self._kept:
                self._kept = {file: kept for file, kept in self._kept.items() if kept[0] > last}
            if not live or any(one.is_busy for one in live):
                return
            first = min((one.wanted for one in live if one.wanted), key=lambda file: file[1])
            self._lend([one for one in live if one.wanted and one.wanted[2][:2] == first[2][:2]])

    def _serve_small(self, one: Asking, wanted: "Wanted", is_last: bool) -> None:
        """Give a process what was kept for it, or have it read a small file, unless it must wait.

        The last in the order of the walk never has to: the others wait for it.
        """
        _number, _position, version, is_small, *_rest = wanted
        if not is_small or version in self._read_by:
            return
        if version in self._kept:
            one.begin()
            one.send("whole", self._kept[version][1])
        elif is_last or len(self._kept) + len(self._read_by) < AHEAD:
            self._read_by[version] = one
            one.begin()
            one.send("read it")

    def _lend(self, readers: list[Asking]) -> None:
        """Read the file that all these wait for, and lend it to them."""
        files = [one.wanted for one in readers if one.wanted is not None]
        source = files[0][6]
        fd = _handed_over(readers)
        if fd < 0:
            _tell(readers, "failed", *failed("error reading", source, OSError(EMFILE, "")).words)
            return
        first = min(wanted[4] for wanted in files)
        mapped = all(wanted[5] for wanted in files)
        lent = 0

        def read(most: int) -> bytes | memoryview:
            while any(one.is_busy and one.written <= lent - SLOTS for one in readers):
                self._listen()
            if not any(one.is_busy for one in readers):
                return b""
            slot = self._slots[lent % SLOTS][:most]
            try:
                count = system.readv(fd, [slot])
            except OSError as error:
                raise failed("error reading", source, error) from None
            return slot[:count]

        try:
            file = _opened(source, fd)
            if S_ISREG(file.source.st_mode) and not mapped:
                system.lseek(fd, first, 0)
            end = 0
            for offset, data in pieces_of(file, first, mapped, read):
                if not data:
                    end = offset
                    break
                self._tally.add(READ, len(data))
                _tell(readers, "piece", lent % SLOTS, offset, len(data))
                lent += 1
            message: tuple[object, ...] = ("end", end)
        except OSError as error:
            message = ("failed", *failed("error reading", source, error).words)
        finally:
            release(fd)  # who copies it has it open as well, and tells
        _tell(readers, *message)


def _tell(readers: list[Asking], *message: object) -> None:
    for one in readers:
        if one.is_busy:
            one.send(*message)


def _handed_over(readers: list[Asking]) -> int:
    """Return the open file, from the first process that can; -1 if there is no room for it here."""
    for one in readers:
        one.begin()
    for one in readers:
        one.send("hand over")
        try:
            return one.handover.take()
        except (EOFError, OSError):
            continue
    return -1


def _opened(source: str, fd: int) -> FileCopy:
    here = Directory(None, "", None)
    entry = Entry(Folder(None, here, here, False), source, is_operand=True)
    entry.name_operands(source, "")
    return FileCopy(entry, fd, system.fstat(fd))

"""The nouns of a copy, in the order they come into being.

    argv → options and operands → Entry → Decision → Outcome, told to a Report

An `Entry` is one thing to copy: where it is, where it goes and the folder they were met in. A
`Decision` says what will be done with it, and never changes; an `Outcome` says what was done. A
`Report` hears of everything that happens and knows, at the end, whether anything failed.
"""

import time

from pycp.values import NUMBERS, PHASE, join

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping
    from typing import Final as Fixed
    from typing import Literal, Protocol

    Compare = Callable[[os.stat_result, os.stat_result, bool], tuple[int | None, bool] | None]
    """Takes status of source and destination, and whether all is to be compared. Returns where they
    differ first and whether what differs may be still to come; None if nobody can compare them."""

    from pycp.errors import CopyError
    from pycp.system.counts import Counts
    from pycp.system.folder import Folder

    Kind = Literal["regular", "directory", "symlink", "fifo", "special", "link", "symbolic"]

    class Encoder(Protocol):
        """Puts events in words, where they happen."""

        def event(self, kind: str, details: Mapping[str, object]) -> bytes:
            """Return the line of an event."""

        def started(self, entry: "Entry", size: int) -> bytes:
            """Return the line that tells that a regular file of some bytes is being copied."""

        def copied(self, entry: "Entry", method: str, size: int) -> bytes:
            """Return the line that tells that a regular file is complete, and how it was copied."""

    class Report(Protocol):
        """Whoever listens: to what is done, what goes wrong, and what must be asked."""

        program: str
        verbose: bool
        debug: bool
        hears: bool
        """Events are wanted: `event` is to be called."""
        encoder: Encoder | None
        """What puts events in words, if that is what is made of them."""
        tally: "Tally"
        own_files: "dict[tuple[int, int], str]"
        """Files that are neither copied nor written over, by device and inode number, and why."""

        def event(self, kind: str, **details: object) -> None:
            """Tell what happened to one file, in words a program understands."""

        def take_encoded(self, kinds: Mapping[str, int], lines: bytes) -> None:
            """Take events that another process has put in words: how many of each kind, and all."""

        def flush_events(self) -> None:
            """Write what is held of them."""

        def line(self, text: str) -> None:
            """Tell what is being done."""

        def take_lines(self, data: bytes) -> None:
            """Take lines that another process has put in bytes."""

        def warn(self, text: str) -> None:
            """Tell something that is not a failure."""

        def failed(self, error: CopyError) -> None:
            """Tell a failure and remember it."""

        def agrees(self, question: str) -> bool:
            """Ask; return whether the answer was yes."""


class Tally:
    """How much is done so far, and what is being copied."""

    __slots__ = ("folder", "name", "others", "own", "shared", "spare", "start", "tick")

    def __init__(self) -> None:
        self.own: list[int] | memoryview = [0] * NUMBERS
        """What this process has done."""
        self.shared: Counts | None = None
        """Where other processes can read that."""
        self.others: list[Counts] = []
        """What workers have done."""
        self.spare: list[Counts] = []
        """Those that no worker counts in now."""
        self.folder: Folder | None = None
        self.name = ""
        """The file that is being copied, below the source directory of `folder` if there is one."""
        self.start = time.monotonic()
        self.tick: Callable[[], None] | None = None
        """Called now and then while bytes are counted, if somebody wants to hear of them."""

    @property
    def is_watched(self) -> bool:
        """Return whether somebody looks at the counts while a file is being copied."""
        return self.shared is not None or self.tick is not None

    def add(self, what: int, count: int) -> None:
        """Count some bytes of a file that is being copied."""
        self.own[what] += count
        self.beat()

    def beat(self) -> None:
        """Let whoever wants to hear of the counts have a look at the clock."""
        if self.tick is not None:
            self.tick()

    def share(self, counts: "Counts") -> None:
        """Count where other processes can read it from now on."""
        self.own, self.shared = counts.counts, counts

    def provide(self, jobs: int) -> None:
        """Make counts for `jobs` workers, 0 if nobody said how many, unless there are some."""
        if not self.others:
            from pycp.system.counts import MOST_WORKERS, new_counts

            self.others = [new_counts() for _ in range(jobs or MOST_WORKERS)]
            self.spare = list(self.others)

    def total(self, what: int) -> int:
        """Return what all processes have counted."""
        return self.own[what] + sum(counts.counts[what] for counts in self.others)

    @property
    def phase(self) -> int:
        """Return what the process whose file is `current` does with it."""
        at_work = next((counts.counts for counts in self.others if counts.name), self.own)
        return at_work[PHASE]

    @property
    def current(self) -> str:
        """Return the name of what is being copied, by a worker if there are any."""
        return next((name for counts in self.others if (name := counts.name)), self._own_name)

    @property
    def _own_name(self) -> str:
        return join(self.folder.source, self.name) if self.folder is not None else self.name

    def tell_place(self) -> None:
        """Let other processes know what is being copied."""
        if self.shared is not None:
            self.shared.name = self._own_name


class Entry:
    """One thing to copy: its names below the two directories of a folder.

    `source_name` and `destination_name` are for system calls, relative to the folder's
    descriptors; `source` and `destination` are the whole names, for people.
    """

    __slots__ = (
        "_destination",
        "_source",
        "destination_name",
        "digest",
        "folder",
        "is_operand",
        "is_surely_new",
        "source_name",
    )
    compare: "Compare | None" = None
    """Has others compare a large file that was begun, if there are any."""

    def __init__(self, folder: "Folder", name: str, is_operand: bool = False) -> None:
        self.folder = folder
        self.source_name = name
        self.destination_name = name
        self.is_operand = is_operand
        self.is_surely_new = folder.is_new
        """Nothing can be in the destination's place, as far as we know."""
        self.digest = ""
        """In hexadecimal, of a regular file that was copied, if there is to be a manifest."""
        self._source = ""
        self._destination = ""

    def name_operands(self, source: str, destination: str) -> None:
        """Say how the user knows source and destination."""
        self._source = source
        self._destination = destination

    @property
    def has_names_of_its_own(self) -> bool:
        """Tell whether its names follow from more than those of its folder."""
        return (
            self.is_operand
            or self.source_name != self.destination_name
            or (self._source != "" and self._source != join(self.folder.source, self.source_name))
        )

    @property
    def source(self) -> str:
        """Return the source's name as messages show it."""
        if not self._source and not self.is_operand:
            self._source = join(self.folder.source, self.source_name)
        return self._source

    @property
    def destination(self) -> str:
        """Return the destination's name as messages show it."""
        if not self._destination and not self.is_operand:
            self._destination = join(self.folder.destination, self.destination_name)
        return self._destination


class Backup:
    """The name an existing destination is moved to: beside it, below the same descriptor."""

    __slots__ = ("name", "number", "shown")

    def __init__(self, name: str, shown: str, number: int) -> None:
        self.name = name
        self.shown = shown
        self.number = number
        """0 for a simple backup, which replaces an older one; numbers never replace."""

    def following(self) -> "Backup":
        """Return one with the next number, because somebody else took this one."""
        old, number = f"{self.number}~", self.number + 1
        name, shown = (f"{it.removesuffix(old)}{number}~" for it in (self.name, self.shown))
        return Backup(name, shown, number)


class Decision:
    """What to do with one entry: made whole, and never changed."""

    __slots__ = (
        "backup",
        "destination_stat",
        "follows",
        "is_begun",
        "is_looping_link",
        "is_unannounced",
        "kind",
        "link_to",
        "question",
        "refusal",
        "removes_destination",
        "skip_reason",
        "source_stat",
        "start",
    )

    def __init__(
        self,
        kind: "Kind",
        source_stat: "os.stat_result",
        follows: bool,
        link_to: Entry | None = None,
        destination_stat: "os.stat_result | None" = None,
        backup: Backup | None = None,
        removes_destination: bool = False,
        question: str = "",
        refusal: "CopyError | None" = None,
        skip_reason: str = "",
        is_looping_link: bool = False,
        is_unannounced: bool = False,
        is_begun: bool = False,
        start: int = 0,
    ) -> None:
        self.kind: Fixed = kind
        self.source_stat: Fixed = source_stat
        self.follows: Fixed = follows
        """The source was reached through symbolic links, if it is one."""
        self.link_to: Fixed = link_to
        """An earlier entry that is the same file: its destination is linked, nothing copied."""
        self.destination_stat: Fixed = destination_stat
        """The destination that stays and is written into; None if a new one is made."""
        self.backup: Fixed = backup
        """The name the destination is to be kept under; somebody may take it meanwhile."""
        self.removes_destination: Fixed = removes_destination
        """The destination is unlinked before the new one is made."""
        self.question: Fixed = question
        """What must be agreed to first."""
        self.refusal: Fixed = refusal
        """Why it cannot be done, even if that is agreed to."""
        self.skip_reason: Fixed = skip_reason
        """Why the entry is not copied: "exists", "not newer" or "same"."""
        self.is_looping_link: Fixed = is_looping_link
        """The destination leads only to itself, and --force will take it away."""
        self.is_unannounced: Fixed = is_unannounced
        """GNU has no line for it."""
        self.is_begun: Fixed = is_begun
        """The destination was made by an interrupted copy, and has not got its mode yet."""
        self.start: Fixed = start
        """Bytes of an existing regular file that stay, because the source begins with them."""

    @property
    def copies_data(self) -> bool:
        """Tell whether what a file holds is copied, and no link made to an earlier copy of it."""
        return self.kind == "regular" and self.link_to is None


class Outcome:
    """What was done about one entry."""

    skip_reason = ""
    """Why nothing was copied: "complete"."""
    method = "none"
    """How the data of a regular file was copied: "reflink", "offload" or "loop"; "none" if it was
    not: in a dry run, and where a process that did not live to tell had done it."""
    bytes = 0
    """How many were copied."""
    start = 0
    """Bytes that were there already."""
    backup: Backup | None = None
    """Where the old destination is; when things are made atomically, where it will be."""
    context = ""
    """SELinux label that options gave it."""
    made: tuple[int, int] | None = None
    """Device and inode number of the regular file that was written."""
    renewed: tuple[int, int] | None = None
    """Those of the file it took the place of, if a symbolic link led there (--atomic)."""
    made_fd: int | None = None
    """Its descriptor, if install is still to give it owner and mode."""


class Final:
    """What install gives everything it makes in the end; -1 leaves owner or group alone."""

    __slots__ = ("changed_bits", "gid", "mode", "uid")

    def __init__(self, mode: int, changed_bits: int, uid: int, gid: int) -> None:
        self.mode = mode
        self.changed_bits = changed_bits
        """Bits of an existing directory's mode that are changed; the others stay."""
        self.uid = uid
        self.gid = gid

    @property
    def has_owner(self) -> bool:
        """Tell whether owner or group are asked for."""
        return self.uid >= 0 or self.gid >= 0

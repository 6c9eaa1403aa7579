"""What the parts of the engine share while one request is carried out."""

import time
from stat import S_ISREG

from pycp import system

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator
    from types import ModuleType
    from typing import Protocol

    from pycp.engine.file_copy import FileCopy
    from pycp.engine.labels import Labels
    from pycp.engine.rate import Pace
    from pycp.entries import Decision, Entry, Report
    from pycp.options import CopyOptions
    from pycp.plan.exclude import Exclusions
    from pycp.system.folder import Folder

    class Stage(Protocol):
        """Where something is made that gets its name when it is complete."""

        def open(self, source: os.stat_result, mode: int) -> tuple[int, os.stat_result, bool]:
            """Make a regular file; return descriptor, status, and whether it is new."""

        def reader(self) -> int:
            """Return a descriptor to read the regular file from its beginning."""

        def publish(self) -> None:
            """Give what is complete its name."""

        def discard(self) -> None:
            """Remove what has no name yet."""

    Piece = tuple[int, bytes | memoryview]
    """An offset and the data from there on."""


FIRST_STEP, LEAST_STEP = 64 * 1024, 4 * 1024
"""Bytes moved at a time at first, and at least."""
STEP_SECONDS = 0.1
"""Seconds a step may take, so that signals and progress get a turn at any speed."""
STAY = 8
"""Steps of a size that are made before smaller ones are tried again."""


class Stride:
    """How many bytes can be moved in a short time here: one file tells for the next.

    Where each call has its price, as over a network, smaller steps would only make it slower: then
    it stays with larger ones.
    """

    __slots__ = ("_asked", "_before", "_rate", "_size", "_start", "_stay")

    def __init__(self) -> None:
        self._size = self._asked = FIRST_STEP
        self._start = 0.0
        self._before, self._rate = 0, 0.0
        """Bytes of a step before they were made fewer, and bytes in a second then."""
        self._stay = 0

    def next(self, most: int) -> int:
        """Return how many bytes to ask for now."""
        self._asked = min(self._size, most)
        self._start = time.monotonic()
        return self._asked

    def took(self, count: int) -> None:
        """Learn from how long that took, unless there was less to copy."""
        if count < self._asked:
            return
        seconds = time.monotonic() - self._start
        if self._before and count < self._rate * seconds / 2:
            self._size, self._before, self._stay = self._before, 0, STAY
        elif seconds <= STEP_SECONDS:
            self._before = 0
            if seconds < STEP_SECONDS / 2:
                self._size = 2 * self._asked
        elif self._stay:
            self._stay -= 1
        else:
            if not self._before:
                self._before, self._rate = self._asked, count / seconds
            fewer = max(int(count * STEP_SECONDS / seconds), count // 4)
            self._size = max(fewer - fewer % LEAST_STEP, LEAST_STEP)  # whole pages


def readable(flags: int) -> int:
    """Return the flags that open a file for reading as well as for writing."""
    return (flags & ~system.O_WRONLY) | system.O_RDWR


class Job:
    """Options, listener, and facts about this process that are asked for once."""

    def __init__(self, options: "CopyOptions", report: "Report") -> None:
        self.options = options
        self.report = report
        self.tally = report.tally
        self.euid = system.geteuid()
        self.is_privileged = self.euid == 0
        self.new_file_flags, self.old_file_flags = system.NEW_FILE_FLAGS, system.OLD_FILE_FLAGS
        """How destinations are made and opened: what is verified can be read back as well."""
        if options.reads_back():
            self.new_file_flags = readable(self.new_file_flags)
            self.old_file_flags = readable(self.old_file_flags)
        self.durable: ModuleType | None = None
        """The module that flushes what was made, if that was asked for."""
        if options.durable:
            from pycp.engine import durable

            self.durable = durable
        self.cannot_reflink: set[tuple[int, int]] = set()
        """Pairs of source and destination device between which storage is never shared."""
        self.exclusions: Exclusions | None = None
        """What is left out, if anything is."""
        self.manifest: Callable[[str, str], None] | None = None
        """Takes the name of each file copied, and its digest."""
        self.kept_sets: set[tuple[int, int]] = set()
        """Destinations with several names that an earlier run made, and this one keeps."""
        self.last_step: Callable[[FileCopy], None] | None = None
        """What gives a file that is installed in short its owner and mode."""
        self.large_from = 0
        """Bytes from which on a file is for several processes to copy; 0 if none is."""
        self.share_data: Callable[[FileCopy], None] | None = None
        """Has others copy a large file, but for its end."""
        self.shared_source: Callable[[FileCopy, int, bool], Iterator[Piece]] | None = None
        """Yields the pieces of a source that is read once for several destinations."""
        self.steps: object = None
        """What options of our own add, once it is put together: see `steps`."""
        self.stride = Stride()
        self.stage: Stage | None = None
        """What is being made atomically."""
        self._umask = -1
        self._pace: Pace | None = None
        self._labels: Labels | None = None
        self._asks_for_labels, self._adds_steps = options.asks_for_labels(), options.adds_steps()
        self.sets_attributes = (
            options.preserve_mode
            or options.preserve_ownership
            or options.preserve_timestamps
            or options.preserve_xattr
            or options.explicit_no_mode
        )
        """A new regular file needs more than the mode it is created with."""

    def again(self) -> "Job":
        """Return a job for what may be done already, and is to be as if it were done only once."""
        job = Job(self.options.replace(redo=True), self.report)
        job.tally, job.exclusions, job.manifest = self.tally, self.exclusions, self.manifest
        job.kept_sets, job.stride = self.kept_sets, self.stride
        job._pace, job._labels = self._pace, self._labels
        job.large_from = self.large_from
        job.shared_source = self.shared_source
        return job

    @property
    def pace(self) -> "Pace | None":
        """Return the pace that all processes of the job hold, None if they need not."""
        if self._pace is None and self.options.bandwidth:
            from pycp.engine.rate import Pace

            self._pace = Pace(self.options.bandwidth)
        return self._pace

    @property
    def labels(self) -> "Labels | None":
        """Return who says which SELinux label things get; None if nobody asked for that."""
        if self._labels is None and self._asks_for_labels:
            from pycp.engine.labels import Labels

            self._labels = Labels(self.options, self.report)
        return self._labels

    def has_label(self, entry: "Entry", decision: "Decision") -> bool:
        """Return whether what is there has the label that it would be made with."""
        return self.labels is None or self.labels.is_given(entry, decision)

    @property
    def keeps_all(self) -> bool:
        """Return whether mode, owner and times are all that a directory is to get."""
        options = self.options
        return (
            options.preserve_mode
            and options.preserve_ownership
            and options.preserve_timestamps
            and not options.finishes_all_directories()
        )

    def announcer(self) -> "Callable[[Folder, str], None] | None":
        """Return who tells that an entry is copied under its name, if -v is to tell it."""
        if not self.report.verbose:
            return None
        from pycp.engine.short_lines import announcer

        return announcer(self.report)

    @property
    def has_steps(self) -> bool:
        """Return whether options of our own, or somebody who listens, add steps to each file."""
        return (
            self.report.hears
            or self._adds_steps
            or self.manifest is not None
            or self.last_step is not None
        )

    @property
    def watches_data(self) -> bool:
        """Return whether the bytes that are copied must pass through our hands."""
        return (
            self.manifest is not None
            or self.options.bandwidth > 0
            or self.shared_source is not None
        )

    @property
    def may_be_short(self) -> bool:
        """Return whether the options leave nothing to decide on but what kind a file is of."""
        options = self.options
        return not (
            self.report.debug
            or options.redo
            or options.asks_for_labels()
            or options.hard_link
            or options.symbolic_link
            or options.reflink == "always"
            or self.shared_source is not None
            or (self.is_particular and (options.resume or options.dry_run or self.has_steps))
        )

    @property
    def is_particular(self) -> bool:
        """Return whether a new file gets no data, the mode of any new file, or holes as asked."""
        options = self.options
        return options.attributes_only or options.explicit_no_mode or options.sparse != "auto"

    @property
    def only_links(self) -> bool:
        """Return whether a link is all that is made of a file, and nobody else has a say in it."""
        options = self.options
        if not options.hard_link and (
            not options.symbolic_link or self.sets_attributes or options.preserve_links
        ):
            return False
        return not (
            self.report.debug
            or self.report.own_files
            or self.has_steps
            or options.attributes_only
            or options.dry_run
            or options.makes_temporary_names()
            or options.may_be_begun()
        )

    @property
    def may_share_data(self) -> bool:
        """Return whether the contents of a file may be copied by several processes."""
        options = self.options
        return not (
            not options.writes_in_place()
            or options.attributes_only
            or options.bandwidth
            or options.dry_run
            or options.manifest is not None
            or options.reflink == "always"
            or options.sparse == "always"
            or self.report.debug
            or self.shared_source is not None
        )

    def is_large(self, source: "os.stat_result") -> bool:
        """Return whether something is a regular file that several processes are to copy."""
        return 0 < self.large_from <= source.st_size and S_ISREG(source.st_mode)

    @property
    def umask(self) -> int:
        """Return the file mode creation mask, read once."""
        if self._umask < 0:
            self._umask = system.umask()
        return self._umask

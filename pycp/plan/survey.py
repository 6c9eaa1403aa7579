"""How much there is to copy: a walk of its own through the sources, which changes nothing.

It runs beside the copy, for the totals of its progress, and goes by options only as far as those
need it. What cannot be looked at counts as nothing: the copy will tell. A directory is entered
below the descriptor of the one above it, links not followed unless the copy follows them.
"""

import os
from stat import S_ISDIR, S_ISREG

from pycp import system
from pycp.errors import CopyError
from pycp.options import CopyOptions
from pycp.system.folder import identity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pycp.options import WriteOptions
    from pycp.plan.exclude import Exclusions

    Amount = tuple[int, int]

BLOCK_BYTES = 512
STEP = 256
"""Entries of a directory between two pauses."""


def survey_operands(
    options: "WriteOptions", operands: "Iterable[str]"
) -> "Iterator[Amount] | None":
    """Return what `survey` does for the sources among the operands of a command.

    None if they can be gone through only once, which is for the copy.
    """
    sources: Iterable[str] | None = None
    if options.files_from:
        from pycp.plan.source_lists import listed_again

        sources = listed_again(options.files_from)
    elif isinstance(operands, list):
        sources = operands if options.target_directory is not None else operands[:-1]
    if sources is None:
        return None
    if not isinstance(options, CopyOptions):
        return survey(CopyOptions(), sources)
    if options.tee:
        return _as_often(1 + len(options.tee), survey(options, sources))
    return survey(options, sources)


def _as_often(times: int, amounts: "Iterator[Amount]") -> "Iterator[Amount]":
    for files, size in amounts:
        yield times * files, times * size


def survey(options: "CopyOptions", sources: "Iterable[str]") -> "Iterator[Amount]":
    """Yield, step by step, how many more files and bytes were found."""
    surveyor = _Surveyor(options)
    for source in sources:
        yield from surveyor.operand(source)


class _Level:
    """A directory that was entered, and those of its directories still to come."""

    def __init__(self, fd: int | None, identity: tuple[int, int], inside: str) -> None:
        self.fd = fd
        self.identity = identity
        self.inside = inside
        """Where it is below the operand, with a slash after it."""
        self.below: list[str] = []


class _Surveyor:
    def __init__(self, options: "CopyOptions") -> None:
        self._options = options
        self._exclusions = _exclusions(options)
        self._has_data = not (options.hard_link or options.symbolic_link or options.attributes_only)
        self._follows = options.follows(is_operand=False)
        self._linked: set[tuple[int, int]] = set()
        """Files of several names that were met, if they stay one file."""

    def operand(self, name: str) -> "Iterator[Amount]":
        try:
            status = system.stat(name, follow_symlinks=self._options.follows(is_operand=True))
        except OSError:
            return
        is_directory = S_ISDIR(status.st_mode)
        if self._exclusions is not None and self._exclusions.excludes_operand(name, is_directory):
            return
        if not is_directory:
            yield 1, self._size(status)
        elif self._options.recursive:
            yield from self._tree(name, status.st_dev)

    def _tree(self, operand: str, device: int) -> "Iterator[Amount]":
        """Count what is below an operand, only so deep as a process may have directories open."""
        levels = [_Level(None, (0, 0), "")]
        levels[0].below.append(operand)
        try:
            while levels:
                level = levels[-1]
                if not level.below:
                    _leave(levels)
                    continue
                below = self._enter(level, level.below.pop())
                if below is None:
                    continue
                is_known = any(below.identity == above.identity for above in levels)
                levels.append(below)
                if is_known or (self._options.one_file_system and below.identity[0] != device):
                    _leave(levels)
                else:
                    yield from self._entries(below)
        finally:
            while levels:
                _leave(levels)

    def _enter(self, above: _Level, name: str) -> _Level | None:
        is_operand = above.fd is None
        flags = system.DIRECTORY_FLAGS
        if not self._options.follows(is_operand):
            flags |= system.O_NOFOLLOW
        try:
            fd = system.open(name, flags, dir_fd=above.fd)
        except OSError:
            return None
        return _Level(
            fd, identity(system.fstat(fd)), "" if is_operand else f"{above.inside}{name}/"
        )

    def _entries(self, level: _Level) -> "Iterator[Amount]":
        """Count the files of a directory, and note its directories."""
        assert level.fd is not None
        files = size = 0
        try:
            with system.scandir(level.fd) as found:
                for entry in found:
                    is_directory = _is_directory(entry, self._follows)
                    if self._exclusions is not None and self._exclusions.excludes(
                        level.inside + entry.name, is_directory
                    ):
                        continue
                    if is_directory:
                        level.below.append(entry.name)
                        continue
                    files += 1
                    size += self._size_of(entry)
                    if files == STEP:
                        yield files, size
                        files = size = 0
        except OSError:
            pass
        yield files, size

    def _size_of(self, entry: "os.DirEntry[str]") -> int:
        try:
            return self._size(entry.stat(follow_symlinks=self._follows))
        except OSError:
            return 0

    def _size(self, status: os.stat_result) -> int:
        """Return how many bytes of a file will be counted as copied."""
        if not (S_ISREG(status.st_mode) and self._has_data):
            return 0
        if status.st_nlink > 1 and self._options.preserve_links:
            if identity(status) in self._linked:
                return 0
            self._linked.add(identity(status))
        return min(status.st_size, status.st_blocks * BLOCK_BYTES)


def _leave(levels: list[_Level]) -> None:
    fd = levels.pop().fd
    if fd is not None:
        system.close(fd)


def _is_directory(entry: "os.DirEntry[str]", follows: bool) -> bool:
    try:
        return entry.is_dir(follow_symlinks=follows)
    except OSError:
        return False


def _exclusions(options: "CopyOptions") -> "Exclusions | None":
    """Return what is left out, unless reading that would take it from the copy itself."""
    files = [text for kind, text in options.exclude if kind == "file"]
    if not options.exclude or not all(name != "-" and os.path.isfile(name) for name in files):
        return None
    from pycp.plan.exclude import Exclusions

    try:
        return Exclusions(options.exclude)
    except CopyError:
        return None

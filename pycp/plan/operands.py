"""From operands to entries: which is the destination, and what each source is called there.

The destination directory is opened once (spec 2.2), and everything that goes into it is named
relative to that descriptor.
"""

import stat
from errno import EIO, EMFILE, ENFILE, ENOENT, ENOMEM, ESTALE, ETIMEDOUT

from pycp import system
from pycp.entries import Entry
from pycp.errors import CopyError, UsageError, detached, failed
from pycp.quoting import quote_name
from pycp.system.folder import Directory, Folder, identity
from pycp.values import join, last_component

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pycp.options import CopyOptions, WriteOptions


MANY = 20
"""Operands that are worth loading what copies them quickly."""
TELLS_NOTHING = frozenset((EIO, EMFILE, ENFILE, ENOMEM, ESTALE, ETIMEDOUT))
"""Errors that do not say whether the last operand is a directory, so where a copy would go."""


class Operands:
    """What the operands mean: entries to copy one after the other."""

    __slots__ = (
        "are_many",
        "destination",
        "directory",
        "has_company",
        "is_stream",
        "options",
        "sources",
    )

    def __init__(
        self,
        options: "CopyOptions",
        sources: "Iterable[str]",
        directory: Directory | None,
        destination: str,
    ) -> None:
        self.options = options
        self.sources = sources
        self.directory = directory
        """The target directory; None if there is one source and its destination is named."""
        self.destination = destination
        self.is_stream = not isinstance(sources, list)
        """Nobody knows how many sources there are, and they can be gone through once."""
        count = len(sources) if isinstance(sources, list) else 0
        self.has_company = directory is not None and (self.is_stream or count > 1)
        """Several sources go into one directory, so they could meet there."""
        self.are_many = directory is not None and count >= MANY
        """There are enough of them for a short way to be worth its start.

        Not if they are a stream: that way keeps names, and these may be too many.
        """

    def entries(self) -> "Iterator[Entry]":
        """Yield an entry for each source."""
        here = Directory(None, "", None)
        if self.directory is None:
            (source,) = self.sources
            entry = Entry(Folder(None, here, here, False), source, is_operand=True)
            entry.destination_name = self.destination
            entry.name_operands(source, self.destination)
            yield entry
            return
        folder = Folder(None, here, self.directory, False)
        for source in self.sources:
            if self.options.strip_trailing_slashes:
                source = source.rstrip("/") or source[:1]
            entry = Entry(folder, source, is_operand=True)
            if self.options.parents:
                path = source.rstrip("/")
                entry.destination_name = path.lstrip("/") or "."
                entry.name_operands(source, join(self.destination, path))
            else:
                name = last_component(source)
                name = "." if name == ".." else name
                entry.destination_name = name or "."
                entry.name_operands(source, join(self.destination, name))
            yield entry


def resolve(
    options: "CopyOptions",
    operands: "Iterable[str]",
    tell: "Callable[[CopyError], None]",
) -> Operands:
    """Tell sources from destination; raise UsageError or CopyError where that cannot be.

    What is found wrong with a list of sources, as it is read, is given to `tell`.
    """
    sources, directory, destination = split(
        options, operands, "target directory", "target", tell, options.parents
    )
    if options.resume and not _goes_into(options, sources, directory):
        directory = None
    if directory is None and options.force and options.backup != "none":
        (source,) = sources
        own_backup = _own_backup(options, source, destination)
        if own_backup:
            return Operands(options.replace(backup="none"), [source], None, own_backup)
    return Operands(options, sources, directory, destination)


def _goes_into(
    options: "CopyOptions", sources: "Iterable[str]", directory: Directory | None
) -> bool:
    """Return whether what is resumed goes into the directory, which is closed otherwise.

    Raise UsageError or CopyError where that cannot be told.
    """
    from pycp.plan.begun import is_begun_copy, require_possible

    goes_into = False
    try:
        require_possible(options)
        goes_into = directory is not None and not (
            isinstance(sources, list) and is_begun_copy(options, sources, directory)
        )
    finally:
        if directory is not None and not goes_into:
            directory.close()
    return goes_into


def split(
    options: "WriteOptions",
    operands: "Iterable[str]",
    unusable: str,
    missing: str,
    tell: "Callable[[CopyError], None]",
    needs_directory: bool = False,
    may_be_missing: bool = False,
) -> "tuple[Iterable[str], Directory | None, str]":
    """Return sources, target directory if there is one, and destination, for cp and install.

    `unusable` and `missing` are the words for a bad -t and a bad last operand; `may_be_missing`
    says that the directory of -t can still be made. Sources are a list unless nobody knows yet how
    many there are.
    """
    target = options.target_directory
    if options.files_from:
        from pycp.plan.source_lists import open_lists, require_alone

        words = list(operands)
        require_alone(options, words)
        operands = open_lists(options, tell)
        if target is None:
            directory = probe(words[0])
            if isinstance(directory, OSError):
                raise failed(missing, words[0], directory)
            return operands, directory, words[0]
    elif isinstance(operands, list):
        check_count(options, operands)
    if target is not None:
        directory = probe(target)
        if isinstance(directory, OSError):
            if may_be_missing and directory.errno == ENOENT:
                return operands, None, target
            raise failed(unusable, target, directory)
        return operands, directory, target
    words = list(operands)
    *sources, destination = words
    if not options.no_target_directory:
        directory = probe(destination)
        if isinstance(directory, Directory):
            return sources, directory, destination
        if len(words) > 2 or directory.errno in TELLS_NOTHING:
            raise failed(missing, destination, directory)
    if needs_directory:
        raise UsageError("with --parents, the destination must be a directory")
    return sources, None, destination


def directories(
    options: "WriteOptions",
    operands: "Iterable[str]",
    tell: "Callable[[CopyError], None]",
) -> "Iterable[str]":
    """Return the operands where all of them are directories to make, those from lists too."""
    if options.files_from:
        from pycp.plan.source_lists import open_lists, require_alone

        require_alone(options, list(operands))
        return open_lists(options, tell)
    if isinstance(operands, list):
        check_count(options, operands, least=1)
    return operands


def check_count(options: "WriteOptions", operands: list[str], least: int = 2) -> None:
    """Raise UsageError or CopyError if there are too few operands, or too many for -T."""
    target = options.target_directory
    if not operands:
        raise UsageError("missing file operand")
    if len(operands) < least and target is None:
        raise UsageError(f"missing destination file operand after {quote_name(operands[0])}")
    if options.no_target_directory:
        if target is not None:
            raise CopyError("cannot combine --target-directory (-t) and --no-target-directory (-T)")
        if len(operands) > 2:
            raise UsageError(f"extra operand {quote_name(operands[2])}")


def probe(name: str) -> Directory | OSError:
    """Open a target directory, links followed; return the error if it is none."""
    if _is_here(name):
        return Directory(None, name, None, name)
    try:
        directory = Directory(None, name, system.open(name, system.PLACE_FLAGS), name)
    except OSError as error:
        return detached(error)
    directory.is_path_only = True
    try:
        directory.id = identity(system.stat_of(directory.where))
    except OSError as error:
        directory.close()
        return detached(error)
    return directory


def _is_here(name: str) -> bool:
    """Return whether a name is nothing but "." components, so the working directory."""
    return name[:1] == "." and all(part in ("", ".") for part in name.split("/"))


def _own_backup(options: "CopyOptions", source: str, destination: str) -> str:
    """Return the backup's name if --force copies a file with backups onto itself (spec 2.5)."""
    if source != destination:
        return ""
    try:
        status = system.stat(destination)
    except OSError:
        return ""
    if not stat.S_ISREG(status.st_mode):
        return ""
    from pycp.plan.backup import backup_name

    return backup_name(destination, destination, Directory(None, "", None), options).shown

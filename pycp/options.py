"""What a copy is asked to do: every option field with its default and meaning.

A field with few values holds the very word the user types ("auto", "never"), so the command
line, the Python interface and the engine speak one language.
"""

from stat import S_IMODE, S_ISLNK

from pycp.values import GROUP_AND_OTHERS, OTHERS_WRITE

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from typing import Any, Literal, Self, dataclass_transform

    Dereference = Literal["never", "operands", "always"]
    Overwrite = Literal["", "ask", "never"]
    Update = Literal["all", "none", "none-fail", "older"]
    Backup = Literal["none", "simple", "existing", "numbered"]
    When = Literal["auto", "always", "never"]
    XattrErrors = Literal["all", "some", "none"]
    Exclusion = Literal["pattern", "file"]
    SourceList = tuple[Literal["nul", "lines"], str]
else:

    def dataclass_transform(**_settings: object) -> object:
        """Stand in for `typing.dataclass_transform`, which would cost every start-up its import."""
        return lambda decorated: decorated


@dataclass_transform(frozen_default=True, kw_only_default=True)
class Record:
    """An immutable set of named fields; class attributes are the defaults."""

    def __init__(self, **fields: "Any") -> None:
        for name in fields:
            if not hasattr(type(self), name):
                raise TypeError(f"{type(self).__name__} has no field {name!r}")
        self.__dict__.update(fields)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__}.{name} cannot be changed")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__}.{name} cannot be deleted")

    def replace(self, **changes: "Any") -> "Self":
        """Return a copy with some fields changed."""
        return type(self)(**{**self.__dict__, **changes})

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash((type(self), tuple(sorted(self.__dict__.items()))))

    def __repr__(self) -> str:
        words = ", ".join(f"{name}={value!r}" for name, value in self.__dict__.items())
        return f"{type(self).__name__}({words})"


class WriteOptions(Record):
    """What cp and install share: backups, data, words."""

    backup: "Backup" = "none"
    """How an existing destination is kept; "none" removes or overwrites it."""
    suffix: str = "~"
    """Ending of a simple backup's name."""
    reflink: "When" = "auto"
    """Share the source's storage: try, insist, or never."""
    sparse: "When" = "auto"
    """Holes in the destination: like the source, wherever zeros are, or nowhere."""
    no_target_directory: bool = False
    """The last operand is the destination itself, never a directory to copy into."""
    target_directory: str | None = None
    """Every operand is a source and goes into this directory."""
    files_from: "tuple[SourceList, ...]" = ()
    """Files that name the sources, "-" for standard input, and what ends a name in them."""
    verbose: bool = False
    """Print a line for each thing done."""
    debug: bool = False
    """Print how the data of each file was copied; the command line sets `verbose` with it."""

    context: str = ""
    """SELinux label that what is made gets; "" asks for none."""
    default_context: bool = False
    """What is made, and what is written over, gets the type the policy has for its name (-Z)."""
    preserve_context: bool = False
    """A copy gets the SELinux label of its source."""
    require_preserve_context: bool = False
    """Failing to preserve a label fails the file."""

    atomic: bool = False
    """A destination is at every moment the old file or the complete new one."""
    durable: bool = False
    """What is reported as copied survives a crash: files and directories are flushed to disk."""
    verify: bool = False
    """Read both sides back and compare them."""
    manifest: str | None = None
    """File that gets a line with the digest of each file copied."""
    digest: str = "blake2b"
    """Algorithm of the manifest, by its name in hashlib."""
    bandwidth: int = 0
    """Bytes copied in a second at most; 0 sets no limit."""
    dry_run: bool = False
    """Print what would be done, and change nothing."""
    progress: "When" = "never"
    """Show how far the copy has come; "auto" does so on a terminal, after a second."""
    stats: bool = False
    """Print a line about all that was done at the end."""
    json: str | None = None
    """File that gets a JSON object for each event; "-" is standard output."""

    def lists(self) -> list[str]:
        """Return the files that names or patterns are read from, "-" for standard input."""
        return [name for _end, name in self.files_from]

    def asks_for_labels(self) -> bool:
        """Tell whether any option is about SELinux labels."""
        return bool(self.context) or self.decides_on_labels() or self.require_preserve_context

    def adds_steps(self) -> bool:
        """Tell whether more is done with each file than to copy it."""
        return self.verify or self.durable or self.bandwidth > 0

    def reads_back(self) -> bool:
        """Tell whether what was written is read again, from the disk where it was flushed."""
        return self.verify

    def writes_in_place(self) -> bool:
        """Tell whether an old file gets its new contents where it is, bit by bit."""
        return not self.atomic

    def finishes_all_directories(self) -> bool:
        """Tell whether a directory is gone back to even if it has all attributes."""
        return self.durable or self.dry_run

    def passes(self) -> int:
        """Return how often all bytes are dealt with: copied, flushed to disk, read back."""
        return 1 + (self.verify or self.durable) + self.verify

    def makes_temporary_names(self) -> bool:
        """Tell whether something may have another name until it is complete."""
        return self.atomic or self.asks_for_labels()

    def decides_on_labels(self) -> bool:
        """Tell whether each file has a label of its own, which goes before one among attributes."""
        return self.default_context or self.preserve_context


class CopyOptions(WriteOptions):
    """The options of cp, in their final meaning: no two fields contradict each other."""

    recursive: bool = False
    """Copy directories, and special files as themselves."""
    dereference: "Dereference" = "always"
    """Which symbolic links are followed; the command line says "never" for a plain -R."""
    hard_link: bool = False
    """Make hard links instead of copies (-l)."""
    symbolic_link: bool = False
    """Make symbolic links instead of copies (-s)."""
    attributes_only: bool = False
    """Leave file contents alone."""
    copy_contents: bool = False
    """With `recursive`, read special files as streams."""
    force: bool = False
    """Remove a destination that cannot be opened, and try again."""
    overwrite: "Overwrite" = ""
    """Ask before replacing (-i) or never replace (-n); "" does neither."""
    update: "Update" = "all"
    """Which existing destinations are replaced; -n makes it "none"."""
    remove_destination: bool = False
    """Unlink an existing destination before creating the new one."""
    keep_directory_symlink: bool = False
    """With `recursive` and `copy_contents`, follow a destination symlink to a directory."""
    one_file_system: bool = False
    """Do not descend into other file systems."""
    parents: bool = False
    """Recreate each source's whole path below the target directory."""
    strip_trailing_slashes: bool = False
    """Remove trailing slashes from sources that go into a directory."""
    preserve_mode: bool = False
    preserve_ownership: bool = False
    preserve_timestamps: bool = False
    preserve_links: bool = False
    preserve_xattr: bool = False
    explicit_no_mode: bool = False
    """--no-preserve=mode: new files get the default mode, not the source's."""
    require_preserve: bool = False
    """Failing to preserve an attribute fails the file. Whoever preserves an owner has it set."""
    require_preserve_xattr: bool = False
    """Failing to preserve an extended attribute fails the file."""
    xattr_errors: "XattrErrors" = "all"
    """Which failures to set extended attributes are told: all, all but "unsupported", or none."""

    resume: bool = False
    """Go on with the same copy that was interrupted, and trust what is complete."""
    redo: bool = False
    """What was done before is part of this run: it is told, and no option calls it old."""
    exclude: "tuple[tuple[Exclusion, str], ...]" = ()
    """Patterns of names that are not copied, and files that hold such patterns, in their order."""
    jobs: int = 0
    """Processes that copy a tree; 0 decides by its size, 1 keeps GNU's order."""
    tee: "tuple[str, ...]" = ()
    """Further directories that everything is copied to, of sources that are read once for all."""
    cluster: str = ""
    """What brings other machines: "mpi", or "dask:" and an address or the name of a file."""
    cluster_insecure: bool = False
    """Trust a network that anybody could send something over."""
    omitting: str = "-r not specified; omitting directory"
    """What is said of a directory that is not copied; install says less."""
    warns_of_repeats: bool = True
    """A source named twice is copied once; install refuses to write what it just wrote."""
    new_file_mode: int | None = None
    """Mode every new file is created with, while install has yet to give it the final one."""

    def lists(self) -> list[str]:
        """Return the files that names or patterns are read from, "-" for standard input."""
        return super().lists() + [text for kind, text in self.exclude if kind == "file"]

    def follows(self, is_operand: bool) -> bool:
        """Return whether a symbolic link is followed: an operand, or one found in a directory."""
        return self.dereference == "always" or (self.dereference == "operands" and is_operand)

    def may_be_begun(self) -> bool:
        """Tell whether what is there may be of this copy, from an earlier run, and not complete."""
        return self.resume or self.redo

    def withheld_bits(self, is_directory: bool) -> int:
        """Return the permission bits that something new is created without.

        They are for somebody else if the owner is kept, and an access list that comes with the mode
        may give less than they do.
        """
        if self.preserve_ownership or self.preserve_mode:
            return GROUP_AND_OTHERS
        return OTHERS_WRITE if is_directory else 0

    def believes_times(self) -> bool:
        """Tell whether a file that was given its time is complete; to verify is not to believe.

        Where nobody spoke of an earlier run the time may be that of an old file, whatever it holds.
        """
        return self.resume and self.preserve_timestamps and not self.verify

    def has_attributes(self, source: "os.stat_result", status: "os.stat_result", user: int) -> bool:
        """Return whether a copy has the time, the mode and the owner that it has in the end."""
        if self.preserve_timestamps and source.st_mtime_ns != status.st_mtime_ns:
            return False
        modes = S_IMODE(source.st_mode), S_IMODE(status.st_mode)
        if self.preserve_mode and modes[0] != modes[1] and not S_ISLNK(source.st_mode):
            return False
        if not self.preserve_ownership or user != 0:
            return True
        return (source.st_uid, source.st_gid) == (status.st_uid, status.st_gid)


class InstallOptions(WriteOptions):
    """The options of install, in their final meaning."""

    directory: bool = False
    """The operands are directories to create (-d)."""
    make_parents: bool = False
    """Create missing leading directories (-D)."""
    compare: bool = False
    """Leave a destination alone that already is what would be installed (-C)."""
    mode: str | None = None
    """Mode as typed, octal or symbolic; None means 0755 with every bit cared about."""
    owner: str | int | None = None
    """User to give the file to, by name or number; None leaves the kernel's choice."""
    group: str | int | None = None
    """Group to give the file to, by name or number; None leaves the kernel's choice."""
    labels_by_default: bool = True
    """Files get the SELinux label of the policy if no other option speaks of labels."""
    preserve_timestamps: bool = False
    strip: bool = False
    strip_program: str = "strip"
    """Program run with the new file's name as its only argument."""
    ignores_strip_program: bool = False
    """--strip-program was given without -s: worth a warning, nothing more."""
    record: str | None = None
    """File that gets a line for each thing that was made."""
    record_root: str | None = None
    """Directory below which the record names things; None is the root of all."""
    unprivileged: bool = False
    """Owner, group and set-id bits are recorded in place of being set."""
    undo: str | None = None
    """Record of what is taken away again; nothing is installed then."""

    @property
    def records(self) -> list[str]:
        """The names of records, which no other output may be written over."""
        return [name for name in (self.record, self.undo) if name is not None]


def shared_fields(options: WriteOptions) -> "dict[str, Any]":
    """Return what cp and install have in common, as far as it is not the default."""
    return {name: value for name, value in options.__dict__.items() if hasattr(WriteOptions, name)}

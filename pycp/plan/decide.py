"""What to do with one entry, in GNU's order of questions (spec 3); reads, never changes.

The source is looked at, then the destination, then come the reasons not to copy: the same file,
not newer, not wanted, another kind, just created. What is left is copied by its kind, after the
destination was kept as a backup or taken away where the options or the kind ask for it.
"""

import stat
from errno import ELOOP, ENOENT

from pycp.entries import Decision
from pycp.errors import CopyError, cannot, detached
from pycp.quoting import quote_name
from pycp.system.folder import identity
from pycp.values import last_component

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os

    from pycp.entries import Backup, Entry, Kind
    from pycp.options import CopyOptions
    from pycp.plan.links import Memory

    Known = tuple[Kind, os.stat_result, bool, Entry | None]
    """What is decided before the destination is looked at: kind, source, follows, link_to."""


class IntoItself(CopyError):
    """The copy came upon the directory it is making; nothing more of this operand is copied."""


def decide(
    entry: "Entry", options: "CopyOptions", memory: "Memory", has_company: bool
) -> Decision | str:
    """Return what to do with an entry, or a warning if it is a source named twice.

    `has_company` says that the entry is one of several operands going into one directory.
    Raise CopyError with GNU's message if it cannot or must not be copied.
    """
    folder = entry.folder
    follows = options.follows(entry.is_operand)
    try:
        source = folder.source_directory.stat(entry.source_name, follows)
    except OSError as error:
        raise cannot("stat", entry.source, error) from None
    is_directory = stat.S_ISDIR(source.st_mode)
    if is_directory and not options.recursive:
        raise CopyError(f"{options.omitting} {quote_name(entry.source)}", filename=entry.source)
    if has_company and options.warns_of_repeats and not is_directory and options.backup == "none":
        from pycp.plan.same_file import parent_identity

        try:
            parent = parent_identity(folder.source_directory, entry.source_name)
        except OSError as error:
            raise cannot("stat", entry.source, error) from None
        if memory.has_seen_source(parent, entry.source_name, source):
            return f"source file {quote_name(entry.source)} specified more than once"

    link_to = None
    if (
        not (is_directory or options.hard_link)
        and options.preserve_links
        and (source.st_nlink > 1 or follows)
    ):
        link_to = memory.copied.get(identity(source))
    known = (_kind(source, options), source, follows, link_to)
    if entry.is_surely_new:
        decision = Decision(*known)
    else:
        decision = _consider_destination(entry, known, options, memory, has_company)
        if decision.skip_reason:
            return decision
        if memory.has_made_symlink and options.backup == "none":
            goes_through = _follows_destination(source, options)
            if has_company or (goes_through and not decision.removes_destination):
                memory.require_not_made(entry, entry.destination_name, entry.destination)
    if is_directory:
        return _enter(entry, decision, options, memory) or decision
    return decision


def _kind(source: "os.stat_result", options: "CopyOptions") -> "Kind":
    mode = source.st_mode
    if stat.S_ISDIR(mode):
        return "directory"
    if options.symbolic_link:
        return "symbolic"
    if options.hard_link:
        return "link"
    if stat.S_ISREG(mode) or (options.copy_contents and not stat.S_ISLNK(mode)):
        return "regular"
    if stat.S_ISLNK(mode):
        return "symlink"
    if not options.recursive:
        return "regular"
    return "fifo" if stat.S_ISFIFO(mode) else "special"


def _consider_destination(
    entry: "Entry", known: "Known", options: "CopyOptions", memory: "Memory", has_company: bool
) -> Decision:
    """Decide after a look; links are followed only where it will be written through one."""
    follow = _follows_destination(known[1], options)
    try:
        found = entry.folder.destination_directory.stat(entry.destination_name, follow)
    except OSError as error:
        if error.errno == ENOENT:
            return Decision(*known)
        if error.errno == ELOOP and follow and options.force:
            return Decision(*known, is_looping_link=True)
        raise cannot("stat", entry.destination, error) from None
    return _consider_existing(entry, known, found, options, memory, has_company)


def _follows_destination(source: "os.stat_result", options: "CopyOptions") -> bool:
    """Return whether the copy goes to where a symbolic link at the destination leads."""
    mode = source.st_mode
    is_itself = (
        options.hard_link
        or options.symbolic_link
        or options.backup != "none"
        or options.remove_destination
        or stat.S_ISLNK(mode)
        or (stat.S_ISDIR(mode) and not (options.keep_directory_symlink and options.copy_contents))
        or (
            options.recursive
            and not options.copy_contents
            and not stat.S_ISREG(mode)
            and not stat.S_ISDIR(mode)
        )
    )
    return not is_itself


def _consider_existing(
    entry: "Entry",
    known: "Known",
    destination: "os.stat_result",
    options: "CopyOptions",
    memory: "Memory",
    has_company: bool,
) -> Decision:
    """Decide what becomes of the destination; raise CopyError where it must stay."""
    kind, source, follows, link_to = known
    verdict = asked = ""
    if options.update not in ("none", "none-fail") and _may_be_same(source, destination, options):
        from pycp.plan.same_file import judge

        verdict = judge(entry, source, destination, options)
        if verdict == "same":
            raise _about_two("", entry.source, "and", entry.destination, "are the same file")
    if kind != "directory" and not _is_begun(entry, known, destination, options):
        if options.update == "none-fail":
            raise CopyError(
                f"not replacing {quote_name(entry.destination)}", filename=entry.destination
            )
        if options.update != "all":
            from pycp.plan.overwrite import is_newer

            if options.update == "none" or not is_newer(source, destination, options):
                return _skip(entry, known, options, memory)
        if options.overwrite == "ask":
            from pycp.plan.overwrite import question

            asked = question(entry, destination, options)
    if verdict == "nothing to do":  # GNU asks all the same
        return Decision(kind, source, follows, question=asked, skip_reason="same")
    try:
        found, backup, removes = _make_room(entry, known, destination, options, memory, has_company)
    except CopyError as refusal:
        if not asked:
            raise
        # GNU asks first, and only then finds that it cannot be.
        return Decision(*known, question=asked, refusal=detached(refusal))
    if link_to is not None and _is_copy_itself(entry, link_to):
        # GNU removes it before it links to it.
        return Decision(kind, source, follows, question=asked, skip_reason="same")
    return Decision(kind, source, follows, link_to, found, backup, removes, asked)


def _is_begun(
    entry: "Entry", known: "Known", destination: "os.stat_result", options: "CopyOptions"
) -> bool:
    """Return whether the destination is half-written, so that neither -n nor -u is about it."""
    if not options.may_be_begun() or options.update == "all":
        return False
    if identity(known[1]) == identity(destination):
        return False  # a hard link is made in one step
    from pycp.plan.compare import is_begun, waits_for_attributes

    kind, source, follows, _link_to = known
    is_copy = kind not in ("link", "symbolic") and not options.attributes_only
    may_be_whole = options.redo or (is_copy and waits_for_attributes(source, destination, options))
    return is_begun(entry, source, destination, follows, may_be_whole, options.dry_run)


def _may_be_same(
    source: "os.stat_result", destination: "os.stat_result", options: "CopyOptions"
) -> bool:
    """Return False for what most copies meet: two files, and nothing that could confuse them."""
    return (
        (source.st_ino == destination.st_ino and source.st_dev == destination.st_dev)
        or options.remove_destination
        or stat.S_ISLNK(source.st_mode)
        or stat.S_ISLNK(destination.st_mode)
    )


def _is_copy_itself(entry: "Entry", earlier: "Entry") -> bool:
    """Return whether an operand before has brought the same file under the same name."""
    from pycp.plan.same_file import is_same_entry

    return is_same_entry(
        entry.folder.destination_directory,
        entry.destination_name,
        earlier.folder.destination_directory,
        earlier.destination_name,
    )


def _skip(entry: "Entry", known: "Known", options: "CopyOptions", memory: "Memory") -> Decision:
    """Leave an existing destination alone, unless it is to join a set of hard links.

    It joins even if it is newer than the source, and its own content is lost then: so GNU does,
    whether links are preserved or not.
    """
    kind, source, follows, _link_to = known
    if options.update != "older":
        return Decision(kind, source, follows, skip_reason="exists")
    if source.st_nlink > 1 or follows:
        earlier = memory.copied.setdefault(identity(source), entry)
        if earlier is not entry:
            return Decision(kind, source, follows, earlier, is_unannounced=True)
    return Decision(kind, source, follows, skip_reason="not newer")


def _make_room(
    entry: "Entry",
    known: "Known",
    destination: "os.stat_result",
    options: "CopyOptions",
    memory: "Memory",
    has_company: bool,
) -> "tuple[os.stat_result | None, Backup | None, bool]":
    """Return the destination if it is written into, its backup, and whether it is taken away."""
    kind, source, follows, _link_to = known
    is_directory, meets_directory = kind == "directory", stat.S_ISDIR(destination.st_mode)
    if options.backup == "none" and meets_directory != is_directory:
        kinds = ("non-directory", "directory") if is_directory else ("directory", "non-directory")
        raise _about_two(
            f"cannot overwrite {kinds[0]} ", entry.destination, f"with {kinds[1]}", entry.source
        )
    if meets_directory:
        return destination, None, False
    if (
        has_company
        and options.backup != "numbered"
        and memory.has_made(entry.destination, destination)
    ):
        raise _about_two(
            "will not overwrite just-created ", entry.destination, "with", entry.source
        )
    if options.backup != "none" and last_component(entry.source_name) not in (".", ".."):
        from pycp.plan.backup import backup_name, refuse_to_lose_source

        refuse_to_lose_source(entry, source, options)
        name, shown = entry.destination_name, entry.destination
        backup = backup_name(name, shown, entry.folder.destination_directory, options)
        return None, backup, False
    if options.remove_destination or (
        not options.attributes_only
        and (
            (options.preserve_links and destination.st_nlink > 1)
            or not (follows or stat.S_ISREG(source.st_mode))
        )
    ):
        return None, None, True
    return destination, None, False


def _enter(
    entry: "Entry", decision: Decision, options: "CopyOptions", memory: "Memory"
) -> str | None:
    """Check that a directory was not met before; return a warning if there is nothing to do."""
    folder = entry.folder
    key = identity(decision.source_stat)
    operand = memory.operand or entry
    earlier = memory.copied.get(key)
    if earlier is None:
        if entry.is_operand:
            memory.copied[key] = entry
    else:
        from pycp.plan.same_file import is_same_entry

        made_in = earlier.folder.destination_directory
        if is_same_entry(
            folder.source_directory,
            entry.source_name,
            made_in,
            earlier.destination_name,
            follow=decision.follows,  # by GNU's comparison a followed link would lead on for ever
        ):
            raise _into_itself(operand)
        if is_same_entry(
            folder.destination_directory, entry.destination_name, made_in, earlier.destination_name
        ):
            return f"source directory {quote_name(operand.source)} specified more than once"
        if not decision.follows:
            raise _about_two(
                "will not create hard link ", entry.destination, "to directory", earlier.destination
            )
    if key in memory.making:
        raise _into_itself(operand)
    if key in memory.ancestors:
        raise CopyError(
            f"cannot copy cyclic symbolic link {quote_name(entry.source)}", filename=entry.source
        )
    return None


def _into_itself(operand: "Entry") -> IntoItself:
    return IntoItself(
        f"cannot copy a directory, {quote_name(operand.source)}, into itself,"
        f" {quote_name(operand.destination)}",
        filename=operand.source,
        filename2=operand.destination,
    )


def _about_two(before: str, one: str, between: str, other: str, after: str = "") -> CopyError:
    text = f"{before}{quote_name(one)} {between} {quote_name(other)}"
    return CopyError(f"{text} {after}" if after else text, filename=one, filename2=other)

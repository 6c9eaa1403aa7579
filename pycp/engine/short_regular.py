"""The short way of a regular file below an operand: new in its place, or written over an old one.

Most files of a tree need no decision. A new one is opened and created at once, without a look
before, which is as safe as it is quick: O_NOFOLLOW and O_EXCL notice anything that is not as
expected. Whatever is unusual is handed back, untouched, to the general way.
"""

from stat import S_ISREG

from pycp import system
from pycp.engine.attributes import set_attributes
from pycp.engine.contents import copy_contents
from pycp.engine.data import EMPTY, SMALL, seek_both
from pycp.engine.file_copy import FileCopy
from pycp.engine.write import NOT_ITS_OWN, close_after, creation_error, narrow
from pycp.entries import Entry
from pycp.errors import CopyError, cannot, failed
from pycp.system.folder import identity
from pycp.values import ASKED, BYTES, FILES, REFLINKED

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Sequence

    from pycp.engine.job import Job
    from pycp.engine.short_old import Opened
    from pycp.engine.steps import Step
    from pycp.plan.links import Memory
    from pycp.system.folder import Folder

SOURCE_FLAGS = system.FILE_ITSELF_FLAGS


def regular_copier(
    job: "Job",
    memory: "Memory",
    link: "Callable[[Folder, str], bool] | None" = None,
) -> "Callable[[Folder, str], bool]":
    """Return the function that copies one regular file, if the options leave nothing to decide.

    The function returns False if there is something to decide after all; nothing has happened
    then. It raises CopyError like the general way. `link` makes one more name of what was copied
    before.
    """
    options = job.options
    tally = job.tally
    counts = tally.own
    announce = job.announcer()
    keeps_links, copied = options.preserve_links, memory.copied
    needs_write = options.preserve_xattr and not job.is_privileged
    preserves = job.sets_attributes
    keeps_mode, keeps_owner = options.preserve_mode, options.preserve_ownership
    may_be_quick = keeps_mode and options.preserve_timestamps
    list_xattrs = system.xattr().names_of_open
    set_times, set_mode = system.set_times, system.set_mode
    has_data = not options.attributes_only
    is_plain = has_data and options.sparse != "always"
    may_reflink = has_data and options.reflink == "auto"
    reflink, cannot_reflink = system.reflink, job.cannot_reflink
    open_file, status_of, close = system.open, system.fstat, system.close
    read, write, cut = system.read, system.write, system.ftruncate
    new_file_flags = job.new_file_flags
    withheld = job.options.withheld_bits(False)
    created_bits = 0o777 & ~withheld
    first_mode = options.new_file_mode
    large_from = job.large_from
    masked = job.umask if may_be_quick else 0
    own_files = job.report.own_files
    begun: Sequence[Step] = ()
    written = complete = told = begun
    has_steps = job.has_steps
    if has_steps:
        from pycp.engine.steps import steps_of

        steps = steps_of(job)
        begun, written = steps.begun, steps.written
        complete, told = steps.complete, steps.told
    publish: Callable[[Entry, int], None] | None = None
    if options.atomic:
        from pycp.engine.unnamed import unnamed_opener

        open_new, publish = unnamed_opener()
    else:
        open_new = open_file
    may_be_linked = False
    copy_named: Callable[[int, int, list[str]], None] | None = None
    open_in_old: Callable[[Folder, str, os.stat_result], Opened] | None = None

    def copy(folder: "Folder", name: str) -> bool:
        nonlocal may_be_linked, copy_named, open_in_old
        if may_be_linked:  # in a directory, the names of a file come one after the other
            if link is not None and link(folder, name):
                return True
            may_be_linked = False
        if not (has_data or folder.is_new):
            return False
        try:
            source_fd = open_file(name, SOURCE_FLAGS, dir_fd=folder.source_directory.fd)
        except OSError:
            return False
        is_open = True
        try:
            try:
                source = status_of(source_fd)
            except OSError as error:
                raise cannot("fstat", Entry(folder, name).source, error) from None
            mode, inode, device, links, user, group, size, _, _, _ = source
            if not S_ISREG(mode) or (needs_write and not mode & 0o200):
                return False
            if (own_files and identity(source) in own_files) or size >= large_from > 0:
                return False
            is_linked = keeps_links and links > 1
            if is_linked:
                key = device, inode
                if key in copied or key in memory.elsewhere:
                    return False
            directory = folder.destination_directory
            old: os.stat_result | None = None
            is_final = False
            may_be_done = may_be_quick
            names: list[str] = []
            if may_be_quick:
                try:
                    names = list_xattrs(source_fd)
                except OSError as error:
                    may_be_done = error.errno in system.UNSUPPORTED
            try:
                if folder.is_new:
                    owner = folder.owner_of_new
                    if (
                        may_be_done
                        and owner
                        and not names  # an access list may give less than the mode does
                        and (not keeps_owner or owner == (user, group))
                    ):  # what is nobody else's in the end needs not be withheld meanwhile
                        is_final = folder.goes_by_umask and not mode & (masked | 0o7000)
                        bits = mode & 0o777
                    else:
                        bits = mode & created_bits if first_mode is None else first_mode
                    destination_fd = open_new(name, new_file_flags, bits, dir_fd=directory.fd)
                elif publish is not None:
                    return False
                else:
                    if open_in_old is None:
                        from pycp.engine.short_old import opener_in_old

                        open_in_old = opener_in_old(job)
                    destination_fd, old = open_in_old(folder, name, source)
            except CopyError:
                raise
            except OSError:
                return False
            try:
                tally.folder, tally.name = folder, name
                if counts[ASKED] or size > SMALL:
                    tally.tell_place()
                if announce is not None:
                    announce(folder, name)
                file = None
                is_closed = not (old and keeps_mode and old.st_mode & ~mode & NOT_ITS_OWN)
                if has_steps or not is_closed:
                    file = FileCopy(Entry(folder, name), source_fd, source, destination_fd)
                    for step in begun:
                        step(file)
                if old:
                    if file is not None:
                        file.destination = old
                        if not is_closed:
                            narrow(file)
                    is_final = old.st_mode == mode and not (names or mode & 0o7000)
                    try:
                        cut(destination_fd, 0)
                    except OSError as error:
                        raise creation_error(Entry(folder, name), error) from None
                is_whole = not has_data
                if may_reflink and (device, directory.id[0]) not in cannot_reflink:
                    if not has_steps and reflink(destination_fd, source_fd) == 0:
                        is_whole = True
                        counts[REFLINKED] += 1
                        tally.add(BYTES, min(size, source.st_blocks * 512))
                elif size <= SMALL and source.st_blocks >= size // 512 and is_plain:
                    try:
                        data = read(source_fd, size + 1 if size else EMPTY)
                        is_whole = len(data) == size and write(destination_fd, data) == size
                    except OSError:
                        pass
                    if is_whole:
                        counts[BYTES] += size
                        if file is not None:
                            file.data, file.size = data, size
                    else:
                        file = file or FileCopy(
                            Entry(folder, name), source_fd, source, destination_fd
                        )
                        _begin_again(file)
                if not is_whole:
                    file = file or FileCopy(Entry(folder, name), source_fd, source, destination_fd)
                    file.destination = old or _status(file)
                    copy_contents(job, file)
                if file is not None:
                    for step in written:
                        step(file)
                if preserves:
                    try:
                        owner = folder.owner_of_new if folder.is_new else None
                        if owner is None:
                            status = old or status_of(destination_fd)
                            owner = folder.owner_of_new = status.st_uid, status.st_gid
                        is_done = may_be_done and (not keeps_owner or owner == (user, group))
                        if is_done:
                            set_times(destination_fd, source.st_atime_ns, source.st_mtime_ns)
                            if names:
                                if copy_named is None:
                                    from pycp.engine.xattrs import named_copier

                                    copy_named = named_copier(job)
                                copy_named(source_fd, destination_fd, names)
                            if not is_final:
                                set_mode(destination_fd, mode & 0o7777)
                    except OSError:
                        is_done = False  # the full way finds the words, if it fails as well
                    if not is_done:
                        file = file or FileCopy(
                            Entry(folder, name), source_fd, source, destination_fd
                        )
                        file.destination = old or _status(file)
                        set_attributes(job, file, old is None, withheld & mode)
                if file is not None:
                    for step in complete:
                        step(file)
                if publish is not None:
                    publish(Entry(folder, name), destination_fd)
            except BaseException as error:
                close_after(job, error, destination_fd, Entry(folder, name), is_source=False)
                raise
            try:
                close(destination_fd)
            except OSError as error:
                entry = Entry(folder, name)
                raise failed("failed to close", entry.destination, error) from None
            if is_linked:
                if has_steps and file is not None:
                    copied[key] = file.entry
                else:
                    copied.add(key, folder, name)
                    may_be_linked = link is not None
        except BaseException as error:
            is_open = False
            close_after(job, error, source_fd, Entry(folder, name), is_source=True)
            raise
        finally:
            if is_open:
                try:
                    close(source_fd)
                except OSError as error:
                    entry = Entry(folder, name)
                    raise failed("failed to close", entry.source, error) from None
        counts[FILES] += 1
        if file is not None:
            for step in told:
                step(file)
        return True

    return copy


def _begin_again(file: FileCopy) -> None:
    """Undo a copy that was cut short, so that the full way can tell what is wrong."""
    seek_both(file, 0)
    try:
        system.ftruncate(file.destination_fd, 0)
    except OSError as error:
        raise cannot("lseek", file.entry.destination, error) from None


def _status(file: FileCopy) -> "os.stat_result":
    try:
        return system.fstat(file.destination_fd)
    except OSError as error:
        raise cannot("fstat", file.entry.destination, error) from None

"""The short way of a regular file below an operand: new in its place, or written over an old one.

Most files of a tree need no decision. A new one is opened and created at once, without a look
before, which is as safe as it is quick: O_NOFOLLOW and O_EXCL notice anything that is not as
expected. An old one is looked at, and must be the same when it is open. Whatever is unusual is
handed back, untouched, to the general way.
"""

from errno import ENXIO
from stat import S_ISREG

from pycp import system
from pycp.engine.attributes import set_attributes
from pycp.engine.contents import copy_contents
from pycp.engine.data import EMPTY, SMALL, seek_both
from pycp.engine.file_copy import FileCopy
from pycp.engine.short_update import stays_as_it_is
from pycp.engine.write import close_after, creation_error, narrow, open_existing, truncate
from pycp.entries import Entry
from pycp.errors import CopyError, cannot, failed
from pycp.system.folder import identity, release
from pycp.values import ASKED, BYTES, FILES, SKIPPED

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Sequence

    from pycp.engine.job import Job
    from pycp.engine.short_update import IsNewer
    from pycp.engine.steps import Step
    from pycp.plan.links import Memory
    from pycp.system.folder import Folder

    Opened = tuple[int, os.stat_result | None]

SOURCE_FLAGS = system.SOURCE_FLAGS | system.O_NOFOLLOW | system.O_NONBLOCK


def regular_copier(
    job: "Job",
    memory: "Memory",
    is_newer: "IsNewer | None" = None,
    link: "Callable[[Folder, str], bool] | None" = None,
) -> "Callable[[Folder, str], bool]":
    """Return the function that copies one regular file, if the options leave nothing to decide.

    The function returns False if there is something to decide after all; nothing has happened
    then. It raises CopyError like the general way. `is_newer` compares source and destination where
    only newer files are copied; `link` makes one more name of what was copied before.
    """
    options = job.options
    may_stay = None
    if is_newer is not None and options.update in ("none", "older"):
        may_stay = stays_as_it_is(job, is_newer)
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
    may_reflink = options.reflink == "auto"
    cannot_reflink = job.cannot_reflink
    open_file, status_of, close = system.open, system.fstat, system.close
    read, write = system.read, system.write
    new_file_flags = job.new_file_flags
    withheld = job.options.withheld_bits(False)
    created_bits = 0o777 & ~withheld
    first_mode = options.new_file_mode
    large_from = job.large_from
    masked = job.umask if may_be_quick else 0
    open_in_old = _opener_in_old(job)
    own_files = job.report.own_files
    begun: Sequence[Step] = ()
    written: Sequence[Step] = ()
    complete: Sequence[Step] = ()
    told: Sequence[Step] = ()
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

    def copy(folder: "Folder", name: str) -> bool:
        nonlocal may_be_linked
        if may_be_linked:  # in a directory, the names of a file come one after the other
            if link is not None and link(folder, name):
                return True
            may_be_linked = False
        if may_stay is not None and not folder.is_new and may_stay(folder, name):
            counts[FILES] += 1
            counts[SKIPPED] += 1
            return True
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
            if own_files and identity(source) in own_files:
                return False
            if large_from and size >= large_from:
                return False
            is_linked = keeps_links and links > 1
            if is_linked:
                key = device, inode
                if key in copied or key in memory.elsewhere:
                    return False
            directory = folder.destination_directory
            old: os.stat_result | None = None
            is_final = False
            try:
                if folder.is_new:
                    owner = folder.owner_of_new
                    if may_be_quick and owner and (not keeps_owner or owner == (user, group)):
                        # What is nobody else's in the end needs not be withheld meanwhile.
                        is_final = folder.goes_by_umask and not mode & (masked | 0o7000)
                        bits = mode & 0o777
                    else:
                        bits = mode & created_bits if first_mode is None else first_mode
                    destination_fd = open_new(name, new_file_flags, bits, dir_fd=directory.fd)
                elif publish is not None:
                    return False
                else:
                    entry = Entry(folder, name)
                    destination_fd, old = open_in_old(entry, source)
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
                if has_steps or old:
                    file = FileCopy(Entry(folder, name), source_fd, source, destination_fd)
                    for step in begun:
                        step(file)
                    if old:
                        file.destination = old
                        if keeps_mode:
                            narrow(file)
                        truncate(file, 0)
                is_whole = False
                if (
                    size <= SMALL
                    and source.st_blocks >= size // 512
                    and not (may_reflink and (device, directory.id[0]) not in cannot_reflink)
                ):
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
                        is_done = (
                            may_be_quick
                            and (not keeps_owner or owner == (user, group))
                            and not list_xattrs(source_fd)
                        )
                        if is_done:
                            set_times(destination_fd, source.st_atime_ns, source.st_mtime_ns)
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
                raise _close_error(Entry(folder, name).destination, error) from None
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
                    raise _close_error(Entry(folder, name).source, error) from None
        counts[FILES] += 1
        if file is not None:
            for step in told:
                step(file)
        return True

    return copy


def _opener_in_old(job: "Job") -> "Callable[[Entry, os.stat_result], Opened]":
    """Return the function that opens a destination in a directory that was there before.

    The function returns its descriptor, and its status if it is old as well. It raises OSError if
    it is not plain, CopyError like the general way.
    """
    options = job.options
    removes = options.remove_destination
    writes_over = (
        options.update == "all"
        and not options.overwrite
        and options.backup == "none"
        and not (removes and (job.report.verbose or job.report.hears))
        and not options.may_be_begun()
    )
    open_file, stat, flags = system.open, system.stat, job.new_file_flags
    old_flags = job.old_file_flags | system.O_NONBLOCK
    status_of, unlink = system.fstat, system.unlink
    own_files = job.report.own_files
    created_bits = 0o777 & ~job.options.withheld_bits(False)

    def open_in_old(entry: Entry, source: "os.stat_result") -> "Opened":
        folder, name, mode = entry.folder, entry.destination_name, source.st_mode & created_bits
        directory_fd = folder.destination_directory.fd
        if not (folder.holds_old and writes_over):
            try:
                return open_file(name, flags, mode, dir_fd=directory_fd), None
            except FileExistsError:
                if not writes_over:
                    raise
                folder.holds_old = True
        try:
            found = stat(name, dir_fd=directory_fd, follow_symlinks=False)
        except FileNotFoundError:
            folder.holds_old = False
            try:
                return open_file(name, flags, mode, dir_fd=directory_fd), None
            except FileExistsError as error:  # it came after we looked
                raise creation_error(entry, error) from None
        mode_there, inode, device, links, _, _, _, _, _, _ = found
        if (
            not S_ISREG(mode_there)
            or links > 1
            or (inode == source.st_ino and device == source.st_dev)
            or (own_files and (device, inode) in own_files)
        ):
            raise FileExistsError
        if removes:
            unlink(name, dir_fd=directory_fd)
            return open_file(name, flags, mode, dir_fd=directory_fd), None
        try:
            fd = open_file(name, old_flags, dir_fd=directory_fd)
            try:
                status = status_of(fd)
            except OSError:
                release(fd)
                raise
            if status.st_ino == inode and status.st_dev == device and S_ISREG(status.st_mode):
                return fd, status
            release(fd)
            return open_existing(job, entry, found, source)
        except OSError as error:
            if error.errno == ENXIO:  # a FIFO took its place, and would make the general way wait
                raise creation_error(entry, error) from None
            raise

    return open_in_old


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


def _close_error(shown: str, error: OSError) -> CopyError:
    return failed("failed to close", shown, error)

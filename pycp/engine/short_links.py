"""The short ways of links below an operand: copies of symbolic ones, more names of files (-l, -s).

All make something that must not exist, so nothing can be in the way. What is unusual is handed
back, untouched, to the general way.
"""

from stat import S_ISLNK

from pycp import system
from pycp.engine.links import preserve_link_attributes
from pycp.entries import Decision, Entry
from pycp.errors import cannot
from pycp.system.folder import CLOSED, identity
from pycp.values import FILES, HARD_LINKS, join

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pycp.engine.job import Job
    from pycp.plan.links import Memory
    from pycp.system.folder import Folder

    Identity = tuple[int, int]

LINK_FLAGS = system.PATH_ONLY | system.O_NOFOLLOW | system.O_CLOEXEC


def symlink_copier(
    job: "Job", remember: "Callable[[Identity], None] | None" = None
) -> "Callable[[Folder, str], bool]":
    """Return the function that copies one symbolic link into a directory that we made.

    The function returns False, and has done nothing, if there is something to decide. It raises
    CopyError like the general way. `remember` takes the identity of each link that was made.
    """
    options = job.options
    tally = job.tally
    counts = tally.own
    announce = job.announcer()
    keeps_times, keeps_owner = options.preserve_timestamps, options.preserve_ownership
    keeps_links, keeps_xattrs = options.preserve_links, options.preserve_xattr
    preserves = keeps_times or keeps_owner or keeps_xattrs
    open_file, close, status_of, stat = system.open, system.close, system.fstat, system.stat
    readlink, symlink, set_times = system.readlink, system.symlink, system.set_times
    names_of, inside = system.xattr().names_of_path, None
    if keeps_xattrs:
        from pycp.system.inside import way_inside

        inside = way_inside(job.report.program)
    path = system.descriptor_path

    def copy(folder: "Folder", name: str) -> bool:
        if not folder.is_new:
            return False
        source_dir_fd, directory_fd = folder.source_directory.fd, folder.destination_directory.fd
        try:
            # Whoever puts another link there meanwhile could have done so before: nothing is made
            # that they could not have made us make.
            source = stat(name, dir_fd=source_dir_fd, follow_symlinks=False)
            if not S_ISLNK(source.st_mode) or (keeps_links and source.st_nlink > 1):
                return False
            if inside is not None:
                try:
                    if names_of(inside.enter(source_dir_fd) + name):
                        return False
                finally:
                    inside.leave()
            text = readlink(name, dir_fd=source_dir_fd)  # last: that changes its time of access
            symlink(text, name, dir_fd=directory_fd)
        except OSError:
            return False
        tally.folder, tally.name = folder, name
        if announce is not None:
            announce(folder, name)
        if remember is not None or preserves:
            try:
                made_fd = open_file(name, LINK_FLAGS, dir_fd=directory_fd)
                try:
                    made = status_of(made_fd)
                    if remember is not None and S_ISLNK(made.st_mode):
                        remember((made.st_dev, made.st_ino))
                    is_done = (
                        S_ISLNK(made.st_mode)
                        and made.st_nlink == 1
                        and not (
                            keeps_owner
                            and (made.st_uid, made.st_gid) != (source.st_uid, source.st_gid)
                        )
                    )
                    if is_done and keeps_times:
                        set_times(path(made_fd), source.st_atime_ns, source.st_mtime_ns)
                finally:
                    close(made_fd)
            except OSError:
                is_done = False
                if remember is not None:  # without PATH_ONLY a link cannot be opened
                    _remember_by_name(remember, Entry(folder, name))
            if not is_done:
                decision = Decision("symlink", source, False)
                preserve_link_attributes(job, Entry(folder, name), decision, owner=True)
        counts[FILES] += 1
        return True

    return copy


def _remember_by_name(remember: "Callable[[Identity], None]", entry: "Entry") -> None:
    try:
        made = entry.folder.destination_directory.stat(entry.destination_name, False)
    except OSError as error:
        raise cannot("stat", entry.destination, error) from None
    if S_ISLNK(made.st_mode):
        remember(identity(made))


def hard_link_maker(job: "Job", memory: "Memory") -> "Callable[[Folder, str], bool]":
    """Return the function that gives the copy of a file one more name in a directory we made."""
    counts = job.tally.own
    tally = job.tally
    announce = job.announcer()
    stat, link = system.stat, system.link_itself
    copied = memory.copied

    def make(folder: "Folder", name: str) -> bool:
        if not folder.is_new:
            return False
        try:
            source = stat(name, dir_fd=folder.source_directory.fd, follow_symlinks=False)
            first = copied.place((source.st_dev, source.st_ino))
            if first is None or source.st_nlink < 2:
                return False
            directory = first[0].destination_directory
            if directory.fd == CLOSED:
                folder.lend(directory)
            link(first[1], name, directory.fd, folder.destination_directory.fd)
        except OSError:
            return False
        tally.folder, tally.name = folder, name
        if announce is not None:
            announce(folder, name)
        counts[FILES] += 1
        counts[HARD_LINKS] += 1
        memory.linked += 1
        return True

    return make


def linker(job: "Job", follows: bool) -> "Callable[[Folder, str], bool]":
    """Return the function that links to a source instead of copying it (-l, -s)."""
    counts = job.tally.own
    tally = job.tally
    announce = job.announcer()
    is_hard = job.options.hard_link
    link = system.link_following if follows else system.link_itself
    stat, symlink = system.stat, system.symlink
    searched: Folder | None = None

    def make(folder: "Folder", name: str) -> bool:
        nonlocal searched
        if not folder.is_new:
            return False
        directory_fd = folder.destination_directory.fd
        try:
            if is_hard:
                link(name, name, folder.source_directory.fd, directory_fd)
            else:
                above = folder.source
                if not above.startswith("/"):
                    return False
                if folder is not searched:  # what cannot be looked at is not linked to
                    stat(name, dir_fd=folder.source_directory.fd, follow_symlinks=False)
                    searched = folder
                symlink(join(above, name), name, dir_fd=directory_fd)
        except OSError:
            return False
        tally.folder, tally.name = folder, name
        if announce is not None:
            announce(folder, name)
        counts[FILES] += 1
        counts[HARD_LINKS] += is_hard
        return True

    return make

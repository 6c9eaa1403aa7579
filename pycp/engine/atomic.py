"""--atomic: what is made has no name, or a temporary one, until it is complete.

    make → data, owner, mode, times, attributes → one step to its name

A regular file is made without a name (O_TMPFILE) where the system can do that, and beside its
destination where not; links and special files are always made beside it. What is new is then
linked to its name, which must be free. What replaces something is renamed over it, after a look
whether that is still what was to be replaced. One regular file is as good as another there: copies
made at the same time all succeed, and the last one stays. A backup is a second link to the old
file, so its name is never missing.
"""

import stat
from errno import EEXIST, EISDIR, EMLINK, ENOENT, ENOSYS, ENOTSUP, EPERM

from pycp import system
from pycp.engine import rivals
from pycp.engine.inherit import inherit
from pycp.engine.job import readable
from pycp.engine.temporary import TemporaryNames
from pycp.engine.unnamed import open_unnamed
from pycp.engine.write import (
    creation_error,
    keep_backup,
    remove_beside,
    require_followed,
    tell_removed,
)
from pycp.entries import Entry
from pycp.errors import CopyError, cannot, replaced
from pycp.system.folder import Directory, Folder, identity, release
from pycp.system.mounts import keeps_only_files
from pycp.values import PRIVATE

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from pycp.engine.job import Job
    from pycp.engine.pinned import Pinned
    from pycp.entries import Backup, Decision, Outcome

    Make = Callable[[Job, Entry, Decision, Outcome], None]

CANNOT_LINK = frozenset((EMLINK, ENOSYS, ENOTSUP, EPERM))
"""Errors of linkat where a file cannot have a second name."""
VERBS = {
    "fifo": "create fifo",
    "link": "create hard link",
    "special": "create special file",
    "symbolic": "create symbolic link",
    "symlink": "create symbolic link",
}


def make_atomically(
    job: "Job", entry: Entry, decision: "Decision", outcome: "Outcome", make: "Make"
) -> None:
    """Make the destination by `make`, and give it its name; what install makes is not complete yet.

    Raise CopyError or OSError; what was there is there then.
    """
    if not _is_staged(job, entry, decision):
        make(job, entry, decision, outcome)
        return
    outcome.backup = decision.backup
    stage = job.stage = Stage(job, entry, decision, outcome)
    try:
        if decision.copies_data:
            make(job, entry, decision, outcome)
        else:
            make(job, stage.beside(), decision, outcome)
        if job.options.new_file_mode is None:
            stage.publish()
    except BaseException:
        stage.discard()
        raise


def _is_staged(job: "Job", entry: Entry, decision: "Decision") -> bool:
    """Return whether what is made is not complete at once, and can be renamed when it is."""
    found, directory = decision.destination_stat, entry.folder.destination_directory
    is_replaced = decision.removes_destination or decision.backup is not None
    if decision.link_to is not None or decision.kind == "link":
        return is_replaced  # a new hard link is a single step by itself
    if decision.kind != "regular" and keeps_only_files(entry.destination_name, directory):
        return False
    if found is None:
        return True
    if decision.kind == "regular":
        return stat.S_ISREG(found.st_mode) and not job.options.attributes_only
    return job.options.force and decision.kind in VERBS


class Stage:
    """Where one thing is made, and what is to happen when it is complete."""

    def __init__(self, job: "Job", entry: Entry, decision: "Decision", outcome: "Outcome") -> None:
        self._job = job
        self._entry = entry
        self._decision = decision
        self._outcome = outcome
        self._names = TemporaryNames(entry.folder.destination_fd, entry.destination_name)
        self._fd = -1
        """A second descriptor of a regular file."""
        self._old: os.stat_result | None = None
        """What is to be replaced."""

    def beside(self) -> Entry:
        """Return an entry like the one to be made, under a temporary name."""
        entry, decision = self._entry, self._decision
        if decision.destination_stat is not None or self._replaces:
            try:
                self._old = self._names.look()
            except OSError as error:
                raise cannot("stat", entry.destination, error) from None
        directory = Directory(None, "", self._names.dir_fd)
        folder = Folder(None, entry.folder.source_directory, directory, False)
        other = Entry(folder, entry.source_name)
        other.is_operand = True
        other.name_operands(entry.source, entry.destination)
        other.destination_name = self._names.add_name()
        return other

    @property
    def _replaces(self) -> bool:
        return self._decision.removes_destination or self._decision.backup is not None

    def open(self, source: "os.stat_result", mode: int) -> "tuple[int, os.stat_result, bool]":
        """Make a regular file to write into; return descriptor, status, and whether it is new.

        It is not new if it takes over the attributes of the file it will replace.
        """
        entry, decision, options = self._entry, self._decision, self._job.options
        found = decision.destination_stat
        replaces = self._replaces
        old: Pinned | None = None
        if decision.is_looping_link:
            tell_removed(self._job, entry)
            replaces = True
        elif found is not None:
            try:
                old = rivals.open_old_or_rival(self._job, entry, self._names, found, source)
            except CopyError:
                raise
            except OSError as error:
                if error.errno != ENOENT:
                    if not options.force:
                        raise creation_error(entry, error) from None
                    tell_removed(self._job, entry)
                    replaces = True
        try:
            self._find_place(old, replaces)
            makes_new = replaces or options.remove_destination or options.new_file_mode is not None
            if self._old and not (old or makes_new):  # it came after it was looked for
                old = rivals.open_old_or_rival(self._job, entry, self._names, self._old, source)
            if old and self._job.labels is not None:
                self._job.labels.forget()  # it inherits its label, and is then given another one
            fd = self._create(PRIVATE if old else mode)
            try:
                if old:
                    inherit(entry, old, fd)
                return fd, system.fstat(fd), old is None
            except BaseException:
                release(fd)
                raise
        except OSError as error:
            raise creation_error(entry, error, is_new=found is None) from None
        finally:
            if old:
                old.let_go()

    def _find_place(self, old: "Pinned | None", replaces: bool) -> None:
        """Open the directory the file will be in, and look at what is there."""
        entry, place = self._entry, self._names
        if place.name.endswith("/"):
            raise OSError(EISDIR, "")  # the slash asks for a directory, and there is none
        if old:
            place.follow()
        else:
            place.enter()
        self._old = now = place.look()
        if old and not (now and rivals.may_replace(now, old.status, place)):
            raise replaced(entry.destination)
        if now and not (old or replaces or self._may_replace_unseen(now)):
            if not stat.S_ISLNK(now.st_mode):
                raise OSError(EEXIST, "")
            require_followed(entry, self._job.options.new_file_mode is None)
            place.follow()
            self._old = None

    def _create(self, mode: int) -> int:
        """Make an empty file without a name, or with a temporary one; return a descriptor."""
        # SELinux asks whether this user may make a file of a label only if the file has a name.
        fd = open_unnamed(mode, self._names.dir_fd) if self._job.labels is None else -1
        if fd < 0:
            name, flags = self._names.add_name(), readable(system.NEW_FILE_FLAGS)
            fd = system.open(name, flags, mode, dir_fd=self._names.dir_fd)
        self._fd = system.above_standard(fd)
        return fd

    def reader(self) -> int:
        """Return a descriptor to read the regular file from its beginning."""
        system.lseek(self._fd, 0, 0)
        return system.above_standard(self._fd)

    def publish(self) -> None:
        """Give what is complete its name; raise CopyError if that cannot be, and discard it."""
        try:
            with system.Undisturbed():
                self._take_place()
            if self._names.is_elsewhere and self._old is not None:
                self._outcome.renewed = identity(self._old)
            durable = self._job.durable
            if durable is not None and self._names.is_elsewhere:
                above = (self._names.dir_fd, ".", self._entry.destination)
                durable.flush_directories(self._job.report, [above])
        except OSError as error:
            if self._decision.copies_data:
                raise creation_error(self._entry, error) from None
            verb = VERBS["link" if self._decision.link_to else self._decision.kind]
            raise cannot(verb, self._entry.destination, error) from None
        finally:
            self.discard()

    def _may_replace_unseen(self, now: "os.stat_result") -> bool:
        entry, decision = self._entry, self._decision
        return decision.copies_data and rivals.may_replace_unseen(self._job, entry, now)

    def _take_place(self) -> None:
        for _attempt in range(rivals.ATTEMPTS):
            if self._old is not None:
                if not self._names.temporary:
                    self._link_unnamed(self._names.add_name())
                now = self._names.look()
                if now is not None:
                    self._replace(now, self._old)
                    return
            try:
                self._appear()
                return
            except FileExistsError:
                self._old = self._names.look()
                if self._old and not self._may_replace_unseen(self._old):
                    raise
        raise replaced(self._entry.destination)

    def _replace(self, now: "os.stat_result", old: "os.stat_result") -> None:
        """Take the name from what has it now."""
        # Who puts something else there between this look and the rename loses it all the same:
        # no call of Python renames only over what we know.
        if not rivals.may_replace(now, old, self._names):
            raise replaced(self._entry.destination)
        undo = self._back_up()
        try:
            self._names.rename(self._names.temporary[0], self._names.name)
        except BaseException:
            try:
                undo()
            except OSError as error:
                self._job.report.failed(cannot("un-backup", self._entry.destination, error))
            raise
        if self._decision.copies_data:
            del self._names.temporary[0]  # a hard link may still be there: see remove_beside

    def _appear(self) -> None:
        """Take a name that is free."""
        if not self._names.temporary:
            self._link_unnamed(self._names.name)
            return
        try:
            self._names.link(self._names.temporary[0], self._names.name)
        except OSError as error:
            if error.errno not in CANNOT_LINK:
                raise
            if self._names.look() is not None:
                raise OSError(EEXIST, "") from None
            self._names.rename(self._names.temporary[0], self._names.name)

    def _link_unnamed(self, name: str) -> None:
        path = system.descriptor_path(self._fd)
        system.link_following(path, name, self._fd, self._names.dir_fd)

    def _back_up(self) -> "Callable[[], None]":
        """Keep the old file under another name as well; return what undoes that."""
        entry, place, outcome = self._entry, self._names, self._outcome
        backup, outcome.backup = self._decision.backup, None
        if backup is None:
            return lambda: None
        is_linked = True
        try:
            outcome.backup = keep_backup(entry, backup, self._link_backup)
        except CopyError as problem:
            if problem.errno not in CANNOT_LINK:
                raise
            is_linked = False
            outcome.backup = keep_backup(entry, backup)  # the name is missing for a moment
        if outcome.backup is None:
            return lambda: None
        name = place.beside(outcome.backup.name)
        if is_linked:
            return lambda: system.unlink(name, dir_fd=place.dir_fd)
        return lambda: place.rename(name, place.name)

    def _link_backup(self, backup: "Backup") -> None:
        place, name = self._names, self._names.beside(backup.name)
        if backup.number:
            place.link(place.name, name)
            return
        beside = place.add_name()
        place.link(place.name, beside)
        place.rename(beside, name)

    def discard(self) -> None:
        """Remove what has a temporary name still, and let go of everything."""
        self._job.stage = None
        directory = Directory(None, "", self._names.dir_fd)
        for name in self._names.temporary:
            remove_beside(self._job, self._entry, name, directory)
        self._names.leave()
        if self._fd >= 0:
            release(self._fd)
            self._fd = -1

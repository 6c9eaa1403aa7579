"""Names of a tree that a process does not copy: they are for others, or for a time of their own."""

from stat import S_ISDIR, S_ISLNK

from pycp.run.level import IN_TURN, WHOLE
from pycp.system import status_if_any
from pycp.system.folder import identity
from pycp.values import DIRECTORY, SYMLINK

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from pycp.engine.directory import Filled
    from pycp.engine.job import Job
    from pycp.entries import Entry
    from pycp.plan.links import Memory


class HandedBack:
    """What one process leaves to others, or to be done when nobody else copies.

    Two names may lead to one old file, by links of either kind: both write into that, and whoever
    comes last wins. They are copied in turn, or what is written would be mixed.
    """

    def __init__(self, job: "Job", memory: "Memory") -> None:
        self._job = job
        self._memory = memory
        options = job.options
        self._keeps_links = not options.hard_link and (
            options.preserve_links or options.update == "older"
        )
        # Only what has one name is in the way of a link, if links are kept; all others go.
        self._makes_links = options.hard_link or options.symbolic_link
        self._turns_matter = options.preserve_links or not self._makes_links
        self.deepest = 0
        """Levels below the operand from which on directories are handed back; 0 for never."""
        self.has_turns = False
        """Others copy as well: what is to be done in turn is handed back."""
        self.has_sets_in_turn = not (options.preserve_links or options.may_be_begun())
        """So are names of link sets, of which only some may be joined then (-u)."""
        self.names: list[tuple[Filled, str, tuple[int, int], int]] = []
        """Directory, name, and of a file identity and number of names."""
        self.tell: Callable[[int], None] | None = None
        """Told which of the names was handed back just now."""

    def take(self, entry: "Entry", above: "Filled", kind: int) -> bool:
        """Note an entry that is not for this process, and return whether it is none."""
        try:
            found = self._time_of_its_own(entry, above, kind)
        except OSError:  # in its turn it does no harm, whatever it is
            found = ((0, 0), IN_TURN) if self.has_turns else None
        if found is None:
            return False
        above.pending += 1
        if self.tell is not None:
            self.tell(len(self.names))
        self.names.append((above, entry.source_name, *found))
        return True

    def _time_of_its_own(
        self, entry: "Entry", above: "Filled", kind: int
    ) -> "tuple[tuple[int, int], int] | None":
        """Return identity and number of names to hand an entry back with; None if it is for us.

        Raise OSError if that cannot be known.
        """
        key = 0, 0
        if (kind == DIRECTORY and above.depth == self.deepest - 1) or (
            self._memory.foreign and self._is_foreign(entry)
        ):
            return key, 0
        if kind == DIRECTORY:
            return None
        if member := self._member(entry):
            count = self._count(member)
            if not count:
                return None
            if self.has_turns and self._may_be_shared(entry, kind, is_member=True):
                count = IN_TURN
            return identity(member), count
        if not self.has_turns:
            return None
        if self._may_be_shared(entry, kind):
            return key, IN_TURN
        return (key, WHOLE) if self._job.large_from and self._is_large(entry) else None

    def _member(self, entry: "Entry") -> "os.stat_result | None":
        """Return the status of a file of several names that may belong together in the copy."""
        if not (self._keeps_links and (self._memory.elsewhere or self.has_turns)):
            return None
        status = status_if_any(entry.source_name, entry.folder.source_fd)
        return status if status is not None and status.st_nlink > 1 else None

    def _count(self, member: "os.stat_result") -> int:
        """Return what a name of a link set is handed back with, 0 if it is copied here."""
        if self.has_turns and self.has_sets_in_turn:
            return IN_TURN
        key = identity(member)
        is_ours = key in self._memory.copied or key not in self._memory.elsewhere
        return 0 if is_ours else member.st_nlink

    def _may_be_shared(self, entry: "Entry", kind: int, is_member: bool = False) -> bool:
        """Return whether an old destination may be reached by other names as well.

        If it belongs to a link set that is kept it is taken away, and only a symbolic link counts.
        """
        folder = entry.folder
        if folder.is_new or not self._turns_matter:
            return False
        there = status_if_any(entry.destination_name, folder.destination_fd)
        if there is None:
            return False
        if S_ISLNK(there.st_mode) and kind != SYMLINK and not self._makes_links:
            return True
        if is_member and self._job.options.preserve_links:
            return False
        return there.st_nlink > 1 and not S_ISDIR(there.st_mode)

    def _is_large(self, entry: "Entry") -> bool:
        status = entry.folder.source_directory.look(entry.source_name)
        return status is not None and status.st_nlink == 1 and self._job.is_large(status)

    def _is_foreign(self, entry: "Entry") -> bool:
        follows = self._job.options.follows(is_operand=False)
        status = entry.folder.source_directory.look(entry.source_name, follows)
        if status is None or not S_ISDIR(status.st_mode):
            return False
        return identity(status) in self._memory.foreign

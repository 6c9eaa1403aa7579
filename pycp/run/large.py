"""A large file that is no part of a shared tree, copied in ranges.

The machines of a cluster share an operand. Processes of this machine share any such file, once it
is open: at once if the user asks for several, otherwise if copying its beginning was mostly waiting
for a server. A disk is left to one process, which reads it from end to end.
"""

from os import major
from stat import S_ISREG

from pycp import system, values
from pycp.entries import Entry
from pycp.plan.operands import probe
from pycp.run import share
from pycp.run.ranges import LargeEntry, last_block
from pycp.run.unit import not_ours
from pycp.system.folder import Directory, Folder, identity
from pycp.values import split_last

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pycp.engine.file_copy import FileCopy
    from pycp.engine.job import Job
    from pycp.run.hands import Cluster, Hands
    from pycp.run.visit import Visitor
    from pycp.run.walk import Walk

BEGINNING = 32 * 1024 * 1024
"""Bytes copied before it is known what copying waits for."""


def share_locally(visitor: "Visitor", jobs: int, file: "FileCopy") -> None:
    """Have processes of this machine copy all of a file but its end, if that pays.

    `jobs` is how many the user wants, 0 leaves that to how long calls take. Where copying is to
    begin here is told by the file. Raise CopyError if some of it could not be copied.
    """
    clock = share.Clock()
    if not jobs:
        if not _is_served(file):
            return
        from pycp.engine.part import copy_part

        end = min(file.start + BEGINNING, last_block(file))
        if end > file.start:
            copy_part(visitor.job, file, end)
            file.start = end
        if not share.is_mostly_waiting(*clock.passed()):
            return
    wall, waited = clock.passed()
    try:
        from pycp.run.coordinator import Coordinator
        from pycp.run.walk import Walk

        walk = Walk(visitor)
        root = not_ours(file.entry, file.entry.folder)
        hands = _local_hands(walk, root.folder, share.processes(jobs, wall, waited))
        coordinator = Coordinator(walk, root, hands, jobs)
    except (ImportError, MemoryError, OSError):
        return  # memory is short; for one process it may still do
    coordinator.ranges.opened = file
    coordinator.run([], wall, waited)


def _local_hands(walk: "Walk", folder: Folder, count: int) -> "Hands":
    """Return so many processes of this machine, or as many as there can be."""
    from pycp.run.hands import ForkedHands
    from pycp.system.worker import most_workers

    hands = ForkedHands(walk, folder, max(most_workers(), 0))
    hands.slots = count
    return hands


def _is_served(file: "FileCopy") -> bool:
    """Return whether one side is not on a disk of this machine, as far as its device tells."""
    return not (major(file.source.st_dev) and major(file.destination.st_dev))


def directories_of(job: "Job", entry: Entry) -> tuple[str, str] | None:
    """Return the names of the directories that a large file is in and goes to; None of others."""
    if not job.may_share_data:
        return None
    try:
        source = system.stat(entry.source_name, follow_symlinks=False)
    except OSError:
        return None  # copying will tell
    if not S_ISREG(source.st_mode) or source.st_size < values.LARGE_FILE or source.st_nlink > 1:
        return None
    return split_last(entry.source_name)[0] or ".", split_last(entry.destination)[0] or "."


def copy_large_operand(
    visitor: "Visitor", entry: Entry, cluster: "Cluster | None", jobs: int = 0
) -> bool:
    """Copy an operand, and return True, if it is a large file.

    What there is of it is compared in ranges, too. Without a cluster `jobs` processes do so.
    """
    job = visitor.job
    found = None if job.options.parents else directories_of(job, entry)
    if found is None:
        return False
    from pycp.run.coordinator import Coordinator
    from pycp.run.walk import Walk

    sides = [probe(name) for name in found]
    try:
        source, destination = sides
        if not isinstance(source, Directory) or not isinstance(destination, Directory):
            return False
        for directory in (source, destination):
            directory.id = identity(directory.stat("."))
        above = Directory(None, "", None)
        folder = Folder(Folder(None, above, above, False), source, destination, False)
        file = LargeEntry(folder, split_last(entry.source_name)[1], is_operand=True)
        file.destination_name = split_last(entry.destination)[1]
        file.name_operands(entry.source, entry.destination)
        root = not_ours(file, folder)
        place = Entry(folder, found[0], is_operand=True)
        place.name_operands(*found)
        visitor.memory.operand = place
        walk = Walk(visitor)
        coordinator = Coordinator(walk, root, cluster or _local_hands(walk, folder, jobs), jobs)
        if cluster is not None:
            cluster.begin(walk, folder)
        coordinator.ranges.begin()
        visitor.memory.operand = file
        coordinator.queue.large.append((root, file, None))
        coordinator.run([])
        folder.close()
    finally:
        for side in sides:
            if isinstance(side, Directory):
                side.close()
    return True

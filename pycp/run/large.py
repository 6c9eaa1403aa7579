"""An operand that is a large file, copied in ranges by the machines of a cluster."""

from stat import S_ISREG

from pycp import system
from pycp.engine.attributes import Made
from pycp.engine.directory import Filled
from pycp.entries import Entry
from pycp.plan.operands import probe
from pycp.run import ranges
from pycp.run.unit import NOTHING
from pycp.system.folder import Directory, Folder, identity
from pycp.values import split_last

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pycp.engine.job import Job
    from pycp.run.hands import Cluster
    from pycp.run.visit import Visitor


def directories_of(job: "Job", entry: Entry) -> tuple[str, str] | None:
    """Return the names of the directories that a large file is in and goes to; None of others."""
    if not ranges.may_be_shared(job):
        return None
    try:
        source = system.stat(entry.source_name, follow_symlinks=False)
    except OSError:
        return None  # copying will tell
    if not S_ISREG(source.st_mode) or source.st_size < ranges.LARGE or source.st_nlink > 1:
        return None
    return split_last(entry.source_name)[0] or ".", split_last(entry.destination)[0] or "."


def copy_large_operand(visitor: "Visitor", entry: Entry, cluster: "Cluster") -> bool:
    """Copy an operand, and return True, if it is a large file."""
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
        file = ranges.LargeEntry(folder, split_last(entry.source_name)[1], is_operand=True)
        file.destination_name = split_last(entry.destination)[1]
        file.name_operands(entry.source, entry.destination)
        file.is_exactly_named = entry.is_exactly_named
        root = Filled(file, folder, NOTHING, Made(None, 0, NOTHING, False, 0))
        root.is_ours, root.pending = False, 1
        place = Entry(folder, found[0], is_operand=True)
        place.name_operands(*found)
        visitor.memory.operand = place
        walk = Walk(visitor)
        coordinator = Coordinator(walk, root, cluster, 0)
        cluster.begin(walk, folder)
        visitor.memory.operand = file
        coordinator.ranges.waiting.append((root, file, None))
        coordinator.run([])
    finally:
        for side in sides:
            if isinstance(side, Directory):
                side.close()
    return True

"""One operand that is a directory: walked by this process, and shared with others if that pays."""

from pycp import system
from pycp.run.level import give_up
from pycp.run.share import LARGE, Watch, processes
from pycp.system.folder import identity, numbers_last, release

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pycp.engine.directory import Filled
    from pycp.entries import Decision, Entry
    from pycp.run.hands import Cluster
    from pycp.run.level import Level
    from pycp.run.walk import Walk
    from pycp.system.folder import Directory, Folder


def copy_tree(
    walk: "Walk",
    jobs: int,
    entry: "Entry",
    decision: "Decision",
    large: int = LARGE,
    cluster: "Cluster | None" = None,
) -> None:
    """Copy a directory that was decided on, and everything below it.

    `jobs` is how many processes may do so: 0 leaves that to the tree, which is large from `large`
    entries on; 1 is this one alone. With a cluster they are those of the cluster.
    """
    level = walk.enter(entry, decision, None)
    if level is not None:
        copy_level(walk, jobs, level, large, cluster)


def copy_level(
    walk: "Walk",
    jobs: int,
    level: "Level",
    large: int = LARGE,
    cluster: "Cluster | None" = None,
    is_apart: bool = False,
) -> None:
    """Copy the entries of a directory, and everything below it, as `copy_tree` does.

    With `is_apart` it is known that the copy cannot meet itself.
    """
    stack = [level]
    try:
        watch = None
        if cluster is not None:
            if _is_apart(stack[0].filled):
                _share_with_cluster(walk, stack, cluster)
        elif jobs != 1:
            watch = Watch(walk, jobs, large)
            walk.stop = watch.is_time
        walk.go(stack)
        if walk.is_stopped and watch is not None:
            walk.stop, walk.is_stopped = None, False
            may_be_shared = is_apart or _is_apart(stack[0].filled)
            if not may_be_shared or not _share(walk, stack, jobs, *watch.clock.passed()):
                walk.go(stack)
    except BaseException:
        give_up(stack)
        raise
    finally:
        walk.stop = None  # which knows the walk, and would keep it for ever
        walk.memory.ancestors.clear()  # what others have left is still there
        walk.memory.making.clear()


def _share(walk: "Walk", stack: "list[Level]", jobs: int, wall: float, waited: float) -> bool:
    """Have several processes copy what is left; return False if that cannot be."""
    root = stack[0].filled
    try:
        from pycp.run.coordinator import Coordinator
        from pycp.run.hands import ForkedHands
        from pycp.system.worker import most_workers

        most = most_workers()
        if most < 1 or processes(jobs, wall, waited) < 2:
            return False
        coordinator = Coordinator(walk, root, ForkedHands(walk, root.folder, most), jobs)
    except (ImportError, MemoryError, OSError):
        return False  # memory is short; for one process it may still do
    coordinator.run(stack, wall, waited)
    root.folder.close()
    return True


def _share_with_cluster(walk: "Walk", stack: "list[Level]", cluster: "Cluster") -> None:
    from pycp.run.coordinator import Coordinator

    root = stack[0].filled
    root.is_redone = cluster.reruns
    coordinator = Coordinator(walk, root, cluster, 0)
    cluster.begin(walk, root.folder)
    coordinator.run(stack)
    root.folder.close()


def _is_apart(root: "Filled") -> bool:
    """Return whether a copy, whose directories are open then, cannot meet itself.

    Otherwise the order of files tells what is copied before that is noticed.
    """
    try:
        root.folder.reopen()
        return not lies_inside_itself(root.folder)
    except OSError:
        return False  # those who need it will tell


def lies_inside_itself(folder: "Folder") -> bool:
    """Return whether the destination may lie below the source, so that the copy meets it.

    Raise OSError if a directory above cannot be looked at.
    """
    above = identities_above(folder.destination_directory)
    return above is None or folder.source_directory.id in above


def identities_above(directory: "Directory") -> "set[tuple[int, int]] | None":
    """Return device and inode number of the directories that one lies in, itself left out.

    None if nobody can tell: its numbers do not last. Raise OSError if one cannot be looked at.
    """
    fd, seen = directory.fd, directory.id
    found: set[tuple[int, int]] = set()
    is_ours = False
    try:
        while True:
            above = system.open("..", system.PLACE_FLAGS, dir_fd=fd)
            if is_ours and fd is not None:
                release(fd)
            fd, is_ours = above, True
            if not numbers_last(fd):
                return None
            here = identity(system.fstat(fd))
            if here == seen:  # the root is above itself
                return found
            found.add(here)
            seen = here
    finally:
        if is_ours and fd is not None:
            release(fd)

"""The short ways: what most entries of a tree need, and nothing else, by kind.

A way makes the fewest calls that are safe. It returns False, and has done nothing, for what is
unusual; that is decided on in general. Options that give each entry something to decide leave no
short ways.
"""

from pycp.engine.short_directory import directory_maker
from pycp.engine.short_links import hard_link_maker, linker, symlink_copier
from pycp.engine.short_regular import regular_copier
from pycp.values import LINKED, MISSING, REGULAR, SYMLINK

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pycp.engine.directory import Filled
    from pycp.engine.job import Job
    from pycp.engine.short_resume import PassOver
    from pycp.engine.short_update import IsNewer
    from pycp.plan.links import Memory
    from pycp.system.folder import Folder

    Ways = dict[int, Callable[[Folder, str], bool]]
    MakeDirectory = Callable[[Folder, str], Filled | None]


def short_ways(
    job: "Job",
    memory: "Memory",
    is_newer: "IsNewer | None",
    remembers_links: bool,
) -> "tuple[Ways, MakeDirectory | None, PassOver | None]":
    """Return the ways of kinds other than directories, the one of those, and what passes over some.

    `is_newer` compares source and destination where only newer files are copied. `remembers_links`
    says that symbolic links that were made must not be copied through later.
    """
    options = job.options
    ways: Ways
    follows = options.dereference == "always"
    if options.redo or options.asks_for_labels():
        return {}, None, None
    makes_directories = None
    if not (options.dry_run or follows or options.explicit_no_mode):
        makes_directories = directory_maker(job, memory)
    if job.only_links and not remembers_links:
        way = linker(job, follows)
        ways = {REGULAR: way} if follows else {REGULAR: way, SYMLINK: way}
        return ways, makes_directories, None
    if not job.may_be_short or (follows and options.preserve_links):
        return {}, makes_directories, None
    if options.dry_run:
        from pycp.engine.short_dry import pretending_copier, pretending_maker

        if follows or job.report.hears or job.report.own_files:
            return {}, None, None
        return {REGULAR: pretending_copier(job)}, pretending_maker(job, memory), None
    if options.resume:
        from pycp.engine.short_resume import passing_over

        copy_new = regular_copier(job, memory)
        ways = {
            REGULAR: lambda folder, name: folder.is_new and copy_new(folder, name),
            MISSING: copy_new,
        }
        return ways, makes_directories, passing_over(job)
    link = None
    ways = {}
    if not (follows or job.report.hears or options.attributes_only):
        ways[SYMLINK] = symlink_copier(job, memory.made_link if remembers_links else None)
        if job.manifest is None and options.preserve_links:  # with -u alone only what stays joins
            link = ways[LINKED] = hard_link_maker(job, memory)
    copy = ways[REGULAR] = regular_copier(job, memory, link)
    # What is reached through links may be met again, and is remembered in general.
    if follows or is_newer is None or options.update not in ("none", "older"):
        return ways, makes_directories, None
    from pycp.engine.short_update import leaving

    ways[MISSING] = copy
    return ways, makes_directories, leaving(job, is_newer)

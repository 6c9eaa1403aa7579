"""One entry after the other, in GNU's order: the reference for every other runner."""

import stat

from pycp import system, values
from pycp.engine.job import Job
from pycp.engine.tell import tell_excluded
from pycp.errors import CopyError, cannot
from pycp.plan.operands import resolve
from pycp.run.visit import Visitor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from pycp.engine.file_copy import FileCopy
    from pycp.entries import Entry, Report
    from pycp.options import CopyOptions
    from pycp.plan.exclude import Exclusions
    from pycp.plan.operands import Operands
    from pycp.run.hands import Cluster
    from pycp.run.new_files import NewFiles
    from pycp.run.one_read import SharedSource


def run_serial(
    options: "CopyOptions",
    operands: "Iterable[str]",
    report: "Report",
    cluster: "Cluster | None" = None,
    shared_source: "SharedSource | None" = None,
) -> None:
    """Copy all operands; raise UsageError or CopyError if they make no sense as a whole.

    Operands that are no list are sources, and are taken one by one as they are copied; options name
    the target directory then. Trees are shared with a cluster if there is one. A shared source is
    read for this process.

    What goes wrong with one of them is told to the report, and the others are copied.
    """
    resolved = resolve(options, operands, report.failed)
    try:
        _copy_all(resolved, operands, report, cluster, shared_source)
    finally:
        if resolved.directory is not None:
            resolved.directory.close()
        if options.makes_temporary_names():
            from pycp.system.ending import disarm

            disarm()


def _copy_all(
    resolved: "Operands",
    operands: "Iterable[str]",
    report: "Report",
    cluster: "Cluster | None",
    shared_source: "SharedSource | None",
) -> None:
    options = resolved.options
    if options.require_preserve_xattr and not system.has_xattrs():
        raise CopyError("cannot preserve extended attributes without the package xattr")
    entries = resolved.entries()
    if options.dry_run:
        from pycp.engine.dry_directory import pretended, without_effects
        from pycp.system.overlay import Overlay

        options = without_effects(options)
        entries = pretended(entries, Overlay())
    job = Job(options, report)
    if options.exclude:
        from pycp.plan.exclude import Exclusions

        job.exclusions = Exclusions(options.exclude)
    if cluster is not None:
        cluster.prove(job, resolved)
    if shared_source is not None:
        entries = shared_source.attach(job, entries)
    runner = Copying(job, resolved.has_company, cluster)
    if resolved.is_stream:
        runner.visitor.memory.expect_many_operands()

    manifest = None
    if options.manifest is not None:
        from pycp.run.manifest import open_manifest

        manifest = open_manifest(job, operands)
    try:
        if runner.copies_together(resolved):
            entries = iter(())
        elif resolved.are_many:
            from pycp.run.new_files import NewFiles

            runner.new_files = NewFiles(job, runner.visitor.memory)
        for entry in entries:
            runner.copy_operand(entry)
    finally:
        runner.close()
        if manifest is not None:
            manifest.close()
    if job.durable is not None:
        job.durable.flush_target(report, resolved.directory, resolved.destination)


def jobs_of(job: Job) -> int:
    """Return how many processes may copy a tree: 0 leaves that to the tree, 1 is this one alone.

    What asks, explains, or names backups after what is there, must go by one order. So must what is
    copied into directories that links in the destination lead to, which may be the same.
    """
    options = job.options
    if (
        options.overwrite == "ask"
        or options.dry_run
        or options.debug
        or options.backup != "none"
        or (options.keep_directory_symlink and options.copy_contents)
        or (
            (options.preserve_links or options.update == "older")
            and options.dereference == "always"
        )
        or (job.pace is not None and not job.pace.is_shared)  # made before others are to hold it
    ):
        return 1
    return options.jobs


class Copying:
    """Copies operands one after the other."""

    def __init__(self, job: Job, has_company: bool, cluster: "Cluster | None" = None) -> None:
        self.job = job
        self._cluster = cluster
        self.visitor = Visitor(job, has_company)
        self.jobs = jobs_of(job)
        if self.jobs != 1 and cluster is None and job.may_share_data:
            job.large_from, job.share_data = values.LARGE_FILE, self._share_data
        self.new_files: NewFiles | None = None
        """The short way of operands, if there are enough for one."""
        self.parents_are_new = False
        """--parents made the directory that the last source with a directory part went into."""

    def copies_together(self, operands: "Operands") -> bool:
        """Copy all operands in one walk, if they are entries of one directory, and return True."""
        is_worth_it = operands.are_many or (operands.has_company and self.job.options.recursive)
        if not is_worth_it or self.jobs == 1 or self._cluster is not None:
            return False
        if self.job.shared_source is not None:
            return False
        from pycp.run.siblings import copy_together

        return copy_together(operands, self.visitor, self.jobs)

    def copy_operand(self, entry: "Entry") -> None:
        """Copy one operand and everything below it, and tell what goes wrong."""
        if self.job.exclusions is not None and self._is_excluded(entry, self.job.exclusions):
            tell_excluded(self.job, entry)
            return
        self.visitor.memory.operand = entry
        self.visitor.is_abandoned = False
        try:
            if self.new_files is not None and self.new_files.copies(entry):
                pass
            elif self.job.options.parents:
                self._copy_with_parents(entry)
            else:
                self._copy(entry)
        except OSError as error:
            # No call that may fail should get here unworded, but nothing must stop the others.
            self.job.report.failed(cannot("copy", entry.source, error))

    def close(self) -> None:
        """Let go of what was kept from one operand to the next."""
        if self.new_files is not None:
            self.new_files.close()

    def _is_excluded(self, entry: "Entry", exclusions: "Exclusions") -> bool:
        follows = self.job.options.follows(is_operand=True)
        status = entry.folder.source_directory.look(entry.source_name, follows)
        if status is None:
            return False  # deciding on it will tell
        return exclusions.excludes_operand(entry.source_name, stat.S_ISDIR(status.st_mode))

    def _share_data(self, file: "FileCopy") -> None:
        from pycp.run.large import share_locally

        share_locally(self.visitor, self.jobs, file)

    def _copy_with_parents(self, entry: "Entry") -> None:
        from pycp.engine.parents import Parents, finish_parents, flush_parents, make_parents

        if self.visitor.memory.has_made_symlink:
            self._require_own_parents(entry)
        parents = Parents()
        try:
            try:
                make_parents(self.job, entry, parents)
            finally:
                # GNU forgets to reset this for a source without a directory part.
                if parents.are_new is not None:
                    self.parents_are_new = parents.are_new
            entry.is_surely_new = self.parents_are_new
            self._copy(entry)
            finish_parents(self.job, parents)
        finally:
            if self.job.durable is not None:
                flush_parents(self.job, parents)
            parents.close()

    def _require_own_parents(self, entry: "Entry") -> None:
        """Raise CopyError if --parents would go through a symbolic link that this run made."""
        path = entry.destination_name
        beyond = len(entry.destination) - len(path)
        end = path.find("/")
        while end >= 0:
            above = path[:end]
            self.visitor.memory.require_not_made(entry, above, entry.destination[: beyond + end])
            end = path.find("/", end + 1)

    def _copy(self, entry: "Entry") -> None:
        if self._cluster is not None or (self.jobs > 1 and self.job.options.may_be_begun()):
            from pycp.run.large import copy_large_operand

            if copy_large_operand(self.visitor, entry, self._cluster, self.jobs):
                return
        decision = self.visitor.visit(entry)
        if decision is not None:
            from pycp.run.tree import copy_tree
            from pycp.run.walk import Walk

            copy_tree(Walk(self.visitor), self.jobs, entry, decision, cluster=self._cluster)

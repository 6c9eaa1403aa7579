"""install: a copy into a new file for each operand, then what `engine.install` does to it."""

import stat
from errno import ENOENT

from pycp import system
from pycp.engine.entry import perform
from pycp.engine.install import close_made, finish
from pycp.engine.installed import Irremovable
from pycp.engine.job import Job
from pycp.engine.tell import tell_copied, tell_skipped, tell_started
from pycp.engine.write import close_after
from pycp.entries import Final
from pycp.errors import UsageError, cannot
from pycp.options import CopyOptions, shared_fields
from pycp.plan.decide import decide
from pycp.plan.links import Memory
from pycp.plan.modes import resolve_mode
from pycp.plan.operands import Operands, directories, split
from pycp.system.folder import Directory, Folder
from pycp.values import CHECKING, PRIVATE, SPECIAL_BITS, join, last_component, split_last

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pycp.engine.labels import DefaultLabels
    from pycp.entries import Entry, Report
    from pycp.options import InstallOptions
    from pycp.run.new_files import NewFiles
    from pycp.run.record import Record, Root
    from pycp.run.recording import Finish
    from pycp.system.overlay import Overlay


def run_install(
    options: "InstallOptions", operands: "Iterable[str]", report: "Report", umask: int = 0
) -> None:
    """Install all operands; raise UsageError or CopyError if they make no sense as a whole.

    What goes wrong with one of them is told to the report, and the others are installed. `umask` is
    the user's, where it was set aside.
    """
    if options.undo is not None:
        from pycp.run.undo import run_undo

        run_undo(options, operands, report)
        return
    directory, destination = None, ""
    if options.directory:
        operands = directories(options, operands, report.failed)
    else:
        operands, directory, destination = split(
            options,
            operands,
            "failed to access",
            "target",
            report.failed,
            may_be_missing=options.make_parents,
        )
    overlay, record, root = None, None, None
    try:
        asked = final = _final(options, report)
        if options.unprivileged:
            from pycp.run.record import without_privilege

            options, final = without_privilege(options, final)
        if options.dry_run:
            from pycp.engine.dry_directory import without_effects
            from pycp.system.overlay import Overlay

            options, overlay = without_effects(options), Overlay()
        if options.record is not None:
            from pycp.run.record import Record, Root

            if options.dry_run:
                root = Root(options)
            else:
                record = Record(options, asked, report, umask)
        if options.directory:
            from pycp.run.install_directories import make_directories

            job = Job(_copy_options(options), report)
            make_directories(job, operands, final, overlay, record, root)
        else:
            what = operands, directory, destination
            _install_files(options, *what, final, report, umask, overlay, record, root)
    finally:
        if record is not None:
            record.close()
        if directory is not None:
            directory.close()


def _final(options: "InstallOptions", report: "Report") -> Final:
    """Read mode, owner and group; tell which options contradict each other or come to nothing."""
    mode, changed_bits = resolve_mode(options.mode, options.directory)
    if options.ignores_strip_program:
        report.warn("WARNING: ignoring --strip-program option as -s option was not specified")
    if options.compare:
        if options.strip:
            raise UsageError("options --compare (-C) and --strip are mutually exclusive")
        if mode & SPECIAL_BITS:
            report.warn(
                "the --compare (-C) option is ignored when you specify a mode with"
                " non-permission bits"
            )
    uid = gid = -1
    if options.owner is not None or options.group is not None:
        from pycp.plan.owners import group_number, user_number

        uid, gid = user_number(options.owner), group_number(options.group)
    return Final(mode, changed_bits, uid, gid)


def _install_files(
    options: "InstallOptions",
    sources: "Iterable[str]",
    directory: Directory | None,
    destination: str,
    final: Final,
    report: "Report",
    umask: int,
    overlay: "Overlay | None",
    record: "Record | None",
    root: "Root | None",
) -> None:
    above, what = None, _copy_options(options)
    if record is not None:
        from pycp.run.recording import Listening, Recording, with_digest

        what = with_digest(what)
    if options.make_parents and directory is None:
        job, is_whole = Job(what, report), options.target_directory is not None
        try:
            if root is not None:
                root.path_of(destination, is_whole)
            if record is None:
                above, directory = _make_way(job, is_whole, sources, destination, overlay)
            else:
                with Listening(record, job, destination, is_whole, is_named=False):
                    above, directory = _make_way(job, is_whole, sources, destination, overlay)
        except OSError as error:
            report.failed(cannot("create directory", destination, error))
            return
    operands = Operands(what, sources, directory, destination)
    installer = Installer(options, operands, final, report)
    manifest = None
    try:
        if options.manifest is not None:
            from pycp.run.manifest import open_manifest

            known = [*sources, destination] if isinstance(sources, list) else [destination]
            manifest = open_manifest(installer.job, [*known, *options.records], umask)
        try:
            may_be_short = not (options.compare or options.strip or options.dry_run or record)
            entries = _entries(operands, above, overlay)
            if operands.are_many and may_be_short and installer.installs_in_short(operands):
                entries = iter(())
            install_one = installer.install
            if record is not None:
                install_one = Recording(record, installer).install
            for entry in entries:
                try:
                    if root is not None:
                        root.path_of(entry.destination, is_directory=False)
                    install_one(entry)
                except Irremovable as error:
                    report.failed(error)
                    break
                except OSError as error:
                    # None should get here unworded, but it must not stop the others.
                    report.failed(cannot("install", entry.source, error))
        finally:
            installer.close()
            if manifest is not None:
                manifest.close()
        if installer.job.durable is not None:
            installer.job.durable.flush_target(report, directory or above, destination)
    finally:
        if options.makes_temporary_names():
            from pycp.system.ending import disarm

            disarm()
        for place in (above, directory):
            if place is not None:
                place.close()


def _entries(
    operands: Operands, above: Directory | None, overlay: "Overlay | None"
) -> "Iterator[Entry]":
    """Yield what is to be installed, in the directory `above` the destination if that was made."""
    for entry in operands.entries():
        if above is not None:
            entry.folder = Folder(None, entry.folder.source_directory, above, False)
            entry.destination_name = split_last(operands.destination)[1]
        if overlay is not None:
            from pycp.engine.dry_directory import pretend_folder

            pretend_folder(entry, overlay)
        # GNU looks at an empty name as at the working directory.
        entry.destination_name = entry.destination_name or "."
        yield entry


def _make_way(
    job: Job,
    is_whole: bool,
    sources: "Iterable[str]",
    destination: str,
    overlay: "Overlay | None",
) -> tuple[Directory | None, Directory | None]:
    """Make the directories above the destination, or the `whole` of it, a target directory (-D).

    Return the one above the destination, and the target directory; one of them is None.
    """
    from pycp.engine.directory_path import make_path

    if not is_whole:
        return make_path(job, split_last(destination)[0], overlay), None
    if not destination:
        # An empty name needs no directories, and still is none itself.
        first = sources[0] if isinstance(sources, list) else ""
        raise cannot("open", join(destination, last_component(first)), OSError(ENOENT, ""))
    return None, make_path(job, destination, overlay)


def _copy_options(options: "InstallOptions") -> CopyOptions:
    return CopyOptions(**shared_fields(options)).replace(
        preserve_timestamps=options.preserve_timestamps,
        remove_destination=True,
        omitting="omitting directory",
        warns_of_repeats=False,
        new_file_mode=PRIVATE,
    )


def _default_labels(options: "InstallOptions", report: "Report") -> "DefaultLabels | None":
    is_asked = options.asks_for_labels() or options.dry_run
    if is_asked or not options.labels_by_default or not system.has_labels():
        return None
    from pycp.engine.labels import DefaultLabels

    return DefaultLabels(report)


class Installer:
    """Installs files one after the other, remembering what it made."""

    def __init__(
        self, options: "InstallOptions", operands: Operands, final: Final, report: "Report"
    ) -> None:
        self.options = options
        self.final = final
        self.has_company = operands.has_company
        self.job = Job(operands.options, report)
        self.memory = Memory()
        self.labels = _default_labels(options, report)
        """Who labels what is installed, if no option speaks of that."""
        if operands.is_stream:
            self.memory.expect_many_operands()
        self._new_files: NewFiles | None = None
        self.finish: Finish = finish
        """What turns a copy into what was asked for."""

    def installs_in_short(self, operands: Operands) -> bool:
        """Install all operands, and return True, if they are entries of one directory.

        Otherwise prepare the short way of operands, unless they get labels on the way.
        """
        if self.labels is not None:
            return False
        from pycp.engine.install import last_step
        from pycp.run.installing import install_together
        from pycp.run.new_files import NewFiles

        self.job.last_step = last_step(self.final)
        if install_together(self.job, operands, self.install):
            return True
        self._new_files = NewFiles(self.job, self.memory)
        return False

    def close(self) -> None:
        """Let go of what was kept from one operand to the next."""
        if self._new_files is not None:
            self._new_files.close()

    def install(self, entry: "Entry") -> None:
        """Install one file; raise CopyError with GNU's message."""
        if self._new_files is not None and self._new_files.copies(entry):
            return
        if self.options.compare and self._is_installed(entry):
            tell_skipped(self.job, entry, "same", None)
            return
        decision = decide(entry, self.job.options, self.memory, self.has_company)
        assert not isinstance(decision, str)
        tell_started(self.job, entry, decision)
        outcome = perform(self.job, entry, decision)
        try:
            if self.options.dry_run:
                self._pretend_to_finish(entry)
            else:
                if self.labels is not None and outcome.made_fd is not None:
                    fd = outcome.made_fd
                    outcome.context = self.labels.give(entry.destination, fd, stat.S_IFREG)
                if self.has_company and outcome.made_fd is not None:
                    made = system.fstat(outcome.made_fd)
                    self.memory.made(entry.destination, made)
                self.finish(self.job, entry, decision, outcome, self.options, self.final)
        except BaseException as error:
            made_fd, outcome.made_fd = outcome.made_fd, None
            if made_fd is not None:
                close_after(self.job, error, made_fd, entry, is_source=False)
            raise
        finally:
            if self.job.stage is not None:
                self.job.stage.discard()
            close_made(entry, outcome)
        tell_copied(self.job, entry, decision, outcome)

    def _pretend_to_finish(self, entry: "Entry") -> None:
        from pycp.engine.dry_install import require_giving

        made = entry.folder.destination_directory.stat(entry.destination_name, False)
        self.memory.made(entry.destination, made)
        require_giving(entry, made, self.final)

    def _is_installed(self, entry: "Entry") -> bool:
        from pycp.engine.phase import Phase
        from pycp.plan.compare import installed

        tally = self.job.tally
        tally.folder, tally.name = None, entry.source
        tally.tell_place()
        with Phase(tally, CHECKING):
            found = installed(entry, self.final, self.options.dry_run)
        if found and self.options.preserve_context:
            from pycp.engine.labels import are_alike

            if not are_alike(entry):
                return False
        if found and self.options.preserve_timestamps:
            from pycp.engine.install import keep_times

            if not self.options.dry_run:
                keep_times(entry, *found)
        if found and self.labels is not None:
            self.labels.give_to_kept(entry, found[1])
        return found is not None

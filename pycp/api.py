"""The Python interface: copy and install files, be told what happens, get every failure.

A call prints nothing, asks nothing, never ends the program, and leaves umask, working directory,
signals and locale alone; several threads may copy at once. A large tree is copied by several
processes only if the calling process has a single thread.

    >>> import pycp
    >>> def show(event):
    ...     if event.kind == "copied":
    ...         print(event.destination, event.bytes)
    >>> try:
    ...     pycp.copy(["photos/cat.jpg", "photos/cow.jpg"], ".", on_event=show)
    ... except pycp.CopyFailed as failure:
    ...     for error in failure.errors:
    ...         print(error.errno, error.filename, error)
    ./cat.jpg 3
    2 photos/cow.jpg cannot stat 'photos/cow.jpg': No such file or directory
"""

from pycp.arguments import (
    check,
    dereference_of,
    fields_of,
    kept,
    mode_of,
    operands_of,
    require_listener,
    require_owner,
)
from pycp.checks import MOST_JOBS, is_job_count, labelled, name_of, names_of, require_type, texts_of
from pycp.errors import CopyError, UsageError
from pycp.options import CopyOptions, InstallOptions
from pycp.plan.survey import survey_operands
from pycp.quoting import leave_locale_alone
from pycp.report.listener import CopyFailed, Listener, Stopped, Summary
from pycp.report.listener import Event as Event

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Executor
    from typing import Any, Literal

    from pycp.arguments import Attribute, Listen
    from pycp.checks import Path
    from pycp.options import Backup, Update, When, WriteOptions


def copy(
    sources: "Path | Iterable[Path]",
    destination: "Path",
    *,
    recursive: bool = False,
    follow_symlinks: 'bool | Literal["operands"] | None' = None,
    preserve: "bool | Attribute | Iterable[Attribute]" = False,
    explicit_no_mode: bool = False,
    hard_link: bool = False,
    symbolic_link: bool = False,
    context: bool | str = False,
    attributes_only: bool = False,
    copy_contents: bool = False,
    update: "Update" = "all",
    force: bool = False,
    remove_destination: bool = False,
    backup: "Backup" = "none",
    suffix: str = "~",
    keep_directory_symlink: bool = False,
    one_file_system: bool = False,
    parents: bool = False,
    strip_trailing_slashes: bool = False,
    no_target_directory: bool = False,
    tee: "Path | Iterable[Path]" = (),
    reflink: "When" = "auto",
    sparse: "When" = "auto",
    exclude: "str | Iterable[str]" = (),
    resume: bool = False,
    atomic: bool = False,
    durable: bool = False,
    verify: bool = False,
    manifest: "Path | None" = None,
    digest: str = "blake2b",
    bandwidth: int = 0,
    dry_run: bool = False,
    jobs: int | None = None,
    executor: "Executor | None" = None,
    on_event: "Listen | None" = None,
) -> Summary:
    """Copy as the command `pycp` does, and return what was done.

    One path goes to `destination`, or into it if that is a directory (`no_target_directory` keeps
    it from being taken for one). Of an iterable, however many paths it yields, each goes into the
    directory `destination`. An iterator is asked for the next path when the one before is copied,
    so it may yield millions; what it raises, and what is wrong with a path, ends the copy there.

    The other arguments are the long options of the command (see its manual), with these values:

    - `follow_symlinks`: copy what symbolic links lead to; "operands" follows none but the sources
      themselves. If not given, links are followed unless `recursive`.
    - `preserve`: what a copy keeps of "mode", "ownership", "timestamps", "links", "context" and
      "xattr"; "all" or True stands for all of them, as far as this user may.
    - `context`: the SELinux label of what is made; True takes the one of the policy.
    - `explicit_no_mode`: new files get the mode any new file gets (--no-preserve=mode).
    - `exclude`: patterns as in a .gitignore file.
    - `hard_link`, `symbolic_link`: make links in place of copies (--link, --symbolic-link).
    - `tee`: directories that get everything as `destination` does (--tee).
    - `suffix`: how names of backups end; unlike --suffix it makes none by itself.
    - `bandwidth`: at most so many bytes in a second (--bwlimit); 0 is no limit.
    - `jobs`: processes that copy a tree, one of them this; None decides by its size. A process with
      several threads copies alone.
    - `executor`: has trees copied by this executor of `concurrent.futures`, `jobs` parts at a time.
      Its processes must be this user's and see the same files. It may do things twice unseen, so
      what exists is written over unless it is complete: `update` and `hard_link` are refused, and
      so is what the option --cluster refuses.
    - `on_event`: called in this thread with an `Event` for everything that happens. An exception it
      raises ends the copy and is raised from here; what was copied stays.

    Raise CopyFailed, an OSError, if anything failed, after everything else was copied. Raise
    ValueError or TypeError, and do nothing, if an argument is none or two contradict each other.
    """
    words, is_one = names_of("sources", sources)
    fields = fields_of(CopyOptions, locals())
    if not is_one and no_target_directory:
        raise ValueError("no_target_directory takes one source, not an iterable")
    fields |= kept(preserve, attributes_only) | {"tee": tuple(names_of("tee", tee)[0])}
    fields |= labelled(context, bool(fields.get("require_preserve_context")))
    fields["dereference"] = dereference_of(follow_symlinks, hard_link or not recursive)
    fields["exclude"] = tuple(("pattern", text) for text in texts_of("exclude", exclude))
    if jobs is not None:
        require_type("jobs", jobs, int)
        if not is_job_count(jobs):
            raise ValueError(f"jobs={jobs} is not from 1 to {MOST_JOBS}")
        fields["jobs"] = jobs
    check(fields, manifest, on_event)
    operands, fields["target_directory"] = operands_of(words, is_one, destination)
    if fields["tee"] and executor is None:
        from pycp.run.tee import run_tee

        return _run(run_tee, CopyOptions(**fields), operands, on_event)
    from pycp.run.serial import run_serial

    if executor is None:
        return _run(run_serial, CopyOptions(**fields), operands, on_event)
    operands = list(operands)  # all machines are to see what is copied, before anything is
    from pycp.cluster.executor import share_with

    cluster = share_with(executor, fields)
    try:
        return _run(
            lambda options, words, report: run_serial(options, words, report, cluster),
            CopyOptions(**fields),
            operands,
            on_event,
        )
    finally:
        cluster.end(0)


def install(
    sources: "Path | Iterable[Path]",
    destination: "Path | None" = None,
    *,
    mode: int | str | None = None,
    owner: str | int | None = None,
    group: str | int | None = None,
    directory: bool = False,
    make_parents: bool = False,
    compare: bool = False,
    preserve_timestamps: bool = False,
    preserve_context: bool = False,
    context: bool | str = False,
    strip: bool = False,
    strip_program: str = "strip",
    backup: "Backup" = "none",
    suffix: str = "~",
    no_target_directory: bool = False,
    atomic: bool = False,
    durable: bool = False,
    verify: bool = False,
    manifest: "Path | None" = None,
    digest: str = "blake2b",
    bandwidth: int = 0,
    record: "Path | None" = None,
    record_root: "Path | None" = None,
    unprivileged: bool = False,
    dry_run: bool = False,
    on_event: "Listen | None" = None,
) -> Summary:
    """Install as the command `pyinstall` does, and return what was done.

    Sources and destination are as for `copy`. With `directory` the sources are directories to make,
    and there is no destination. The other arguments are the long options of the command, with these
    values:

    - `mode`: permission bits, as a number or as chmod takes them ("u=rwx,go=rx"); 0o755 if None.
    - `owner`, `group`: a name or a number; None leaves the choice to the system.
    - `make_parents`: make the directories above the destination (-D).
    - `context`, `bandwidth`, `on_event`: as for `copy`.
    - `record`: a file that gets a line for each thing made, from which `undo` knows it again.

    Raise CopyFailed, an OSError, if anything failed, after everything else was installed. Raise
    ValueError or TypeError, and do nothing, if an argument is none or two contradict each other.
    """
    words, is_one = names_of("sources", sources)
    fields = fields_of(InstallOptions, locals())
    if directory != (destination is None):
        raise ValueError("with directory=True there is no destination; otherwise there must be one")
    if not is_one and no_target_directory:
        raise ValueError("no_target_directory takes one source, not an iterable")
    fields |= labelled(context, preserve_context)
    if mode is not None:
        fields["mode"] = mode_of(mode, directory)
    require_owner("owner", owner)
    require_owner("group", group)
    for name, path in (("record", record), ("record_root", record_root)):
        fields[name] = None if path is None else name_of(path)
    check(fields, manifest, on_event)
    operands = words
    if destination is not None:
        operands, fields["target_directory"] = operands_of(words, is_one, destination)
    from pycp.run.install import run_install

    return _run(run_install, InstallOptions(**fields), operands, on_event)


def undo(
    record: "Path",
    *,
    record_root: "Path | None" = None,
    dry_run: bool = False,
    on_event: "Listen | None" = None,
) -> Summary:
    """Take away what `install` wrote down in a record, and put back what was replaced.

    Nothing goes that was changed since, and no directory that is not empty. `record_root` is where
    to look for what the record names; if None, where it was installed. The counts returned are of
    what was taken away or put back.

    Raise CopyFailed, an OSError, if anything was changed or failed, after everything else was
    undone. Raise ValueError or TypeError, and do nothing, if an argument is none.
    """
    fields = fields_of(InstallOptions, {"dry_run": dry_run})
    fields["undo"] = name_of(record)
    fields["record_root"] = None if record_root is None else name_of(record_root)
    require_listener(on_event)
    from pycp.run.install import run_install

    return _run(
        lambda options, _words, report: run_install(options, [], report),
        InstallOptions(**fields),
        [fields["undo"]],
        on_event,
    )


def _settled(options: "WriteOptions", listener: Listener) -> "WriteOptions":
    """Return options in their final meaning on this kernel, which is looked at for labels only."""
    if not options.asks_for_labels():
        return options
    from pycp.plan.labels import settle_labels

    settled = settle_labels(options)
    if options.context and not settled.context:
        listener.warn("warning: ignoring context; it requires an SELinux-enabled kernel")
    return settled


def _run(
    command: "Callable[[Any, Iterable[str], Listener], None]",
    options: "WriteOptions",
    operands: "list[str] | Iterator[str]",
    on_event: "Listen | None",
) -> Summary:
    """Carry out a command; return what was done, or raise what `on_event` raised or CopyFailed."""
    leave_locale_alone()
    listener = Listener(on_event)
    stopped: BaseException | None = None
    try:
        try:
            options = _settled(options, listener)
            if on_event is not None and not options.dry_run:
                listener.begin_pulse(lambda: survey_operands(options, operands))
            if operands:
                command(options, operands, listener)
        except UsageError as error:
            raise ValueError(str(error)) from None
        except CopyError as error:
            listener.failed(error)
    except Stopped as stop:
        stopped = stop.error
    finally:
        listener.end()
    if stopped is not None:
        try:
            raise stopped
        finally:
            del stopped  # or its traceback would hold itself
    summary = listener.summary()
    if listener.errors:
        raise CopyFailed(listener.errors, summary)
    return summary

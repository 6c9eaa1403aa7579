"""The commands: words in, exit status out."""

import _signal  # type: ignore[import-not-found]  # signal imports enum
import gc
import os
import sys
from errno import ENOMEM

if __name__ == "__main__" and not sys.flags.safe_path:
    # `python -m` looks for modules in the working directory first, which may be anybody's.
    sys.path.pop(0)

from pycp.errors import CopyError, SilentError, UsageError, is_exhaustion
from pycp.options import CopyOptions, InstallOptions
from pycp.report.lines import Lines
from pycp.system import posix
from pycp.system.posix import ASKING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pycp.options import WriteOptions
    from pycp.run.hands import Cluster

FAILURE = 1
_MAY_BE_EXHAUSTION = (ImportError, OSError, SyntaxError, SystemError, ValueError)
_AT_THE_END = (MemoryError, *_MAY_BE_EXHAUSTION)


def cp_main() -> int:
    """Copy as the words in `sys.argv` say; return the exit status of cp."""
    return _run(_cp)


def _cp() -> int:
    program = _start("pycp")
    report = _begin(program)
    words = sys.argv[1:]
    if not any(word.startswith("-") for word in words):
        return run_cp(CopyOptions(), words, program)  # there is nothing to look up in a table
    from pycp.cli.cp import parse_cp
    from pycp.cli.parse import Answer

    try:
        options, operands = parse_cp(words, os.environ, report.say)
        if options.cluster:
            from pycp.cluster.command import copy_with_cluster

            copy_with_cluster(options, lambda cluster: _run_cp(options, operands, program, cluster))
        report = _report(options, operands, program)
        _tell_before_the_end(options, report)
        _copy(options, operands, report)
    except Answer as answer:
        _answer(answer.kind, report, "cp")
    except CopyError as error:
        if any(word.startswith("--cl") for word in words):
            from pycp.cluster.command import is_told_by_another

            if is_told_by_another(words, os.environ):
                return FAILURE
        _refuse(error, report)
    return 0 if report.finish() else FAILURE


def run_cp(options: CopyOptions, operands: list[str], program: str = "pycp") -> int:
    """Copy as options and operands say, and print as cp does; return its exit status."""
    _begin(program)
    return _run_cp(options, operands, program, None)


def _run_cp(
    options: CopyOptions, operands: list[str], program: str, cluster: "Cluster | None"
) -> int:
    report = _listening
    try:
        report = _report(options, operands, program)
        _copy(options, operands, report, cluster)
    except CopyError as error:
        _refuse(error, report)
    return 0 if report.finish() else FAILURE


def _run(command: "Callable[[], int]") -> int:
    """Return the status of a command, whatever becomes of the memory."""
    try:
        return _unless_exhausted(command)
    except SystemError:  # the interpreter found no memory for the exception that was on its way
        _tell_exhausted()
        return FAILURE


def _unless_exhausted(command: "Callable[[], int]") -> int:
    """Return the status of a command; say so in one line if there is no memory for it."""
    try:
        try:
            return command()
        except _MAY_BE_EXHAUSTION as error:
            if not is_exhaustion(error):  # it may find no memory for that
                raise
    except MemoryError:
        pass  # a call from here might find no memory yet
    # The calls that held what there was have ended now, and may have left too little even so.
    for act in (_listening.flush, _tell_exhausted, _end_exhausted):
        try:
            act()
        except _AT_THE_END:
            pass
    return FAILURE


def _tell_exhausted() -> None:
    os.write(2, _last_words)


def _end_exhausted() -> None:
    _listening.failed(SilentError("memory exhausted", ENOMEM))
    _listening.finish()


def _copy(
    options: "CopyOptions",
    operands: list[str],
    report: Lines,
    cluster: "Cluster | None" = None,
) -> None:
    from pycp.run.serial import run_serial

    _tell_how_far(options, operands, report)
    if options.tee:
        from pycp.run.tee import run_tee

        run_tee(options, operands, report)
    else:
        run_serial(options, operands, report, cluster)
    if options.resume and report.verbose and not report.failures:
        from pycp.report.status import nothing_left

        if line := nothing_left(report.tally):
            report.line(line)


def _begin(program: str) -> Lines:
    """Return who listens until the options are known."""
    global _listening
    _listening = Lines(program)
    return _listening


def _report(options: "WriteOptions", operands: list[str], program: str) -> Lines:
    """Return who listens; raise CopyError if there is no writing to where the user wants it."""
    global _listening
    has_failed = _listening.has_failed  # a warning about an option found nowhere to go
    if options.json is None:
        _listening = Lines(program, options.verbose, options.debug)
    else:
        from pycp.report.json_lines import JsonLines

        _listening = JsonLines(program, options, operands)
    _listening.has_failed = has_failed
    _listening.has_stats, _listening.is_dry = options.stats, options.dry_run
    return _listening


def _tell_before_the_end(options: "WriteOptions", report: Lines) -> None:
    """Have a user who ends a copy on a terminal told how far it came, if it may be a long one."""
    copy = options if isinstance(options, CopyOptions) else None
    is_long = options.progress != "never" or (copy and (copy.recursive or copy.resume))
    if is_long and not options.dry_run and os.isatty(2):
        from pycp.report.signals import tell_before_the_end

        tell_before_the_end(report, copy)


def _tell_how_far(options: "WriteOptions", operands: list[str], report: Lines) -> None:
    """Have it told while things are copied how far the copy is, as the options say."""
    if options.dry_run or (options.progress == "never" and options.json is None):
        return
    from pycp.plan.survey import survey_operands

    if options.progress != "never":
        _show_progress(options, survey_operands(options, operands), report)
    if options.json is not None:
        report.begin_pulse(lambda: survey_operands(options, operands))


def _show_progress(
    options: "WriteOptions", totals: "Iterator[tuple[int, int]] | None", report: Lines
) -> None:
    """Have a bar drawn, if there is anything to draw it on."""
    from pycp.report.progress import Bar, is_terminal

    if options.progress == "auto" and not is_terminal():
        return
    jobs = 0
    if isinstance(options, CopyOptions):
        jobs = 1 + len(options.tee) if options.tee else options.jobs
    try:
        report.bar = Bar(
            report.program,
            report.tally,
            jobs,
            options.progress,
            totals,
            options.passes(),
        )
    except OSError:
        pass  # there is no process to spare, and the copy goes without


def install_main() -> int:
    """Install as the words in `sys.argv` say; return the exit status of install."""
    return _run(_install_as_asked)


def _install_as_asked() -> int:
    program = _start("pyinstall")
    report = _begin(program)
    words = sys.argv[1:]
    if not any(word.startswith("-") for word in words):
        return run_install(InstallOptions(), words, program)
    from pycp.cli.install import parse_install
    from pycp.cli.parse import Answer

    try:
        options, operands = parse_install(words, os.environ, report.say)
        report = _report(options, operands + options.records, program)
        _tell_before_the_end(options, report)
        _install(options, operands, report)
    except Answer as answer:
        _answer(answer.kind, report, "install")
    except CopyError as error:
        _refuse(error, report)
    return 0 if report.finish() else FAILURE


def run_install(options: InstallOptions, operands: list[str], program: str = "pyinstall") -> int:
    """Install as options and operands say, and print as install does; return its exit status."""
    report = _begin(program)
    try:
        report = _report(options, operands + options.records, program)
        _install(options, operands, report)
    except CopyError as error:
        _refuse(error, report)
    return 0 if report.finish() else FAILURE


def _install(options: InstallOptions, operands: list[str], report: Lines) -> None:
    from pycp.run.install import run_install

    if not options.directory:
        _tell_how_far(options, operands, report)
    if options.strip:
        _signal.signal(_signal.SIGCHLD, _signal.SIG_DFL)  # or there is nothing to wait for
    before = os.umask(0)  # as GNU does, and the strip program can tell
    try:
        run_install(options, operands, report, before)
    finally:
        os.umask(before)


def _answer(kind: str, report: Lines, command: str) -> None:
    from pycp.cli.answer import answer

    report.line(answer(kind, report.program, command).removesuffix("\n"))


def _refuse(error: CopyError, report: Lines) -> None:
    """Tell why nothing, or nothing more, is done."""
    report.failed(error)
    if isinstance(error, UsageError):
        report.has_stats = False
        from pycp.cli.table import UnknownOptionError

        report.hint(f"Try '{report.program} --help' for more information.")
        if isinstance(error, UnknownOptionError) and os.isatty(2):
            name = error.likely_name()
            if name:
                report.hint(f"Did you mean {name}?")


def _start(default: str) -> str:
    """Make the process behave as a command does; return the name it was called by."""
    posix.is_ours = True
    gc.disable()  # we make no cycles, and live no longer than the copy
    # Where memory ends, CPython 3.11.7 loses count of calls, and aborts at the limit. We do not
    # recurse.
    sys.setrecursionlimit(20_000)
    # A generator that is let go where memory ends finds none to end with, which would be printed.
    # What says nothing of it must be built in: a function of ours would find none either.
    sys.unraisablehook = bool
    # Python ignores SIGPIPE and turns Ctrl-C into an exception: a command dies by the signal. It
    # also ignores SIGXFSZ, and so shall it be: a file that is too large is a failure like others.
    _signal.signal(_signal.SIGPIPE, _signal.SIG_DFL)
    if _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:
        _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
    for number in ASKING:
        if _signal.getsignal(number) == _signal.SIG_DFL:
            _signal.signal(number, _answer_signal)
    if sys.stdin is None or sys.stdout is None or sys.stderr is None:
        from pycp.system import leave_standard_descriptors_closed

        leave_standard_descriptors_closed()
    encoding = sys.getfilesystemencoding()
    if encoding not in ("utf-8", "ascii") and not encoding.startswith("iso8859"):
        from pycp.system.again import start_again_in_utf8

        start_again_in_utf8()
    name = os.path.basename(sys.argv[0])
    program = default if name in ("", "-c", "__main__.py") else name
    global _last_words
    _last_words = os.fsencode(program) + b": memory exhausted\n"
    return program


_listening = Lines("pycp")
_last_words = b"pycp: memory exhausted\n"
"""What is printed when there is no memory left to put words together."""


def _answer_signal(_number: int, _frame: object) -> None:
    """Tell whoever sent the signal how far the copy has come."""
    mask = _signal.pthread_sigmask(_signal.SIG_BLOCK, ASKING)  # one answer at a time
    try:
        from pycp.report.signals import tell_status
    except ImportError:
        return  # it came while something was being loaded that an answer needs
    else:
        tell_status(_listening)
    finally:
        _signal.pthread_sigmask(_signal.SIG_SETMASK, mask)


def leave(status: int) -> None:
    """End the process with this status, without the interpreter's leave-taking.

    Everything is written and closed by now; what Python would still tidy up, the kernel does.
    """
    os._exit(status)


if __name__ == "__main__":
    leave(cp_main())

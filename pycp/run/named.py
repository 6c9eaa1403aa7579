"""install -d: each operand is a directory to make."""

from pycp.engine.named import make_named
from pycp.errors import CopyError, reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from pycp.engine.job import Job
    from pycp.entries import Final, Report
    from pycp.run.record import Record
    from pycp.run.recording import MakeNamed
    from pycp.system.overlay import Overlay


def make_directories(
    job: "Job",
    names: "Iterable[str]",
    final: "Final",
    overlay: "Overlay | None",
    record: "Record | None",
) -> None:
    """Make directories, or pretend to; what goes wrong with one of them is told."""
    labels, report = job.labels, job.report

    def make(name: str, final: "Final", report: "Report", is_durable: bool) -> None:
        make_named(name, final, report, is_durable, labels)

    make_one: MakeNamed = make
    if record is not None:
        from pycp.run.recording import making_named

        make_one = making_named(record, make)
    for name in names:
        try:
            if overlay is not None:
                from pycp.engine.dry_install import pretend_named

                pretend_named(name, final, report, overlay)
            else:
                make_one(name, final, report, job.options.durable)
        except CopyError as error:
            report.failed(error)
        except OSError as error:
            from pycp.quoting import quote_word

            text = f"cannot create directory {quote_word(name)}: {reason(error)}"
            report.failed(CopyError(text, error.errno, name))

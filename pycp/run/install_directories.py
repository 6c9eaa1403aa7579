"""install -d: each operand is a directory to make."""

from pycp.engine.directory_path import creation_error
from pycp.engine.install_directory import install_directory
from pycp.quoting import quote_word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from pycp.engine.job import Job
    from pycp.entries import Final
    from pycp.run.record import Record, Root
    from pycp.system.overlay import Overlay


def make_directories(
    job: "Job",
    names: "Iterable[str]",
    final: "Final",
    overlay: "Overlay | None",
    record: "Record | None",
    root: "Root | None",
) -> None:
    """Make directories, or pretend to; what goes wrong with one of them is told."""
    for name in names:
        try:
            if root is not None:
                root.path_of(name, is_directory=True)
            if record is not None:
                from pycp.run.recording import Listening

                with Listening(record, job, name, is_directory=True, is_named=True):
                    install_directory(job, name, final)
            else:
                install_directory(job, name, final, overlay)
        except OSError as error:
            job.report.failed(creation_error(name, error, quote_word))

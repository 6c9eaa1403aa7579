"""The manifest of one run: who writes it, and who it is written by."""

from pycp.engine.own_files import claim
from pycp.errors import CopyError
from pycp.report.manifest import Manifest
from pycp.values import NEW_MODE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from pycp.engine.job import Job


def open_manifest(job: "Job", operands: "Iterable[str]", umask: int = 0) -> Manifest:
    """Have each file copied written down in the manifest that the options name, until it is closed.

    `umask` is the user's, where it was set aside. Raise CopyError if it cannot be opened.
    """
    options = job.options
    assert options.manifest is not None
    known = operands if isinstance(operands, list) else []
    mode = NEW_MODE & ~umask
    manifest = Manifest(options.manifest, mode, known, job.report, options.lists())
    try:
        if manifest.id is not None:
            claim(job.report.own_files, manifest.id, options.manifest, "the manifest")
    except CopyError:
        manifest.close()
        raise
    job.manifest = manifest.add
    return manifest

"""The manifest of one run: who writes it, and who it is written by."""

from pycp.report.manifest import Manifest
from pycp.report.output import NEW_MODE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pycp.engine.job import Job


def with_manifest(
    job: "Job", operands: list[str], copy: "Callable[[], None]", umask: int = 0
) -> None:
    """Copy, and have each file copied written down in the manifest that the options name.

    `umask` is the user's, where it was set aside. Raise CopyError, and copy nothing, if the
    manifest cannot be opened.
    """
    options = job.options
    if options.dry_run or options.manifest is None:
        copy()
        return
    manifest = Manifest(options.manifest, NEW_MODE & ~umask, operands, job.report)
    job.manifest = manifest.add
    if manifest.id is not None:
        job.report.own_files[manifest.id] = "it is the manifest"
    try:
        copy()
    finally:
        manifest.close()

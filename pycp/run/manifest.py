"""The manifest of one run: who writes it, and who it is written by."""

from pycp.errors import CopyError
from pycp.quoting import quote_name
from pycp.report.manifest import Manifest
from pycp.values import NEW_MODE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pycp.engine.job import Job


def with_manifest(
    job: "Job", operands: "Iterable[str]", copy: "Callable[[], None]", umask: int = 0
) -> None:
    """Copy, and have each file copied written down in the manifest that the options name.

    `umask` is the user's, where it was set aside. Raise CopyError, and copy nothing, if the
    manifest cannot be opened.
    """
    options = job.options
    assert options.manifest is not None
    known = operands if isinstance(operands, list) else []
    lists = [name for _end, name in options.files_from]
    manifest = Manifest(options.manifest, NEW_MODE & ~umask, known, job.report, lists)
    job.manifest = manifest.add
    own_files = job.report.own_files
    try:
        if manifest.id in own_files:
            text = f"{quote_name(options.manifest)} cannot be the manifest,"
            raise CopyError(f"{text} as {own_files[manifest.id]}", filename=options.manifest)
        if manifest.id is not None:
            own_files[manifest.id] = "it is the manifest"
        copy()
    finally:
        manifest.close()

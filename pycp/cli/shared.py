"""The rows that cp and install have in common, and what their words about backups mean."""

from pycp.cli.parse import choose
from pycp.cli.table import Option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

CONTROLS = ("none off", "simple never", "existing nil", "numbered t")

BACKUP = Option(
    "-b",
    "--backup",
    value="[=CONTROL]",
    field="control",
    sets={"make_backups": True},
    help="keep each old file under another name; CONTROL is numbered (t), simple (never), "
    "existing (nil: numbered if there are such backups, else simple) or none (off); "
    "if not given it is $VERSION_CONTROL, or existing",
)
SUFFIX = Option(
    "-S",
    "--suffix",
    value="=SUFFIX",
    field="suffix",
    help="make backups, and end the names of simple ones in SUFFIX; "
    "if not given it is $SIMPLE_BACKUP_SUFFIX, or ~",
)
TARGET_DIRECTORY = Option(
    "-t",
    "--target-directory",
    value="=DIRECTORY",
    field="target_directory",
    help="put every SOURCE into DIRECTORY",
)
NO_TARGET_DIRECTORY = Option(
    "-T",
    "--no-target-directory",
    field="no_target_directory",
    help="take DESTINATION as the name itself, even if it is a directory",
)
CONTEXT = Option(
    "-Z",
    "--context",
    value="[=CONTEXT]",
    warning="warning: ignoring --context; it requires an SELinux-enabled kernel",
    help="accepted and ignored: no SELinux context is set",
)
VERBOSE = Option("-v", "--verbose", field="verbose", help="name each thing as it is done")
DEBUG = Option(
    "--debug",
    sets={"debug": True, "verbose": True},
    help="like -v, and tell how the data of each file travelled",
)
HELP = Option("--help", sets={"answer": "help"}, help="print this text and do nothing else")
VERSION = Option(
    "--version", sets={"answer": "version"}, help="print the version and do nothing else"
)
COMPLETION = Option(
    "--completion",
    value="=SHELL",
    field="answer",
    choices=("bash", "zsh", "fish"),
    help="print the script that completes words for SHELL; bash, zsh or fish",
)


def wants_backups(fields: "Mapping[str, Any]") -> bool:
    """Tell whether any option asked for backups, whatever their method."""
    return not {"make_backups", "control", "suffix"}.isdisjoint(fields)


def resolve_backup(fields: "dict[str, Any]", environ: "Mapping[str, str]") -> None:
    """Turn the words about backups into the fields `backup` and `suffix`.

    An empty CONTROL counts as none given; the environment is asked only if backups are wanted.
    Raise UsageError if the method is no keyword.
    """
    if not wants_backups(fields):
        return
    fields.pop("make_backups", None)
    control = fields.pop("control", "")
    context = "backup type"
    if not control:
        control = environ.get("VERSION_CONTROL") or "existing"
        context = "$VERSION_CONTROL"
    fields["backup"] = choose(control, CONTROLS, context)
    suffix = fields.get("suffix", environ.get("SIMPLE_BACKUP_SUFFIX", ""))
    # As in GNU, only a slash before the last component spoils a suffix: "x/" fails later.
    stem = suffix.rstrip("/")
    fields["suffix"] = suffix if stem and "/" not in stem else "~"

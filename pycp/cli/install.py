"""The options of install: their rows, and what a whole command line of them means.

Mode, owner and group stay as typed: GNU reads them only after it has looked at the operands.
"""

from pycp.checks import clash, lacking
from pycp.cli.parse import parse
from pycp.cli.shared import (
    ATOMIC,
    BACKUP,
    BANDWIDTH,
    COMPLETION,
    CONTEXT,
    DEBUG,
    DIGEST,
    DRY_RUN,
    DURABLE,
    HELP,
    JSON,
    LISTS,
    MANIFEST,
    NO_TARGET_DIRECTORY,
    STATS,
    SUFFIX,
    TARGET_DIRECTORY,
    VERBOSE,
    VERIFY,
    VERSION,
    progress,
    resolve_backup,
    resolve_extras,
    resolve_labels,
)
from pycp.cli.table import Option, Table
from pycp.errors import CopyError, UsageError
from pycp.options import InstallOptions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

UNDOING = {"undo", "record_root", "dry_run", "verbose", "debug", "json", "progress"}
"""Fields that mean something to --undo."""
_CLASHES = {
    ("directory", "strip"): "the strip option may not be used when installing a directory",
    ("directory", "target_directory"): "target directory not allowed when installing a directory",
}

INSTALL = Table(
    usage=(
        "[OPTION]... SOURCE DESTINATION",
        "[OPTION]... SOURCE... DIRECTORY",
        "[OPTION]... -t DIRECTORY SOURCE...",
        "[OPTION]... -d DIRECTORY...",
        "[OPTION]... --undo=FILE",
    ),
    summary="Copy files to where they are used and set their attributes, or make directories. "
    "An old file is replaced by a new one, never written into.",
    gnu_names="backup compare context debug directory group mode no-target-directory owner"
    " preserve-timestamps preserve-context strip strip-program suffix target-directory verbose"
    " help version",
    most_used="-d -D -m -o -g -p -s -C -t -v",
    groups={
        "What a file gets": (
            Option(
                "-m",
                "--mode",
                value="=MODE",
                field="mode",
                help="permissions, as chmod takes them; 0755 if not given",
            ),
            Option(
                "-o",
                "--owner",
                value="=OWNER",
                field="owner",
                help="user to give it to, by name or number",
            ),
            Option(
                "-g",
                "--group",
                value="=GROUP",
                field="group",
                help="group to give it to, by name or number",
            ),
            Option(
                "-p",
                "--preserve-timestamps",
                field="preserve_timestamps",
                help="the times at which SOURCE was read and changed",
            ),
            Option("-s", "--strip", field="strip", help="run strip on it"),
            Option(
                "--strip-program",
                value="=PROGRAM",
                field="strip_program",
                help="with -s, run PROGRAM on it in place of strip",
            ),
            CONTEXT,
            Option(
                "--preserve-context",
                field="preserve_context",
                warning="WARNING: ignoring --preserve-context; this kernel is not SELinux-enabled",
                help="give each file the SELinux label of its SOURCE",
            ),
        ),
        "Directories": (
            Option(
                "-d",
                "--directory",
                field="directory",
                help="make each operand a directory, with those above it",
            ),
            Option(
                "-D",
                field="make_parents",
                help="make the missing directories above DESTINATION, or all of -t DIRECTORY",
            ),
            TARGET_DIRECTORY,
            NO_TARGET_DIRECTORY,
            *LISTS,
        ),
        "Files that are already there": (
            Option(
                "-C",
                "--compare",
                field="compare",
                help="leave a file alone if contents, owner, group and mode are right already",
            ),
            BACKUP,
            SUFFIX,
        ),
        "Installations that can be undone": (
            Option(
                "--record",
                value="=FILE",
                field="record",
                help="add to FILE a line of mtree(5) for each file and directory that is made",
            ),
            Option(
                "--record-root",
                value="=DIRECTORY",
                field="record_root",
                help="have the record name what is below DIRECTORY, such as $DESTDIR, and nothing "
                "else",
            ),
            Option(
                "--unprivileged",
                field="unprivileged",
                help="write owner, group and set-ID bits into the record, and do not set them",
            ),
            Option(
                "--undo",
                value="=FILE",
                field="undo",
                help="remove what the record FILE says was made and nobody has changed, and put "
                "back what it replaced",
            ),
        ),
        "Safety": (ATOMIC, DURABLE, VERIFY, MANIFEST, DIGEST, BANDWIDTH),
        "What is printed": (
            VERBOSE,
            DEBUG,
            progress("--progress"),
            STATS,
            DRY_RUN,
            JSON,
            HELP,
            VERSION,
            COMPLETION,
        ),
        "For old makefiles": (Option("-c", help="accepted and ignored"),),
    },
)


def parse_install(
    arguments: list[str], environ: "Mapping[str, str]", warn: "Callable[[str], None]"
) -> tuple[InstallOptions, list[str]]:
    """Return what the options of install mean together, and the operands; look at no file.

    Raise Answer at --help and --version; UsageError, or CopyError where GNU does not point at
    --help, at a mistake.
    """
    fields, operands = parse(arguments, INSTALL, environ, warn)
    if found := clash(fields, makes_backups=False):
        raise CopyError(_CLASHES[found])
    _check_record(fields)
    resolve_backup(fields, environ)
    if "strip_program" in fields and "strip" not in fields:
        fields["ignores_strip_program"] = True
    if fields.get("context") == "":
        fields["labels_by_default"] = False  # GNU's way to ask for none
    resolve_extras(fields)
    return resolve_labels(InstallOptions(**fields)), operands


def _check_record(fields: "Mapping[str, Any]") -> None:
    if "undo" in fields and not fields.keys() <= UNDOING:
        raise UsageError("--undo installs nothing, and takes no options that do")
    if found := lacking(fields):
        option, needed = (f"--{name.replace('_', '-')}" for name in found)
        raise UsageError(f"{option} needs {needed}")

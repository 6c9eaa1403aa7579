"""The rows that cp and install have in common, and what their words about backups mean."""

from pycp.checks import is_digest, is_rate, is_suffix
from pycp.cli.parse import choose
from pycp.cli.table import Option
from pycp.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, TypeVar

    from pycp.options import WriteOptions

    Options = TypeVar("Options", bound=WriteOptions)

RATE_UNITS = {
    "": 1,
    "K": 1024,
    "M": 1024**2,
    "G": 1024**3,
    "KB": 1000,
    "MB": 1000**2,
    "GB": 1000**3,
}
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
LISTS = (
    Option(
        "--files-from",
        value="=FILE",
        field="files_from",
        collects="lines",
        help="copy what FILE names, one SOURCE on each line, into DIRECTORY; "
        "FILE may be -, standard input",
    ),
    Option(
        "--files0-from",
        value="=FILE",
        field="files_from",
        collects="nul",
        help="copy what FILE names, with a NUL byte after each SOURCE, as find -print0 writes "
        "them; FILE may be -, standard input",
    ),
)
CONTEXT = Option(
    "-Z",
    "--context",
    value="[=CONTEXT]",
    field="context",
    sets={"default_context": True},
    warning="warning: ignoring --context; it requires an SELinux-enabled kernel",
    help="give everything the SELinux label CONTEXT; without CONTEXT the one that the policy has "
    "for its name",
)
ATOMIC = Option(
    "--atomic",
    field="atomic",
    help="put each file in its place in one step, when it is complete; "
    "until then, and if anything fails, the old one stays",
)
DURABLE = Option(
    "--durable",
    field="durable",
    help="flush files and directories to disk, in an order that survives a crash",
)
VERIFY = Option(
    "--verify",
    field="verify",
    help="read each SOURCE and its copy back, past the cache where that is possible, and compare "
    "them; a difference is a failure",
)
MANIFEST = Option(
    "--manifest",
    value="=FILE",
    field="manifest",
    help="write to FILE the digest of each file copied; b2sum -c FILE, or the command of the "
    "--digest chosen, checks the copies",
)
DIGEST = Option(
    "--digest",
    value="=NAME",
    field="digest",
    help="what --manifest computes; sha256, sha512, md5 or whatever Python's hashlib offers "
    "here; if not given it is blake2b",
)
BANDWIDTH = Option(
    "--bwlimit",
    value="=RATE",
    field="bandwidth",
    help="copy at most RATE bytes in a second; K, M, G after the number count by 1024, KB, MB, GB "
    "by 1000",
)
DRY_RUN = Option(
    "--dry-run",
    sets={"dry_run": True, "verbose": True},
    help="print what would be done, line by line as -v does, and change nothing",
)


def progress(*names: str) -> Option:
    """Return the row of --progress; pycp has a letter for it that install uses for groups."""
    return Option(
        *names,
        value="[=WHEN]",
        field="progress",
        sets={"progress": "auto"},
        choices=("auto", "always", "never"),
        help="show bytes, files, rate and time left on standard error; WHEN is auto (on a "
        "terminal, after a second; also without WHEN), always or never",
    )


JSON = Option(
    "--json",
    value="[=FILE]",
    field="json",
    sets={"json": "-"},
    help="write one JSON object for each event to FILE; without FILE to standard output, in place "
    "of the lines of -v",
)
STATS = Option(
    "--stats",
    field="stats",
    help="print a line at the end, on standard error: files, bytes, time and rate, and how many "
    "were reflinked, linked, skipped or failed",
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


def resolve_extras(fields: "dict[str, Any]") -> None:
    """Turn the words of our own options into their values; raise UsageError at a mistake."""
    if "bandwidth" in fields:
        fields["bandwidth"] = _rate(fields["bandwidth"])
    if "digest" in fields:
        _check_digest(fields["digest"])
        if "manifest" not in fields:
            raise UsageError("--digest is for --manifest, which is not given")
    if "files_from" in fields:
        from pycp.cli.listed import resolve_lists

        resolve_lists(fields)
    if fields.get("manifest") == fields.get("json") == "-":
        raise UsageError("--manifest and --json cannot both write to standard output")


def resolve_labels(options: "Options") -> "Options":
    """Return options in their final meaning on this kernel; raise CopyError where they have none.

    It is looked at only if they speak of SELinux labels.
    """
    if options.asks_for_labels():
        from pycp.plan.labels import settle_labels

        return settle_labels(options)
    return options


def _rate(word: str) -> int:
    """Return the bytes per second that a value of --bwlimit means."""
    plain = word.upper().removesuffix("IB")
    number = plain.rstrip("KMGB")
    size = RATE_UNITS.get(plain[len(number) :])
    if size and number.isascii() and number.replace(".", "", 1).isdigit():
        rate = float(number) * size
        if is_rate(rate):
            return int(rate)
    from pycp.quoting import quote_word

    raise UsageError(
        f"invalid argument {quote_word(word)} for {quote_word('--bwlimit')}:"
        " bytes in a second, like 500K or 20M"
    )


def _check_digest(name: str) -> None:
    if not is_digest(name):
        from pycp.quoting import quote_word

        raise UsageError(f"invalid argument {quote_word(name)} for {quote_word('--digest')}")


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
    fields["suffix"] = suffix if is_suffix(suffix) else "~"

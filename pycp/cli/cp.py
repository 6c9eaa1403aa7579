"""The options of cp: their rows, and what a whole command line of them means.

GNU's checks come after the last word is read, in GNU's order, because later options may undo
earlier ones. Options that exclude each other share a field, so the last one wins by itself.
"""

from pycp.checks import clash, settle
from pycp.cli.cp_rows import CLASHES, TEE
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
    wants_backups,
)
from pycp.cli.table import Option, Table
from pycp.errors import UsageError
from pycp.options import CopyOptions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_DEFAULT_ATTRIBUTES = {
    "preserve_mode": True,
    "preserve_ownership": True,
    "preserve_timestamps": True,
}
_ON_TOP = ("preserve_links", "preserve_xattr", "preserve_context")
_ALL_ATTRIBUTES = {**_DEFAULT_ATTRIBUTES, **dict.fromkeys(_ON_TOP, True)}
_ATTRIBUTES = {
    "mode": {"preserve_mode": True, "explicit_no_mode": False},
    "timestamps": {"preserve_timestamps": True},
    "ownership": {"preserve_ownership": True},
    "links": {"preserve_links": True},
    "context": {"preserve_context": True, "require_preserve_context": True},
    "xattr": {"preserve_xattr": True, "require_preserve_xattr": True},
    "all": {**_ALL_ATTRIBUTES, "explicit_no_mode": False},
}

CP = Table(
    usage=(
        "[OPTION]... SOURCE DESTINATION",
        "[OPTION]... SOURCE... DIRECTORY",
        "[OPTION]... -t DIRECTORY SOURCE...",
    ),
    summary="Copy a file to another name, or files and directories into a directory.",
    gnu_names="archive attributes-only backup copy-contents debug dereference force interactive"
    " link no-clobber no-dereference no-preserve no-target-directory one-file-system parents path"
    " preserve recursive remove-destination sparse reflink strip-trailing-slashes suffix"
    " symbolic-link target-directory update verbose keep-directory-symlink context help version",
    most_used="-a -R -p -g -j --resume --verify --exclude --dry-run --json",
    groups={
        "Directories": (
            Option(
                "-R",
                "-r",
                "--recursive",
                field="recursive",
                help="copy directories with all they hold",
            ),
            Option(
                "-a",
                "--archive",
                sets={
                    **_ALL_ATTRIBUTES,
                    "dereference": "never",
                    "recursive": True,
                    "require_preserve": True,
                    "xattr_errors": "none",
                },
                help="copy trees as faithfully as this user may: -dR --preserve=all",
            ),
            Option(
                "-x",
                "--one-file-system",
                field="one_file_system",
                help="do not enter directories where another file system is mounted",
            ),
            Option(
                "--keep-directory-symlink",
                field="keep_directory_symlink",
                help="with -R and --copy-contents, go through a symbolic link to a directory "
                "that stands where a directory should go",
            ),
        ),
        "Files that are already there": (
            Option(
                "-i",
                "--interactive",
                sets={"overwrite": "ask"},
                help="ask before writing over a file; undoes -n",
            ),
            Option(
                "-n",
                "--no-clobber",
                sets={"overwrite": "never"},
                help="leave files that exist as they are; undoes -i",
            ),
            Option(
                "-u",
                "--update",
                value="[=WHICH]",
                field="update",
                sets={"update": "older"},
                choices=("all", "none", "none-fail", "older"),
                help="write over older files only; WHICH files may be all, older, none, "
                "or none-fail (none, and each one there is a failure)",
            ),
            Option(
                "-f",
                "--force",
                field="force",
                help="remove a file that cannot be opened for writing, and try again",
            ),
            Option(
                "--remove-destination",
                field="remove_destination",
                help="remove every old file first, rather than write into it",
            ),
            BACKUP,
            SUFFIX,
        ),
        "What a copy keeps": (
            Option(
                "-p",
                "--preserve",
                value="[=LIST]",
                sets={**_DEFAULT_ATTRIBUTES, "require_preserve": True},
                each={
                    word: {**fields, "require_preserve": True}
                    for word, fields in _ATTRIBUTES.items()
                },
                help="keep mode, ownership and timestamps; with LIST, what it names, with "
                "commas between: mode, timestamps, ownership, links, context, xattr, all",
            ),
            Option(
                "--no-preserve",
                value="=LIST",
                each={
                    word: {field: not kept for field, kept in fields.items()}
                    for word, fields in _ATTRIBUTES.items()
                },
                help="do not keep what LIST names",
            ),
            Option(
                "--attributes-only",
                field="attributes_only",
                help="leave contents alone and copy the attributes",
            ),
            CONTEXT,
        ),
        "Links and special files": (
            Option(
                "-P",
                "--no-dereference",
                sets={"dereference": "never"},
                help="copy symbolic links as links; so does -R, unless -l, -L or -H is given",
            ),
            Option(
                "-L",
                "--dereference",
                sets={"dereference": "always"},
                help="copy what symbolic links point to",
            ),
            Option(
                "-H",
                sets={"dereference": "operands"},
                help="follow the symbolic links named as SOURCE, and no others",
            ),
            Option(
                "-d",
                sets={"dereference": "never", "preserve_links": True},
                help="copy links as links: -P --preserve=links",
            ),
            Option(
                "-l",
                "--link",
                field="hard_link",
                help="make hard links in place of copies",
            ),
            Option(
                "-s",
                "--symbolic-link",
                field="symbolic_link",
                help="make symbolic links in place of copies",
            ),
            Option(
                "--copy-contents",
                field="copy_contents",
                help="with -R, read what comes out of devices and FIFOs",
            ),
        ),
        "Where copies go": (
            TARGET_DIRECTORY,
            NO_TARGET_DIRECTORY,
            *LISTS,
            Option(
                "--parents",
                "--path",
                field="parents",
                help="rebuild the whole path of each SOURCE inside DIRECTORY",
            ),
            TEE,
            Option(
                "--strip-trailing-slashes",
                field="strip_trailing_slashes",
                help="read each SOURCE that goes into a directory without the slashes at its end",
            ),
        ),
        "How data is stored": (
            Option(
                "--reflink",
                value="[=WHEN]",
                field="reflink",
                sets={"reflink": "always"},
                choices=("auto", "always", "never"),
                help="share storage with SOURCE until one of the two changes; WHEN is always "
                "(if it cannot be, fail; so without WHEN), auto (if it can be; the default) "
                "or never",
            ),
            Option(
                "--sparse",
                value="=WHEN",
                field="sparse",
                choices=("never", "auto", "always"),
                help="store long runs of zeros as holes; WHEN is always, auto (where SOURCE has "
                "holes; the default) or never",
            ),
        ),
        "What is left out": (
            Option(
                "--exclude",
                value="=PATTERN",
                field="exclude",
                collects="pattern",
                help="leave out what PATTERN matches, as in a .gitignore file of each SOURCE",
            ),
            Option(
                "--exclude-from",
                value="=FILE",
                field="exclude",
                collects="file",
                help="leave out what the patterns in FILE match, one on each line",
            ),
        ),
        "Safety": (
            ATOMIC,
            DURABLE,
            VERIFY,
            MANIFEST,
            DIGEST,
            Option(
                "--resume",
                field="resume",
                help="go on with the same copy after it was interrupted; what is complete stays, "
                "and what is not is finished",
            ),
        ),
        "Speed": (
            Option(
                "-j",
                "--jobs",
                value="=N",
                field="jobs",
                help="let N processes copy a tree; 1 keeps to one order; auto, the default, "
                "takes several for large trees and slow file systems",
            ),
            BANDWIDTH,
            Option(
                "--cluster",
                value="=ENGINE",
                field="cluster",
                help="have other machines copy trees: mpi for the processes that mpiexec or srun "
                "started, dask:ADDRESS or dask:FILE.json for the workers of a Dask scheduler",
            ),
            Option(
                "--cluster-insecure",
                field="cluster_insecure",
                help="accept a Dask scheduler that is reached without TLS over a network",
            ),
        ),
        "What is printed": (
            VERBOSE,
            DEBUG,
            progress("-g", "--progress"),
            STATS,
            DRY_RUN,
            JSON,
            HELP,
            VERSION,
            COMPLETION,
        ),
    },
)


def parse_cp(
    arguments: list[str], environ: "Mapping[str, str]", warn: "Callable[[str], None]"
) -> tuple[CopyOptions, list[str]]:
    """Return what the options of cp mean together, and the operands; look at no file.

    Raise Answer at --help and --version; UsageError, or CopyError where GNU does not point at
    --help, at a mistake.
    """
    fields, operands = parse(arguments, CP, environ, warn)
    if fields.get("overwrite") == "never":
        fields["update"] = "none"
    if found := clash(fields, wants_backups(fields)):
        raise UsageError(CLASHES[found])
    resolve_backup(fields, environ)
    settle(fields)
    if "dereference" not in fields and fields.get("recursive") and not fields.get("hard_link"):
        fields["dereference"] = "never"
    if fields.get("require_preserve_xattr") or fields.get("attributes_only"):
        fields["xattr_errors"] = "all"
    elif fields.get("preserve_xattr"):
        fields.setdefault("xattr_errors", "some")
    if "jobs" in fields or "cluster" in fields:
        from pycp.cli.workers import resolve_workers

        resolve_workers(fields)
    if "exclude" in fields:
        fields["exclude"] = tuple(fields["exclude"])
    if "tee" in fields:
        fields["tee"] = tuple(name for _word, name in fields["tee"])
    resolve_extras(fields)
    return resolve_labels(CopyOptions(**fields)), operands

"""The options that say who copies: words of --jobs and --cluster, and what they mean."""

from pycp.checks import MOST_JOBS, is_job_count, keeps_to_one_machine
from pycp.errors import UsageError
from pycp.quoting import quote_word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_ONE_MACHINE = {
    "overwrite": "--interactive (-i)",
    "debug": "--debug",
    "dry_run": "--dry-run",
    "atomic": "--atomic",
    "parents": "--parents",
    "backup": "--backup (-b)",
    "bandwidth": "--bwlimit",
    "files_from": "--files-from nor --files0-from",
    "tee": "--tee",
    "keep_directory_symlink": "--keep-directory-symlink and --copy-contents",
    "dereference": "--dereference (-L) where hard links are preserved",
}
"""Options that --cluster refuses, by their fields."""


def resolve_workers(fields: "dict[str, Any]") -> None:
    """Turn words into their values; raise UsageError at a mistake."""
    if "jobs" in fields:
        fields["jobs"] = _jobs(fields["jobs"])
    if "cluster" in fields:
        _check_cluster(fields)


def _check_cluster(fields: "Mapping[str, Any]") -> None:
    """Raise UsageError if there is no such engine, or other options leave it nothing to do."""
    engine, _, where = fields["cluster"].partition(":")
    if fields["cluster"] != "mpi" and not (engine == "dask" and where):
        raise UsageError(
            f"invalid argument {quote_word(fields['cluster'])} for {quote_word('--cluster')}:"
            " mpi, dask:ADDRESS or dask:FILE.json"
        )
    if name := keeps_to_one_machine(fields):
        raise UsageError(f"--cluster cannot be combined with {_ONE_MACHINE[name]}")


def _jobs(word: str) -> int:
    """Return the number of processes that a value of --jobs means, 0 for "auto"."""
    if word == "auto":
        return 0
    if word.isascii() and word.isdigit() and is_job_count(float(word)):
        return int(float(word))
    raise UsageError(
        f"invalid argument {quote_word(word)} for {quote_word('--jobs')}:"
        f" a number from 1 to {MOST_JOBS}, or auto"
    )

"""What lists of sources cannot be combined with."""

from pycp.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def resolve_lists(fields: "dict[str, Any]") -> None:
    """Settle the lists; raise UsageError if others want standard input as well."""
    fields["files_from"] = lists = tuple(fields["files_from"])
    times = [place for _end, place in lists].count("-")
    if not times:
        return
    if fields.get("overwrite") == "ask":
        raise UsageError(
            "--interactive (-i) reads answers where the list of sources comes from,"
            " standard input: give the list as a file"
        )
    if times > 1 or ("file", "-") in fields.get("exclude", ()):
        raise UsageError("standard input can be read as one list only")

"""Arguments of the Python interface, turned into fields of options and words of a command.

Each function raises ValueError or TypeError for what means nothing, before anything is done.
"""

from pycp.checks import (
    clash,
    is_rate,
    is_suffix,
    lacking,
    name_of,
    require_digest,
    require_type,
    require_types,
    settle,
    texts_of,
)
from pycp.errors import CopyError
from pycp.options import CopyOptions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any, Literal

    from pycp.checks import Path
    from pycp.options import Record
    from pycp.report.listener import Event

    Attribute = Literal["mode", "ownership", "timestamps", "links", "context", "xattr", "all"]
    Listen = Callable[[Event], object]

ATTRIBUTES = ("mode", "ownership", "timestamps", "links", "context", "xattr")


def fields_of(options: "type[Record]", arguments: "dict[str, Any]") -> "dict[str, Any]":
    """Return the arguments that are options by the same name and value."""
    others = ("context", "exclude", "jobs", "manifest", "mode", "record", "record_root", "tee")
    fields = {
        name: value
        for name, value in arguments.items()
        if hasattr(options, name) and name not in others
    }
    require_types(options, fields)
    return fields


def dereference_of(follow_symlinks: object, follows: bool) -> str:
    """Return which symbolic links are followed; `follows` tells whether they are if not said."""
    if follow_symlinks is None:
        follow_symlinks = follows
    require_type("follow_symlinks", follow_symlinks, bool, str)
    if isinstance(follow_symlinks, bool):
        return "always" if follow_symlinks else "never"
    if follow_symlinks != "operands":
        raise ValueError(f"follow_symlinks={follow_symlinks!r} is none of True, False, 'operands'")
    return "operands"


def kept(
    preserve: "bool | Attribute | Iterable[Attribute]", attributes_only: bool
) -> "dict[str, object]":
    """Return the fields that say what is preserved."""
    if isinstance(preserve, bool):
        names = ["all"] if preserve else []
    else:
        names = texts_of("preserve", preserve)
    for name in names:
        if name not in (*ATTRIBUTES, "all"):
            raise ValueError(f"preserve={name!r} is none of {', '.join(ATTRIBUTES)}, all")
    wanted = ATTRIBUTES if "all" in names else names
    fields: dict[str, object] = {f"preserve_{name}": True for name in wanted}
    if names:
        fields["require_preserve"] = True
    if "context" in names:
        fields["require_preserve_context"] = True
    if "xattr" in names:
        fields["require_preserve_xattr"] = True
    elif "all" in names and not attributes_only:
        fields["xattr_errors"] = "none"
    return fields


def mode_of(mode: int | str, is_directory: bool) -> str:
    """Return a mode as the command takes it."""
    from pycp.plan.modes import octal, resolve_mode

    require_type("mode", mode, int, str)
    try:
        text = octal(mode) if isinstance(mode, int) else mode
        resolve_mode(text, is_directory)
    except CopyError as error:
        raise ValueError(str(error)) from None
    return text


def require_owner(argument: str, owner: str | int | None) -> None:
    """Raise TypeError or ValueError for what is no name or number of anybody."""
    if owner is None:
        return
    require_type(argument, owner, int, str)
    if isinstance(owner, int):
        from pycp.plan.owners import user_number

        try:
            user_number(owner)
        except CopyError:
            raise ValueError(f"{argument}={owner} is the number of nobody") from None


def check(fields: "dict[str, Any]", manifest: "Path | None", on_event: "Listen | None") -> None:
    """Bring the fields that copy and install share to their final meaning.

    Raise ValueError or TypeError.
    """
    if manifest is not None:
        name = name_of(manifest)
        fields["manifest"] = "./-" if name == "-" else name  # nothing is printed from here
    found = clash(fields, makes_backups=fields["backup"] != "none")
    if found:
        named = " and ".join(f"{name}={fields[name]!r}" for name in found)
        raise ValueError(f"{named} exclude each other")
    settle(fields)
    if not is_suffix(fields["suffix"]) or "/" in fields["suffix"]:
        raise ValueError("suffix must not be empty, nor hold a slash")
    if fields["bandwidth"] != 0 and not is_rate(fields["bandwidth"]):
        raise ValueError("bandwidth must not be negative")
    require_digest(fields, CopyOptions.digest)
    if missing := lacking(fields):
        raise ValueError(f"{missing[0]} needs {missing[1]}")
    require_listener(on_event)


def require_listener(on_event: "Listen | None") -> None:
    """Raise TypeError for what cannot be called."""
    if on_event is not None and not callable(on_event):
        raise TypeError(f"on_event must be callable, not {type(on_event).__name__}")


def operands_of(
    sources: "list[str] | Iterator[str]", is_one: bool, destination: "Path"
) -> "tuple[list[str] | Iterator[str], str | None]":
    """Return the operands of the command, and its target directory if it needs that option."""
    word = name_of(destination)
    return ([*sources, word], None) if is_one else (sources, word)

"""What options may be: one place for the command line and for Python.

Each of the two words a mistake in its own way, so most functions here only answer.
"""

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    from pycp.options import Record

    Path = str | bytes | os.PathLike[str] | os.PathLike[bytes]
    Clash = tuple[str, str]

CHOICES = {
    "backup": ("none", "simple", "existing", "numbered"),
    "reflink": ("auto", "always", "never"),
    "sparse": ("auto", "always", "never"),
    "update": ("all", "none", "none-fail", "older"),
}
"""The words that a field may be, where there are few."""
MOST_JOBS = 256
KEEPS_ALL = ("none", "none-fail")
"""Values of `update` with which nothing is replaced, so there is nothing to back up."""


def clash(fields: "Mapping[str, Any]", makes_backups: bool) -> "Clash | None":
    """Return the names of two fields that exclude each other, if there are."""
    if fields.get("hard_link") and fields.get("symbolic_link"):
        return "hard_link", "symbolic_link"
    if makes_backups and fields.get("update") in KEEPS_ALL:
        return "backup", "update"
    if fields.get("reflink") == "always" and fields.get("sparse", "auto") != "auto":
        return "reflink", "sparse"
    if fields.get("directory"):
        if fields.get("strip"):
            return "directory", "strip"
        if fields.get("target_directory") is not None:
            return "directory", "target_directory"
    if fields.get("tee"):
        return _clash_with_several(fields)
    return None


def _clash_with_several(fields: "Mapping[str, Any]") -> "Clash | None":
    """Return the names of two fields of which one asks for several destinations."""
    if fields.get("overwrite") == "ask":
        return "tee", "overwrite"
    if fields.get("no_target_directory"):
        return "tee", "no_target_directory"
    if fields.get("cluster"):
        return "tee", "cluster"
    manifest = fields.get("manifest")
    if manifest is not None and (
        manifest == "-" or os.path.isabs(manifest) or ".." in manifest.split("/")
    ):
        return "tee", "manifest"
    return None


NEEDS = {"unprivileged": ("record",), "record_root": ("record", "undo")}
"""Fields that mean nothing without one of others."""


def lacking(fields: "Mapping[str, Any]") -> "Clash | None":
    """Return the names of a field and of the other one that it needs, if that is not given."""
    for name, others in NEEDS.items():
        is_given = fields.get(name) not in (None, False)
        if is_given and all(fields.get(other) is None for other in others):
            return name, others[0]
    return None


ORDERED = {
    "overwrite": "ask",
    "debug": True,
    "dry_run": True,
    "atomic": True,
    "parents": True,
}
"""Fields with which only one process, or only this machine, can copy, and their values then."""


def keeps_to_one_machine(fields: "Mapping[str, Any]") -> str:
    """Return the name of a field that lets no other machine take part, or nothing."""
    for name, value in ORDERED.items():
        if fields.get(name) == value:
            return name
    if fields.get("backup", "none") != "none":
        return "backup"
    for name in ("bandwidth", "files_from", "tee"):
        if fields.get(name):
            return name
    if fields.get("preserve_links") and fields.get("dereference", "always") == "always":
        return "dereference"
    if fields.get("keep_directory_symlink") and fields.get("copy_contents"):
        return "keep_directory_symlink"  # two of its directories may be the same
    return ""


def keeps_from_executor(fields: "Mapping[str, Any]") -> str:
    """Return why no executor can copy, which may do the same twice, or nothing if it can.

    Told to leave alone what is there, or to make links, the second time would take what the first
    one made for somebody else's.
    """
    name = keeps_to_one_machine(fields)
    if name == "dereference":
        return "an executor cannot follow symbolic links and preserve hard links"
    if name == "keep_directory_symlink":
        return "executor, keep_directory_symlink and copy_contents exclude each other"
    if not name and fields["update"] != "all":
        name = "update"
    if not name and fields["hard_link"]:
        name = "hard_link"
    return f"executor and {name}={fields[name]!r} exclude each other" if name else ""


def settle(fields: "dict[str, Any]") -> None:
    """Change what follows from other fields."""
    if fields.get("sparse") == "never":
        fields["reflink"] = "never"  # shared storage would bring the source's holes along


def is_job_count(number: float) -> bool:
    """Tell whether so many processes may copy one tree."""
    return 1 <= number <= MOST_JOBS


def is_rate(number: float) -> bool:
    """Tell whether so many bytes in a second are a limit."""
    return 1 <= number < float("inf")


def is_suffix(text: str) -> bool:
    """Tell whether the name of a backup may end so.

    As in GNU, only a slash before the last component spoils a suffix: "x/" fails later.
    """
    stem = text.rstrip("/")
    return stem != "" and "/" not in stem


def is_digest(name: str) -> bool:
    """Tell whether hashlib has a digest of this name, and of one length."""
    import hashlib

    try:
        return hashlib.new(name, usedforsecurity=False).digest_size > 0
    except (ValueError, TypeError):  # the latter for what is no UTF-8
        return False


def require_digest(fields: "Mapping[str, Any]", default: str) -> None:
    """Raise ValueError if there is no such digest for the manifest, or no manifest for it."""
    digest = fields["digest"]
    if fields.get("manifest") is None:
        if digest != default:
            raise ValueError(f"digest={digest!r} is for a manifest, and there is none")
    elif not is_digest(digest):
        raise ValueError(f"digest={digest!r} is no digest of one length")


def require_types(options: "type[Record]", fields: "Mapping[str, object]") -> None:
    """Raise TypeError, or ValueError, if a value is none that its field could hold.

    The default of a field tells its type; a field that is None by default is not looked at.
    """
    for name, value in fields.items():
        default = getattr(options, name)
        if default is not None:
            require_type(name, value, type(default))
        if name in CHOICES and value not in CHOICES[name]:
            raise ValueError(f"{name}={value!r} is none of {', '.join(map(repr, CHOICES[name]))}")


def require_type(name: str, value: object, *types: type) -> None:
    """Raise TypeError if a value is of none of these types; ValueError if it is no possible text.

    True and False are no numbers here: a mode or a number of processes is never meant by them.
    """
    if isinstance(value, bool) and bool not in types and int in types:
        raise ValueError(f"{name}={value} is not a number")
    if not isinstance(value, types):
        expected = " or ".join(each.__name__ for each in types)
        raise TypeError(f"{name} must be {expected}, not {type(value).__name__}")
    if isinstance(value, str):
        require_text(value)


def require_text(text: str) -> None:
    """Raise ValueError if no file name and no word of a command line could be this text."""
    if "\0" in text:
        raise ValueError("embedded null byte")
    os.fsencode(text)


def name_of(path: "Path") -> str:
    """Return a path as the engine names it."""
    name = os.fsdecode(path)
    require_text(name)
    return name


def names_of(name: str, paths: "Path | Iterable[Path]") -> "tuple[list[str] | Iterator[str], bool]":
    """Return paths as the engine names them, and whether it was one rather than an iterable.

    What has no length, as an iterator, is gone through only while it is copied. `name` is that of
    the argument.
    """
    if isinstance(paths, str | bytes | os.PathLike):
        return [name_of(paths)], True
    require_iterable(name, paths, "a path or an iterable of paths")
    names = (name_of(path) for path in iter(paths))
    return (list(names) if hasattr(paths, "__len__") else names), False


def texts_of(name: str, texts: "str | Iterable[str]") -> list[str]:
    """Return a list of what may be one text or several."""
    if isinstance(texts, bytes | os.PathLike):
        require_type(name, texts, str)
    elif not isinstance(texts, str):
        require_iterable(name, texts, "str or an iterable of str")
    several = [texts] if isinstance(texts, str) else list(texts)
    for text in several:
        require_type(name, text, str)
    return several


def require_iterable(name: str, value: object, expected: str) -> None:
    """Raise TypeError if there is nothing in a value; a `bytearray` is as little a path."""
    is_iterable = hasattr(value, "__iter__") or hasattr(value, "__getitem__")
    if not is_iterable or isinstance(value, bytearray | memoryview):
        raise TypeError(f"{name} must be {expected}, not {type(value).__name__}")


def labelled(context: object, preserves: bool) -> "dict[str, object]":
    """Return the fields that say which label things get; `preserves` tells of another wish."""
    require_type("context", context, bool, str)
    if context and preserves:
        raise ValueError(f"context={context!r} contradicts that the source's context is preserved")
    if isinstance(context, bool):
        return {"default_context": context}
    return {"context": context}

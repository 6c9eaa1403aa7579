"""One call of a function of shutil, the standard library's or ours, and what comes of it."""

import importlib
import json
import os
import pathlib
import shutil
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from tests import listing, tree
from tests.apart import run
from tests.tree import Owner, Spec

SPELLINGS: Mapping[str, Any] = {"str": str, "bytes": os.fsencode, "path": pathlib.Path}
ENDLESS = 500
"""Directories that a walk through symbolic links may meet; some trees have no end."""


def ignore_b(directory: object, names: list[Any]) -> list[Any]:
    """Leave out every b."""
    return [name for name in names if name in ("b", b"b")]


def copy_by_hand(src: str, dst: str) -> None:
    """Copy contents only, and not what is called c or is no file."""
    if src.endswith("c") or not os.path.isfile(src):
        raise OSError(5, "not wanted", src)
    with open(src, "rb") as source, open(dst, "wb") as destination:
        destination.write(source.read())


@dataclass(frozen=True)
class Call:
    """One call; functions among the arguments are given by name."""

    function: str
    src: str
    dst: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    spelling: str = "str"
    umask: int = 0o022

    def __str__(self) -> str:
        return (
            f"{self.function}({self.src!r}, {self.dst!r}, {dict(self.arguments)}) {self.spelling}"
        )


def outcome(module: Any, call: Call) -> Any:
    """Call the function; return what it returned or raised, in plain values."""
    arguments = dict(call.arguments)
    word = arguments.get("ignore")
    if word == "b":
        arguments["ignore"] = ignore_b
    elif word:
        arguments["ignore"] = module.ignore_patterns(word)
    word = arguments.get("copy_function")
    if word:
        arguments["copy_function"] = copy_by_hand if word == "by hand" else getattr(module, word)
    spell = SPELLINGS[call.spelling]
    try:
        value = getattr(module, call.function)(spell(call.src), spell(call.dst), **arguments)
    except OSError as error:
        if isinstance(error, shutil.Error) and isinstance(error.args[0], list):
            return ["Error", sorted(map(reason, filter(is_told_alike, error.args[0])))]
        names = [str(name) for name in (error.filename, error.filename2)]
        return [type(error).__name__, error.errno, *names, str(error)]
    except ValueError as error:
        return [type(error).__name__, str(error)]
    return ["returned", type(value).__name__, str(value)]


def reason(told: Any) -> list[str]:
    """Return an entry of the list in an Error; nested directories are told as os.DirEntry."""
    return [str(os.fspath(told[0])), str(os.fspath(told[1])), told[2]]


def is_told_alike(told: Any) -> bool:
    """Return False for two names of one file: the standard module lists the letters of its text."""
    return not isinstance(told, str) and not told[2].endswith("are the same file")


@dataclass(frozen=True)
class Seen:
    """What a call returned or raised, and the tree that it left."""

    outcome: Any
    files: list[str]


def seen(module: str, call: Call, spec: Spec, root: str, owner: Owner) -> Seen | None:
    """Build the tree, make the call there as `owner`, and look; None if a walk would not end."""
    tree.build(root, spec, owner)
    try:
        if is_endless(root, call):
            return None
        start_ns = time.time_ns()
        result = run(
            partial(print_outcome, module, call),
            [],
            root,
            umask=call.umask,
            owner=owner if os.geteuid() == 0 else None,
        )
        assert (result.status, result.stderr) == (0, ""), result
        return Seen(json.loads(result.stdout), listed(root, start_ns))
    finally:
        tree.remove(root)


def print_outcome(module: str, call: Call) -> int:
    """Write the outcome of a call on standard output."""
    text = json.dumps(outcome(importlib.import_module(module), call))
    os.write(1, text.encode())
    return 0


def is_endless(root: str, call: Call) -> bool:
    """Return whether symbolic links lead through very many directories, or will."""
    source, destination = (
        os.path.join(root, name.replace("\0", "")) for name in (call.src, call.dst)
    )
    if any(count > ENDLESS for count, _found in enumerate(os.walk(root, followlinks=True))):
        return True
    made = os.path.realpath(destination) + "/"
    return call.function == "copytree" and any(
        made.startswith(os.path.realpath(path) + "/") and path != source
        for path, _directories, _files in os.walk(source, followlinks=True)
    )


def listed(root: str, start_ns: int) -> list[str]:
    """List a tree, but not where data is stored: the standard module fills holes."""
    return [without_places(root, line) for line in listing.listing(root, start_ns)]


def without_places(root: str, line: str) -> str:
    name, *words = line.split("  ")
    if not any(word.startswith("stored:") for word in words):
        return line
    with open(os.path.join(root, name), "rb") as stream:
        digest = zlib.crc32(stream.read())
    kept = [word for word in words if not word.startswith("stored:") and " crc " not in word]
    return "  ".join([name, f"crc {digest:08x}", *kept])

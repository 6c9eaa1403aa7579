"""How a case of install is written: as one of cp, by another name."""

import os
from collections.abc import Sequence
from typing import Any

from tests import tree
from tests.case import Case, Who
from tests.programs import ORDINARY_ID

USER: tuple[Who, ...] = ("user",)
ROOT: tuple[Who, ...] = ("root",)
BOTH: tuple[Who, ...] = ("user", "root")
UID, GID = (ORDINARY_ID,) * 2 if os.geteuid() == 0 else (os.geteuid(), os.getegid())
"""The numbers of whoever runs the cases of an ordinary user."""
TRY = "Try 'pyinstall --help' for more information.\n"


def install(name: str, command: str | Sequence[str], spec: tree.Spec = "", **more: Any) -> Case:
    """Return a case of install; its fields are those of `Case`."""
    return Case(name, command, spec, program="pyinstall", **more)


def script(text: str, mode: int = 0o755) -> tree.Node:
    """Describe a shell script, as something to strip with."""
    return tree.file(f"#!/bin/sh\n{text}\n", mode)

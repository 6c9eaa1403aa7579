"""Run the commands in a child that has what a test replaced, as root or as an ordinary user."""

import os
import shlex
from pathlib import Path

import pytest

from pycp.__main__ import cp_main, install_main
from tests import forked
from tests.programs import ORDINARY_ID, Result

MAINS = {"pycp": cp_main, "pyinstall": install_main}
PEOPLE = ("root", "user")


def run(
    command: str | list[str], cwd: Path, *, who: str = "", stdin: str = "", umask: int = 0o022
) -> Result:
    """Run a command that begins with the program's name; `who` "user" is never root."""
    program, *words = shlex.split(command) if isinstance(command, str) else command
    owner = None
    if who == "user" and os.geteuid() == 0:
        owner = ORDINARY_ID, ORDINARY_ID
        give(cwd)
    if who == "root" and os.geteuid() != 0:
        pytest.skip("what root does only root can show")
    main = MAINS[program]
    return forked.run(main, words, str(cwd), name=program, owner=owner, stdin=stdin, umask=umask)


def give(top: Path) -> None:
    """Give a tree to the ordinary user, and let them reach it."""
    for path in [top, *top.rglob("*")]:
        os.chown(path, ORDINARY_ID, ORDINARY_ID, follow_symlinks=False)
    for above in top.parents:
        if above.owner() == "root" and above.stat().st_mode & 0o077 == 0:
            above.chmod(0o711)

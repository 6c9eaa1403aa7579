"""A source and three destinations, and both ways to fill them."""

import os
import shlex
import shutil
import subprocess
import time
from pathlib import Path

from tests import forked, tree
from tests.listing import listing
from tests.programs import Result

MIB = 1024 * 1024
DESTINATIONS = ("a", "b", "c")


def build(top: Path) -> None:
    """Make `s` with all kinds of files, and three destinations that hold different old ones."""
    source = top / "s"
    words = "d/e/x small@0400 d/two-5 link->small d/up->../d p|"
    tree.build(str(source), words, (os.geteuid(), os.getegid()))
    for name in DESTINATIONS:
        (top / name).mkdir()
    (source / "empty").touch()
    (source / "big").write_bytes(os.urandom(5 * MIB + 12345))
    (source / "zeros").write_bytes(b"begin" + bytes(2 * MIB) + b"end" + bytes(MIB))
    with open(source / "hole", "wb") as file:
        file.truncate(3 * MIB)
        file.seek(MIB)
        file.write(b"data in a hole")
    os.setxattr(source / "big", "user.note", b"kept")
    os.link(source / "big", source / "d/hard")
    os.link(source / "d/two", source / "d/e/two again")
    for name in ("b/s", "c/s"):
        (top / name).mkdir()
    for name, age in (("b/s/small", 1e9), ("c/s/big", time.time() + 99), ("c/s/zeros", 1e9)):
        (top / name).write_text("old")
        os.utime(top / name, (age, age))


def keep(top: Path) -> None:
    """Keep the destinations as they are, for `restore`."""
    (top / "kept").mkdir()
    subprocess.run(["cp", "-a", *DESTINATIONS, "kept"], cwd=top, check=True)


def restore(top: Path) -> None:
    """Make the destinations what they were; the source, and so the order of its files, stays."""
    for name in DESTINATIONS:
        shutil.rmtree(top / name)
        subprocess.run(["cp", "-a", f"kept/{name}", name], cwd=top, check=True)


def run(command: str, cwd: Path) -> Result:
    """Run pycp with the words of a command."""
    return forked.run_ours(shlex.split(command), str(cwd))


def filled(top: Path, since_ns: int) -> list[str]:
    """Describe all destinations."""
    return [line for name in DESTINATIONS for line in listing(str(top / name), since_ns)]

"""Trees: small files, a flat directory, old copies, extended attributes, slow calls."""

import importlib.util
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from tests.bench.measure import Command, Race, race, remove
from tests.bench.programs import tree_copiers, with_bare_loop, with_operands
from tests.bench.setting import Setting
from tests.bench.table import Goal, show, skip
from tests.bench.trees import check_count, count, make_flat, make_source_tree
from tests.tree import acl

GOALS = {
    "-r": (Goal("pycp", "GNU cp", 0.55), Goal("pycp --jobs=1", "GNU cp", 0.95)),
    "-a": (Goal("pycp", "GNU cp", 0.62), Goal("pycp --jobs=1", "GNU cp", 1.0)),
}
OVERWRITES = {
    "-r": (),
    "-a": (Goal("pycp", "GNU cp", 0.75),),
    "-au": (Goal("pycp", "GNU cp", 1.1),),
}
[(ACCESS_LIST, READABLE_BY_ONE_MORE)] = acl("u::rw u:4321:r g::r m::r o::r").items()
AGAINST_COPYTREE = Goal("pycp", "shutil.copytree", 0.2)
CALL_MILLISECONDS = 1
MOUNT_SECONDS = 10


def _race(
    setting: Setting,
    flag: str,
    tree: Path,
    rounds: int,
    only: tuple[str, ...] = (),
    overwrites: bool = False,
) -> Race:
    destination = tree.with_name("copy")
    expected = count(tree)
    copiers = (tree_copiers if overwrites else with_bare_loop)(setting.ours, flag)
    if overwrites:
        del copiers["uutils cp"]  # as of 0.0.17 it makes another tree in the old one
    if only:
        copiers = {name: command for name, command in copiers.items() if name in only}
    return race(
        with_operands(copiers, f"{tree}/", destination),
        setting.rounds(rounds),
        (lambda: None) if overwrites else (lambda: remove(destination)),
        lambda: check_count(destination, expected),
    )


def small(setting: Setting) -> None:
    """Measure a tree of small files."""
    files = setting.size(40_000)
    tree = setting.tmpfs / "tree"
    make_source_tree(tree, files)
    for flag in ("-r", "-a"):
        found = _race(setting, flag, tree, 9)
        goals = [*GOALS[flag], AGAINST_COPYTREE]
        show(f"{files} small files in memory, {flag}", found, "GNU cp", "file", files, goals)


def overwrite(setting: Setting) -> None:
    """Measure a copy of a tree over an earlier one."""
    files = setting.size(40_000)
    tree = setting.tmpfs / "tree"
    make_source_tree(tree, files)
    for flag, goals in OVERWRITES.items():
        found = _race(setting, flag, tree, 7, overwrites=True)
        show(f"{files} small files over old ones, {flag}", found, "GNU cp", "file", files, goals)


def flat(setting: Setting) -> None:
    """Measure one directory of many files."""
    files = setting.size(50_000)
    tree = setting.tmpfs / "tree"
    make_flat(tree, files)
    found = _race(setting, "-r", tree, 9)
    show(f"{files} files of 1 kB in one directory, -r", found, "GNU cp", "file", files, GOALS["-r"])


def operands(setting: Setting) -> None:
    """Measure operands that lie in one directory: large trees, and files."""
    destination = setting.tmpfs / "copy"

    def prepare() -> None:
        remove(destination)
        destination.mkdir()

    for what, flag, make, files in (
        ("trees", "-r", make_source_tree, setting.size(40_000)),
        ("files", "-p", make_flat, setting.size(12_000)),
    ):
        tree = setting.tmpfs / what
        make(tree, files)
        names = sorted(str(path) for path in tree.iterdir())
        commands: dict[str, Command | None] = {
            name: [*program, flag, *names, str(destination)]
            for name, program in (
                ("GNU cp", ["/bin/cp"]),
                ("pycp", [setting.ours.pycp]),
                ("pycp --jobs=1", [setting.ours.pycp, "--jobs=1"]),
            )
        }
        check = partial(check_count, destination, count(tree))
        found = race(commands, setting.rounds(7), prepare, check)
        title = f"{len(names)} {what} as operands, {files} files, {flag}"
        show(title, found, "GNU cp", "file", files, [Goal("pycp", "GNU cp", 1.0)])


def xattrs(setting: Setting) -> None:
    """Measure a tree whose files have extended attributes and access lists."""
    files = setting.size(10_000)
    title = f"{files} small files with two extended attributes and an access list, -a"
    tree = setting.tmpfs / "tree"
    make_source_tree(tree, files)
    try:
        for path in tree.rglob("*.c"):
            os.setxattr(path, "user.origin", b"bench")
            os.setxattr(path, "user.comment", b"a" * 100)
            os.setxattr(path, ACCESS_LIST, READABLE_BY_ONE_MORE)
    except OSError as error:
        skip(title, f"{tree}: {error.strerror}")
        return
    found = _race(setting, "-a", tree, 7)
    goals = [Goal("pycp", "GNU cp", 0.75), Goal("pycp --jobs=1", "GNU cp", 1.15)]
    show(title, found, "GNU cp", "file", files, goals)


def slow(setting: Setting) -> None:
    """Measure small files on a file system whose every call takes a while."""
    files = 100 if setting.quick else 400
    title = f"{files} small files, FUSE with {CALL_MILLISECONDS} ms a call"
    if lack := lack_of_fuse():
        skip(title, lack)
        return
    below, place = setting.tmpfs / "below", setting.tmpfs / "slow"
    place.mkdir()
    make_source_tree(below / "spread" / "tree", files)
    make_source_tree(below / "together" / "tree", files, per_directory=files)
    only = ("GNU cp", "pycp", "pycp --jobs=1", "shutil.copytree", "rsync -a")
    goals = [Goal("pycp", "GNU cp", 1 / 3)]
    with loopback(below, place) as is_mounted:
        if not is_mounted:
            skip(title, "cannot be mounted")
            return
        for name, flag in (("spread", "-r"), ("spread", "-a"), ("together", "-r")):
            found = _race(setting, flag, place / name / "tree", 3, only)
            how = (
                f"in {max(1, files // 20)} directories" if name == "spread" else "in one directory"
            )
            show(f"{title}, {how}, {flag}", found, "GNU cp", "file", files, goals)


def lack_of_fuse() -> str:
    """Return what is missing for a file system of ours, nothing if nothing is."""
    if not os.access("/dev/fuse", os.R_OK | os.W_OK):
        return "no /dev/fuse"
    if importlib.util.find_spec("mfusepy") is None:
        return "mfusepy is absent (pip install mfusepy; apt-get install fuse3)"
    return ""


@contextmanager
def loopback(below: Path, place: Path, milliseconds: int = CALL_MILLISECONDS) -> Iterator[bool]:
    """Have a directory seen at another place, slowly; False if it cannot be mounted there."""
    words = [sys.executable, "-m", "tests.bench.loopback", str(below), str(place)]
    words.append(str(milliseconds))
    # libfuse 3.14 warns of a number of threads that nobody gave it.
    server = subprocess.Popen(words, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + MOUNT_SECONDS
    try:
        while not os.path.ismount(place) and server.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        yield os.path.ismount(place)
    finally:
        if os.path.ismount(place):
            subprocess.run(["umount", place], check=True)
        else:
            server.kill()
        server.wait()

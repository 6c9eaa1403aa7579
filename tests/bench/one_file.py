"""One file: the start of a program, a large file, one that is mostly holes, shared storage."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from tests.bench.measure import Command, Failed, race, remove
from tests.bench.programs import COPY, file_copiers, tree_copiers, with_operands
from tests.bench.setting import Setting
from tests.bench.table import Goal, show, skip
from tests.bench.trees import check_count, count, make_file, make_flat, make_source_tree

GB = 10**9
NOISE = 1.02
"""What may pass for equal: the start of Python alone is one in a hundred."""
TIB = 1 << 40
PIECES = 64
"""Blocks of data in the file of holes."""
IMAGE_BYTES = 6 * GB


def start_up(setting: Setting) -> None:
    """Measure the copy of a tiny file, which is hardly more than the start of the program."""
    ours = setting.ours
    source, destination = setting.tmpfs / "a", setting.tmpfs / "b"
    source.write_bytes(b"a" * 1000)
    words = [str(source), str(destination)]
    found = race(
        {
            "python3 -c pass": [ours.python, "-c", "pass"],
            "pycp a b": [ours.pycp, *words],
            "pyinstall -m 755 a b": [ours.pyinstall, "-m", "755", *words],
            "shutil.copy": [ours.python, "-c", COPY, *words],
            "GNU cp": ["/bin/cp", *words],
            "GNU install": ["/usr/bin/install", "-m", "755", *words],
        },
        setting.rounds(300),
        lambda: destination.unlink(missing_ok=True),
    )
    base = "python3 -c pass"
    goals = [Goal("pycp a b", base, 1.18), Goal("pyinstall -m 755 a b", base, 1.25)]
    show("Start-up: one file of 1 kB", found, base, "run", 1, goals)


def target(setting: Setting) -> None:
    """Measure one installation of many files."""
    files = setting.size(2_000)
    tree, destination = setting.tmpfs / "tree", setting.tmpfs / "copy"
    make_flat(tree, files)
    names = sorted(tree.iterdir())

    def prepare() -> None:
        remove(destination)
        destination.mkdir()

    programs = {"GNU install": "/usr/bin/install", "pyinstall": setting.ours.pyinstall}
    commands: dict[str, Command | None] = {
        name: [program, "-m", "755", "-t", str(destination), *map(str, names)]
        for name, program in programs.items()
    }
    check = partial(check_count, destination, files)
    found = race(commands, setting.rounds(15), prepare, check)
    goals = [Goal("pyinstall", "GNU install", 1.25)]
    show(f"{files} files in one installation", found, "GNU install", "file", files, goals)


def large(setting: Setting) -> None:
    """Measure a file of 2 GB, in memory and on disk."""
    size = setting.size(2 * GB)
    for place, rounds in ((setting.tmpfs, 7), (setting.disk, 5)):
        source, destination = place / "large", place / "copy"
        make_file(source, size)

        def prepare(copy: Path = destination) -> None:
            remove(copy)
            os.sync()  # or one program would wait for what another has written

        commands = with_operands(file_copiers(setting.ours), source, destination)
        found = race(commands, setting.rounds(rounds), prepare)
        where = "in memory" if place == setting.tmpfs else "on disk"
        goals = [Goal("pycp", "GNU cp", NOISE)]
        show(f"A file of {size / GB:g} GB {where}", found, "GNU cp", "MB", size // 10**6, goals)
        remove(source, destination)


def sparse(setting: Setting) -> None:
    """Measure a file of 1 TiB that is nearly all hole; who read all of it would take minutes."""
    source, destination = setting.tmpfs / "sparse", setting.tmpfs / "copy"
    with open(source, "wb") as file:
        for piece in range(PIECES):
            file.seek(TIB // PIECES * piece)
            file.write(b"a" * 4096)
        file.truncate(TIB)

    def check() -> None:
        status, original = destination.stat(), source.stat()
        if status.st_size != TIB or status.st_blocks > original.st_blocks:
            raise Failed(f"failed: {status.st_blocks} blocks, not {original.st_blocks}")

    commands = {
        name: command
        for name, command in file_copiers(setting.ours).items()
        if name in ("GNU cp", "pycp")
    }
    commands = with_operands(commands, source, destination)
    found = race(commands, setting.rounds(40), lambda: remove(destination), check)
    title = f"A file of 1 TiB with {PIECES} blocks of data"
    show(title, found, "GNU cp", "run", 1, [])


def reflink(setting: Setting) -> None:
    """Measure files that share their storage, on file systems that can do that."""
    for kind in ("btrfs", "xfs"):
        title = f"Shared storage on {kind}"
        if os.geteuid():
            skip(title, "only root may mount")
        elif not shutil.which(f"mkfs.{kind}"):
            skip(title, f"mkfs.{kind} is absent")
        else:
            try:
                with mounted(kind, setting.disk) as place:
                    _reflink_on(setting, kind, place)
            except subprocess.CalledProcessError as error:
                skip(title, error.stderr.decode().strip())


@contextmanager
def mounted(kind: str, directory: Path) -> Iterator[Path]:
    """Have a new file system mounted; raise CalledProcessError if that cannot be."""
    image, place = directory / "image", directory / "mounted"
    place.mkdir()
    with open(image, "wb") as file:
        file.truncate(IMAGE_BYTES)
    try:
        for command in (
            [f"mkfs.{kind}", "-q", str(image)],
            ["mount", "-o", "loop", str(image), str(place)],
        ):
            subprocess.run(command, check=True, capture_output=True)
        try:
            yield place
        finally:
            subprocess.run(["umount", place], check=True)
    finally:
        image.unlink()
        place.rmdir()


def _reflink_on(setting: Setting, kind: str, place: Path) -> None:
    size = setting.size(GB)
    source, destination = place / "large", place / "copy"
    make_file(source, size)
    os.sync()
    free = shutil.disk_usage(place).free

    def check() -> None:
        os.sync()
        used = free - shutil.disk_usage(place).free
        if used > size // 4:
            raise Failed(f"failed: {used / GB:.2f} GB are not shared")

    copiers = file_copiers(setting.ours)
    commands = {
        f"{name}{option}": [*(copiers[name] or []), *option.split(), str(source), str(destination)]
        for name in ("GNU cp", "pycp")
        for option in ("", " --reflink=always")
    }
    found = race(commands, setting.rounds(40), lambda: remove(destination), check)
    show(
        f"A file of {size / GB:g} GB that shares its storage, {kind}", found, "GNU cp", "run", 1, []
    )

    tree = place / "tree"
    files = setting.size(10_000)
    make_source_tree(tree, files)
    os.sync()
    expected = count(tree)
    found = race(
        with_operands(tree_copiers(setting.ours, "-a"), f"{tree}/", destination),
        setting.rounds(7),
        lambda: remove(destination),
        lambda: check_count(destination, expected),
    )
    goals = [Goal("pycp", "GNU cp", 0.7)]
    show(f"{files} small files, {kind}, -a", found, "GNU cp", "file", files, goals)

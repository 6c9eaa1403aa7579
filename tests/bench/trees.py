"""What is copied."""

import os
import random
from pathlib import Path

from tests.bench.measure import Failed

SIZES = (100, 1000, 3000, 8000)
"""Bytes of the files of a source tree, more or less."""
PER_DIRECTORY = 20
"""Files in each of its directories."""
BRANCHES = 20
"""Directories in its top one."""
NESTED = 1000
"""Files in each directory of a tree of empty files."""
LINKS = 100
"""Links, or directories, in each directory of a tree of them."""
BLOCK = random.Random(1).randbytes(1024 * 1024)


def make_source_tree(root: Path, count: int, per_directory: int = PER_DIRECTORY) -> None:
    """Make a tree of small files, like one of programs."""
    sizes = random.Random(1)
    for number in range(count // per_directory):
        directory = root / f"branch{number % BRANCHES}" / f"directory{number}"
        directory.mkdir(parents=True)
        for name in range(per_directory):
            (directory / f"file{name}.c").write_bytes(BLOCK[: sizes.choice(SIZES)])


def make_flat(root: Path, count: int) -> None:
    """Make a directory of many small files."""
    root.mkdir()
    for number in range(count):
        (root / f"file{number:07}").write_bytes(BLOCK[:1000])


def make_empty(root: Path, count: int) -> None:
    """Make a tree of empty files, many in each directory."""
    for number in range(count // NESTED):
        directory = root / f"directory{number // NESTED}" / f"directory{number}"
        directory.mkdir(parents=True)
        fd = os.open(directory, os.O_RDONLY)
        for name in range(NESTED):
            os.mknod(f"file{name}", 0o644, dir_fd=fd)
        os.close(fd)


def make_symbolic_links(root: Path, count: int) -> None:
    """Make a tree of symbolic links, many in each directory."""
    for number in range(count):
        directory = root / f"directory{number // LINKS}"
        if not number % LINKS:
            directory.mkdir(parents=True)
        (directory / f"link{number}").symlink_to(f"../some/target/{number}")


def make_hard_links(root: Path, count: int) -> None:
    """Make a tree of small files with ten names each, all over it."""
    files = count // 10
    for number in range(count):
        directory = root / f"directory{number // NESTED}"
        if not number % NESTED:
            directory.mkdir(parents=True)
        if number < files:
            (directory / f"name{number}").write_bytes(BLOCK[:100])
        else:
            first = number % files
            earlier = root / f"directory{first // NESTED}" / f"name{first}"
            (directory / f"name{number}").hardlink_to(earlier)


def make_directories(root: Path, count: int) -> None:
    """Make a tree of empty directories."""
    for number in range(count):
        (root / f"directory{number // LINKS}" / f"inner{number}").mkdir(parents=True)


def make_file(path: Path, size: int) -> None:
    """Make a file of this many bytes, none of them left out."""
    with open(path, "wb") as file:
        while file.tell() < size:
            file.write(BLOCK[: size - file.tell()])


def count(root: Path) -> int:
    """Return how many entries a tree has."""
    return sum(len(directories) + len(files) for _, directories, files in os.walk(root))


def check_count(root: Path, expected: int) -> None:
    """Raise Failed unless a tree has so many entries."""
    found = count(root)
    if found != expected:
        raise Failed(f"failed: {found} of {expected} entries copied")

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

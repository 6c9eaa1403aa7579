"""What is asked of the kernel, in an order that survives a crash: strace(1) writes it down."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import tree
from tests.trust.trace import Call, descriptor_path, trace

CALLS = "write,fsync,rename,renameat,renameat2,link,linkat,symlinkat,mkdirat,mkdir,openat,ftruncate"
SPEC = tree.nodes("a b s/f s/d/g s/l->f t/", st=tree.file('#!/bin/sh\necho x >> "$1"\n', 0o755))


@pytest.fixture
def place() -> Iterator[Path]:
    """Return a directory with a tree; not in memory, where some calls mean nothing."""
    with tempfile.TemporaryDirectory(prefix="pycp-order-", dir="/tmp") as made:
        root = Path(made, "tree")
        tree.build(str(root), SPEC, (os.geteuid(), os.getegid()))
        yield root


def steps(calls: list[Call], root: Path) -> list[str]:
    """Tell what changes the disk, in few words: the names below the root, "#" without a name."""
    found = []
    for call in calls:
        if call.has_failed:
            continue
        paths = [descriptor_path(word) for word in call.arguments]
        names = [short(path, root) for path in paths if path.startswith(str(root))]
        if call.name in ("write", "fsync") and names:
            found.append(f"{call.name} {names[0]}")
        elif call.name.startswith(("rename", "link", "symlink", "mkdir")):
            name = call.names[-1].rpartition("/")[2]
            found.append(f"{call.name.removesuffix('at')} {'Cu' if name[:2] == 'Cu' else name}")
    return found


def short(path: str, root: Path) -> str:
    """Return a name below the root."""
    name = os.path.relpath(path.removesuffix(" (deleted)"), root)
    last = os.path.basename(name)
    return "#" if last.startswith("#") else "Cu" if last.startswith("Cu") else name


def run(words: str, root: Path) -> list[str]:
    return steps(trace(words, root, CALLS), root)


def test_a_file_is_flushed_before_it_takes_the_place_of_another(place: Path) -> None:
    assert run("pycp --atomic --durable a b", place) == [
        "write #",
        "fsync #",
        "link Cu",
        "rename b",
        "fsync .",
    ]


def test_a_new_file_is_flushed_before_it_gets_its_name(place: Path) -> None:
    assert run("pycp --atomic --durable a t/n", place) == [
        "write #",
        "fsync #",
        "link n",
        "fsync t",
    ]


def test_a_file_written_in_place_is_flushed_and_so_is_its_directory(place: Path) -> None:
    assert run("pycp --durable a b", place) == ["write b", "fsync b", "fsync ."]


def test_without_the_option_nothing_is_flushed(place: Path) -> None:
    assert run("pycp --atomic a b", place) == ["write #", "link Cu", "rename b"]


def test_a_backup_is_there_before_the_old_file_goes(place: Path) -> None:
    assert run("pycp --atomic --durable -b a b", place) == [
        "write #",
        "fsync #",
        "link Cu",
        "link Cu",
        "rename b~",
        "rename b",
        "fsync .",
    ]


def test_where_a_link_leads_the_directory_there_is_flushed(place: Path) -> None:
    (place / "l").symlink_to("s/f")
    assert run("pycp --atomic --durable a l", place) == [
        "write #",
        "fsync #",
        "link Cu",
        "rename f",
        "fsync s",
        "fsync .",
    ]


@pytest.mark.parametrize(
    "options",
    ["-r", "-a", "-r --atomic", "-a --atomic", "-a --jobs=3", "-a --atomic --jobs=3"],
)
def test_a_directory_is_flushed_after_all_that_is_in_it(place: Path, options: str) -> None:
    found = run(f"pycp --durable {options} s t", place)
    flushed = [step.removeprefix("fsync ") for step in found if step.startswith("fsync ")]
    directories = [name for name in flushed if name in ("t/s", "t/s/d", "t", ".")]
    assert directories == ["t/s/d", "t/s", "t"]
    for directory, files in (("t/s/d", ["g"]), ("t/s", ["f", "l", "d"]), ("t", [])):
        after = found.index(f"fsync {directory}")
        for file in files:
            made = [i for i, step in enumerate(found) if step.split()[1].split("/")[-1] == file]
            assert made
            assert max(made) < after
    assert len(flushed) == len(directories) + len(["f", "g"])


def test_each_part_of_a_path_is_flushed_once(place: Path) -> None:
    found = run("pycp --durable --parents s/d/g t", place)
    assert [step for step in found if "fsync" in step] == [
        "fsync t/s/d/g",
        "fsync t/s/d",
        "fsync t/s",
        "fsync t",
    ]


def test_install_flushes_what_its_directories_are_made_in(place: Path) -> None:
    assert run("pyinstall --atomic --durable -D a x/y/n", place) == [
        "mkdir x",
        "fsync .",
        "mkdir y",
        "fsync x",
        "write #",
        "fsync #",
        "link n",
        "fsync x/y",
    ]


def test_install_flushes_the_directories_it_is_asked_for(place: Path) -> None:
    assert run("pyinstall --durable -d x/y", place) == [
        "mkdir x",
        "fsync .",
        "mkdir y",
        "fsync x/y",
        "fsync x",
    ]


def test_install_flushes_what_was_stripped(place: Path) -> None:
    found = run("pyinstall --atomic --durable -s --strip-program=./st a b", place)
    ours = [step for step in found if step.split()[1] in ("#", "b", ".", "Cu")]
    assert ours == ["write #", "write #", "fsync #", "link Cu", "rename b", "fsync ."]

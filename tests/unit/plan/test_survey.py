"""The walk for the totals finds what the copy will count."""

import os
from pathlib import Path

import pytest

from pycp.options import CopyOptions
from pycp.plan.survey import survey
from pycp.run.serial import run_serial
from pycp.values import BYTES, FILES, PASSED
from tests import tree
from tests.unit.rooms import Heard


@pytest.fixture(autouse=True)
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Build two sources in a directory, and stand there."""
    monkeypatch.chdir(tmp_path)
    Path("s/d/deep").mkdir(parents=True)
    Path("s/a").write_bytes(b"a" * 1000)
    Path("s/d/b").write_bytes(b"b" * 300_000)
    Path("s/d/b.o").write_bytes(b"o" * 50)
    Path("s/empty").touch()
    Path("s/d/deep/link").symlink_to("../b")
    Path("s/loop").symlink_to("/dev/null")
    Path("s/d/fifo").unlink(missing_ok=True)
    os.link("s/a", "s/d/same")
    with open("s/sparse", "wb") as file:
        file.truncate(2**20)
        file.seek(2**19)
        file.write(b"x" * 65536)
    Path("f").write_bytes(b"f" * 10)
    Path("t").mkdir()


def total(options: CopyOptions, *names: str) -> tuple[int, int]:
    """Return files and bytes of a whole walk."""
    files = size = 0
    for more_files, more_size in survey(options, list(names)):
        files += more_files
        size += more_size
    return files, size


ARCHIVE = CopyOptions(
    recursive=True, dereference="never", preserve_links=True, preserve_timestamps=True
)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (CopyOptions(), (1, 10)),
        (CopyOptions(recursive=True, dereference="never"), (9, 367_596)),
        (ARCHIVE, (9, 366_596)),
        (CopyOptions(recursive=True, hard_link=True, dereference="never"), (9, 0)),
        (CopyOptions(recursive=True, attributes_only=True, dereference="never"), (9, 0)),
        (
            CopyOptions(recursive=True, dereference="never", exclude=(("pattern", "*.o"),)),
            (8, 367_546),
        ),
        (
            CopyOptions(recursive=True, dereference="never", exclude=(("pattern", "d/"),)),
            (5, 66_546),
        ),
    ],
    ids=["plain", "recursive", "links", "hard links", "no data", "a pattern", "a directory"],
)
def test_it_finds_what_the_copy_counts(options: CopyOptions, expected: tuple[int, int]) -> None:
    assert total(options, "s", "f") == expected
    report = Heard()
    run_serial(options, ["s", "f", "t"], report)
    tally = report.tally
    assert (tally.total(FILES), tally.total(BYTES) + tally.total(PASSED)) == expected


def test_links_are_followed_as_the_copy_does() -> None:
    files, size = total(CopyOptions(recursive=True, dereference="always"), "s")
    assert (files, size) == (8, 667_586)


def test_a_directory_inside_itself_is_walked_once() -> None:
    Path("s/d/deep/round").symlink_to("../..")
    followed = CopyOptions(recursive=True, dereference="always")
    assert total(followed, "s")[0] == 8


def test_nothing_is_read_that_the_copy_is_to_read() -> None:
    os.mkfifo("patterns")
    for name in ("-", "patterns"):
        options = CopyOptions(recursive=True, exclude=(("file", name),))
        assert total(options, "f") == (1, 10)


def test_what_is_not_there_counts_as_nothing() -> None:
    assert total(CopyOptions(recursive=True), "missing", "f") == (1, 10)


def test_a_tree_of_any_depth_ends_no_walk_and_leaks_nothing(tmp_path: Path) -> None:
    descriptor = os.open("t", os.O_RDONLY)
    for _ in range(1500):
        os.mkdir("d", dir_fd=descriptor)
        below = os.open("d", os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = below
    os.close(descriptor)
    before = os.listdir("/dev/fd")
    try:
        assert total(CopyOptions(recursive=True), "t", "f") == (1, 10)
    finally:
        tree.remove(str(tmp_path / "t"))  # too deep for pytest
    assert os.listdir("/dev/fd") == before

"""What is flushed to disk, and which failures to do so are no failures."""

import errno
import os
from pathlib import Path

import pytest

from pycp import copy, system
from pycp.engine import directory_path, durable
from pycp.engine.durable import flush_directories, flush_file
from pycp.errors import CopyError
from pycp.system.folder import Directory
from pycp.values import DIRECTORIES
from tests.unit.rooms import Heard, job


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("f").write_text("f")
    os.makedirs("d/e")


def fail_with(code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_fd: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(system, "flush", fail)


@pytest.mark.parametrize(
    ("name", "code", "is_told"),
    [
        ("f", errno.EIO, True),
        ("f", errno.EINVAL, True),
        ("f", errno.EROFS, True),
        ("d", errno.EIO, True),
        ("d", errno.EINVAL, False),
        ("d", errno.ENOTSUP, False),
        ("d", errno.EROFS, False),
    ],
)
def test_only_what_is_no_file_may_have_nothing_to_flush(
    monkeypatch: pytest.MonkeyPatch, name: str, code: int, is_told: bool
) -> None:
    fail_with(code, monkeypatch)
    fd = os.open(name, os.O_RDONLY)
    try:
        if is_told:
            with pytest.raises(CopyError, match=f"failed to sync '{name}': {os.strerror(code)}"):
                flush_file(Heard().tally, name, fd)
        else:
            flush_file(Heard().tally, name, fd)
    finally:
        os.close(fd)


def test_directories_are_flushed_in_the_order_they_are_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    flushed = []
    monkeypatch.setattr(
        system, "flush", lambda fd: flushed.append(os.readlink(f"/proc/self/fd/{fd}"))
    )
    report = Heard()
    flush_directories(report, [(None, name, name) for name in ("d/e", "gone", "f/x", "d", ".")])
    assert [os.path.relpath(path) for path in flushed] == ["d/e", "d", "."]
    assert report.words == []


def test_a_directory_that_cannot_be_flushed_keeps_none_of_the_others_from_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fail_with(errno.EIO, monkeypatch)
    report = Heard()
    flush_directories(report, [(None, "d/e", "d/e"), (None, "d", "d")])
    assert report.words == [
        f"failed to sync '{name}': {os.strerror(errno.EIO)}" for name in ("d/e", "d")
    ]


@pytest.mark.parametrize("call", ["open", "fstat"])
def test_a_directory_that_cannot_be_looked_at_is_told(
    monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    def fail(*_arguments: object, **_more: object) -> None:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    fail_with(errno.EINVAL, monkeypatch)
    monkeypatch.setattr(system, call, fail)
    report = Heard()
    flush_directories(report, [(None, "d", "d")])
    assert report.words == [f"failed to sync 'd': {os.strerror(errno.EMFILE)}"]


@pytest.mark.parametrize("atomic", [False, True])
def test_where_a_flush_changes_the_time_it_is_set_again(
    monkeypatch: pytest.MonkeyPatch, atomic: bool
) -> None:
    def flush_and_touch(fd: int) -> None:
        os.utime(fd)

    monkeypatch.setattr(system, "flush", flush_and_touch)
    monkeypatch.setattr(durable, "forgets_times", lambda _device: True)
    os.utime("f", ns=(10**18, 10**18))
    copy("f", "g", preserve="timestamps", durable=True, atomic=atomic)
    assert os.stat("g").st_mtime_ns == 10**18
    copy("f", "h", durable=True, atomic=atomic)
    assert os.stat("h").st_mtime_ns != 10**18


def test_each_directory_that_got_one_is_flushed_by_its_own_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    flushed: list[str] = []
    work = job(durable=True)

    def enter(*_words: object) -> Directory:
        work.tally.own[DIRECTORIES] += 1
        return Directory(None, ".", os.open(".", os.O_RDONLY))

    monkeypatch.setattr(directory_path, "_enter", enter)
    monkeypatch.setattr(
        durable, "flush_directories", lambda _report, places: flushed.append(places[0][2])
    )
    for path in ("/new//one", "x/./y/"):
        directory_path.make_path(work, path).close()
    assert flushed == ["/", "/new", ".", "x/."]

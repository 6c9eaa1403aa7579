"""Calls that fail where nothing is lost by it, and where something is."""

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pycp import system
from pycp.engine import data, durable, part, regular, sparse, verify
from pycp.engine.contents import copy_data
from pycp.engine.file_copy import FileCopy
from pycp.engine.pinned import Pinned
from pycp.entries import Tally
from pycp.errors import CopyError
from pycp.system import xattr_os
from pycp.system.folder import Directory, release
from tests.unit.rooms import Heard, entry, job


def failing(code: int) -> Callable[..., Any]:
    """Return a call that fails."""

    def fail(*_words: Any, **_more: Any) -> Any:
        raise OSError(code, os.strerror(code))

    return fail


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FileCopy]:
    """Return a copy of a hundred bytes."""
    monkeypatch.chdir(tmp_path)
    Path("a").write_bytes(bytes(range(100)))
    fds = os.open("a", os.O_RDONLY), os.open("b", os.O_RDWR | os.O_CREAT)
    made = FileCopy(entry("a", "b"), fds[0], os.fstat(fds[0]), fds[1])
    made.destination = os.fstat(fds[1])
    yield made
    for fd in fds:
        os.close(fd)


def test_an_offset_that_cannot_be_moved_is_told(
    file: FileCopy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(system, "lseek", failing(errno.EIO))
    with pytest.raises(CopyError, match="cannot lseek 'a': Input/output error"):
        data.seek_both(file, 0)
    with pytest.raises(CopyError, match="cannot lseek 'a': Input/output error"):
        list(sparse.extents(file, 0))


def test_what_was_only_looked_at_loses_nothing_when_it_is_closed(
    file: FileCopy, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = Pinned("a", None, "a")
    report = Heard()
    closed: list[int] = []

    def close(fd: int) -> None:
        closed.append(fd)
        failing(errno.EIO)()

    with monkeypatch.context() as patch:
        patch.setattr(system, "close", close)
        held.__exit__()
        release(0)
        durable.flush_directories(report, [(None, ".", ".")])
    pinned, released, flushed = closed
    assert released == 0
    assert report.words == []
    for fd in (pinned, flushed):
        os.close(fd)


def test_a_directory_that_is_gone_holds_nothing(tmp_path: Path) -> None:
    nowhere = Directory(None, "", None)
    assert nowhere.look(str(tmp_path)) is not None
    assert nowhere.look(str(tmp_path / "missing")) is None


def test_a_part_is_copied_by_the_quicker_way(
    file: FileCopy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(part, "TRIAL", 10)
    assert part.copy_part(job(sparse="auto"), file, 100)
    assert Path("b").read_bytes() == bytes(range(100))


@pytest.mark.parametrize("option", ["auto", "never"])
def test_a_part_of_which_the_source_has_less_is_told(file: FileCopy, option: str) -> None:
    os.truncate("a", 40)
    assert not part.copy_part(job(sparse=option), file, 100)
    assert Path("b").read_bytes() == bytes(range(40))


def test_a_longer_file_that_gets_its_storage_from_a_shorter_one_is_cut(
    file: FileCopy, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("b").write_bytes(b"x" * 200)
    monkeypatch.setattr(system, "reflink", lambda *_words: 0)
    regular._copy_contents(job(reflink="always"), file, False)
    assert os.stat("b").st_size == 100


def test_an_attribute_that_cannot_be_read_is_told(
    file: FileCopy, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pycp.engine.xattrs import copy_xattrs

    settings = job(preserve_xattr=True, require_preserve_xattr=True)
    monkeypatch.setattr(xattr_os, "list_names", lambda _where: ["user.k"])
    monkeypatch.setattr(xattr_os, "get_value", failing(errno.EIO))
    _names, failure = copy_xattrs(settings, file.entry, file.source_fd, file.destination_fd)
    assert "getting attribute 'user.k' of 'user.k': Input/output error" in str(failure)


def test_a_map_that_cannot_be_read_is_none_and_a_hole_that_cannot_be_made_is_told(
    file: FileCopy, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.truncate("a", 1 << 20)
    file.source = os.stat("a")
    with monkeypatch.context() as patch:
        patch.setattr(
            system,
            "lseek",
            lambda _fd, at, how: failing(errno.EIO)() if how == os.SEEK_HOLE else at,
        )
        assert sparse.has_map(file) is None
    monkeypatch.setattr(system, "ftruncate", failing(errno.EFBIG))
    with pytest.raises(CopyError, match="failed to extend 'b': File too large"):
        copy_data(job(sparse="always"), file)


def test_what_cannot_be_read_at_once_is_read_in_full(
    file: FileCopy, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = Path("a").read_bytes()
    Path("b").write_bytes(content)
    failures = iter([failing(errno.EIO)])
    monkeypatch.setattr(system, "pread", lambda *words: next(failures, os.pread)(*words))
    assert verify._read_small(file, content, Tally().own) == content

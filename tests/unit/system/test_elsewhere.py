"""What other systems, old C libraries and Linux without /proc have in place of Linux's own calls.

The calls of macOS are put in place; what Linux has is taken away.
"""

import errno
import fcntl
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pycp.system import allowed, linux, mounts, posix, worker, xattr_os
from pycp.system.handover import Handover
from pycp.system.inside import call_below


def failing(code: int) -> Callable[..., Any]:
    """Return a call that always fails."""

    def fail(*_arguments: Any, **_more: Any) -> Any:
        raise OSError(code, os.strerror(code))

    return fail


@pytest.fixture
def fd(tmp_path: Path) -> int:
    """Return a number that only calls put in place are given; it is open all the same."""
    return 0


@pytest.mark.parametrize("code", [0, errno.EINVAL, errno.ENOTSUP, errno.ENOTTY, errno.EIO])
def test_a_flush_goes_past_the_cache_of_the_disk_where_a_call_does_that(
    monkeypatch: pytest.MonkeyPatch, fd: int, code: int
) -> None:
    asked: list[object] = []

    def control(_fd: int, command: int, *_more: Any) -> int:
        asked.append(command)
        return failing(code)() if code else 0

    monkeypatch.setattr(fcntl, "F_FULLFSYNC", 51, raising=False)
    monkeypatch.setattr(fcntl, "fcntl", control)
    monkeypatch.setattr(os, "fsync", lambda _fd: asked.append("fsync"))
    if code == errno.EIO:
        with pytest.raises(OSError):
            posix.flush(fd)
    else:
        posix.flush(fd)
    assert asked == ([51, "fsync"] if code not in (0, errno.EIO) else [51])


def test_a_flush_is_a_plain_one_where_there_is_no_other(
    monkeypatch: pytest.MonkeyPatch, fd: int
) -> None:
    asked: list[int] = []
    monkeypatch.delattr(fcntl, "F_FULLFSYNC", raising=False)
    monkeypatch.setattr(os, "fsync", asked.append)
    posix.flush(fd)
    assert asked == [fd]


@pytest.mark.parametrize("code", [0, errno.EINVAL])
def test_the_cache_is_passed_by_as_macos_has_it(
    monkeypatch: pytest.MonkeyPatch, fd: int, code: int
) -> None:
    asked = []

    def control(_fd: int, *words: int) -> int:
        asked.append(words)
        return failing(code)() if code else 0

    monkeypatch.delattr(os, "posix_fadvise")
    monkeypatch.setattr(fcntl, "F_NOCACHE", 48, raising=False)
    monkeypatch.setattr(fcntl, "fcntl", control)
    posix.drop_cached(fd)
    assert asked == [(48, 1)]


def test_a_duplicate_is_closed_on_exec_without_a_call_that_does_both(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(fcntl, "F_DUPFD_CLOEXEC")
    above = posix.above_standard(0)
    try:
        assert above > 2
        assert not os.get_inheritable(above)
    finally:
        os.close(above)


def test_what_a_system_lacks_it_says_it_lacks(fd: int) -> None:
    assert not posix.has_labels()
    assert not posix.has_access_list(fd)
    assert posix.host_name()
    with pytest.raises(OSError) as problem:
        posix.descriptor_path(fd)
    assert problem.value.errno == errno.ENOTSUP


def test_storage_is_shared_from_a_byte_on(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, int, Any]] = []
    monkeypatch.setattr(linux, "ioctl", lambda *words: asked.append(words))
    assert linux.reflink(4, 5) == 0
    assert linux.reflink(4, 5, 65536) == 0
    whole, part = asked
    assert whole == (4, linux.FICLONE, 5)
    numbers = [int.from_bytes(part[2][at : at + 8], "little") for at in range(0, 32, 8)]
    assert numbers == [5, 0, 0, 65536]
    monkeypatch.setattr(linux, "ioctl", failing(errno.EXDEV))
    assert linux.reflink(4, 5, 65536) == errno.EXDEV


@pytest.mark.parametrize("text", [None, b"1"])
def test_without_an_answer_nobody_waited_for_a_processor(
    monkeypatch: pytest.MonkeyPatch, text: bytes | None
) -> None:
    with monkeypatch.context() as patch:
        if text is None:
            patch.setattr(os, "open", failing(errno.ENOENT))
        else:
            patch.setattr(os, "read", lambda _fd, _size: text)
        assert linux.queued() == 0


def test_linux_without_path_only_does_what_others_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "f").write_text("f")
    monkeypatch.setattr(linux, "PATH_ONLY", 0)
    dir_fd = os.open(tmp_path, os.O_RDONLY)
    try:
        assert linux.pin("f", dir_fd) == posix.pin("f", dir_fd)
        opened = linux.open_leased("f", os.O_RDONLY, dir_fd)
        assert os.read(opened, 9) == b"f"
        os.close(opened)
    finally:
        os.close(dir_fd)


def test_without_proc_a_descriptor_has_no_path(monkeypatch: pytest.MonkeyPatch, fd: int) -> None:
    monkeypatch.setattr(linux, "_has_proc", False)
    with pytest.raises(OSError) as problem:
        linux.descriptor_path(fd)
    assert problem.value.errno == errno.ENOTSUP
    assert linux.where(fd, "f", None) == ("f", None)


def test_without_proc_attributes_are_those_of_the_directory_itself(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    call, has_access = os.listxattr, os.access
    below = failing(errno.ENOENT)
    monkeypatch.setattr(
        os, "listxattr", lambda at, **more: (below if isinstance(at, str) else call)(at, **more)
    )
    monkeypatch.setattr(
        os, "access", lambda path, how: "proc" not in path and has_access(path, how)
    )
    dir_fd = os.open(tmp_path, os.O_RDONLY)
    try:
        assert isinstance(xattr_os.list_names((".", dir_fd)), list)
        with pytest.raises(OSError) as problem:
            xattr_os.list_names(("f", dir_fd))
    finally:
        os.close(dir_fd)
    assert problem.value.errno == errno.ENOTSUP


def test_threads_are_counted_without_proc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "listdir", failing(errno.ENOENT))
    before = len(worker.threads())
    is_over = threading.Event()
    thread = threading.Thread(target=is_over.wait)
    thread.start()
    try:
        assert len(worker.threads()) == before + 1
        assert worker.most_workers() == 0
    finally:
        is_over.set()
        thread.join()


def test_no_worker_may_use_the_descriptors_that_each_process_needs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(worker, "threads", lambda: [1])
    monkeypatch.setattr(os, "sysconf", lambda _name: worker.SPARE + 7)
    assert worker.most_workers() == 3


def test_without_a_list_of_mounts_there_is_no_server(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(mounts, "MOUNTS", str(tmp_path / "none"))
    monkeypatch.setattr(mounts, "_known", {})
    assert not mounts.has_copying_server(os.makedev(0, 1))


def test_where_nothing_is_said_hard_links_are_not_protected(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(allowed, "PROTECTED_HARD_LINKS", str(tmp_path / "none"))
    assert not allowed._protects_hard_links()


def test_an_open_file_is_handed_over_and_then_there_are_no_more(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("f")
    way = Handover()
    given = os.open(tmp_path / "f", os.O_RDONLY)
    try:
        way.give(given)
        taken = way.take()
        assert os.path.sameopenfile(given, taken)
        assert not os.get_inheritable(taken)
        os.close(taken)
        way.theirs.close()
        with pytest.raises(EOFError):
            way.take()
    finally:
        os.close(given)
        way.close()


@pytest.mark.parametrize("is_ours", [True, False])
def test_a_call_without_dir_fd_is_made_in_the_directory_where_that_disturbs_nobody(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, is_ours: bool
) -> None:
    def mkfifo(name: str, mode: int, *, dir_fd: int | None = None) -> None:
        if dir_fd is not None:
            raise NotImplementedError  # as on macOS before 13
        os.mkfifo(name, mode)

    home = os.getcwd()
    monkeypatch.setattr(posix, "is_ours", is_ours)
    fd = os.open(tmp_path, os.O_RDONLY)
    try:
        if is_ours:
            call_below(mkfifo, "pycp", fd, "p", 0o600)
        else:
            with pytest.raises(OSError) as refused:
                call_below(mkfifo, "pycp", fd, "p", 0o600)
            assert refused.value.errno == errno.ENOTSUP
    finally:
        os.close(fd)
    assert (tmp_path / "p").is_fifo() is is_ours
    assert os.getcwd() == home

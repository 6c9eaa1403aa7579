"""What the engine makes of answers that a system seldom gives: each is put in place of a call."""

import errno
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pycp import system
from pycp.engine import directory_path, links, listing, sparse, unnamed, xattrs
from pycp.engine.contents import copy_contents, copy_data
from pycp.engine.data import LARGEST_BLOCK
from pycp.engine.digest import new_digest, note_step, read_digest
from pycp.engine.file_copy import FileCopy
from pycp.engine.install import keep_times
from pycp.engine.removal import digest_of
from pycp.engine.short_regular import _begin_again
from pycp.engine.sparse import pieces_of
from pycp.engine.special import make_special
from pycp.engine.temporary import MOST_LINKS, TemporaryNames
from pycp.engine.verify import first_difference, verify_step
from pycp.entries import Decision, Outcome
from pycp.errors import CopyError
from pycp.system.ending import disarm
from pycp.system.folder import release
from pycp.system.nodes import changed
from pycp.values import OTHER
from tests.unit.rooms import entry, job

HOLE = 4 * 4096


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a").write_bytes(b"new")
    Path("b").write_bytes(b"old" * 3)
    with open("hole", "wb") as file:
        os.pwrite(file.fileno(), b"data", 0)
        os.pwrite(file.fileno(), b"more", HOLE)


@pytest.fixture
def opened() -> Iterator[Callable[..., FileCopy]]:
    """Return what opens a copy of one file to another."""
    fds: list[int] = []

    def open_both(source: str = "a", destination: str = "b") -> FileCopy:
        fds.extend((os.open(source, os.O_RDONLY), os.open(destination, os.O_RDWR | os.O_CREAT)))
        file = FileCopy(entry(source, destination), fds[-2], os.fstat(fds[-2]), fds[-1])
        file.destination = os.fstat(fds[-1])
        return file

    yield open_both
    for fd in fds:
        os.close(fd)


def failing(code: int) -> Callable[..., Any]:
    """Return a call that fails."""

    def fail(*_arguments: Any, **_more: Any) -> Any:
        raise OSError(code, os.strerror(code))

    return fail


@pytest.mark.parametrize("trial", [0, errno.EXDEV])
def test_storage_is_shared_with_a_longer_file_after_a_trial_behind_it(
    monkeypatch: pytest.MonkeyPatch, opened: Callable[..., FileCopy], trial: int
) -> None:
    asked = []
    answers = iter([errno.EINVAL, trial, 0])

    def reflink(destination_fd: int, _source_fd: int, offset: int = 0) -> int:
        asked.append((offset, os.fstat(destination_fd).st_size))
        if offset:
            os.ftruncate(destination_fd, offset + 3)  # as a trial that succeeds leaves it
        return next(answers)

    monkeypatch.setattr(system, "reflink", reflink)
    if trial:
        with pytest.raises(CopyError, match="failed to clone 'b' from 'a': Invalid cross-device"):
            copy_contents(job(reflink="always"), opened())
        assert Path("b").read_bytes() == b"old" * 3
    else:
        assert copy_contents(job(reflink="always"), opened())
        assert asked == [(0, 9), (LARGEST_BLOCK, 9), (0, 3)]


def test_a_longer_file_that_cannot_be_cut_is_told(
    monkeypatch: pytest.MonkeyPatch, opened: Callable[..., FileCopy]
) -> None:
    answers = iter([errno.EINVAL, 0])
    monkeypatch.setattr(system, "reflink", lambda *_: next(answers))
    monkeypatch.setattr(system, "ftruncate", failing(errno.EPERM))
    with pytest.raises(CopyError, match="Operation not permitted"):
        copy_contents(job(reflink="always"), opened())


def test_few_blocks_without_a_hole_are_no_holes(
    monkeypatch: pytest.MonkeyPatch, opened: Callable[..., FileCopy]
) -> None:
    file = opened("hole", "new")
    size = file.source.st_size
    seek = os.lseek
    monkeypatch.setattr(
        system,
        "lseek",
        lambda fd, offset, whence: size if whence == os.SEEK_HOLE else seek(fd, offset, whence),
    )
    assert sparse.has_map(file) is False
    copy_data(job(), file)
    assert Path("new").read_bytes() == Path("hole").read_bytes()


def remembered(*runs: tuple[int, int]) -> Callable[..., Iterator[tuple[int, int]]]:
    """Return a map of data as it was, which moves the source's offset like that of now."""

    def extents(file: FileCopy, _start: int) -> Iterator[tuple[int, int]]:
        for start, end in runs:
            os.lseek(file.source_fd, start, 0)
            yield start, end

    return extents


@pytest.mark.parametrize("option", ["auto", "always", "never"])
def test_a_file_that_shrinks_while_its_map_is_read_ends_where_it_does(
    monkeypatch: pytest.MonkeyPatch, opened: Callable[..., FileCopy], option: str
) -> None:
    file = opened("hole", "new")
    monkeypatch.setattr(sparse, "extents", remembered((0, 4), (HOLE, HOLE + 4)))
    os.truncate("hole", 4)
    copy_data(job(sparse=option), file)
    # The hole before what is gone may be there or not.
    assert Path("new").read_bytes() in (b"data", b"data" + bytes(HOLE - 4))


def test_a_map_that_ends_before_it_begins_is_over(
    monkeypatch: pytest.MonkeyPatch, opened: Callable[..., FileCopy]
) -> None:
    monkeypatch.setattr(system, "lseek", lambda _fd, offset, _whence: offset)
    assert list(sparse.extents(opened("hole", "new"))) == []


@pytest.mark.parametrize("refuse", [lambda: failing(errno.ENOSPC)(), lambda: 0])
def test_zeros_that_cannot_be_written_are_told(
    monkeypatch: pytest.MonkeyPatch,
    opened: Callable[..., FileCopy],
    refuse: Callable[[], int],
) -> None:
    write = os.write

    def fail_for_zeros(fd: int, data: bytes) -> int:
        return write(fd, data) if bytes(data).strip(b"\0") else refuse()

    file = opened("hole", "new")
    monkeypatch.setattr(sparse, "extents", remembered((HOLE, HOLE + 4)))
    monkeypatch.setattr(system, "write", fail_for_zeros)
    with pytest.raises(CopyError, match="new: write failed: No space left on device"):
        copy_data(job(sparse="never"), file)


def test_pieces_of_a_mapped_file_end_where_it_shrank(opened: Callable[..., FileCopy]) -> None:
    file = opened("hole", "new")
    answers = iter([b"da", b""])
    assert list(pieces_of(file, 0, True, lambda _most: next(answers))) == [(0, b"da")]


def test_where_the_end_of_a_file_is_not_known_reading_goes_on(
    monkeypatch: pytest.MonkeyPatch, opened: Callable[..., FileCopy]
) -> None:
    first, second = opened("hole", "hole"), opened("hole", "hole")

    def seek(_fd: int, _offset: int, whence: int) -> int:
        return int(failing(errno.ENXIO if whence == os.SEEK_DATA else errno.EIO)())

    monkeypatch.setattr(system, "lseek", seek)
    sides = (first.source_fd, "hole"), (second.source_fd, "hole")
    assert first_difference(*sides, False, lambda _size: None) is None


def test_what_was_cut_short_and_cannot_be_begun_again_is_told(
    monkeypatch: pytest.MonkeyPatch, opened: Callable[..., FileCopy]
) -> None:
    monkeypatch.setattr(system, "ftruncate", failing(errno.EIO))
    with pytest.raises(CopyError, match="'b': Input/output error"):
        _begin_again(opened())


def test_a_temporary_name_that_is_always_taken_is_told() -> None:
    tried = []

    def make(name: str) -> None:
        tried.append(name)
        failing(errno.EEXIST)()

    with pytest.raises(FileExistsError):
        links._make_beside("d/b", make)
    assert len(set(tried)) == links.ATTEMPTS
    assert all(name.startswith("d/Cu") for name in tried)


def test_what_is_not_there_is_no_link_and_no_other_directory() -> None:
    assert not links.has_text(entry("a", "nothing"), "a")
    assert links._is_in_working_directory(entry("a", "nowhere/b"))
    error = CopyError("said before")
    assert links._link_error(entry("a", "b"), "a", error) is error


class Unknown:
    """An entry of a directory whose kind cannot be told."""

    name = "x"

    def is_dir(self, *, follow_symlinks: bool) -> bool:
        """Fail, as a look below a directory that is gone."""
        return bool(failing(errno.ESTALE)())

    is_file = is_dir


def test_what_cannot_be_looked_at_is_for_the_copy_to_tell() -> None:
    unknown: Any = Unknown()
    assert not listing._is_directory(unknown, True)
    assert listing._kind(unknown) == OTHER


@pytest.mark.parametrize(
    ("name", "action"),
    [("trusted.SGI_DMI_x", "skip"), ("system.nfs4_acl", "permissions"), ("user.k", "")],
)
def test_without_a_configuration_the_usual_attributes_are_left_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, action: str
) -> None:
    monkeypatch.setattr(xattrs, "CONFIGURATION", str(tmp_path / "none"))
    monkeypatch.setattr(xattrs, "_rules", ())
    monkeypatch.setattr(xattrs, "_actions", {})
    assert xattrs._action(name) == action


@pytest.mark.parametrize("value", [b"", b"\0\0\0\1", b"\0\0\0\1" + bytes(15)])
def test_a_list_that_is_cut_short_is_not_said_by_a_mode(value: bytes) -> None:
    assert not xattrs._is_said_by_mode("system.nfs4_acl", value)
    assert not xattrs._is_said_by_mode(xattrs.DEFAULT_LIST, value)


def test_a_file_is_made_without_a_name_only_where_it_can_get_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if unnamed.open_unnamed(0o600, None) < 0:
        pytest.skip("this file system makes no files without a name")
    before = os.listdir("/proc/self/fd")
    with monkeypatch.context() as patch:
        patch.setattr(system, "UNNAMED", 0)
        assert unnamed.open_unnamed(0o600, None) == -1
    with monkeypatch.context() as patch:
        patch.setattr(system, "descriptor_path", failing(errno.ENOTSUP))
        assert unnamed.open_unnamed(0o600, None) == -1
    monkeypatch.setattr(system, "open", failing(errno.EACCES))
    with pytest.raises(PermissionError):
        unnamed.open_unnamed(0o600, None)
    assert os.listdir("/proc/self/fd") == before


def test_a_name_for_what_is_complete_may_be_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    publish = unnamed.unnamed_opener()[1]
    monkeypatch.setattr(system, "link_following", failing(errno.EDQUOT))
    with pytest.raises(CopyError, match="cannot create regular file 'n': Disk quota exceeded"):
        publish(entry("a", "n"), 0)


def test_a_kind_of_file_that_nobody_knows_is_told() -> None:
    status = changed(os.stat("a"), st_mode=stat.S_IFMT(0o130000) | 0o600)
    with pytest.raises(CopyError, match="'a' has unknown file type"):
        make_special(job(), entry("a", "n"), Decision("special", status, False), Outcome())


def test_a_digest_that_nobody_knows_or_that_cannot_be_read_for_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(ValueError):
        new_digest("nothing")
    monkeypatch.setattr(system, "read", failing(errno.EIO))
    with pytest.raises(CopyError, match="error reading 'x': Input/output error"):
        read_digest(new_digest("sha256"), 0, "x")


def test_another_file_has_no_digest_of_what_was_there() -> None:
    fd = os.open(".", os.O_RDONLY)
    try:
        assert digest_of(fd, "a", os.stat("b"), "a") == ""
        assert len(digest_of(fd, "a", os.stat("a"), "a")) == 64
    finally:
        os.close(fd)


def test_a_small_source_that_changed_is_read_again_to_verify_it(
    opened: Callable[..., FileCopy],
) -> None:
    file, work = opened("a", "new"), job(verify=True)
    heard: Any = work.report
    heard.verbose = True
    os.write(file.destination_fd, b"now")
    file.data = b"new"
    Path("a").write_bytes(b"now")
    os.utime("a", (1, 1))
    verify_step(work)(file)
    assert heard.words == ["verified 'new'"]
    Path("a").write_bytes(b"not")
    with pytest.raises(CopyError, match="'new' differs from 'a' at byte 2"):
        verify_step(work)(file)


@pytest.mark.parametrize("code", [errno.EIO, errno.ENOTSUP])
def test_a_new_directory_is_opened_up_unless_a_list_may_have_closed_it(
    monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    os.mkdir("new", 0o700)
    fd = os.open("new", os.O_RDONLY)
    monkeypatch.setattr(system, "xattr", lambda: SimpleNamespace(list_names=failing(code)))
    try:
        if code == errno.EIO:
            with pytest.raises(OSError, match="Input/output error"):
                directory_path._open_up(fd)
        else:
            directory_path._open_up(fd)
    finally:
        os.close(fd)
    assert stat.S_IMODE(os.stat("new").st_mode) == (0o700 if code == errno.EIO else 0o755)


def test_what_has_no_digest_is_not_written_down(opened: Callable[..., FileCopy]) -> None:
    """It went to a device, or into a FIFO."""
    file, work = opened(), job()
    noted: list[tuple[str, str]] = []
    work.manifest = lambda *what: noted.append(what)
    for file.entry.digest in ("", "123"):
        note_step(work)(file)
    assert noted == [("b", "123")]


@pytest.mark.parametrize("call", ["set_times", "stat_of", "pin"])
@pytest.mark.parametrize("can_pin", [True, False])
def test_times_that_install_cannot_keep_are_told(
    monkeypatch: pytest.MonkeyPatch, call: str, can_pin: bool
) -> None:
    if not can_pin and call != "pin":
        monkeypatch.setattr(system, "pin", lambda name, dir_fd: ((name, dir_fd), -1))
    monkeypatch.setattr(system, call, failing(errno.EROFS))
    before = os.listdir("/proc/self/fd")
    with pytest.raises(CopyError, match="cannot set timestamps for 'b': Read-only file system"):
        keep_times(entry("a", "b"), os.stat("a"), os.stat("b"))
    assert os.listdir("/proc/self/fd") == before


def test_links_that_lead_on_for_ever_are_told_and_nothing_stays_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    os.symlink("./l", "l")
    names = TemporaryNames(None, "l")
    with pytest.raises(OSError) as problem:
        names.follow()
    assert problem.value.errno == errno.ELOOP
    names.leave()
    monkeypatch.setattr(system, "readlink", failing(errno.EACCES))
    names = TemporaryNames(None, "l")
    with pytest.raises(PermissionError):
        names.follow()
    names.leave()
    assert MOST_LINKS >= 40


def test_the_end_of_the_process_removes_temporary_names(monkeypatch: pytest.MonkeyPatch) -> None:
    names = TemporaryNames(None, "b")
    for made in (names.add_name(), names.add_name()):
        Path(made).touch()
    os.unlink(names.temporary[0])  # that one is gone is no reason to leave the other
    names._remove_names()
    assert sorted(os.listdir()) == ["a", "b", "hole"]
    names.leave()
    disarm()
    monkeypatch.setattr(system, "close", failing(errno.EIO))
    release(0)

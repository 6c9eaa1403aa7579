"""What single functions make of what they are seldom given."""

import errno
import hashlib
import os
import stat
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pycp import system
from pycp.engine import (
    atomic,
    attributes,
    directory,
    directory_path,
    install,
    links,
    listing,
    parents,
    regular,
    resume,
    stream,
    temporary,
    write,
    xattrs,
)
from pycp.engine.attributes import Made, apply_attributes
from pycp.engine.data import FATAL_ANYWAY
from pycp.engine.digest import digest_step, digest_stripped
from pycp.engine.directory import Filled
from pycp.engine.file_copy import FileCopy
from pycp.engine.short_directory import directory_maker
from pycp.engine.short_links import hard_link_maker, linker, symlink_copier
from pycp.engine.short_regular import regular_copier
from pycp.errors import CopyError, SilentError
from pycp.plan.links import Memory
from pycp.system import xattr_os
from pycp.system.folder import Directory, Folder, release
from pycp.system.nodes import changed
from pycp.values import TEMPORARY
from tests import tree
from tests.unit.rooms import Heard, entry, job, opened_folder

IO = "Input/output error"


def failing(code: int) -> Callable[..., Any]:
    """Return a call that fails."""

    def fail(*_words: Any, **_more: Any) -> Any:
        raise OSError(code, os.strerror(code))

    return fail


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in "ab":
        Path(name).write_text(name * 100)
    for name in "sd":
        Path(name).mkdir()


@pytest.fixture
def fd() -> Iterator[int]:
    """Return a descriptor of a file."""
    opened = os.open("b", os.O_RDWR)
    yield opened
    os.close(opened)


@pytest.fixture
def file() -> Iterator[FileCopy]:
    """Return a copy of one file to another."""
    fds = os.open("a", os.O_RDONLY), os.open("b", os.O_RDWR)
    made = FileCopy(entry("a", "b"), fds[0], os.fstat(fds[0]), fds[1])
    made.destination = os.fstat(fds[1])
    yield made
    for each in fds:
        os.close(each)


@pytest.fixture
def filled() -> Iterator[Filled]:
    """Return a directory that was copied."""
    folder = opened_folder()
    folder.source_directory.parent = Directory(None, "", None)
    status = os.stat("d")
    yield Filled(entry("s", "d"), folder, os.stat("s"), Made(status, False, 0))
    folder.close()


# Attributes


@pytest.mark.parametrize("is_required", [True, False])
def test_the_mode_of_something_new_that_cannot_be_set_is_told(
    monkeypatch: pytest.MonkeyPatch, fd: int, is_required: bool
) -> None:
    monkeypatch.setattr(system, "set_mode", failing(errno.EIO))
    work = job(require_preserve=is_required)
    made = Made(os.fstat(fd), True, 0o077, fd)
    source = changed(os.stat("a"), st_mode=stat.S_IFREG | 0o700)
    told = f"preserving permissions for 'b': {IO}"
    if is_required:
        with pytest.raises(CopyError, match=told):
            apply_attributes(work, entry("a", "b"), source, made)
    else:
        apply_attributes(work, entry("a", "b"), source, made)
        assert isinstance(work.report, Heard)
        assert work.report.words == [told]


def test_an_old_file_that_cannot_be_closed_is_not_given_away(
    monkeypatch: pytest.MonkeyPatch, fd: int
) -> None:
    monkeypatch.setattr(attributes, "set_exact_mode", failing(errno.EIO))
    source = changed(os.stat("a"), st_uid=os.geteuid() + 1)
    made = Made(os.fstat(fd), False, 0, fd)
    work = job(preserve_ownership=True, preserve_mode=True)
    with pytest.raises(CopyError, match=f"clearing permissions for 'b': {IO}"):
        apply_attributes(work, entry("a", "b"), source, made)


@pytest.mark.parametrize("is_privileged", [True, False])
def test_an_owner_that_cannot_be_set_is_told(
    monkeypatch: pytest.MonkeyPatch, fd: int, is_privileged: bool
) -> None:
    monkeypatch.setattr(system, "set_owner", failing(errno.EPERM))
    source = changed(os.stat("a"), st_uid=os.geteuid() + 1)
    work = job(preserve_ownership=True)
    work.is_privileged = is_privileged
    made = Made(os.fstat(fd), True, 0, fd)
    if not is_privileged:
        apply_attributes(work, entry("a", "b"), source, made)
        return
    with pytest.raises(CopyError, match="failed to preserve ownership for 'b': Operation not per"):
        apply_attributes(work, entry("a", "b"), source, made)
    with pytest.raises(CopyError, match="failed to preserve ownership for b: Operation not permi"):
        links._preserve_link_owner(work, entry("a", "b"), source, fd)


def test_a_file_that_cannot_be_made_writable_is_found_out_later(
    monkeypatch: pytest.MonkeyPatch, fd: int
) -> None:
    asked = []
    closed = changed(os.fstat(fd), st_mode=stat.S_IFREG | 0o400)
    monkeypatch.setattr(system, "set_mode", lambda _fd, mode: asked.append(mode))
    attributes._let_user_write(fd, closed)
    attributes._let_user_write(fd, os.fstat(fd))
    assert asked == [0o600]
    monkeypatch.setattr(system, "set_mode", failing(errno.EPERM))
    attributes._let_user_write(fd, closed)


@pytest.mark.parametrize("is_told", [False, True])
def test_attributes_of_a_directory_that_cannot_be_gone_back_to_are_told_once(
    filled: Filled, is_told: bool
) -> None:
    filled.folder.source_directory.close()
    os.rename("s", "away")
    filled.is_told = is_told
    work = job(preserve_xattr=True, require_preserve_xattr=True)
    with pytest.raises(CopyError, match="cannot access 's'") as problem:
        directory.finish_directory(work, filled)
    assert isinstance(problem.value, SilentError) == is_told


@pytest.mark.parametrize("mode", [True, False])
def test_permissions_that_were_not_read_are_told(fd: int, mode: bool) -> None:
    made = Made(os.fstat(fd), False, 0, fd)
    made.unknown = CopyError("not known")
    work = job(preserve_mode=mode, require_preserve_xattr=True)
    with pytest.raises(CopyError, match="not known"):
        apply_attributes(work, entry("a", "b"), os.stat("a"), made)


def test_another_directory_above_lends_no_permissions(fd: int) -> None:
    source = changed(os.stat("s"), st_ino=1)
    with pytest.raises(OSError) as problem:
        parents._preserve_permissions(fd, source, "s")
    assert problem.value.errno == errno.ESTALE


def test_an_access_list_that_cannot_be_taken_away_is_told(
    monkeypatch: pytest.MonkeyPatch, fd: int
) -> None:
    monkeypatch.setattr(system, "has_access_list", lambda _fd: True)
    install._drop_access_list(entry("a", "b"), fd)
    assert stat.S_IMODE(os.stat("b").st_mode) == 0o600
    monkeypatch.setattr(attributes, "set_exact_mode", failing(errno.EIO))
    with pytest.raises(CopyError, match=IO):
        install._drop_access_list(entry("a", "b"), fd)


def test_a_new_directory_is_opened_up_where_there_are_no_lists(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(xattr_os, "list_names", failing(errno.ENOTSUP))
    os.chmod("d", 0o700)
    fd = os.open("d", os.O_RDONLY)
    directory_path._open_up(fd)
    os.close(fd)
    assert stat.S_IMODE(os.stat("d").st_mode) == 0o755


# Short ways


@pytest.fixture
def new_folder() -> Iterator[Folder]:
    """Return a folder whose destination is new; the source has a link, and a file of two names."""
    os.symlink("f", "s/l")
    Path("s/f").touch()
    os.link("s/f", "s/g")
    folder = opened_folder()
    folder.is_new = True
    yield folder
    folder.close()


def test_a_link_with_attributes_is_left_to_the_general_way(
    monkeypatch: pytest.MonkeyPatch, new_folder: Folder
) -> None:
    monkeypatch.setattr(xattr_os, "names_of_path", lambda _path: ["user.k"])
    assert not symlink_copier(job(preserve_xattr=True))(new_folder, "l")
    assert os.listdir("d") == []


def test_a_link_whose_times_cannot_be_set_is_told(
    monkeypatch: pytest.MonkeyPatch, new_folder: Folder
) -> None:
    monkeypatch.setattr(system, "set_times", failing(errno.EIO))
    work = job(preserve_timestamps=True)
    assert symlink_copier(work)(new_folder, "l")
    assert isinstance(work.report, Heard)
    assert work.report.words == [f"preserving times for 'd/l': {IO}"]


def test_a_name_that_cannot_be_linked_is_left_to_the_general_way(
    monkeypatch: pytest.MonkeyPatch, new_folder: Folder
) -> None:
    memory: Any = SimpleNamespace(linked=0)
    memory.copied = SimpleNamespace(place=lambda _identity: (new_folder, "f"))
    monkeypatch.setattr(system, "link_itself", failing(errno.EMLINK))
    assert not hard_link_maker(job(), memory)(new_folder, "g")
    assert memory.linked == 0


def test_names_of_a_file_that_follow_each_other_are_linked_unopened(
    monkeypatch: pytest.MonkeyPatch, new_folder: Folder
) -> None:
    opened: list[str] = []

    def open_watched(name: str, flags: int, mode: int = 0o777, *, dir_fd: int) -> int:
        opened.append(name)
        return os.open(name, flags, mode, dir_fd=dir_fd)

    monkeypatch.setattr(system, "open", open_watched)
    work, memory = job(preserve_links=True), Memory()
    copy = regular_copier(work, memory, hard_link_maker(work, memory))
    Path("s/h").touch()
    assert [copy(new_folder, name) for name in "fgh"] == [True] * 3
    assert (opened, memory.linked) == (["f", "f", "h", "h"], 1)
    assert Path("d/f").samefile("d/g")


def test_what_others_may_write_to_is_not_made_so(
    monkeypatch: pytest.MonkeyPatch, new_folder: Folder
) -> None:
    """While a directory is filled nobody else puts anything in it."""
    made = []

    def mkdir(name: str, mode: int, *, dir_fd: int) -> None:
        made.append((name, mode))
        os.mkdir(name, mode, dir_fd=dir_fd)

    for name, mode in (("a", 0o755), ("b", 0o755), ("c", 0o777), ("e", 0o2755)):
        os.mkdir(f"s/{name}")
        os.chmod(f"s/{name}", mode)
    monkeypatch.setattr(system, "mkdir", mkdir)
    keeps = {f"preserve_{what}": True for what in ("mode", "ownership", "timestamps")}
    make = directory_maker(job(**keeps), Memory())
    new_folder.goes_by_umask = True
    for name in "abce":
        filled = make(new_folder, name)
        assert filled is not None
        filled.folder.close()
    assert made == [("a", 0o700), ("b", 0o755), ("c", 0o700), ("e", 0o2700)]


@pytest.mark.parametrize("keeps_owner", [True, False])
def test_what_an_access_list_keeps_from_the_group_is_not_given_to_it_meanwhile(
    monkeypatch: pytest.MonkeyPatch, new_folder: Folder, keeps_owner: bool
) -> None:
    """The group bits of the mode are the mask of the list then, and the group has none of it."""
    made = []

    def mkdir(name: str, mode: int, *, dir_fd: int) -> None:
        made.append((name, mode))
        os.mkdir(name, mode, dir_fd=dir_fd)

    def create(name: str, flags: int, mode: int = 0, *, dir_fd: int) -> int:
        if flags & os.O_CREAT:
            made.append((name, mode))
        return os.open(name, flags, mode, dir_fd=dir_fd)

    [(name, value)] = tree.acl("u::rwx u:4321:rx g:: m::rx o::").items()
    for names, do in (("abc", os.mkdir), ("xyz", lambda path: Path(path).touch())):
        for each in names:
            do(f"s/{each}")
            os.chmod(f"s/{each}", 0o750)
        os.setxattr(f"s/{names[1]}", name, value)
    monkeypatch.setattr(system, "mkdir", mkdir)
    monkeypatch.setattr(system, "open", create)
    work = job(preserve_mode=True, preserve_timestamps=True, preserve_ownership=keeps_owner)
    make, copy = directory_maker(work, Memory()), regular_copier(work, Memory())
    new_folder.goes_by_umask = True
    for each in "abc":
        filled = make(new_folder, each)
        assert filled is not None
        filled.folder.close()
    assert [copy(new_folder, each) for each in "xyz"] == [True] * 3
    closed_first = [("a", 0o700), ("b", 0o700), ("c", 0o750 if keeps_owner else 0o700)]
    assert made == [*closed_first, ("x", 0o700), ("y", 0o700), ("z", 0o750)]
    assert os.getxattr("d/y", name) == value
    assert os.listxattr("d/x") == []


@pytest.mark.parametrize("follows", [True, False])
def test_a_link_takes_the_place_of_a_copy(new_folder: Folder, follows: bool) -> None:
    make = linker(job(hard_link=True), follows)
    assert make(new_folder, "f")
    assert make(new_folder, "l")
    assert Path("d/f").samefile("s/f")
    assert os.lstat("d/l").st_ino == (os.stat("s/f") if follows else os.lstat("s/l")).st_ino
    assert not make(new_folder, "f")
    new_folder.source_directory.shown_as = "/s"
    assert linker(job(symbolic_link=True), follows)(new_folder, "g")
    assert os.readlink("d/g") == "/s/g"
    new_folder.source_directory.shown_as = "s"
    assert not linker(job(symbolic_link=True), follows)(new_folder, "h")


# Lists


def access_list(*entries: tuple[int, int, int]) -> bytes:
    return b"\2\0\0\0" + b"".join(struct.pack(xattrs.ENTRY, *each) for each in entries)


OWNER = (1, 7, 0)


@pytest.mark.parametrize(
    ("value", "bits"),
    [
        (None, 0o700),
        (b"\2\0\0\0too short", 0o700),
        (access_list(OWNER, (4, 7, 0), (0x10, 5, 0), (0x20, 7, 0)), 0o757),
        (access_list(OWNER, (4, 7, 0), (2, 4, 9), (0x20, 7, 0)), 0o774),
        (access_list(OWNER, (4, 7, 0), (2, 0, 9), (0x20, 7, 0)), 0o700),
        (access_list(OWNER, (4, 5, 0), (8, 1, 9), (0x20, 7, 0)), 0o751),
    ],
)
def test_a_mode_gives_no_more_than_a_list_that_was_lost(value: bytes | None, bits: int) -> None:
    assert xattrs.bits_without(value) & 0o777 == bits


@pytest.mark.parametrize(
    ("name", "value", "is_said"),
    [
        (xattrs.ACCESS_LIST, access_list(OWNER, (4, 7, 0), (0x20, 7, 0)), True),
        (xattrs.ACCESS_LIST, access_list(OWNER, (4, 7, 0), (2, 4, 9), (0x20, 7, 0)), False),
        ("system.nfs4_acl", struct.pack(">5I", 1, 0, 0, 0, 6) + b"OWNER@\0\0", True),
        ("system.nfs4_acl", struct.pack(">5I", 1, 0, 0, 0, 5) + b"alice\0\0\0", False),
        ("system.nfs4_acl", struct.pack(">I", 0), True),
        ("user.k", b"", False),
    ],
)
def test_a_list_that_says_what_the_mode_says_need_not_be_kept(
    monkeypatch: pytest.MonkeyPatch, fd: int, name: str, value: bytes, is_said: bool
) -> None:
    assert xattrs._is_said_by_mode(name, value) is is_said
    monkeypatch.setattr(xattr_os, "get_value", lambda _where, _name: value)
    monkeypatch.setattr(xattr_os, "set_value", failing(errno.ENOTSUP))
    if name == "user.k":
        return
    if is_said:
        xattrs.set_permissions("a", fd, 0o640, [name])
    else:
        with pytest.raises(OSError):
            xattrs.set_permissions("a", fd, 0o640, [name])


# What is there


def test_a_file_of_several_names_is_held_if_it_is_the_one_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    os.link("a", "c")
    held = write._hold("a", None, os.stat("a"))
    assert (held >= 0) == bool(system.PATH_ONLY)
    release(held)
    before = os.listdir("/proc/self/fd")
    assert write._hold("a", None, changed(os.stat("a"), st_ino=1)) == -1
    monkeypatch.setattr(system, "fstat", failing(errno.EIO))
    assert write._hold("a", None, os.stat("a")) == -1
    assert os.listdir("/proc/self/fd") == before


def test_a_link_that_was_put_there_meanwhile_is_not_written_through(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert not write.is_symlink(entry("a", "nowhere/b"))
    os.symlink("b", "l")
    monkeypatch.setenv("POSIXLY_CORRECT", "1")
    before = os.listdir("/proc/self/fd")
    with pytest.raises(CopyError, match="not writing through dangling symlink 'l'"):
        write._create_through_symlink(entry("a", "l"), 0o600, True, os.O_WRONLY | os.O_CREAT)
    os.unlink("b")
    os.symlink("nowhere/x", "b")
    with pytest.raises(CopyError, match="cannot create regular file 'l': No such file"):
        write._create_through_symlink(entry("a", "l"), 0o600, True, os.O_WRONLY | os.O_CREAT)
    assert os.listdir("/proc/self/fd") == before


def test_what_has_data_and_cannot_be_shared_stays(file: FileCopy) -> None:
    code = next(iter(FATAL_ANYWAY))
    regular._remove_unshared(file, CopyError("", code))
    assert os.path.exists("b")
    regular._remove_unshared(file, CopyError("", errno.ENOTSUP))
    assert not os.path.exists("b")


def test_what_is_not_ours_or_is_gone_is_not_finished() -> None:
    theirs = changed(os.stat("b"), st_uid=os.geteuid() + 1)
    assert not resume.is_finished(job(), os.stat("a"), theirs)
    assert not resume._is_linked(entry("a", "nowhere/b"), entry("a", "b"))
    assert not resume._is_linked(entry("a", "b"), entry("a", "a"))


def test_a_stripped_file_that_was_replaced_has_no_digest() -> None:
    with pytest.raises(CopyError, match="replaced"):
        digest_stripped(job(digest="sha256"), entry("a", "b"), os.stat("a"))


def test_a_digest_that_is_none_for_security_is_taken_of_small_files_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where only those that are approved may serve it, as with OpenSSL in the mode of FIPS."""

    def md5(data: bytes, *, usedforsecurity: bool = True) -> Any:
        if usedforsecurity:
            raise ValueError("unsupported")
        return hashlib.new("md5", data, usedforsecurity=False)

    monkeypatch.setattr(hashlib, "md5", md5)
    file = FileCopy(entry("a", "b"), -1, os.stat("a"))
    file.data = b"words"
    digest_step(job(digest="md5"))(file)
    assert file.entry.digest == md5(b"words", usedforsecurity=False).hexdigest()


def test_a_digest_of_what_is_shorter_by_now_ends(file: FileCopy) -> None:
    os.lseek(file.source_fd, 90, 0)
    work = job(digest="sha256")
    work.manifest = lambda _name, _digest: None
    stream.Watch(work, file).begin(file, 100)


def test_a_vast_directory_that_cannot_be_listed_to_its_end_is_told(filled: Filled) -> None:
    class Listing:
        is_closed = False

        def __next__(self) -> object:
            return failing(errno.EIO)()

        def __iter__(self) -> "Listing":
            return self

        def close(self) -> None:
            self.is_closed = True

    some: Any = Listing()
    work = job()
    assert list(listing._chunks(work, filled, some, [("f", 1)], ())) == [("f", 1)]
    assert isinstance(work.report, Heard)
    assert work.report.words == [f"cannot access 's': {IO}"]
    assert some.is_closed


def test_temporary_names_of_those_that_died_are_removed() -> None:
    names = [f"d/{TEMPORARY}{token}.x" for token in ("dead", "alive")]
    for name in names:
        Path(name).touch()
    fd = os.open("d", os.O_RDONLY)
    temporary.remove_left(fd, ["dead"])
    os.close(fd)
    assert [os.path.exists(name) for name in names] == [False, True]


def test_the_rest_of_a_linked_file_that_cannot_be_taken_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Somebody takes the name between the link that is refused and the renaming."""
    work: Any = SimpleNamespace(
        _names=SimpleNamespace(
            temporary=["t"], name="b", link=failing(errno.EPERM), look=lambda: os.stat("b")
        )
    )
    with pytest.raises(FileExistsError):
        atomic.Stage._appear(work)

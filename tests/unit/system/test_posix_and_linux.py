"""The default of every system call we mend, and Linux's own way, keep the same promises."""

import errno
import io
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from pycp.system import linux, posix, xattr_os, xattr_package

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pycp.system.posix import Where

BOTH = pytest.mark.parametrize("ways", [posix, linux], ids=["posix", "linux"])
XATTRS = pytest.mark.parametrize("ways", [xattr_os, xattr_package], ids=["os", "package"])
TIMES = (1_000_000_001, 2_000_000_003)


@pytest.fixture
def dir_fd(tmp_path: Path) -> Iterator[int]:
    """Return a descriptor of a directory with one node of each kind."""
    (tmp_path / "f").write_text("f")
    (tmp_path / "d").mkdir()
    (tmp_path / "l").symlink_to("f")
    (tmp_path / "to_nothing").symlink_to("nothing")
    os.mkfifo(tmp_path / "p")
    fd = os.open(tmp_path, os.O_RDONLY)
    yield fd
    os.close(fd)


def pinned(ways: ModuleType, name: str, dir_fd: int) -> "tuple[Where, int]":
    """Pin a name; the descriptor is only there to be closed."""
    where, fd = ways.pin(name, dir_fd)
    return where, fd


@BOTH
@pytest.mark.parametrize("name", ["f", "d", "l", "to_nothing", "p"])
def test_what_is_pinned_is_the_node_itself(ways: ModuleType, dir_fd: int, name: str) -> None:
    where, fd = pinned(ways, name, dir_fd)
    try:
        expected = os.stat(name, dir_fd=dir_fd, follow_symlinks=False)
        assert posix.stat_of(where) == expected
    finally:
        if fd >= 0:
            os.close(fd)


@BOTH
@pytest.mark.parametrize("name", ["f", "d", "l", "to_nothing", "p"])
def test_times_and_owner_go_to_the_node_itself(ways: ModuleType, dir_fd: int, name: str) -> None:
    others = {"f", "d", "p"} - {name}
    before = {other: os.stat(other, dir_fd=dir_fd) for other in others}
    where, fd = pinned(ways, name, dir_fd)
    try:
        posix.set_times(where, *TIMES)
        posix.set_owner(where, os.geteuid(), os.getegid())
        if os.geteuid() == 0:
            posix.set_owner(where, 5, -1)
    finally:
        if fd >= 0:
            os.close(fd)
    status = os.stat(name, dir_fd=dir_fd, follow_symlinks=False)
    assert status.st_mtime_ns == TIMES[1]
    assert status.st_uid == (5 if os.geteuid() == 0 else os.geteuid())
    assert before == {other: os.stat(other, dir_fd=dir_fd) for other in others}


@BOTH
@pytest.mark.parametrize("name", ["f", "d", "p"])
def test_a_mode_goes_to_the_node_itself(ways: ModuleType, dir_fd: int, name: str) -> None:
    where, fd = pinned(ways, name, dir_fd)
    try:
        posix.set_mode(where, 0o710)
    except OSError as error:
        # Linux before 6.6 has no fchmodat2, and a name below a descriptor is all posix has.
        assert ways is posix
        assert error.errno == errno.ENOTSUP
    else:
        assert stat.S_IMODE(os.stat(name, dir_fd=dir_fd).st_mode) == 0o710
    finally:
        if fd >= 0:
            os.close(fd)


@BOTH
def test_a_mode_is_never_given_to_what_a_link_leads_to(ways: ModuleType, dir_fd: int) -> None:
    before = os.stat("f", dir_fd=dir_fd).st_mode
    where, fd = pinned(ways, "l", dir_fd)
    try:
        posix.set_mode(where, 0o710)
    except OSError as error:
        assert error.errno == errno.ENOTSUP
    finally:
        if fd >= 0:
            os.close(fd)
    assert os.stat("f", dir_fd=dir_fd).st_mode == before


@BOTH
def test_a_name_that_is_not_there_cannot_be_pinned(ways: ModuleType, dir_fd: int) -> None:
    with pytest.raises(FileNotFoundError):
        posix.stat_of(pinned(ways, "x", dir_fd)[0])


@BOTH
def test_a_descriptor_of_a_place_serves_to_set_attributes(ways: ModuleType, dir_fd: int) -> None:
    fd = os.open("d", os.O_RDONLY | os.O_DIRECTORY | ways.PATH_ONLY, dir_fd=dir_fd)
    try:
        where = ways.where(fd, ".", fd)
        posix.set_mode(where, 0o750)
        posix.set_times(where, *TIMES)
    finally:
        os.close(fd)
    status = os.stat("d", dir_fd=dir_fd)
    assert (stat.S_IMODE(status.st_mode), status.st_mtime_ns) == (0o750, TIMES[1])


@BOTH
def test_linux_does_without_proc_what_others_do(
    ways: ModuleType, dir_fd: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(linux, "_path", lambda _fd: None)
    before = len(os.listdir("/proc/self/fd"))
    assert pinned(ways, "l", dir_fd) == (("l", dir_fd), -1)
    assert len(os.listdir("/proc/self/fd")) == before
    fd = ways.open_leased("f", os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW, dir_fd)
    try:
        assert os.read(fd, 9) == b"f"
    finally:
        os.close(fd)


@BOTH
def test_a_leased_file_is_waited_for(ways: ModuleType, dir_fd: int) -> None:
    import fcntl

    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, "f"],
        cwd=f"/proc/self/fd/{dir_fd}",
        pass_fds=[dir_fd],
        stdout=subprocess.PIPE,
    )
    assert holder.stdout is not None
    try:
        if holder.stdout.readline() != b"held\n":
            pytest.skip("no leases on this file system")
        fd = ways.open_leased("f", os.O_WRONLY | os.O_NONBLOCK, dir_fd)
        assert not fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_NONBLOCK
        os.close(fd)
    finally:
        holder.communicate(timeout=20)


HOLDER = """
import fcntl, os, signal, sys
fd = os.open(sys.argv[1], os.O_RDWR)
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGIO])
fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_WRLCK)
print("held", flush=True)
signal.sigwait([signal.SIGIO])
fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_UNLCK)
"""


def test_only_a_regular_file_is_waited_for(dir_fd: int) -> None:
    with pytest.raises(BlockingIOError):
        linux.open_leased("p", os.O_RDONLY | os.O_NONBLOCK, dir_fd)
    with pytest.raises(BlockingIOError):
        linux.open_leased("l", os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW, dir_fd)


@BOTH
@pytest.mark.parametrize("mask", [0, 0o022, 0o077, 0o777])
def test_the_umask_is_told_and_stays(ways: ModuleType, mask: int) -> None:
    old = os.umask(mask)
    try:
        assert ways.umask() == mask
        assert ways.umask() == mask
    finally:
        os.umask(old)


def no_proc(*_arguments: object) -> None:
    raise FileNotFoundError


@pytest.mark.parametrize("opened", [no_proc, lambda *_words: io.BytesIO(b"Name:\tpython\n")])
def test_the_umask_is_told_where_proc_does_not_tell_it(
    monkeypatch: pytest.MonkeyPatch, opened: Callable[..., object]
) -> None:
    old = os.umask(0o027)
    try:
        monkeypatch.setattr(linux, "open", opened, raising=False)
        assert linux.umask() == 0o027
    finally:
        os.umask(old)


def test_an_exclusive_rename_moves_what_it_is_given(dir_fd: int, tmp_path: Path) -> None:
    for name in ("f", "d", "l", "p"):
        before = os.stat(name, dir_fd=dir_fd, follow_symlinks=False).st_ino
        if name == "d":
            # An empty file cannot give way to a directory.
            with pytest.raises(NotADirectoryError):
                posix.rename_exclusively(name, "new_d", dir_fd)
            assert not os.path.lexists(tmp_path / "new_d")
            continue
        posix.rename_exclusively(name, f"new_{name}", dir_fd)
        after = os.stat(f"new_{name}", dir_fd=dir_fd, follow_symlinks=False).st_ino
        assert before == after
        assert not os.path.lexists(tmp_path / name)


def test_an_exclusive_rename_replaces_nothing(dir_fd: int, tmp_path: Path) -> None:
    for taken in ("d", "l", "to_nothing", "p", "f"):
        before = os.lstat(tmp_path / taken)
        with pytest.raises(FileExistsError):
            posix.rename_exclusively("f", taken, dir_fd)
        after = os.lstat(tmp_path / taken)
        assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_an_exclusive_rename_that_fails_leaves_no_claim(dir_fd: int, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        posix.rename_exclusively("nothing", "new", dir_fd)
    assert not os.path.lexists(tmp_path / "new")


@pytest.mark.parametrize("code", [errno.EEXIST, errno.EPERM])
def test_an_exclusive_rename_needs_no_system_that_replaces(
    dir_fd: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    monkeypatch.setattr(os, "rename", never_replacing(code))
    posix.rename_exclusively("f", "new", dir_fd)
    assert (tmp_path / "new").read_text() == "f"
    assert not os.path.lexists(tmp_path / "f")
    with pytest.raises(FileExistsError):
        posix.rename_exclusively("new", "p", dir_fd)
    assert (tmp_path / "p").is_fifo()


def test_who_takes_the_name_after_the_claim_keeps_it(
    dir_fd: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse = never_replacing(errno.EEXIST)

    def rename(*words: Any, **more: Any) -> None:
        (tmp_path / "new").write_text("theirs")
        refuse(*words, **more)

    monkeypatch.setattr(os, "rename", rename)
    with pytest.raises(FileExistsError):
        posix.rename_exclusively("f", "new", dir_fd)
    assert (tmp_path / "new").read_text() == "theirs"
    assert (tmp_path / "f").read_text() == "f"


@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC])
def test_a_claim_that_fails_half_way_leaves_nothing(
    dir_fd: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    close = os.close

    def failing(fd: int) -> None:
        close(fd)
        raise OSError(code, "")

    def rename(*_words: Any, **_more: Any) -> None:
        assert not os.path.lexists(tmp_path / "new")
        raise OSError(errno.EACCES, "")

    with monkeypatch.context() as patch, pytest.raises(OSError) as raised:
        patch.setattr(os, "close", failing)
        patch.setattr(os, "rename", rename)
        posix.rename_exclusively("f", "new", dir_fd)
    assert raised.value.errno == (errno.EACCES if code == errno.ENOSPC else code)
    assert not os.path.lexists(tmp_path / "new")


def never_replacing(code: int) -> Callable[..., None]:
    """Return a rename that fails where the new name is taken."""
    rename = os.rename

    def refuse(name: str, new_name: str, *, src_dir_fd: int, dst_dir_fd: int) -> None:
        try:
            os.stat(new_name, dir_fd=dst_dir_fd, follow_symlinks=False)
        except FileNotFoundError:
            rename(name, new_name, src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd)
        else:
            raise OSError(code, "")

    return refuse


def test_a_claim_that_cannot_be_looked_at_is_left(
    dir_fd: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "stat", lambda *_words, **_more: os.fstat(-1))
    with pytest.raises(FileNotFoundError):
        posix.rename_exclusively("nothing", "new", dir_fd)
    assert os.path.lexists(tmp_path / "new")


def test_a_kernel_has_labels_for_who_may_write_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for flags, configured in ((0, True), (0, False), (os.ST_RDONLY, True)):
        monkeypatch.setattr(os, "statvfs", lambda _path, f=flags: SimpleNamespace(f_flag=f))
        monkeypatch.setattr(os, "access", lambda *_words, answer=configured: answer)
        assert linux._look_for_labels() is (configured and not flags)


def test_one_of_many_exclusive_renames_wins(dir_fd: int, tmp_path: Path) -> None:
    for number in range(8):
        (tmp_path / f"from{number}").write_text(str(number))
    lost: list[int] = []

    def take(number: int) -> None:
        try:
            posix.rename_exclusively(f"from{number}", "to", dir_fd)
        except FileExistsError:
            lost.append(number)

    threads = [threading.Thread(target=take, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(lost) == 7
    assert int((tmp_path / "to").read_text()) not in lost


def test_hard_links_follow_or_not(
    dir_fd: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    posix.link_following("l", "followed", dir_fd, dir_fd)
    posix.link_itself("l", "itself", dir_fd, dir_fd)
    assert os.path.samefile(tmp_path / "followed", tmp_path / "f")
    assert not (tmp_path / "followed").is_symlink()
    assert (tmp_path / "itself").is_symlink()
    monkeypatch.chdir(tmp_path)
    posix.link_following("l", "from_here", None, None)
    assert not (tmp_path / "from_here").is_symlink()


@XATTRS
@pytest.mark.parametrize("kind", ["descriptor", "path", "name", "below"])
def test_extended_attributes_are_written_and_read(
    ways: ModuleType, kind: str, dir_fd: int, tmp_path: Path
) -> None:
    fd = os.open("f", os.O_RDWR, dir_fd=dir_fd)
    targets: dict[str, Where] = {
        "descriptor": fd,
        "path": str(tmp_path / "f"),
        "below": ("f", dir_fd),
        "name": (str(tmp_path / "f"), None),
    }
    target = targets[kind]
    try:
        xattr_os.set_value(fd, "user.first", b"1")
        if kind == "below" and ways is xattr_package:
            with pytest.raises(OSError) as caught:
                ways.list_names(target)
            assert caught.value.errno == errno.ENOTSUP, "the package knows no descriptors"
            return
        ways.set_value(target, "user.k", b"\0any\xff bytes")
        ways.set_value(target, "user.k", b"\0other\xff bytes")
        ways.set_value(target, "user.empty", b"")
        assert {"user.first", "user.k", "user.empty"} <= set(ways.list_names(target))
        assert ways.get_value(target, "user.k") == b"\0other\xff bytes"
        assert ways.get_value(target, "user.empty") == b""
        ways.remove(target, "user.first")
        assert "user.first" not in ways.list_names(target)
        for call in (ways.get_value, ways.remove):
            with pytest.raises(OSError) as caught:
                call(target, "user.none")
            assert caught.value.errno == errno.ENODATA
        assert os.getxattr(tmp_path / "f", "user.k") == b"\0other\xff bytes"
    finally:
        os.close(fd)


@XATTRS
def test_extended_attributes_of_a_link_are_its_own(
    ways: ModuleType, dir_fd: int, tmp_path: Path
) -> None:
    file, link = (str(tmp_path / "f"), None), (str(tmp_path / "l"), None)
    xattr_os.set_value(file, "user.k", b"v")
    assert "user.k" not in ways.list_names(link)
    with pytest.raises(OSError):
        ways.set_value(link, "user.k", b"v")
    if os.geteuid() == 0:
        ways.set_value(link, "trusted.k", b"v")
        assert ways.get_value(link, "trusted.k") == b"v"
        assert "trusted.k" not in ways.list_names(file)


@XATTRS
def test_extended_attributes_of_nothing_are_an_error(
    ways: ModuleType, dir_fd: int, tmp_path: Path
) -> None:
    for target in ((str(tmp_path / "nothing"), None), ("nothing", dir_fd)):
        with pytest.raises(OSError):
            ways.list_names(target)


def test_time_in_the_queue_for_a_processor_is_told() -> None:
    assert posix.queued() == 0
    processors = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(processors)})
    busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])  # on the same one
    try:
        before = linux.queued()
        while linux.queued() < before + 0.01:
            assert busy.poll() is None
    finally:
        busy.kill()
        busy.wait()
        os.sched_setaffinity(0, processors)


@pytest.mark.parametrize(
    ("machine", "number"),
    [
        ("x86_64", 0x40049409),
        ("aarch64", 0x40049409),
        ("riscv64", 0x40049409),
        ("s390x", 0x40049409),
        ("ppc64le", 0x80049409),
        ("mips64", 0x80049409),
        ("sparc64", 0x80049409),
        ("alpha", 0x80049409),
        ("parisc64", 0x80049409),
    ],
)
def test_the_number_of_a_call_depends_on_the_machine(machine: str, number: int) -> None:
    assert linux.to_write(0x94, 9, 4, machine) == number


def test_the_number_of_a_call_is_the_one_python_knows() -> None:
    import fcntl

    assert getattr(fcntl, "FICLONE", linux.FICLONE) == linux.FICLONE
    assert getattr(fcntl, "FICLONERANGE", 0) in (0, linux.to_write(0x94, 13, 32, linux.MACHINE))


def test_a_hole_is_punched_within_a_file_and_behind_it(tmp_path: Path) -> None:
    with open(tmp_path / "f", "wb+") as file:
        file.write(b"x" * 40_960)
        file.flush()
        code = linux.punch_hole(file.fileno(), 4096, 8192)
        if code in (errno.ENOTSUP, errno.ENOTTY):
            pytest.skip(f"no holes can be punched here: {os.strerror(code)}")
        assert code == 0
        assert linux.punch_hole(file.fileno(), 40_960, 4096) == 0
        assert os.pread(file.fileno(), 99_999, 0) == b"x" * 4096 + bytes(8192) + b"x" * 28_672
    assert linux.punch_hole(file_that_is_closed(), 0, 4096) == errno.EBADF
    assert posix.punch_hole(0, 0, 4096) == errno.ENOTSUP


def file_that_is_closed() -> int:
    """Return a descriptor that stands for nothing."""
    fd = os.open(".", os.O_RDONLY)
    os.close(fd)
    return fd

"""What is complete is found so with few calls, and the same is found as in general."""

import errno
import os
import re
import shutil
from pathlib import Path

import pytest

from pycp import system
from pycp.options import CopyOptions
from pycp.run.serial import run_serial
from pycp.system import posix
from pycp.system.inside import way_inside
from pycp.values import SKIPPED
from tests import needs
from tests.forked import run_ours
from tests.programs import Programs
from tests.unit.rooms import Heard

FILES = 5
DIRECTORIES = ("d", "d/e")


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """Make a tree and a complete copy of it; return where they are."""
    for directory in DIRECTORIES:
        (tmp_path / "s" / directory).mkdir(parents=True)
        for number in range(FILES):
            (tmp_path / "s" / directory / f"{directory[-1]}{number}").write_text("x" * number)
    done = run_ours(["-aT", "s", "c"], str(tmp_path))
    assert (done.status, done.stderr) == (0, "")
    return tmp_path


def remove(path: Path) -> None:
    """Remove whatever has a name."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def resume(root: Path) -> None:
    """Go on with the copy."""
    done = run_ours(["-aT", "--resume", "s", "c"], str(root))
    assert (done.status, done.stderr, done.stdout) == (0, "", "")


def test_a_complete_entry_is_named_twice(copied: Path, run_pycp: Programs) -> None:
    needs.tracing()
    (copied / "c/d/d3").unlink()
    traced = "$ strace -f -o log pycp -aT --resume -j1 s c"
    assert run_pycp.run(traced, str(copied)).status == 0
    trace = (copied / "log").read_text()
    named = {
        name: re.findall(rf'(\w+)\([^"\n]*"{name}"', trace)
        for name in ("d", "e", *(f"{d[-1]}{number}" for d in DIRECTORIES for number in range(5)))
    }
    entered = named.pop("e")
    assert entered == ["openat", "openat"]
    del named["d"]
    assert named.pop("d3") == ["newfstatat", "openat", "openat"]
    assert set(map(tuple, named.values())) == {("newfstatat", "newfstatat", "llistxattr")}
    assert "/proc/self/fd/" not in trace


def test_the_attributes_of_a_source_are_given_to_what_is_complete(copied: Path) -> None:
    for name in ("d/d1", "d/e"):
        os.setxattr(copied / "s" / name, "user.late", b"1")
    times = [(copied / "c" / name).stat().st_mtime_ns for name in ("d/d1", "d/e")]
    resume(copied)
    for name in ("d/d1", "d/e"):
        assert os.getxattr(copied / "c" / name, "user.late") == b"1"
    assert times == [(copied / "c" / name).stat().st_mtime_ns for name in ("d/d1", "d/e")]


@pytest.mark.parametrize("way", ["short", "general"])
def test_what_a_copy_has_beyond_its_source_stays(
    copied: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    for name in ("d/d1", "d/e"):
        os.setxattr(copied / "c" / name, "user.more", b"2")
    if way == "general":
        monkeypatch.setattr("pycp.run.walk.short_ways", lambda *_arguments: ({}, None, None))
    resume(copied)
    for name in ("d/d1", "d/e"):
        assert os.listxattr(copied / "c" / name) == ["user.more"]


def test_what_a_directory_lost_it_gets_back(copied: Path) -> None:
    (copied / "c/d/e/e1").unlink()
    (copied / "c/d/e").chmod(0o700)
    (copied / "s/d").chmod(0o750)
    resume(copied)
    for name in DIRECTORIES:
        source, copy = (copied / side / name for side in "sc")
        assert copy.stat().st_mode == source.stat().st_mode
        assert copy.stat().st_mtime_ns == source.stat().st_mtime_ns
    assert (copied / "c/d/e/e1").read_text() == "x"


@pytest.mark.parametrize("is_ours", [True, False])
def test_a_complete_file_is_not_opened(
    copied: Path, monkeypatch: pytest.MonkeyPatch, is_ours: bool
) -> None:
    real = system.open

    def refusing(name: str, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        if name == "d1":
            raise PermissionError(13, "Permission denied")
        return real(name, flags, mode, dir_fd=dir_fd)

    monkeypatch.setattr(system, "open", refusing)
    monkeypatch.chdir(copied)
    monkeypatch.setattr(posix, "is_ours", is_ours)
    options = CopyOptions(
        recursive=True,
        no_target_directory=True,
        dereference="never",
        preserve_mode=True,
        preserve_timestamps=True,
        resume=True,
        jobs=1,
    )
    for operands in (["s", "c"], [str(copied / "s"), str(copied / "c")]):
        report = Heard()
        run_serial(options, operands, report)
        assert (report.words, report.tally.own[SKIPPED]) == ([], 2 * FILES)
        assert Path.cwd() == copied


def test_a_directory_that_cannot_be_read_is_told_and_the_rest_is_copied(
    copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So it is with one that is there already, into which there is no way either."""
    (copied / "s/later").write_text("later")
    real, closed = system.open, (copied / "s/d").stat()

    def refusing(name: str, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        fd = real(name, flags, mode, dir_fd=dir_fd)
        if not flags & os.O_PATH and os.path.samestat(os.fstat(fd), closed):
            os.close(fd)
            raise PermissionError(errno.EACCES, "Permission denied")
        return fd

    monkeypatch.setattr(system, "open", refusing)
    done = run_ours(["-aT", "--resume", "s", "c"], str(copied))
    told = "pycp: cannot access 's/d': Permission denied\n"
    assert (done.status, done.stderr) == (1, told)
    assert (copied / "c/later").read_text() == "later"


def test_who_may_not_go_back_does_not_go_anywhere(
    copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever may not search the working directory looks names up by longer paths."""
    monkeypatch.chdir(copied)
    monkeypatch.setattr(posix, "is_ours", True)
    moves = []

    def refusing(fd: int) -> None:
        moves.append(fd)
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "fchdir", refusing)
    way = way_inside("pycp")
    assert way.enter(7) == "/proc/self/fd/7/"
    way.leave()
    assert len(moves) == 1


def test_where_there_is_no_way_back_the_process_ends(
    copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All relative names would lead somewhere else."""
    monkeypatch.chdir(copied)
    monkeypatch.setattr(posix, "is_ours", True)
    way = way_inside("pycp")
    fd = os.open("s", os.O_RDONLY)
    assert way.enter(fd) == ""
    os.close(fd)
    assert Path.cwd() == copied / "s"

    def failing(_fd: int) -> None:
        raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))

    monkeypatch.setattr(os, "fchdir", failing)
    with pytest.raises(SystemExit, match=r"^pycp: cannot go back to the working directory: Stale"):
        way.leave()


def test_what_changes_in_a_copy_is_copied_again_among_what_is_complete(copied: Path) -> None:
    """Each of what two looks compare is enough."""
    text = {path: path.read_bytes() for path in (copied / "s").rglob("*") if path.is_file()}
    d1, d2, d3 = (copied / f"c/d/d{number}" for number in (1, 2, 3))
    e1, e2, e3, e4 = (copied / f"c/d/e/e{number}" for number in (1, 2, 3, 4))
    d1.write_text("xx")
    os.utime(d2, ns=(0, 0))
    d3.chmod(0o600)
    e1.unlink()
    os.link(e2, copied / "other")
    e3.unlink()
    os.setxattr(copied / "s/d/e/e4", "user.more", b"1")
    done = run_ours(["-aT", "--resume", "s", "c"], str(copied))
    assert (done.status, done.stderr) == (0, "")
    assert [line.split()[1] for line in done.stdout.splitlines()] == [
        f"'c/d/{name}'" for name in ("d1", "e/e2")
    ]
    for path, data in text.items():
        copy = copied / "c" / path.relative_to(copied / "s")
        assert copy.read_bytes() == data
        assert copy.lstat().st_mtime_ns == path.lstat().st_mtime_ns
        assert copy.lstat().st_mode == path.lstat().st_mode
    assert os.getxattr(e4, "user.more") == b"1"


@pytest.mark.parametrize("options", ["-aT", "-aTu", "-aT --resume", "-aTn"])
@pytest.mark.parametrize("other", ["symlink", "file", "directory", "source"])
def test_what_took_the_place_of_a_directory_is_as_in_general(
    copied: Path, monkeypatch: pytest.MonkeyPatch, options: str, other: str
) -> None:
    results = []
    for way in ("short", "general"):
        for name in ("c/d", "away"):
            remove(copied / name)
        (copied / "away").mkdir()
        if other == "symlink":
            (copied / "c/d").symlink_to("../away")
        elif other == "file":
            (copied / "c/d").touch()
        elif other == "directory":
            (copied / "c/d").mkdir()
        else:
            (copied / "c/d").symlink_to("../s/d")
        if way == "general":
            monkeypatch.setattr("pycp.run.walk.short_ways", lambda *_arguments: ({}, None, None))
        done = run_ours([*options.split(), "s", "c"], str(copied))
        left = sorted(
            (str(path.relative_to(copied)), oct(path.lstat().st_mode)) for path in copied.rglob("*")
        )
        results.append((done, left))
    assert results[0] == results[1]

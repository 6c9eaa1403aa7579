"""What install does between the steps: nobody may look in, and no swapped name leads it astray."""

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pycp import system
from pycp.options import InstallOptions
from pycp.plan.operands import MANY
from pycp.report.lines import Lines
from pycp.run.install import run_install
from pycp.system import mounts

STEPS = (
    *("above_standard", "close", "fstat", "has_access_list", "mkdir", "open", "read", "set_mode"),
    *("set_owner", "set_times", "stat", "unlink", "write"),
)


class Told(Lines):
    """A report that keeps what it is told to say."""

    def __init__(self) -> None:
        super().__init__("pyinstall")
        self.words: list[str] = []

    def say(self, text: str) -> None:
        """Keep a line."""
        self.words.append(text)


def install(*operands: str, may_warn: bool = False, **options: Any) -> list[str]:
    """Install in this process; return what was said, of failures unless it `may_warn`."""
    report = Told()
    run_install(InstallOptions(**options), list(operands), report)
    assert report.has_failed == (bool(report.words) and not may_warn)
    return report.words


def before_each(
    monkeypatch: pytest.MonkeyPatch, act: Callable[[str], None], names: tuple[str, ...] = STEPS
) -> None:
    """Call `act` with the name of each system call right before it is made."""

    def interceptor(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*arguments: Any, **more: Any) -> Any:
            act(name)
            return call(*arguments, **more)

        return watched

    for name in names:
        monkeypatch.setattr(system, name, interceptor(name, getattr(system, name)))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the working directory of a test, with something to install."""
    monkeypatch.chdir(tmp_path)
    Path("a").write_bytes(b"new")
    return tmp_path


@pytest.mark.parametrize("old", [None, 0o666])
@pytest.mark.parametrize("preserve_timestamps", [False, True])
def test_nobody_may_look_in_before_the_last_step(
    here: Path, monkeypatch: pytest.MonkeyPatch, old: int | None, preserve_timestamps: bool
) -> None:
    if old is not None:
        Path("b").write_bytes(b"old")
        Path("b").chmod(old)
    modes = []

    def look(step: str) -> None:
        if os.path.exists("b") and Path("b").read_bytes() != b"old":
            modes.append((step, stat.S_IMODE(os.stat("b").st_mode)))

    before_each(monkeypatch, look)
    assert install("a", "b", mode="4755", preserve_timestamps=preserve_timestamps) == []
    assert stat.S_IMODE(os.stat("b").st_mode) == 0o4755
    last = modes.index(("set_mode", 0o600))
    assert last >= 3
    assert {mode for _, mode in modes[: last + 1]} == {0o600}


@pytest.mark.parametrize("make_victim", [os.symlink, os.link])
def test_a_swapped_name_leads_nowhere(
    here: Path, monkeypatch: pytest.MonkeyPatch, make_victim: Callable[[str, str], None]
) -> None:
    """At each step after the first, somebody puts a link to a file of ours in the place."""
    Path("victim").write_bytes(b"secret")
    Path("victim").chmod(0o600)
    steps = count_steps(monkeypatch)
    assert len(steps) > 5
    for stop in range(len(steps)):
        Path("b").unlink(missing_ok=True)
        calls = 0

        def swap(_step: str, stop: int = stop) -> None:
            nonlocal calls
            if calls == stop:
                Path("b").unlink(missing_ok=True)
                make_victim("victim", "b")
            calls += 1

        with monkeypatch.context() as patch:
            before_each(patch, swap)
            install("a", "b", mode="4755", owner=os.geteuid(), preserve_timestamps=True)
        assert Path("victim").read_bytes() == b"secret"
        assert stat.S_IMODE(os.stat("victim").st_mode) == 0o600


def count_steps(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the system calls of one installation."""
    steps: list[str] = []
    with monkeypatch.context() as patch:
        before_each(patch, steps.append)
        assert install("a", "b", mode="4755", owner=os.geteuid(), preserve_timestamps=True) == []
    return steps


@pytest.mark.parametrize("options", [{"directory": True}, {"make_parents": True}])
def test_a_directory_swapped_for_a_link_is_not_entered(
    here: Path, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any]
) -> None:
    Path("victim").mkdir(0o700)
    make = system.mkdir

    def make_and_swap(name: str, mode: int, *, dir_fd: int | None = None) -> None:
        make(name, mode, dir_fd=dir_fd)
        os.rmdir(name, dir_fd=dir_fd)
        os.symlink(str(here / "victim"), name, dir_fd=dir_fd)

    monkeypatch.setattr(system, "mkdir", make_and_swap)
    operands = ["d"] if "directory" in options else ["a", "d/b"]
    told = install(*operands, mode="777", **options)
    assert len(told) == 1
    assert told[0].startswith("cannot create directory ")
    assert stat.S_IMODE(os.stat("victim").st_mode) == 0o700
    assert os.listdir("victim") == []


def fails(_where: object, *_values: object) -> None:
    raise OSError(errno.EIO, os.strerror(errno.EIO))


@pytest.mark.parametrize(
    ("step", "what"),
    [
        ("set_owner", "cannot change ownership of 'b'"),
        ("set_mode", "cannot change permissions of 'b'"),
    ],
)
def test_what_cannot_be_finished_stays_private(
    here: Path, monkeypatch: pytest.MonkeyPatch, step: str, what: str
) -> None:
    monkeypatch.setattr(system, step, fails)
    open_before = os.listdir("/proc/self/fd")
    assert install("a", "b", owner=os.geteuid()) == [f"{what}: Input/output error"]
    assert stat.S_IMODE(os.stat("b").st_mode) == 0o600
    assert Path("b").read_bytes() == b"new"
    assert os.listdir("/proc/self/fd") == open_before


def refuse(monkeypatch: pytest.MonkeyPatch, refused: str) -> None:
    """Have a server refuse what a file of that name holds, each time a descriptor is closed."""
    close = system.close

    def close_and_fail(fd: int) -> None:
        path = os.readlink(f"/proc/self/fd/{fd}")
        close(fd)
        if os.path.basename(path) == refused:
            raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))

    monkeypatch.setattr(system, "close", close_and_fail)


def test_what_a_server_does_not_take_stays_private(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(monkeypatch, "b")
    assert install("a", "b") == ["failed to close 'b': Disk quota exceeded"]
    assert stat.S_IMODE(os.stat("b").st_mode) == 0o600


def test_what_a_server_does_not_take_gives_way_to_the_old_file(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("b").write_bytes(b"old")
    refuse(monkeypatch, "b")
    assert install("a", "b", backup="simple") == ["failed to close 'b': Disk quota exceeded"]
    assert (Path("b").read_bytes(), os.path.exists("b~")) == (b"old", False)


def test_a_stripped_file_that_a_server_does_not_take_is_removed(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("shorten").write_text('#!/bin/sh\necho less >"$1"\n')
    Path("shorten").chmod(0o755)
    close = system.close

    def close_and_fail(fd: int) -> None:
        is_made = os.readlink(f"/proc/self/fd/{fd}") == str(here / "b")
        close(fd)
        if is_made and Path("b").read_bytes() == b"less\n":
            raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))

    monkeypatch.setattr(system, "close", close_and_fail)
    told = install("a", "b", strip=True, strip_program="./shorten")
    assert told == ["failed to close 'b': Disk quota exceeded"]
    assert not os.path.exists("b")


def test_one_of_many_files_that_a_server_does_not_take_stays_private(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mounts, "LOCAL", ())
    Path("t").mkdir()
    names = [f"f{number}" for number in range(MANY)]
    for name in names:
        Path(name).write_bytes(b"new")
    with monkeypatch.context() as patch:
        refuse(patch, "f1")
        sources = [str(here / name) for name in names]
        told = install(*sources, "t")
    assert told[0] == "failed to close 't/f1': Disk quota exceeded"
    assert {stat.S_IMODE(os.stat(f"t/{name}").st_mode) for name in names if name != "f1"} == {0o755}
    assert stat.S_IMODE(os.stat("t/f1").st_mode) == 0o600


def test_times_that_cannot_be_set_are_no_failure(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(system, "set_times", fails)
    told = install("a", "b", preserve_timestamps=True, may_warn=True)
    assert told == ["preserving times for 'b': Input/output error"]
    assert stat.S_IMODE(os.stat("b").st_mode) == 0o755


def test_times_of_a_special_source_that_cannot_be_set_are_one(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(system, "set_times", fails)
    told = install("/dev/null", "b", preserve_timestamps=True)
    assert told[-1] == "cannot set timestamps for 'b': Input/output error"
    assert stat.S_IMODE(os.stat("b").st_mode) == 0o600


def test_compare_sets_no_times_on_what_took_the_place(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("b").write_bytes(b"new")
    Path("b").chmod(0o755)
    Path("victim").write_bytes(b"new")
    before = os.stat("victim").st_mtime_ns
    os.utime("a", (1, 1))
    pin = system.pin

    def swap_and_pin(name: str, dir_fd: int | None) -> tuple[object, int]:
        os.replace("victim", "b")
        return pin(name, dir_fd)

    monkeypatch.setattr(system, "pin", swap_and_pin)
    assert install("a", "b", compare=True, preserve_timestamps=True) == [
        "leaving 'b' as it is, as it was replaced while being installed"
    ]
    assert os.stat("b").st_mtime_ns == before


def test_the_umask_comes_back(here: Path) -> None:
    before = os.umask(0o027)
    try:
        assert install("d/e", directory=True) == []
        assert install("nosuch", "b") == ["cannot stat 'nosuch': No such file or directory"]
        assert os.umask(0o027) == 0o027
    finally:
        os.umask(before)
    assert stat.S_IMODE(os.stat("d").st_mode) == 0o755

"""Many at once: copies that meet in one place, and sources that change while they are copied."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.programs import Programs

SECONDS = 10
"""How long each command may take."""
TOGETHER = 8


class Crowd:
    """Commands that run at the same time."""

    def __init__(self, programs: Programs, place: Path) -> None:
        self._programs = programs
        self._place = place
        self._running: list[subprocess.Popen[str]] = []

    def start(self, words: str) -> None:
        """Start a command."""
        program, *rest = words.split()
        self._running.append(
            subprocess.Popen(
                [f"{self._programs.path}/{program}", *rest],
                cwd=self._place,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                errors="surrogateescape",
            )
        )

    def end(self) -> list[tuple[int, str]]:
        """Wait for all; return status and standard error of each, which hold no traceback."""
        found = []
        for process in self._running:
            _, told = process.communicate(timeout=SECONDS)
            assert process.returncode in (0, 1), told
            assert "Traceback" not in told
            assert (process.returncode == 0) == (told == ""), told
            found.append((process.returncode, told))
        self._running.clear()
        return found


@pytest.fixture
def crowd(run_pycp: Programs, tmp_path: Path) -> Crowd:
    """Return what runs commands together in a directory of the test's own."""
    return Crowd(run_pycp, tmp_path)


def plant(top: Path, directories: int, files: int, size: int = 20_000) -> None:
    """Make a tree of files that each hold their own name, over and over."""
    for i in range(directories):
        (top / f"d{i}").mkdir(parents=True)
        for j in range(files):
            name = f"d{i}/f{j}"
            (top / name).write_text((name + "\n") * (size // (len(name) + 1)))


def alike(one: Path, other: Path) -> bool:
    """Tell whether two trees hold the same files."""
    return subprocess.run(["diff", "-r", one, other], capture_output=True).returncode == 0


@pytest.mark.slow
@pytest.mark.parametrize("options", ["-r", "-a", "-r --jobs=2", "-rf --remove-destination"])
def test_eight_copies_of_a_tree_into_one_place(crowd: Crowd, tmp_path: Path, options: str) -> None:
    plant(tmp_path / "s", 4, 25)
    (tmp_path / "D").mkdir()
    for _ in range(TOGETHER):
        crowd.start(f"pycp {options} s D")
    results = crowd.end()
    for _, told in results:
        for line in told.splitlines():
            assert "D/s" in line, line  # every failure names what it is about
    if options == "-r":  # nobody takes anything away, so whoever fails leaves it to another
        assert alike(tmp_path / "s", tmp_path / "D/s")
    crowd.start("pycp -r s D")
    assert crowd.end() == [(0, "")]
    assert alike(tmp_path / "s", tmp_path / "D/s")


@pytest.mark.parametrize(
    "options", ["", "-p", "-C", "-D", "-b", "--backup=numbered", "-s --strip-program=true"]
)
def test_eight_installs_of_one_file(crowd: Crowd, tmp_path: Path, options: str) -> None:
    data = os.urandom(1_000_000)
    (tmp_path / "s").write_bytes(data)
    (tmp_path / "D").mkdir()
    for _ in range(TOGETHER):
        crowd.start(f"pyinstall -m 640 {options} s D/f")
    results = crowd.end()
    assert any(status == 0 for status, _ in results)
    assert (tmp_path / "D/f").read_bytes() == data
    assert (tmp_path / "D/f").stat().st_mode & 0o7777 == 0o640
    names = [name for name in os.listdir(tmp_path / "D") if not name.startswith("f")]
    assert not names
    if options == "--backup=numbered":
        whole = [path.read_bytes() == data for path in (tmp_path / "D").iterdir()]
        assert all(whole)


def test_eight_installs_make_the_same_directories(crowd: Crowd, tmp_path: Path) -> None:
    (tmp_path / "s").write_text("data")
    for number in range(TOGETHER):
        crowd.start(f"pyinstall -D s D/1/2/3/4/f{number}")
        crowd.start("pyinstall -d -m 750 E/1/2/3/4")
    assert crowd.end() == [(0, "")] * (2 * TOGETHER)
    assert len(os.listdir(tmp_path / "D/1/2/3/4")) == TOGETHER
    assert (tmp_path / "E/1/2/3/4").stat().st_mode & 0o7777 == 0o750


def truncating(top: Path, number: int) -> None:
    """Cut a file short, and let it grow again."""
    with open(top / f"d{number % 4}/f{number % 25}", "r+") as file:
        file.truncate(0)
        file.write("anew")


def appending(top: Path, number: int) -> None:
    """Let a file grow."""
    with open(top / f"d{number % 4}/f{number % 25}", "a") as file:
        file.write("more" * 1000)


def unlinking(top: Path, number: int) -> None:
    """Take a file away, and put another in its place."""
    path = top / f"d{number % 4}/f{number % 25}"
    path.unlink()
    path.write_text("anew")


def renaming(top: Path, number: int) -> None:
    """Take a directory away for a moment, with all that is in it."""
    path = top / f"d{number % 3}"
    path.rename(top / "gone")
    (top / "gone").rename(path)


Change = Callable[[Path, int], None]


@pytest.fixture
def changing() -> Iterator[Callable[[Path, Change], None]]:
    """Return what lets another process change a tree as long as the test runs."""
    pids = []

    def start(top: Path, change: Change) -> None:
        pid = os.fork()
        if pid == 0:
            deadline = time.monotonic() + 6 * SECONDS
            number = 0
            while time.monotonic() < deadline:
                change(top, number)
                number += 1
            os._exit(0)
        pids.append(pid)

    yield start
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


@pytest.mark.one_of(2)
@pytest.mark.parametrize("change", [truncating, appending, unlinking, renaming])
@pytest.mark.parametrize("options", ["-r", "-a", "-r --jobs=2", "-r --sparse=always"])
def test_a_source_that_changes_is_copied_or_told_of(
    crowd: Crowd,
    tmp_path: Path,
    changing: Callable[[Path, Change], None],
    change: Change,
    options: str,
) -> None:
    plant(tmp_path / "s", 4, 25)
    plant(tmp_path / "s/still", 2, 10)
    changing(tmp_path / "s", change)
    for number in range(3):
        crowd.start(f"pycp {options} s D{number}")
    for number, (status, told) in enumerate(crowd.end()):
        copied = tmp_path / f"D{number}"
        assert alike(tmp_path / "s/still", copied / "still")
        if status == 0 and change in (truncating, appending):  # all names were there all the time
            assert {len(os.listdir(copied / f"d{i}")) for i in range(4)} == {25}
        if status == 0 and change is renaming:  # nothing in d3 was touched
            assert alike(tmp_path / "s/d3", copied / "d3")
        for line in told.splitlines():
            assert "'s/" in line, line

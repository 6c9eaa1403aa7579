"""Workers that die, a coordinator that dies, and what several processes must agree on."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.programs import Programs

FILES = 6000
"""Enough for many pieces of work."""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Make a tree of many small files and some hard links."""
    root = tmp_path / "s"
    for number in range(FILES):
        if not number % 100:
            directory = root / f"d{number // 1000}" / f"e{number}"
            directory.mkdir(parents=True)
        (directory / f"f{number}").write_bytes(b"%d" % number)
    for number in range(50):
        os.link(root / "d0/e0/f0", root / f"d1/e1000/link{number}")
    return root


@pytest.fixture
def start(run_pycp: Programs, tmp_path: Path) -> Iterator["Start"]:
    """Return a function that starts pycp with several processes, and end what is left of it."""
    started = Start(run_pycp, tmp_path)
    yield started
    for process in started.processes:
        process.kill()
        process.communicate()


class Start:
    """Starts pycp and finds its workers."""

    def __init__(self, programs: Programs, cwd: Path) -> None:
        self.programs = programs
        self.cwd = cwd
        self.processes: list[subprocess.Popen[str]] = []

    def __call__(self, *arguments: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [f"{self.programs.path}/pycp", *arguments],
            cwd=self.cwd,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.processes.append(process)
        return process


def workers_of(process: "subprocess.Popen[str]", count: int) -> list[int]:
    """Wait until a process has so many workers, stop them, and return their numbers."""
    stopped: set[int] = set()
    while len(stopped) < count:
        assert process.poll() is None, "it ended before it had all its workers"
        text = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
        for pid in map(int, text.split()):
            if pid not in stopped:
                os.kill(pid, signal.SIGSTOP)
                stopped.add(pid)
    return sorted(stopped)


def wait_for_sleep(process: "subprocess.Popen[str]") -> None:
    """Wait until a process has nothing left to do but to wait for its workers."""
    quiet = 0
    while quiet < 50:
        state = Path(f"/proc/{process.pid}/wchan").read_text()
        quiet = quiet + 1 if "poll" in state else 0
        os.sched_yield()


def is_alive(pid: int) -> bool:
    """Return whether a process runs; one that nobody waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def wait_for_end(workers: list[int]) -> None:
    """Wait until workers that may have been stopped at any point are gone."""
    for pid in workers:
        try:
            os.kill(pid, signal.SIGCONT)
        except ProcessLookupError:
            continue
    for _ in range(1_000_000):
        if not any(map(is_alive, workers)):
            return
        os.sched_yield()
    pytest.fail(f"{workers} outlive their coordinator")


def listing(root: Path) -> list[tuple[object, ...]]:
    """List a tree: names, kinds, modes, times, contents, and who shares an inode."""
    found: list[tuple[object, ...]] = []
    first: dict[int, str] = {}
    for path in sorted(root.rglob("*")):
        name = str(path.relative_to(root))
        status = path.lstat()
        link = first.setdefault(status.st_ino, name)
        data = path.read_bytes() if path.is_file() else b""
        found.append((name, status.st_mode, status.st_mtime_ns, link, data))
    return found


@pytest.mark.parametrize("jobs", ["2", "3", "5"])
def test_several_processes_copy_what_one_does(source: Path, start: Start, jobs: str) -> None:
    process = start("-a", f"--jobs={jobs}", "s", "d")
    assert process.communicate() == ("", "")
    assert process.returncode == 0
    assert listing(source.parent / "d") == listing(source)


@pytest.mark.parametrize("option", ["-r", "-a"])
def test_several_processes_merge_into_an_old_tree(source: Path, start: Start, option: str) -> None:
    old = source.parent / "d/s"
    for number in range(0, FILES, 2):
        directory = old / f"d{number // 1000}"
        directory.mkdir(parents=True, exist_ok=True)
        (source / directory.name / f"old{number}").write_text("new")
        (directory / f"old{number}").write_text("old")
    process = start(option, "--jobs=3", "s", "d")
    assert process.communicate() == ("", "")
    assert process.returncode == 0
    for path in source.rglob("*"):
        if path.is_file():
            assert (old / path.relative_to(source)).read_bytes() == path.read_bytes(), path


@pytest.mark.parametrize("options", ["-ru", "-ruL"])
def test_several_processes_join_sets_of_links_with_u(
    tmp_path: Path, start: Start, options: str
) -> None:
    for tree in ("s", "d"):
        for name in ("a", "b", "c"):
            (tmp_path / tree / name).mkdir(parents=True)
            for number in range(300):
                (tmp_path / tree / name / f"{number}").write_text(tree)
    for number in range(300):
        os.utime(tmp_path / f"s/a/{number}", (1, 1))
        for name in ("b", "c"):
            other = tmp_path / f"s/{name}/{number}"
            other.unlink()
            if options == "-ru":
                os.link(tmp_path / f"s/a/{number}", other)
            else:
                other.symlink_to(f"../a/{number}")
    process = start(options, "--jobs=4", "-T", "s", "d")
    assert process.communicate() == ("", "")
    assert process.returncode == 0
    for number in range(300):
        files = {(tmp_path / f"d/{name}/{number}").stat().st_ino for name in ("a", "b", "c")}
        assert len(files) == 1
        assert (tmp_path / f"d/a/{number}").read_text() == "d"


def test_a_worker_that_is_killed_leaves_an_error_for_each_file_it_held(
    source: Path, start: Start
) -> None:
    process = start("-r", "--jobs=3", "s", "d")
    first, second = workers_of(process, 2)
    wait_for_sleep(process)
    os.kill(first, signal.SIGKILL)
    os.kill(second, signal.SIGCONT)
    stdout, stderr = process.communicate()
    assert (process.returncode, stdout) == (1, "")
    lines = stderr.splitlines()
    end = ": the process copying it ended: killed by signal 9"
    assert lines and all(line.startswith("pycp: cannot copy 's/") for line in lines)
    assert all(line.endswith(end) for line in lines)
    named = {line.removeprefix("pycp: cannot copy 's/").removesuffix(f"'{end}") for line in lines}
    assert len(named) == len(lines)
    for path in source.rglob("f*"):
        name = str(path.relative_to(source))
        if name not in named:
            assert (source.parent / "d" / name).read_bytes() == path.read_bytes(), name


def test_workers_die_with_a_coordinator_that_is_killed(source: Path, start: Start) -> None:
    process = start("-r", "--jobs=3", "s", "d")
    workers = workers_of(process, 2)
    process.kill()
    process.wait()
    wait_for_end(workers)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_all_of_them_without_a_word(
    source: Path, start: Start, number: signal.Signals
) -> None:
    process = start("-r", "--jobs=3", "s", "d")
    workers = workers_of(process, 2)
    process.send_signal(number)
    assert process.wait() == -number
    wait_for_end(workers)
    assert process.communicate() == ("", "")


def test_each_error_is_told_once(source: Path, start: Start) -> None:
    (source.parent / "d").mkdir()
    for number in range(0, FILES, 100):
        (source.parent / f"d/s/d{number // 1000}/e{number}/f{number}").mkdir(parents=True)
    process = start("-r", "--jobs=3", "s", "d")
    stdout, stderr = process.communicate()
    assert (process.returncode, stdout) == (1, "")
    expected = {
        f"pycp: cannot overwrite directory 'd/s/{name}' with non-directory 's/{name}'"
        for name in (f"d{number // 1000}/e{number}/f{number}" for number in range(0, FILES, 100))
    }
    assert sorted(stderr.splitlines()) == sorted(expected)


def test_every_line_is_told_once(source: Path, start: Start) -> None:
    process = start("-rv", "--jobs=3", "s", "d")
    stdout, stderr = process.communicate()
    assert (process.returncode, stderr) == (0, "")
    names = ["s", *(f"s/{path.relative_to(source)}" for path in source.rglob("*"))]
    assert sorted(stdout.splitlines()) == sorted(f"'{name}' -> 'd{name[1:]}'" for name in names)


def test_small_trees_and_one_process_never_fork(tmp_path: Path, run_pycp: Programs) -> None:
    (tmp_path / "s").mkdir()
    for number in range(100):
        (tmp_path / f"s/f{number}").touch()
    code = "import os, sys; os.fork = None; from pycp.__main__ import cp_main; "
    for arguments in (["-a", "s", "d"], ["-a", "--jobs=1", "s", "e"]):
        subprocess.run(
            ["python3", "-c", f"{code}sys.exit(cp_main())", *arguments],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": f"{run_pycp.path}/lib"},
            check=True,
        )

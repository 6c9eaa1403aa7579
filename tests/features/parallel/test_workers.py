"""Workers that die, a coordinator that dies, and what several processes must agree on."""

import os
import re
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from pycp.engine.listing import CHUNK
from tests import extent, needs
from tests.forked import MEMORY
from tests.programs import Programs, Result

pytestmark = pytest.mark.slow

FILES = 6000 if extent.IS_THOROUGH else 2400
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


@pytest.mark.parametrize("option", ["-r", "-a", "-rn", "-ru"])
def test_what_a_worker_held_that_is_killed_is_done_again(
    source: Path, start: Start, option: str
) -> None:
    process = start(option, "--jobs=3", "s", "d")
    first, *others = workers_of(process, 2)
    wait_for_sleep(process)
    os.kill(first, signal.SIGKILL)
    for worker in others:
        os.kill(worker, signal.SIGCONT)
    assert process.communicate() == ("", "")
    assert process.returncode == 0
    for path in source.rglob("f*"):
        copy = source.parent / "d" / path.relative_to(source)
        assert copy.read_bytes() == path.read_bytes(), path
    if option == "-a":
        assert listing(source.parent / "d") == listing(source)


def test_vast_directories_that_workers_come_upon_are_copied(run_pycp: Programs) -> None:
    with tempfile.TemporaryDirectory(dir=MEMORY) as place:
        root = Path(place)
        for name in ("a/b", "a/c/d", "e"):
            directory = root / "s" / name
            directory.mkdir(parents=True)
            for number in range(CHUNK + 1):
                os.close(os.open(directory / f"f{number}", os.O_CREAT))
        done = run_pycp.run("--jobs=3 -a s d", place)
        assert done == Result(0, "", "")
        assert listing(root / "d") == listing(root / "s")


def test_several_processes_finish_what_was_begun(tmp_path: Path, run_pycp: Programs) -> None:
    source = tmp_path / "s"
    for number in range(12):
        inner = source / f"d{number % 3}/e{number}/g"
        inner.mkdir(parents=True)
        for name in range(4):
            (inner / f"f{name}").write_text(f"{number} {name}")
    subprocess.run(["cp", "-a", source, tmp_path / "d"], check=True)
    for path in (tmp_path / "d").glob("*/*/g/f3"):
        path.unlink()
        for directory in (path.parent, path.parent.parent, path.parent.parent.parent):
            directory.chmod(0o700)  # as they are until they are complete
    # Units without time hand back every directory they enter.
    code = (
        "import sys; from pycp.run import pace as one; one.LONGEST = one.SHORTEST = 0.0; "
        "from pycp.__main__ import cp_main; sys.exit(cp_main())"
    )
    done = subprocess.run(
        ["python3", "-c", code, "-a", "--resume", "--jobs=3", "-T", "s", "d"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": f"{run_pycp.path}/lib"},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert listing(tmp_path / "d") == listing(source)


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


CLOSED = {"stdin": "<&-", "stdout": ">&-", "stderr": "2>&-", "all": "<&- >&- 2>&-"}


@pytest.mark.parametrize("closed", CLOSED)
@pytest.mark.parametrize("options", ["-rv -j3", "-a -j3 --progress=always"])
def test_a_closed_stream_is_no_channel(
    tmp_path: Path, run_pycp: Programs, options: str, closed: str
) -> None:
    (tmp_path / "s").mkdir()
    for number in range(600):
        (tmp_path / f"s/f{number}").write_bytes(b"%d" % number)
    (tmp_path / "d/f7").mkdir(parents=True)
    done = run_pycp.run(f"$ pycp {options} -T s d {CLOSED[closed]}", str(tmp_path))
    assert done.status == 1
    told = "pycp: cannot overwrite directory 'd/f7' with non-directory 's/f7'\n"
    assert (told in done.stderr) == (closed in ("stdin", "stdout"))
    lost = "pycp: write error: Bad file descriptor\n"
    assert (lost in done.stderr) == (closed == "stdout" and "v" in options.split()[0])
    (tmp_path / "d/f7").rmdir()
    (tmp_path / "s/f7").rename(tmp_path / "d/f7")
    assert {path.name: path.read_bytes() for path in (tmp_path / "d").iterdir()} == {
        f"f{number}": b"%d" % number for number in range(600)
    }


def test_a_large_tree_is_copied_with_errors_closed(source: Path, run_pycp: Programs) -> None:
    (source.parent / "d/d0/e0/f0").mkdir(parents=True)
    done = run_pycp.run("$ pycp -r -T s d 2>&-", str(source.parent))
    assert (done.status, done.stderr) == (1, "")
    copied = [path for path in (source.parent / "d").rglob("*") if path.is_file()]
    assert len(copied) == FILES + 50 - 1


@pytest.mark.parametrize("closed", CLOSED)
def test_no_channel_has_the_number_of_a_standard_stream(
    tmp_path: Path, run_pycp: Programs, closed: str
) -> None:
    needs.tracing()
    (tmp_path / "s").mkdir()
    for number in range(200):
        (tmp_path / f"s/f{number}").touch()
    calls = "socketpair,pipe,pipe2"
    script = f"pycp -rv -j3 --progress=always s d {CLOSED[closed]}"
    traced = f"$ strace -f -o log -e trace={calls} sh -c '{script}'"
    assert run_pycp.run(traced, str(tmp_path)).status in (0, 1)
    trace = (tmp_path / "log").read_text()
    pairs = re.findall(r"\[(\d+), (\d+)\]", trace)
    assert len(pairs) >= 4
    assert not {"0", "1", "2"} & {number for pair in pairs for number in pair}, trace


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

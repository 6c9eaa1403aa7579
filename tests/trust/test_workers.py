"""What becomes of a copy when one of its processes is ended, and of the others."""

import errno
import os
import select
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pycp.__main__ import cp_main
from tests import tree
from tests.forked import MEMORY, run_ours
from tests.trust.interception import WORKER, Interceptor

FILES = 700
"""Enough for every worker to get a piece of work."""
SECONDS = 20
SOON = 1
"""Seconds in which a worker must be gone."""


@pytest.fixture
def place() -> Iterator[Path]:
    """Return a directory in memory with a tree to copy."""
    made = Path(tempfile.mkdtemp(prefix="pycp-trust-", dir=MEMORY))
    for number in range(FILES):
        path = made / f"s/{number % 3}/{number}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(str(number))
    yield made
    tree.remove(str(made))


def start(place: Path, words: str, act: Callable[[int], None], only: str = "") -> int:
    """Copy in a forked child; `act` is called before each call of a worker, with its number.

    With `only` no other calls than those of this name count.
    """
    pid = os.fork()
    if pid:
        return pid
    status = 70
    try:
        os.chdir(place)
        (place / "pid").write_text(str(os.getpid()))
        fd = os.open("stderr", os.O_WRONLY | os.O_CREAT)
        os.dup2(fd, 2)
        os.environ["LC_ALL"] = "C"
        signal.alarm(SECONDS)
        sys.argv[:] = ["pycp", *words.split()]
        interceptor = Interceptor()
        calls = 0

        def before(call: str) -> None:
            nonlocal calls
            if interceptor.role == WORKER and call.startswith(only):
                calls += 1
                act(calls)

        interceptor.before = before
        interceptor.install()
        interceptor.arm()
        status = cp_main()
    finally:
        os._exit(status)


def end(pid: int) -> int:
    """Wait for a child and return its status, as subprocess would."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def missing(place: Path) -> set[str]:
    """Return the names of files that are not there or not whole in the copy."""
    found = set()
    for path in place.glob("s/*/*"):
        copied = place / "D" / path.relative_to(place / "s")
        if not copied.exists() or copied.read_text() != path.read_text():
            found.add(f"'{path.relative_to(place)}'")
    return found


@pytest.mark.one_of(4)
@pytest.mark.parametrize("stop", [1, 7, 100, 300])
@pytest.mark.parametrize(
    "options", ["-r", "-a", "-rn", "-ru", "-r --update=none-fail", "-rl", "-a --atomic"]
)
@pytest.mark.parametrize("victims", ["one", "two"])
def test_what_a_killed_worker_held_is_done_again(
    place: Path, options: str, stop: int, victims: str
) -> None:
    def act(number: int) -> None:
        if number == stop:
            try:
                os.mkdir(place / "died")
            except FileExistsError:
                try:
                    os.mkdir(place / "died too")
                except FileExistsError:
                    return
                if victims == "one":
                    return
            os.kill(os.getpid(), signal.SIGKILL)

    status = end(start(place, f"{options} --jobs=3 s D", act))
    assert (place / "died").exists()
    assert (place / "stderr").read_text() == ""
    assert status == 0
    assert missing(place) == set()
    assert not list(place.rglob("Cu*"))


def test_what_a_killed_worker_held_is_not_taken_for_done_by_its_times(place: Path) -> None:
    """Nobody has asked for --resume: an old file may have the time of its source by any chance."""
    for path in place.glob("s/*/*"):
        copy = place / "D" / path.relative_to(place / "s")
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text("?" * len(path.read_text()))
        os.utime(copy, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))

    def act(number: int) -> None:
        if number == 7:
            try:
                os.mkdir(place / "died")
            except FileExistsError:
                return
            os.kill(os.getpid(), signal.SIGKILL)

    status = end(start(place, "-a --jobs=3 -T s D", act))
    assert (status, (place / "stderr").read_text()) == (0, "")
    assert (place / "died").exists()
    assert missing(place) == set()


@pytest.mark.slow
@pytest.mark.one_of(2)
@pytest.mark.parametrize("stop", range(2, 40, 5))
def test_a_killed_worker_leaves_no_temporary_name(place: Path, stop: int) -> None:
    """Names come into being where old files are replaced in one step."""
    (place / "D").mkdir()
    for path in place.glob("s/*/*"):
        copy = place / "D" / path.relative_to(place / "s")
        copy.parent.mkdir(exist_ok=True)
        copy.write_text("old")

    def act(number: int) -> None:
        if number == stop * 10:
            try:
                os.mkdir(place / "died")
            except FileExistsError:
                return
            os.kill(os.getpid(), signal.SIGKILL)

    status = end(start(place, "-r --atomic --jobs=3 -T s D", act))
    assert (status, (place / "stderr").read_text()) == (0, "")
    assert missing(place) == set()
    assert (place / "died").exists()
    assert not list(place.rglob("Cu*"))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("options", ["-r --atomic", "-lf"])
def test_a_worker_whose_parent_was_ended_leaves_no_temporary_name(
    place: Path, options: str, number: signal.Signals
) -> None:
    """It is ended as well, but not before what has a temporary name got its own, or is gone."""
    (place / "D/0").mkdir(parents=True)
    for path in place.glob("s/0/*"):
        (place / "D/0" / path.name).write_text("old")
    gone, held = os.pipe()

    def act(_number: int) -> None:
        parent = int((place / "pid").read_text())  # another worker may have ended it
        if os.getppid() == parent:
            os.kill(parent, number)
        while os.getppid() == parent:
            time.sleep(0.001)
        time.sleep(0.01)  # the signal that our lifeline is cut comes meanwhile

    pid = start(place, f"{options} -R --jobs=3 -T s D", act, only="rename")
    os.close(held)
    assert end(pid) == -number
    assert os.read(gone, 1) == b"", "when all are at their end"
    os.close(gone)
    assert not list(place.rglob("Cu*"))


def is_told(name: str, told: str) -> bool:
    """Return whether a file is told as lost; a directory not even begun stands for all in it."""
    ways = (f"cannot copy {lost}:" for lost in (name, name.rpartition("/")[0] + "'"))
    return any(f"{way} the process copying it ended: killed by signal 9" in told for way in ways)


@pytest.mark.parametrize("options", ["-r", "-a"])
def test_what_kills_every_worker_is_told(place: Path, options: str) -> None:
    def act(_number: int) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    status = end(start(place, f"{options} --jobs=3 s D", act))
    told = (place / "stderr").read_text()
    assert "Traceback" not in told
    left = missing(place)
    assert all(is_told(name, told) for name in left)
    assert status == (1 if told else 0)
    assert told or not left


@pytest.mark.parametrize("most", [2, 5, 8])
def test_what_nobody_could_begin_with_is_copied_here(
    place: Path, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each process ends with its first unit, and after some no other can be started."""
    count = 0

    def fork() -> int:
        nonlocal count
        count += 1
        if count > most:
            raise BlockingIOError(errno.EAGAIN, "")
        return os.fork()

    def end_itself(*_words: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    monkeypatch.setattr("pycp.system.worker._fork", fork)
    monkeypatch.setattr("pycp.run.worker.Server.carry_out", end_itself)
    told = run_ours(["-r", "-j2", "-T", "s", "D"], str(place)).stderr
    for line in told.splitlines():
        assert line.endswith("the process copying it ended: killed by signal 9")
    assert all(is_told(name, told) for name in missing(place))


class Paused:
    """Two workers that stand still before a call, and their parent."""

    def __init__(self, place: Path) -> None:
        self._pids, theirs = os.pipe()

        def act(number: int) -> None:
            if number == 20:
                os.write(theirs, os.getpid().to_bytes(4, "little"))
                while True:
                    signal.pause()

        self.parent = start(place, "-r --jobs=3 s D", act)
        os.close(theirs)
        # A worker without work makes few calls, so one may never come to stand still.
        self.worker = os.pidfd_open(int.from_bytes(os.read(self._pids, 4), "little"))
        os.close(self._pids)

    def is_gone(self) -> bool:
        """Tell whether the worker ends soon."""
        poll = select.poll()
        poll.register(self.worker, select.POLLIN)
        return bool(poll.poll(SOON * 1000))


@pytest.fixture
def paused(place: Path) -> Iterator[Paused]:
    """Return a copy in whose middle a worker has stopped."""
    made = Paused(place)
    yield made
    if not made.is_gone():
        signal.pidfd_send_signal(made.worker, signal.SIGKILL)
    os.close(made.worker)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_no_worker_outlives_the_process_it_works_for(
    paused: Paused, place: Path, number: signal.Signals
) -> None:
    os.kill(paused.parent, number)
    assert end(paused.parent) == -number
    assert paused.is_gone()
    assert (place / "stderr").read_text() == ""

"""A failure names its destination and costs nobody else anything."""

import errno
import fcntl
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

import pycp
from pycp import system
from pycp.system.handover import Handover
from pycp.system.worker import Channel, Worker, start
from tests import forked, needs
from tests.features.tee.places import DESTINATIONS, MIB, run
from tests.programs import Programs

Data = bytes | memoryview
Write = Callable[[int, Data], int]


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """Return a place with a large and a small file in `s`, and three destinations."""
    for name in ("s", *DESTINATIONS):
        (tmp_path / name).mkdir()
    (tmp_path / "s/big").write_bytes(os.urandom(9 * MIB))
    (tmp_path / "s/small").write_text("small")
    return tmp_path


def hit(place: str, act: Callable[[], None], spared: int = MIB) -> Write:
    """Return a `write` that does something else below one directory, after so many bytes."""
    done = 0

    def write(fd: int, data: Data) -> int:
        nonlocal done
        if f"/{place}/" in os.readlink(f"/proc/self/fd/{fd}"):
            done += len(data)
            if done > spared:
                act()
        return os.write(fd, data)

    return write


def no_room() -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def holds_all(here: Path, name: str) -> bool:
    return all(
        (here / name / "s" / file).read_bytes() == (here / "s" / file).read_bytes()
        for file in ("big", "small")
    )


def test_one_full_disk_stops_no_other(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system, "write", hit("b", no_room))
    done = run("-a --tee=b --tee=c s a", here)
    assert done.status == 1
    assert "pycp: error writing 'b/s/big': No space left on device\n" in done.stderr
    assert all("'b/s/" in line for line in done.stderr.splitlines())
    assert holds_all(here, "a")
    assert holds_all(here, "c")


@pytest.mark.parametrize("place", DESTINATIONS)
@pytest.mark.parametrize("spared", [MIB, 9 * MIB])
def test_a_process_that_is_killed_costs_its_own_destination_only(
    place: str, spared: int, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(system, "write", hit(place, die, spared))
    os.link(here / "s/small", here / "s/late")
    done = run("-r --tee=b --tee=c s a", here)
    assert (done.status, done.stderr) == (
        1,
        f"pycp: cannot copy to '{place}': the process copying there ended: killed by signal 9\n",
    )
    assert all(holds_all(here, name) for name in DESTINATIONS if name != place)


def test_who_is_killed_while_it_reads_for_all_is_replaced(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(fd: int, size: int) -> bytes:
        if os.readlink(f"/proc/self/fd/{fd}").endswith("/s/small"):
            try:
                (here / "first").mkdir()
            except FileExistsError:
                pass
            else:
                die()
        return os.read(fd, size)

    monkeypatch.setattr(system, "read", read)
    done = run("-a --tee=b --tee=c s a", here)
    assert done.status == 1
    lost = done.stderr.split("'")[1]
    assert done.stderr.endswith("the process copying there ended: killed by signal 9\n")
    assert [name for name in DESTINATIONS if not (here / name / "s/small").exists()] in (
        [],
        [lost],
    )
    assert all(holds_all(here, name) for name in DESTINATIONS if name != lost)


def test_a_source_that_cannot_be_closed_is_told_and_the_rest_is_copied(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def close(fd: int) -> None:
        shown = os.readlink(f"/proc/self/fd/{fd}")
        os.close(fd)
        if shown == str(here / "s/big"):
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(system, "close", close)
    done = run("-r --tee=b s a", here)
    assert done.status == 1
    assert sorted(done.stderr.splitlines()) == [
        f"pycp: '{name}': failed to close 's/big': Input/output error" for name in "ab"
    ]
    assert holds_all(here, "a")
    assert holds_all(here, "b")


def test_a_file_that_cannot_be_handed_over_fails_everywhere(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = Handover.take

    def fails(handover: Handover) -> int:
        os.close(take(handover))
        raise EOFError

    monkeypatch.setattr(Handover, "take", fails)
    done = run("-a --tee=b s a", here)
    assert sorted(done.stderr.splitlines()) == [
        f"pycp: '{name}': error reading 's/big': Too many open files" for name in "ab"
    ]


@pytest.mark.parametrize("words", ["--files0-from=-", "--files0-from=list", "--files0-from=- -ta"])
def test_a_list_of_sources_is_read_once(words: str, here: Path) -> None:
    names = "s/big\0\0s/none\0s/small\0"
    (here / "list").write_text(names)
    words += " --tee=b" if "-ta" in words else " --tee=b a"
    done = forked.run_ours(words.split(), str(here), stdin=names)
    assert done.status == 1
    place = "list" if "list" in words else "-"
    assert sorted(done.stderr.splitlines()) == [
        "pycp: 'a': cannot stat 's/none': No such file or directory",
        "pycp: 'b': cannot stat 's/none': No such file or directory",
        f"pycp: {place}:2: invalid zero-length file name",
    ]
    assert sorted(os.listdir(here / "a")) == sorted(os.listdir(here / "b")) == ["big", "small"]


def test_no_sources_are_copied_nowhere(here: Path) -> None:
    done = forked.run_ours(["--files-from=-", "--tee=b", "a"], str(here))
    assert (done.status, done.stderr) == (0, "")
    assert pycp.copy(iter(()), here / "a", tee=here / "b").files == 0


@pytest.mark.parametrize("name", ["big", "small"])
def test_a_source_that_cannot_be_read_fails_everywhere(
    name: str, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(fd: int) -> None:
        if os.readlink(f"/proc/self/fd/{fd}").endswith(f"/s/{name}"):
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    def read(fd: int, size: int) -> bytes:
        fails(fd)
        return os.read(fd, size)

    def readv(fd: int, buffers: list[bytearray]) -> int:
        fails(fd)
        return os.readv(fd, buffers)

    monkeypatch.setattr(system, "read", read)
    monkeypatch.setattr(system, "readv", readv)
    done = run("-a --tee=b --tee=c s a", here)
    assert done.status == 1
    assert sorted(done.stderr.splitlines()) == [
        f"pycp: '{place}': error reading 's/{name}': Input/output error" for place in DESTINATIONS
    ]
    other = {"big": "small", "small": "big"}[name]
    whole = (here / "s" / other).read_bytes()
    assert all((here / place / "s" / other).read_bytes() == whole for place in DESTINATIONS)


@pytest.mark.parametrize("change", [b"", b"more", b"grown" * MIB])
@pytest.mark.parametrize("name", ["big", "small"])
def test_a_source_that_changes_is_the_same_everywhere(
    name: str, change: bytes, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, lock = here / "s" / name, here / "lock"
    lock.touch()

    @contextmanager
    def alone() -> Iterator[None]:
        """Have no other process come between, which would find it empty."""
        with lock.open() as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            yield

    def changed(fd: int) -> None:
        if os.readlink(f"/proc/self/fd/{fd}") == str(path):
            path.write_bytes(change)

    def read(fd: int, size: int) -> bytes:
        with alone():
            changed(fd)
            return os.read(fd, size)

    def readv(fd: int, buffers: list[bytearray]) -> int:
        with alone():
            count = os.readv(fd, buffers)
            changed(fd)
            return count

    monkeypatch.setattr(system, "read", read)
    monkeypatch.setattr(system, "readv", readv)
    done = run("-r --tee=b --tee=c s a", here)
    assert (done.status, done.stderr) == (0, "")
    found = {(here / place / "s" / name).read_bytes() for place in DESTINATIONS}
    assert len(found) == 1
    if name == "small":
        assert found == {change}


def test_what_cannot_be_decided_fails_for_each_destination(here: Path) -> None:
    (here / "c/small").mkdir()
    done = run("--tee=b --tee=c s/small s/none a", here)
    assert done.status == 1
    assert sorted(done.stderr.splitlines()) == [
        "pycp: 'a': cannot stat 's/none': No such file or directory",
        "pycp: 'b': cannot stat 's/none': No such file or directory",
        "pycp: 'c': cannot stat 's/none': No such file or directory",
        "pycp: cannot overwrite directory 'c/small' with non-directory 's/small'",
    ]
    assert (here / "b/small").read_text() == "small"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--tee=nowhere s/small a", "target directory 'nowhere': No such file or directory"),
        ("--tee=s/big s/small a", "target directory 's/big': Not a directory"),
        ("--tee= s/small a", "target directory '': No such file or directory"),
        ("--tee=./a s/small a", "'a' and './a' are the same directory"),
        ("--tee=b --tee=c/../b s/small a", "'b' and 'c/../b' are the same directory"),
        ("--tee=b -i s/small a", "--tee cannot be combined with --interactive (-i)"),
        ("--tee=b -T s/small a", "--tee cannot be combined with --no-target-directory (-T)"),
        ("--tee=b --cluster=mpi s/small a", "--tee cannot be combined with --cluster"),
        (
            "--tee=b --manifest=- s/small a",
            "with --tee, FILE of --manifest must be a name below each destination",
        ),
        ("--tee=b --manifest=m s/small b/new", "'b/' and 'b' are the same directory"),
        (
            "--tee=b --resume --backup s/small a",
            "--resume is mutually exclusive with --backup, --interactive and --remove-destination",
        ),
        (
            "--tee=b --manifest=../m s/small a",
            "with --tee, FILE of --manifest must be a name below each destination",
        ),
        (
            "--tee=b --manifest=/m s/small a",
            "with --tee, FILE of --manifest must be a name below each destination",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_done(
    words: str, message: str, here: Path
) -> None:
    done = run(words, here)
    assert (done.status, done.stderr.splitlines()[0]) == (1, f"pycp: {message}")
    assert not any(list((here / name).iterdir()) for name in DESTINATIONS)


def test_a_process_with_threads_copies_to_one_after_the_other(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(here)
    end = threading.Event()
    thread = threading.Thread(target=end.wait)
    thread.start()
    events: list[pycp.Event] = []
    try:
        with pytest.raises(pycp.CopyFailed) as failure:
            pycp.copy(["s/big", "s/none"], "a", tee=[b"b", Path("c")], on_event=events.append)
    finally:
        end.set()
        thread.join()
    assert [str(error) for error in failure.value.errors] == [
        f"'{name}': cannot stat 's/none': No such file or directory" for name in DESTINATIONS
    ]
    assert failure.value.summary.files == 3
    places = [event.destination for event in events if event.kind in ("copied", "failed")]
    assert places == ["a/big", "a", "b/big", "b", "c/big", "c"]


def test_nothing_is_left_running_when_no_process_can_be_had(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = 0

    def fails(
        work: Callable[[Channel], None], end_signal: int, keep: Callable[[Worker], None]
    ) -> Worker:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise OSError(errno.EAGAIN, "")
        return start(work, end_signal, keep)

    monkeypatch.setattr("pycp.run.tee.start", fails)
    done = run("-av --tee=b --tee=c s a", here)
    assert (done.status, done.stderr) == (0, "")
    assert [line.split("'")[3][0] for line in done.stdout.splitlines()] == list("aaabbbccc")
    assert all(holds_all(here, name) for name in DESTINATIONS)


def test_python_refuses_what_the_command_does(here: Path) -> None:
    for argument, value in (("no_target_directory", True), ("manifest", "/m")):
        with pytest.raises(ValueError, match=f"tee=.* and {argument}=.* exclude each other"):
            pycp.copy(here / "s/small", here / "a", tee=here / "b", **{argument: value})  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"executor and tee=.* exclude each other"):
        pycp.copy(here / "s/small", here / "a", tee=here / "b", executor=ThreadPoolExecutor(1))
    with pytest.raises(TypeError):
        pycp.copy(here / "s/small", here / "a", tee=3)  # type: ignore[arg-type]


def test_three_file_systems_of_which_one_is_full(here: Path, run_pycp: Programs) -> None:
    needs.mounting()
    mounts = "mount -t tmpfs -o size=4m none b && mount -t ramfs none c"
    copy = "pycp -a --tee=b --tee=c s a; echo $?; cmp s/big c/s/big && cmp s/small c/s/small"
    done = run_pycp.run(f"# {mounts} && {copy}", str(here))
    assert (done.status, done.stdout) == (0, "1\n")
    assert "pycp: error writing 'b/s/big': No space left on device\n" in done.stderr
    assert all("'b/s" in line for line in done.stderr.splitlines())
    assert holds_all(here, "a")

"""Standard streams that were closed at the start stay closed, whatever makes a descriptor."""

import os
import signal
from collections.abc import Callable
from errno import EMFILE
from pathlib import Path

import pytest

from pycp import system
from pycp.system import linux, posix, standard, worker
from pycp.system.counts import SharedNumber
from pycp.system.handover import Handover
from pycp.system.worker import Channel

SECONDS = 20
ROOT = os.open("/", os.O_RDONLY)
STREAMS = (0, 1, 2)
ALL_FREE = [(0,), (1,), (2,), (0, 1), (1, 2), (0, 1, 2)]


def free() -> list[int]:
    """Return which standard streams are closed."""
    found = []
    for fd in STREAMS:
        try:
            os.fstat(fd)
        except OSError:
            found.append(fd)
    return found


def test_what_is_above_the_standard_streams_stays_where_it_is() -> None:
    numbers = []

    def plain(path: str, flags: int, mode: int, *, dir_fd: int | None) -> int:
        numbers.append(os.open(path, flags, mode, dir_fd=dir_fd))
        return numbers[0]

    fd = standard.open_above(plain)("/", os.O_RDONLY)
    os.close(fd)
    assert [fd] == numbers


def in_child(closed: tuple[int, ...], what: Callable[[], object]) -> str:
    """Return what a child says that has these standard streams closed from its start."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        told = ""
        try:
            signal.alarm(SECONDS)
            for fd in STREAMS:
                os.dup2(os.open("/dev/null", os.O_RDWR), fd)
            for fd in closed:
                os.close(fd)
            system.leave_standard_descriptors_closed()
            told = str(what())
        except BaseException as error:
            told = repr(error)
        finally:
            os.write(writing, told.encode())
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as file:
        told = file.read()
    assert os.waitpid(pid, 0)[1] == 0
    return told


@pytest.mark.parametrize("closed", ALL_FREE, ids=str)
def test_nothing_takes_the_place_of_a_closed_stream(
    closed: tuple[int, ...], tmp_path: Path
) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "f").write_text("f")

    def make() -> str:
        """Make every kind of descriptor, and tell after which of them a low number is taken."""

        def listing() -> object:
            found = system.scandir(system.open(str(tmp_path), system.DIRECTORY_FLAGS))
            next(found)
            return found

        def handed_over() -> object:
            handover = Handover()
            handover.give(ROOT)
            return handover, handover.take()

        held: list[object] = []
        taken = []
        makers: dict[str, Callable[[], object]] = {
            "open": lambda: system.open(f"{tmp_path}/f", os.O_RDONLY),
            "new file": lambda: system.open(f"{tmp_path}/n", system.NEW_FILE_FLAGS, 0o600),
            "directory": lambda: system.open(str(tmp_path), system.PLACE_FLAGS),
            "pin": lambda: linux.pin(f"{tmp_path}/f", None),
            "leased": lambda: linux.open_leased(f"{tmp_path}/f", os.O_RDONLY, None),
            "leased, POSIX": lambda: posix.open_leased(f"{tmp_path}/f", os.O_RDONLY, None),
            "claim": lambda: posix._claim(f"{tmp_path}/c", None),
            "listing": listing,
            "worker": lambda: worker.start(echo),
            "second worker": lambda: worker.start(echo),
            "shared number": SharedNumber,
            "handover": Handover,
            "handed over": handed_over,
        }

        for name, maker in makers.items():
            held.append(maker())
            if free() != list(closed):
                taken.append(name)
        for one in held:
            if isinstance(one, worker.Worker):
                one.channel.send("low")
                if one.channel.receive() != list(closed):
                    taken.append("in a worker")
                one.end()
        return ", ".join(taken)

    def echo(channel: Channel) -> None:
        channel.receive()
        channel.send(free())

    assert in_child(closed, make) == ""


def test_a_name_of_a_closed_stream_leads_nowhere() -> None:
    def attempt() -> str:
        try:
            return str(system.open("/dev/stdout/x", os.O_WRONLY | os.O_CREAT))
        except FileNotFoundError:
            return "not found"

    assert in_child((1,), attempt) == "not found"


@pytest.mark.parametrize("bar", [worker.unconnected, lambda: os.dup(ROOT)])
@pytest.mark.parametrize("closed", ALL_FREE, ids=str)
def test_nothing_can_be_written_to_a_barred_stream(
    closed: tuple[int, ...], bar: Callable[[], int]
) -> None:
    def attempt() -> str:
        with standard.Barred(bar):
            taken = free()
            for fd in closed:
                try:
                    taken.append(os.write(fd, b"x"))
                except OSError:
                    pass
        return f"{taken} {free()}"

    assert in_child(closed, attempt) == f"[] {list(closed)}"


def test_an_answer_waits_until_the_number_is_free_again(tmp_path: Path) -> None:
    def attempt() -> str:
        os.close(2)
        seen = []
        signal.signal(signal.SIGUSR1, lambda *_: seen.append(free()))

        def opened(*words: object, **_more: object) -> int:
            fd = os.dup(0)
            os.kill(os.getpid(), signal.SIGUSR1)
            assert fd == 2
            return fd

        standard.open_above(opened)("f", os.O_RDONLY)
        return str(seen)

    assert in_child((), attempt) == "[[2]]"


def test_bars_that_cannot_be_had_leave_none_behind() -> None:
    def attempt() -> str:
        made: list[int] = []

        def bar() -> int:
            if made:
                raise OSError(EMFILE, "")
            made.append(os.dup(ROOT))
            return made[0]

        try:
            with standard.Barred(bar):
                pass
        except OSError:
            return str(free())
        return "barred"

    assert in_child(STREAMS, attempt) == str(list(STREAMS))

"""What is done with a file besides copying it: told, counted, and never taken for done."""

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pycp import system
from pycp.engine import phase
from pycp.engine.phase import AHEAD, FLUSH_STEP, Phase, flush
from pycp.entries import Tally
from pycp.system import flushing
from pycp.system.counts import new_counts
from pycp.values import CHECKING, COPYING, FLUSHED, FLUSHING, PHASE

SIZE = (AHEAD + 1) * FLUSH_STEP + 5
Flush = Callable[[int, int, int], None]


@pytest.fixture
def fd(tmp_path: Path) -> Iterator[int]:
    """Return the descriptor of a file that takes several steps."""
    made = os.open(tmp_path / "f", os.O_RDWR | os.O_CREAT)
    os.truncate(made, SIZE)
    yield made
    os.close(made)


def watched() -> Tally:
    """Return counts that somebody looks at."""
    tally = Tally()
    tally.share(new_counts())
    return tally


def steps(monkeypatch: pytest.MonkeyPatch, fail: int = 0) -> list[tuple[str, int]]:
    """Note each step of a flush, and have them fail with this error number."""
    made: list[tuple[str, int]] = []

    def noting(kind: str) -> Flush:
        def note(_fd: int, offset: int, _size: int) -> None:
            made.append((kind, offset))
            if fail:
                raise OSError(fail, os.strerror(fail))

        return note

    for name in ("begin_flush", "await_flush"):
        monkeypatch.setattr(flushing, name, noting(name.partition("_")[0]))
    monkeypatch.setattr(system, "flush", lambda _fd: made.append(("end", 0)))
    return made


def test_a_phase_ends_with_what_was_before() -> None:
    tally = Tally()
    with Phase(tally, CHECKING):
        with Phase(tally, FLUSHING):
            assert tally.phase == FLUSHING
        assert tally.phase == CHECKING
    assert tally.own[PHASE] == COPYING


def test_the_phase_of_a_worker_is_that_of_its_file() -> None:
    tally = Tally()
    tally.provide(2)
    tally.others[1].counts[PHASE] = CHECKING
    assert tally.phase == COPYING
    tally.others[1].name = "f"
    assert tally.phase == CHECKING


def test_a_big_file_is_flushed_step_by_step_where_somebody_looks(
    monkeypatch: pytest.MonkeyPatch, fd: int
) -> None:
    made = steps(monkeypatch)
    tally = watched()
    flush(tally, fd, SIZE)
    steps_made = AHEAD + 2
    assert made[-1] == ("end", 0)
    for kind in ("begin", "await"):
        offsets = [offset for which, offset in made if which == kind]
        assert offsets == [FLUSH_STEP * step for step in range(steps_made)]
    assert made[AHEAD:][:4] == [
        *(("begin", AHEAD * FLUSH_STEP), ("await", 0)),
        *(("begin", (AHEAD + 1) * FLUSH_STEP), ("await", FLUSH_STEP)),
    ]
    assert tally.own[FLUSHED] == SIZE


def test_it_is_flushed_at_once_where_nobody_looks(monkeypatch: pytest.MonkeyPatch, fd: int) -> None:
    made = steps(monkeypatch)
    flush(Tally(), fd, SIZE)
    flush(watched(), fd, AHEAD * FLUSH_STEP)
    assert made == [("end", 0)] * 2


@pytest.mark.parametrize("code", sorted(phase.NOT_BY_STEPS))
def test_where_there_are_no_steps_it_is_flushed_at_once(
    code: int, monkeypatch: pytest.MonkeyPatch, fd: int
) -> None:
    made = steps(monkeypatch, code)
    tally = watched()
    flush(tally, fd, SIZE)
    assert made == [("begin", 0), ("end", 0)]
    assert tally.own[FLUSHED] == SIZE


@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC, errno.EDQUOT])
def test_an_error_of_the_disk_is_not_passed_over(
    code: int, monkeypatch: pytest.MonkeyPatch, fd: int
) -> None:
    made = steps(monkeypatch, code)
    with pytest.raises(OSError) as caught:
        flush(watched(), fd, SIZE)
    assert (caught.value.errno, made) == (code, [("begin", 0)])


def test_the_system_flushes_parts_or_says_that_it_cannot(fd: int) -> None:
    for step in (flushing.begin_flush, flushing.await_flush):
        try:
            step(fd, 0, FLUSH_STEP)
        except OSError as error:
            assert error.errno in phase.NOT_BY_STEPS
        with pytest.raises(OSError) as caught:
            step(-1, 0, FLUSH_STEP)
        assert caught.value.errno in (errno.EBADF, errno.ENOSYS)


def test_a_system_without_the_call_says_so(monkeypatch: pytest.MonkeyPatch, fd: int) -> None:
    monkeypatch.setattr(flushing, "_call", None)
    with pytest.raises(OSError) as caught:
        flushing.begin_flush(fd, 0, 1)
    assert caught.value.errno == errno.ENOSYS
    tally = watched()
    flush(tally, fd, SIZE)
    assert tally.own[FLUSHED] == SIZE

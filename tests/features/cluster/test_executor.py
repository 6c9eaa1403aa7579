"""Executors of Python's: processes, threads, those that break, and those that do things twice."""

import os
import signal
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

import pycp
from pycp.cluster.node import MOST_RUNS
from tests.listing import listing

SPAWN = get_context("spawn")


def listed(root: Path) -> list[str]:
    return listing(str(root), time.time_ns())


class Twice(Executor):
    """Has everything done by two processes, one after the other."""

    _max_workers = 2

    def __init__(self) -> None:
        self.pools = [ProcessPoolExecutor(1, SPAWN) for _ in range(2)]

    def submit(self, work: Callable[..., Any], /, *arguments: Any, **more: Any) -> Future[Any]:
        self.pools[0].submit(work, *arguments, **more).result()
        return self.pools[1].submit(work, *arguments, **more)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        for pool in self.pools:
            pool.shutdown()


class Breaking(Executor):
    """Breaks when one of its processes dies in the midst of a copy."""

    _max_workers = 2

    def __init__(self) -> None:
        self.pool = ProcessPoolExecutor(2, SPAWN)
        self.count = 0

    def submit(self, work: Callable[..., Any], /, *arguments: Any, **more: Any) -> Future[Any]:
        self.count += 1
        if self.count == 8:
            self.pool.submit(os.kill, next(iter(self.pool._processes)), signal.SIGKILL)
        return self.pool.submit(work, *arguments, **more)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self.pool.shutdown()


@pytest.mark.parametrize(
    "make",
    [
        lambda: ProcessPoolExecutor(2, SPAWN),
        lambda: ThreadPoolExecutor(3),
        Twice,
        Breaking,
    ],
    ids=["processes", "threads", "twice", "breaking"],
)
def test_an_executor_copies_what_one_process_does(
    make: Callable[[], Executor], sources: Path
) -> None:
    old = sources / "d/d1/e1"
    old.mkdir(parents=True)
    (old / "f1").write_text("newer, and longer than the source")
    (old / "f2").mkdir()
    for name in ("again", "other"):
        (sources / "t/u" / name).unlink()  # so that all links of a set are in the tree
    heard: list[pycp.Event] = []
    with make() as executor, pytest.raises(pycp.CopyFailed) as raised:
        pycp.copy(
            sources / "s",
            sources / "d",
            recursive=True,
            preserve=True,
            no_target_directory=True,
            executor=executor,
            on_event=heard.append,
        )
    assert [error.filename for error in raised.value.errors] == [str(old / "f2")]
    (old / "f2").rmdir()
    lines = listed(sources / "d")
    expected = [line for line in listed(sources / "s") if "d1/e1/f2" not in line]
    assert [line for line in lines if not line.startswith("d1/e1  ")] == [
        line for line in expected if not line.startswith("d1/e1  ")
    ]
    told = [event.destination for event in heard if event.kind == "copied"]
    if not isinstance(executor, Breaking):
        assert len(told) == len(set(told))
    names = [line.partition("  ")[0] for line in lines if "  directory  " not in line]
    assert {f"{sources}/d/{name}" for name in names} == set(told)
    assert not list(sources.glob("**/.pycp-probe-*"))


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"update": "older"}, "executor and update='older' exclude each other"),
        ({"update": "none"}, "executor and update='none' exclude each other"),
        ({"hard_link": True}, "executor and hard_link=True exclude each other"),
        ({"atomic": True}, "executor and atomic=True exclude each other"),
        ({"backup": "simple"}, "executor and backup='simple' exclude each other"),
        (
            {"preserve": "links", "follow_symlinks": True},
            "an executor cannot follow symbolic links and preserve hard links",
        ),
        (
            {"keep_directory_symlink": True, "copy_contents": True},
            "executor, keep_directory_symlink and copy_contents exclude each other",
        ),
    ],
)
def test_what_could_do_harm_twice_is_refused(
    more: dict[str, Any], words: str, sources: Path
) -> None:
    with ThreadPoolExecutor(1) as executor, pytest.raises(ValueError) as raised:
        pycp.copy(sources / "s", sources / "d", recursive=True, executor=executor, **more)
    assert str(raised.value) == words
    assert not (sources / "d").exists()


def test_what_is_no_executor_is_refused(sources: Path) -> None:
    with pytest.raises(TypeError, match="executor must be an Executor, not int"):
        pycp.copy(sources / "s", sources / "d", recursive=True, executor=3)  # type: ignore[arg-type]
    assert not (sources / "d").exists()


def test_an_iterator_is_gone_through_before_machines_copy(sources: Path) -> None:
    with ThreadPoolExecutor(2) as executor:
        (sources / "both").mkdir()
        names = (sources / name for name in ("s", "t"))
        pycp.copy(names, sources / "both", recursive=True, executor=executor)
    assert sorted(os.listdir(sources / "both")) == ["s", "t"]


def times_open(path: Path) -> int:
    """Return how often this process has a directory open; the descriptor of the listing is gone."""
    found = (f"/proc/self/fd/{fd}" for fd in os.listdir("/proc/self/fd"))
    return [os.readlink(fd) for fd in found if os.path.islink(fd)].count(str(path))


def times_open_after_each(executor: Executor, sources: Path) -> list[int]:
    """Return how often one of those who copy has the source open, after some copies."""
    counts = []
    for number in range(MOST_RUNS + 2):
        pycp.copy(sources / "t", sources / f"copy{number}", recursive=True, executor=executor)
        counts.append(executor.submit(times_open, sources / "t").result())
    return counts


def test_threads_of_an_executor_keep_nothing_open(sources: Path) -> None:
    with ThreadPoolExecutor(1) as executor:
        assert times_open_after_each(executor, sources) == [0] * (MOST_RUNS + 2)


def test_processes_of_an_executor_keep_nothing_open_for_ever(sources: Path) -> None:
    with ProcessPoolExecutor(1) as executor:
        counts = times_open_after_each(executor, sources)
    assert counts[0] == 1 and max(counts) == MOST_RUNS

"""Nodes and coordinators that die: what is left is done again, or can be resumed."""

import asyncio
import os
import signal
import subprocess
import time
from concurrent.futures import Future
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pycp.cluster.dask import Workers
from pycp.cluster.futures import Futures
from tests.features.cluster.engines import RANKS, SECONDS, Dask, environment, run_mpi, wait_for
from tests.listing import listing

pytestmark = pytest.mark.slow


def listed(root: Path) -> list[str]:
    return listing(str(root), time.time_ns())


@pytest.fixture(name="sources")
def lone(sources: Path) -> Path:
    """Leave out what shares files with the other tree."""
    for name in ("again", "other"):
        (sources / "t/u" / name).unlink()
    return sources


def without_root(lines: list[str]) -> list[str]:
    return [line for line in lines if not line.startswith(".  ")]


KILLS = int(os.environ.get("PYCP_KILLS", "1"))
"""How often a worker is killed with each option."""


@pytest.mark.parametrize("option", ["-a", "-au", "-an"])
@pytest.mark.parametrize("_time", range(KILLS))
def test_what_a_worker_held_that_is_killed_is_done_again(
    dask: Dask, sources: Path, option: str, _time: int
) -> None:
    for number in range(1200):
        (sources / f"s/d{number % 5}/e{number % 40}/more{number}").write_bytes(b"%d" % number)
    for attempt in range(8):
        copy_and_kill(dask, sources, option)
        assert listed(sources / "d") == listed(sources / "s")
        if (sources / "redone").exists():
            break
        (sources / "d").rename(sources / f"d{attempt}")  # it had nothing just then
    assert (sources / "redone").read_text().count(" is gone") > 0


def copy_and_kill(dask: Dask, sources: Path, option: str) -> None:
    """Copy with two workers, of which one is killed amid that."""
    worker = dask.add_worker()
    worker.send_signal(signal.SIGSTOP)
    process = subprocess.Popen(
        dask.words(option, "--json=events", "-T", "s", "d"),
        cwd=sources,
        env=environment({**dask.env, "SHIM_0": f"redone={sources}/redone"}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        umask=0o022,
    )
    time.sleep(0.5)
    worker.send_signal(signal.SIGCONT)
    wait_for(lambda: process.poll() is not None or len(list(sources.glob("d/d*/e*/f*"))) > 10)
    worker.send_signal(signal.SIGSTOP)  # so that what it holds stays out
    time.sleep(0.2)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    stdout, stderr = process.communicate(timeout=5 * SECONDS)
    assert (process.returncode, stdout, stderr) == (0, "", "")


def test_what_a_dead_rank_left_is_resumed(sources: Path) -> None:
    # Each is asked what it sees, and whoever gets a second unit of work dies.
    dying = {f"SHIM_{rank}": "die=3" for rank in range(1, RANKS)}
    done = run_mpi("-aT", "s", "d", cwd=sources, env=dying)
    assert done.returncode != 0
    assert without_root(listed(sources / "d")) != without_root(listed(sources / "s"))
    done = run_mpi("-aT", "--resume", "s", "d", cwd=sources)
    assert (done.returncode, done.stderr.splitlines()) == (0, [])
    assert listed(sources / "d") == listed(sources / "s")


def test_what_a_dead_coordinator_left_is_resumed(dask: Dask, sources: Path) -> None:
    done = dask.run("-aT", "s", "d", cwd=sources, env={"SHIM_0": "stop=4"})
    assert done.returncode == -signal.SIGKILL
    assert without_root(listed(sources / "d")) != without_root(listed(sources / "s"))
    done = dask.run("-a", "--resume", "s", "d", cwd=sources)
    assert (done.returncode, done.stderr.splitlines()) == (0, [])
    assert listed(sources / "d") == listed(sources / "s")


def test_what_a_dead_coordinator_of_ranks_left_is_resumed(sources: Path) -> None:
    done = run_mpi("-aT", "s", "d", cwd=sources, env={"SHIM_0": "stop=4"})
    assert done.returncode != 0
    assert without_root(listed(sources / "d")) != without_root(listed(sources / "s"))
    done = run_mpi("-aT", "--resume", "s", "d", cwd=sources)
    assert (done.returncode, done.stderr.splitlines()) == (0, [])
    assert listed(sources / "d") == listed(sources / "s")


def test_a_signal_ends_the_copy_and_leaves_nothing_at_work(dask: Dask, sources: Path) -> None:
    process = subprocess.Popen(
        dask.words("-aT", "s", "d"),
        cwd=sources,
        env=environment(dask.env),
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_for(lambda: (sources / "d/empty").exists())
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=60)[1] == ""
    assert process.returncode in (-signal.SIGINT, 0)  # it may have been quicker
    assert not [name for name in os.listdir(sources / "d") if name.startswith(".pycp")]
    found = sorted(str(path) for path in sources.glob("d/**/*"))
    time.sleep(0.5)
    assert sorted(str(path) for path in sources.glob("d/**/*")) == found


def test_it_is_told_of_a_worker_that_it_is_gone_before_what_it_had_is_cancelled() -> None:
    workers: Any = Workers.__new__(Workers)
    workers._futures = Futures()
    workers._addresses, workers.nodes = ["a", "b"], [0, 1]
    future: Any = Future()
    workers._futures.add(future, 7, "a")

    async def cancel(futures: list[Any], **_how: bool) -> None:
        for each in futures:
            each.cancel()

    workers._client = SimpleNamespace(cancel=cancel)
    asyncio.run(workers._hear((0.0, {"action": "remove-worker", "worker": "a"})))
    assert workers._futures.come(wait=False) == ["a", future]

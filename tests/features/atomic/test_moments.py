"""At every moment of an atomic copy each file is the old one or the new one, whoever ends us."""

import os
import shlex
import signal
import tempfile
import threading
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import pytest

from tests import extent, tree
from tests.features.atomic.moments import (
    CATCHABLE,
    PAIR,
    SCENES,
    TREE,
    WRONG,
    Ground,
    Scene,
    end,
    look,
)
from tests.features.atomic.places import WITH_ALL, WITHOUT_UNNAMED, run_in, temporary_names
from tests.features.resume.killing import Killer
from tests.forked import MEMORY

scenes = pytest.mark.parametrize("scene", SCENES, ids=str)
MOMENTS = 3
"""Calls of a scene before which something happens, in a run that is not thorough."""


@pytest.fixture
def place() -> Iterator[str]:
    """Return a new place in memory."""
    with tempfile.TemporaryDirectory(prefix="pycp-moments-", dir=MEMORY) as made:
        os.chmod(made, 0o755)
        yield made


def moments(ground: Ground, name: str) -> Sequence[int]:
    return extent.spread(range(1, ground.calls() + 1), f"{name} {ground.scene}", MOMENTS)


@scenes
def test_before_each_call_every_file_is_old_or_new(place: str, scene: Scene) -> None:
    ground = Ground(f"{place}/tree", scene)

    status, output = ground.stop(partial(look, ground))
    assert status == 0, output


@scenes
def test_killed_before_any_call_we_leave_old_or_new_files(place: str, scene: Scene) -> None:
    ground = Ground(f"{place}/tree", scene)
    for stop in moments(ground, "killed"):
        status, _ = ground.stop(partial(end, stop, signal.SIGKILL))
        assert status == -signal.SIGKILL
        assert not ground.wrong(), f"before call {stop}"
        assert len(temporary_names(ground.root)) <= 2
        tree.remove(ground.root)


@pytest.mark.parametrize("options", ["-aT -j3", "--durable -rT -j3"])
def test_three_processes_that_are_killed_leave_old_or_new_files(place: str, options: str) -> None:
    ground = Ground(f"{place}/tree", Scene(f"{options} s t", TREE))
    ground.build()
    killer = Killer(ground.root, as_user=False)
    command = shlex.join(ground.words)
    assert killer.run(command) == 0, killer.output
    calls = killer.calls
    tree.remove(ground.root)
    for stop in range(1, calls, max(calls // 6, 1)):
        ground.build()
        assert killer.run(command, call=stop) in (0, -signal.SIGKILL)  # others may count fewer
        assert not ground.wrong(), f"before call {stop}"
        tree.remove(ground.root)


@scenes
def test_a_signal_before_any_call_leaves_no_temporary_name(place: str, scene: Scene) -> None:
    ground = Ground(f"{place}/tree", scene)
    for stop in moments(ground, "ended"):
        number_of_signal = CATCHABLE[stop % len(CATCHABLE)]
        status, output = ground.stop(partial(end, stop, number_of_signal))
        assert status == -number_of_signal, output
        assert not ground.wrong(), f"before call {stop}"
        assert not temporary_names(ground.root), f"before call {stop}"
        tree.remove(ground.root)


@pytest.mark.parametrize("lacks", [WITH_ALL, WITHOUT_UNNAMED])
def test_killed_while_a_new_file_is_written_we_leave_a_name_only_where_one_is_needed(
    place: str, lacks: str
) -> None:
    ground = Ground(f"{place}/tree", Scene("a n", PAIR, lacks=lacks))
    most = 0
    for stop in range(1, ground.calls() + 1):
        ground.stop(partial(end, stop, signal.SIGKILL))
        most = max(most, len(temporary_names(ground.root)))
        tree.remove(ground.root)
    assert most == (lacks == WITHOUT_UNNAMED)


@pytest.mark.slow
@pytest.mark.parametrize("lacks", [WITH_ALL, WITHOUT_UNNAMED])
def test_who_reads_all_the_time_reads_whole_versions(place: str, lacks: str) -> None:
    versions = [bytes([letter]) * 300_000 for letter in b"ab"]
    for name, data in zip("xy", versions, strict=True):
        Path(place, name).write_bytes(data)
    destination = Path(place, "d")
    destination.write_bytes(versions[0])
    seen: list[int] = []
    torn: list[int] = []
    is_over = threading.Event()

    def read() -> None:
        while not is_over.is_set():
            data = destination.read_bytes()
            (seen if data in versions else torn).append(len(data))

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for number in range(30):
            result = run_in(place, ["--atomic", "xy"[number % 2], "d"], lacks=lacks)
            assert result.status == 0
    finally:
        is_over.set()
        reader.join()
    assert seen
    assert not torn


def test_what_is_read_while_a_plain_copy_goes_on_shows_that_the_look_works(place: str) -> None:
    ground = Ground(f"{place}/tree", Scene("a b", PAIR))
    ground.options = ()

    status, _ = ground.stop(partial(look, ground))
    assert status == WRONG

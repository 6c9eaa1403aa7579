"""Somebody else completes a file of the same name meanwhile: that is no reason to fail."""

import os
import tempfile
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from tests import extent, tree
from tests.features.atomic.moments import PAIR, Ground, Scene
from tests.features.atomic.places import SYSTEMS, WITH_ALL, WITHOUT_UNNAMED, temporary_names
from tests.features.atomic.rivals import THEIRS, appear, at_call, complete, swap
from tests.forked import MEMORY

OURS = "a"
"""What our file contains."""
LAST, STOPS = 6, 16
"""Somebody acts before the last calls of a scene, and in a run that is not thorough before so many
of the others."""
SCENES = (
    *((Scene("a b", PAIR, lacks=lacks), "b") for lacks in SYSTEMS),
    *((Scene("-p a n", PAIR, lacks=lacks), "n") for lacks in SYSTEMS),
    (Scene("-b a b", PAIR), "b"),
    (Scene("--backup=numbered a b", PAIR, lacks=WITHOUT_UNNAMED), "b"),
    (Scene("--remove-destination a b", PAIR), "b"),
    (Scene("-m 640 a b", PAIR, "pyinstall"), "b"),
    (Scene("-m 640 a n", PAIR, "pyinstall", lacks=WITHOUT_UNNAMED), "n"),
)


@pytest.fixture
def place() -> Iterator[str]:
    """Return a new place in memory."""
    with tempfile.TemporaryDirectory(prefix="pycp-rivals-", dir=MEMORY) as made:
        os.chmod(made, 0o755)
        yield made


def each_stop(ground: Ground, act: Callable[[], None]) -> Iterator[tuple[int, int, str]]:
    """Act before calls of a run in turn; yield its number, the status and what was said."""
    calls = range(1, ground.calls() + 1)
    for stop in (*extent.spread(calls[:-LAST], ground.scene, STOPS), *calls[-LAST:]):
        yield stop, *ground.stop(partial(at_call, stop, act))
        assert not temporary_names(ground.root), f"before call {stop}"
        tree.remove(ground.root)


def contents(name: str) -> str:
    with open(name) as file:
        return file.read()


@pytest.mark.parametrize(
    ("scene", "name"), SCENES, ids=[f"{scene} to {name}" for scene, name in SCENES]
)
def test_a_file_that_takes_the_place_of_another_is_replaced(
    place: str, scene: Scene, name: str
) -> None:
    ground = Ground(f"{place}/tree", scene)
    target, rival = f"{ground.root}/{name}", f"{place}/rival"

    left = []
    for stop, status, output in each_stop(ground, partial(complete, rival, target)):
        assert status == 0, f"before call {stop}: {output}"
        left.append(contents(target))
    assert set(left) == {OURS, THEIRS}
    # Once it is ours it stays ours, up to the step that makes it so.
    assert left == sorted(left, key=(OURS, THEIRS).index)


@pytest.mark.parametrize("words", ["-n a n", "-u a n", "-i a n", "--update=none-fail a n"])
@pytest.mark.parametrize("lacks", [WITH_ALL, WITHOUT_UNNAMED])
def test_what_must_not_be_replaced_is_not_when_it_comes_late_either(
    place: str, words: str, lacks: str
) -> None:
    ground = Ground(f"{place}/tree", Scene(words, PAIR, lacks=lacks))
    target = f"{ground.root}/n"

    kept = [
        contents(target)
        for stop, _status, _output in _with_file(ground, partial(appear, target), target)
    ]
    assert THEIRS in kept
    assert kept == sorted(kept, key=(THEIRS, OURS).index)


def _with_file(
    ground: Ground, act: Callable[[], None], target: str
) -> Iterator[tuple[int, int, str]]:
    """Like `each_stop`, where the file must be there after each run."""
    for found in each_stop(ground, act):
        assert os.path.exists(target)
        yield found


@pytest.mark.parametrize("words", ["a b", "-p a b", "-b a b"])
def test_a_link_in_the_place_of_a_file_is_refused(place: str, words: str) -> None:
    ground = Ground(f"{place}/tree", Scene(words, PAIR))
    target, victim = f"{ground.root}/b", f"{place}/victim"
    with open(victim, "w") as file:
        file.write("victim")

    refused = 0
    for stop, status, output in each_stop(ground, partial(swap, target, victim)):
        assert contents(victim) in ("victim", OURS)
        if status:
            refused += 1
            assert "as it was replaced while being copied" in output, f"before call {stop}"
        if contents(victim) == OURS:
            # It was a link before we looked, and then it is followed.
            assert not refused and "-b" not in words
            with open(victim, "w") as file:
                file.write("victim")
    assert refused

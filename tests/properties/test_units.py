"""However the work on a tree is cut into units: the copy is the one that a single process makes."""

import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycp.engine import listing as engine_listing
from pycp.run import coordinator, share, tree, unit, walk, worker
from tests import listing
from tests.forked import run_ours
from tests.programs import Result
from tests.properties.observe import INSIDE, built, run_by
from tests.properties.strategies import IS_ROOT, Run
from tests.properties.test_copies import FEWER, stable
from tests.properties.test_copies import root as root  # a fixture
from tests.tree import Node, directory, file, hard_link, symlink

CUTS: dict[str, tuple[tuple[object, str], ...]] = {
    "seconds": tuple((coordinator, name) for name in ("LONGEST", "SHORTEST", "OWN")),
    "names": ((coordinator, "MOST_NAMES"),),
    "chunk": ((engine_listing, "CHUNK"),),
    "levels": ((worker, "DEEP"), (coordinator, "DEEP"), (walk, "OPEN_LEVELS")),
    "folders": ((unit, "OPEN_FOLDERS"), (unit, "KNOWN_FOLDERS")),
    "waiting": ((share, "MUCH"),),
}
"""What is drawn, and the constants it stands for."""
DRAWN = st.fixed_dictionaries(
    {
        "seconds": st.sampled_from((0.0, 0.001, 0.2)),
        "names": st.sampled_from((1, 3, 256)),
        "chunk": st.sampled_from((2, 5, 4000)),
        "levels": st.sampled_from((2, 3, 40)),
        "folders": st.sampled_from((1, 3, 100)),
        "waiting": st.sampled_from((-1.0, 0.4)),
    }
)


@st.composite
def linked_trees(draw: st.DrawFn) -> dict[str, Node]:
    """Draw a tree of many directories, whose files have several names all over it."""
    directories, files = [""], list[str]()
    spec: dict[str, Node] = {}
    steps = st.tuples(st.sampled_from("ddflllls"), st.integers(0, 9))
    for number, (kind, back) in enumerate(draw(st.lists(steps, min_size=30, max_size=120))):
        name = f"{directories[-1 - back % len(directories)]}{'xyz'[number % 3]}{number}"
        if kind == "d":
            spec[name] = directory()
            directories.append(f"{name}/")
        elif kind == "l" and files:
            spec[name] = hard_link(files[back * 7 % len(files)])
        elif kind == "s":
            spec[name] = symlink("x0")
        else:
            spec[name] = file(name)
            files.append(name)
    return spec


@pytest.fixture
def cut() -> Iterator[Callable[[Mapping[str, float]], None]]:
    """Return a function that gives the constants other values until the test ends."""
    patches: list[Any] = []

    def choose(values: Mapping[str, float]) -> None:
        for name, places in CUTS.items():
            for module, constant in places:
                patches.append(patch.object(module, constant, values[name]))
                patches[-1].start()

    yield choose
    for one in reversed(patches):
        one.stop()


@FEWER
@given(
    spec=linked_trees(),
    values=DRAWN,
    how=st.sampled_from(("--reflink=auto", "-j2", "-j3")),
    option=st.sampled_from(("-a", "-au", "-an", "--atomic", "--verify", "--resume")),
)
def test_work_cut_in_any_way_leaves_what_was_there(
    spec: Mapping[str, Node],
    values: Mapping[str, float],
    how: str,
    option: str,
    root: str,
    cut: Callable[[Mapping[str, float]], None],
) -> None:
    cut(values)
    run = Run(spec, ["-a", how, option, "-T"], [".", "../copy"], is_root=IS_ROOT)
    large = tree.copy_tree.__defaults__
    assert large is not None
    with built(run, root), patch.object(tree.copy_tree, "__defaults__", (1, *large[1:])):
        here = os.path.join(root, INSIDE)
        done = run_ours([*run.options, *run.operands], here, owner=run_by(run))
        assert done == Result(0, "", "") or not IS_ROOT
        future_ns = 2 << 60
        if done.status == 0:
            copy = stable(listing.listing(os.path.join(here, "../copy"), future_ns))
            assert copy == stable(listing.listing(here, future_ns))

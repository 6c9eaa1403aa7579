"""However the work on a tree is cut into units: the copy is the one that a single process makes."""

import json
import os
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycp import values
from pycp.engine import listing as engine_listing
from pycp.run import coordinator, pace, ranges, share, tree, unit, walk, worker
from tests import listing
from tests.forked import run_ours
from tests.gnu.observe import INSIDE, built, run_by
from tests.gnu.strategies import IS_ROOT, Run
from tests.gnu.test_any_copy import FEWER, stable
from tests.gnu.test_any_copy import root as root  # a fixture
from tests.programs import Result
from tests.tree import Node, directory, file, hard_link, symlink

CUTS: dict[str, tuple[tuple[object, str], ...]] = {
    "seconds": ((pace, "LONGEST"), (pace, "SHORTEST")),
    "own seconds": ((pace, "OWN"),),
    "names": ((coordinator, "MOST_NAMES"),),
    "chunk": ((engine_listing, "CHUNK"),),
    "levels": ((worker, "DEEP"), (coordinator, "DEEP"), (walk, "OPEN_LEVELS")),
    "folders": ((unit, "OPEN_FOLDERS"), (unit, "KNOWN_FOLDERS")),
    "waiting": ((share, "MUCH"),),
    "large": ((values, "LARGE_FILE"), (ranges, "LEAST")),
}
"""What is drawn, and the constants it stands for."""
DRAWN = st.fixed_dictionaries(
    {
        "seconds": st.sampled_from((0.0, 0.001, 0.2)),
        "own seconds": st.sampled_from((0.0, 0.0, 0.01)),
        "names": st.sampled_from((1, 3, 256)),
        "chunk": st.sampled_from((2, 5, 4000)),
        "levels": st.sampled_from((2, 3, 5, 40)),
        "folders": st.sampled_from((1, 3, 100)),
        "waiting": st.sampled_from((-1.0, 0.4)),
        "large": st.sampled_from((1, 20_000, 1 << 30)),
    }
)


def linked_tree(seed: int) -> dict[str, Node]:
    """Make up a deep tree of many directories, whose files have several names all over it."""
    draw = Random(seed)
    directories, files = [""], list[str]()
    spec: dict[str, Node] = {}
    for number in range(draw.choice((30, 200, 800))):
        name = f"{draw.choice(directories[-draw.choice((1, 3, 50)) :])}{'xyz'[number % 3]}{number}"
        kind = draw.choice("ddfffllls" * 3 + "b")
        if kind == "d":
            spec[name] = directory()
            directories.append(f"{name}/")
        elif kind == "l" and files:
            spec[name] = hard_link(draw.choice(files))
        elif kind == "b":
            data = bytes([number % 256]) * draw.choice((1, 5000))
            pieces = {draw.choice((8192, 50_000)): data}
            spec[name] = file(data, pieces=pieces, size=draw.choice((60_000, 90_001)))
        elif kind == "s":
            spec[name] = symlink("x0")
        else:
            spec[name] = file(name)
            files.append(name)
    return spec


@FEWER
@given(
    seed=st.integers(0, 1 << 32),
    values=DRAWN,
    how=st.sampled_from(("--reflink=auto", "-j2", "-j3", "-j5")),
    option=st.sampled_from(("-a", "-au", "-an", "--atomic", "--verify", "--resume")),
)
def test_work_cut_in_any_way_leaves_what_was_there(
    seed: int, values: Mapping[str, float], how: str, option: str, root: str
) -> None:
    run = Run(linked_tree(seed), ["-a", how, option, "-T"], [".", "../copy"], is_root=IS_ROOT)
    large = tree.copy_tree.__defaults__
    assert large is not None
    with ExitStack() as stack:
        stack.enter_context(built(run, root))
        stack.enter_context(patch.object(tree.copy_tree, "__defaults__", (1, *large[1:])))
        for name, places in CUTS.items():
            for module, constant in places:
                stack.enter_context(patch.object(module, constant, values[name]))
        here = os.path.join(root, INSIDE)
        done = run_ours([*run.options, *run.operands], here, owner=run_by(run))
        assert done == Result(0, "", "")
        future_ns = 2 << 60
        copy = stable(listing.listing(os.path.join(here, "../copy"), future_ns))
        assert copy == stable(listing.listing(here, future_ns))


def test_every_tree_is_shared_however_many_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b", "c", "d"):
        (tmp_path / name / "below").mkdir(parents=True)
        for number in range(20):
            (tmp_path / name / "below" / f"{number}").write_bytes(b"x" * 100)
    carry_out = worker.Server.carry_out

    def noted(server: worker.Server, *unit: Any) -> "worker.Answer":
        with (tmp_path / "notes").open("a") as stream:
            print(server._root.source, file=stream)
        return carry_out(server, *unit)

    monkeypatch.setattr(worker.Server, "carry_out", noted)
    done = run_ours(["-a", "-j3", "--json=events", "a", "./b", "c", "d"], str(tmp_path))
    assert done == Result(0, "", "")
    assert set((tmp_path / "notes").read_text().split()) == {"a", "./b", "c"}
    end = json.loads((tmp_path / "events").read_bytes().splitlines()[-1])
    assert (end["copied"], end["bytes"]) == (60, 6000)

"""The coordinator of a large tree: what it needs does not grow with the tree.

But for sets of hard links whose names are far apart, which it has to know until the last comes.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.features.cluster.engines import CHECKOUT, environment
from tests.features.cluster.simulation import SHAPES, peak_bytes

MIB = 1024 * 1024
GROWTH = MIB
"""Some 25 bytes for each further entry, which is less than anything kept of one would take."""
A_SET = 100
"""Bytes for a set of hard links of which some names are still to come, with the first name."""
SIZES = (10_000, 50_000)


def simulated(shape: str, entries: int) -> dict[str, int]:
    words = [f"--entries={entries}", f"--shape={shape}", "--slots=16"]
    done = subprocess.run(
        [sys.executable, "-m", "tests.features.cluster.simulation", *words],
        cwd=CHECKOUT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (0, "")
    found: dict[str, int] = json.loads(done.stdout)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("shape", ["even", "links", "twins"])
def test_what_a_coordinator_needs_does_not_grow_with_the_tree(shape: str) -> None:
    small, large = (simulated(shape, entries) for entries in SIZES)
    for found in (small, large):
        assert (found["failures"], found["entries"]) == (0, found["expected"])
    assert large["entries"] > SIZES[1]
    if SHAPES[shape].links:
        assert large["firsts"] > 1000
    assert large["firsts"] == large["sets"]
    assert large["most_open"] * 4 > large["sets"] or not SHAPES[shape].is_far
    if Path("/proc/self/status").exists():  # elsewhere that of whoever started it counts as well
        open_sets = large["most_open"] - small["most_open"]
        assert large["peak_bytes"] - small["peak_bytes"] < GROWTH + A_SET * open_sets
        assert peak_bytes() > 10 * MIB

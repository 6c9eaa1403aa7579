"""The lines of -v come in GNU's order, however many processes make them."""

import os
import random
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest

from pycp import values
from pycp.engine import listing
from pycp.run import coordinator, pace, queue, ranges, share, telling, worker
from pycp.values import DIRECTORY
from tests.forked import run_ours, run_theirs

NAMES = ("d", "a b", "ü", "n\nl", "it's")


def make_tree(root: Path, seed: int) -> None:
    """Make a tree with names of all kinds, hard links, a wide directory and a large file."""
    chance = random.Random(seed)
    directories = [root]
    root.mkdir()
    for number in range(40):
        above = chance.choice(directories[-5:] if number % 2 else directories)
        directories.append(above / f"{chance.choice(NAMES)}{number}")
        directories[-1].mkdir()
    files: list[Path] = []
    for number in range(150):
        name = chance.choice(directories) / f"f{number}"
        kind = chance.random()
        if kind < 0.1 and files:
            os.link(chance.choice(files), name)
        elif kind < 0.15:
            name.symlink_to("away")
        else:
            name.write_bytes(b"x" * chance.choice([0, 10, 3000]))
            files.append(name)
    for number in range(50):
        (directories[30] / f"w{number}").touch()
    (root / "large").write_bytes(b"x" * 100_000)


LIMITS = {
    "few names": (0.2, 3, 4000, 40, 1 << 24),
    "no time": (0.0, 256, 4000, 40, 1 << 24),
    "little time": (0.001, 20, 30, 3, 1 << 24),
    "nothing may wait": (0.0005, 5, 30, 3, 100),
}
"""Seconds and names of a unit, entries of a vast directory, levels that are shared, bytes held."""


def limit(patch: pytest.MonkeyPatch, limits: str) -> None:
    """Make units small, and directories vast and deep, that are not."""
    seconds, names, chunk, deep, held = LIMITS[limits]
    for name in ("LONGEST", "SHORTEST", "OWN"):
        patch.setattr(pace, name, seconds / 2 if name == "OWN" else seconds)
    patch.setattr(coordinator, "MOST_NAMES", names)
    patch.setattr(listing, "CHUNK", chunk)
    for module in (coordinator, queue, worker):
        patch.setattr(module, "DEEP", deep)
    patch.setattr(telling, "MOST_HELD", held)
    patch.setattr(values, "LARGE_FILE", 60_000)
    patch.setattr(ranges, "LEAST", 8192)


@pytest.mark.parametrize("limits", LIMITS)
def test_lines_come_in_the_order_of_gnu(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limits: str
) -> None:
    limit(monkeypatch, limits)
    make_tree(tmp_path / "s", seed=5)
    theirs = run_theirs(["-avT", "s", "d"], str(tmp_path))
    shutil.rmtree(tmp_path / "d")
    ours = run_ours(["-avT", "-j3", "s", "d"], str(tmp_path))
    assert (ours.status, ours.stderr, ours.stdout) == (0, "", theirs.stdout)


@pytest.mark.parametrize(
    ("limits", "options"),
    list(zip(LIMITS, ["-av", "-rv", "-av --atomic", "-av --exclude=f1*"], strict=True)),
)
def test_failures_come_in_order_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limits: str, options: str
) -> None:
    limit(monkeypatch, limits)
    make_tree(tmp_path / "s", seed=7)
    files = sorted(path for path in (tmp_path / "s").rglob("f2*") if not path.is_symlink())
    results = []
    for jobs in ("-j1", "-j3"):
        for path in files[::9]:
            if path.stat().st_nlink == 1:
                (tmp_path / "d" / path.relative_to(tmp_path / "s")).mkdir(parents=True)
        done = run_ours([*options.split(), jobs, "-T", "s", "d"], str(tmp_path))
        results.append((done.status, done.stdout, done.stderr))
        shutil.rmtree(tmp_path / "d")
    assert results[0][0] == 1
    assert results[1] == results[0]


def test_a_large_tree_is_shared_and_told_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(share, "LARGE", 20)
    monkeypatch.setattr("pycp.run.tree.LARGE", 20)
    make_tree(tmp_path / "s", seed=3)
    theirs = run_theirs(["-avT", "s", "d"], str(tmp_path))
    shutil.rmtree(tmp_path / "d")
    ours = run_ours(["-avT", "s", "d"], str(tmp_path))
    assert (ours.status, ours.stderr, ours.stdout) == (0, "", theirs.stdout)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_units_of_a_process_that_was_lost_are_told_in_order(
    moment: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(monkeypatch, "few names")
    has_died = tmp_path / "died"
    carry_out = worker.Server.carry_out

    def die_or_carry_out(server: worker.Server, *unit: Any) -> "worker.Answer":
        _seconds, _left_by, parts, _range = unit
        has_directory = any(kind == DIRECTORY for part in parts for _name, kind in part[5])
        if has_directory and not has_died.exists():  # whoever takes its place stays
            has_died.touch()
            if moment == "after":
                carry_out(server, *unit)
            os.kill(os.getpid(), signal.SIGKILL)
        return carry_out(server, *unit)

    monkeypatch.setattr(worker.Server, "carry_out", die_or_carry_out)
    make_tree(tmp_path / "s", seed=11)
    theirs = run_theirs(["-avT", "s", "d"], str(tmp_path))
    shutil.rmtree(tmp_path / "d")
    ours = run_ours(["-avT", "-j3", "s", "d"], str(tmp_path))
    assert has_died.exists()
    assert (ours.status, ours.stderr, ours.stdout) == (0, "", theirs.stdout)

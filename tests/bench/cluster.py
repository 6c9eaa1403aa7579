"""What several MPI processes gain where every call takes a while: a tree, and a large file."""

import importlib.util
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.bench.many_files import loopback
from tests.bench.measure import Command, Failed, Race, remove, run
from tests.bench.setting import Setting
from tests.bench.table import Goal, show, skip
from tests.bench.trees import check_count, count, make_file, make_source_tree

BIN = Path(sys.executable).parent
ALONE = "pycp --jobs=1"
FILES = 2000
RANKS = 8
WORKERS = 4
MIB = 1024 * 1024
LARGE_BYTES = 1024 * MIB
"""From which size on a file is copied in ranges."""


def cluster(setting: Setting) -> None:
    """Measure each way once: one process needs minutes."""
    milliseconds = 1 if setting.quick else 5
    title = f"FUSE with {milliseconds} ms a call"
    missing = [name for name in ("mfusepy", "mpi4py") if importlib.util.find_spec(name) is None]
    if not os.access("/dev/fuse", os.R_OK | os.W_OK):
        missing.append("/dev/fuse")
    if not (BIN / "mpiexec").exists():
        missing.append("mpich")
    if missing:
        skip(title, f"there is no {', no '.join(missing)}")
        return
    below, place = setting.tmpfs / "below", setting.tmpfs / "slow"
    place.mkdir()
    files = setting.size(FILES)
    make_source_tree(below / "tree", files)
    (below / "one").mkdir()
    make_file(below / "one" / "large", LARGE_BYTES)
    with loopback(below, place, milliseconds) as is_mounted:
        if not is_mounted:
            skip(title, "cannot be mounted")
            return
        by_ranks = f"{RANKS} MPI processes"
        commands = {ALONE: _alone(), by_ranks: _by_ranks(RANKS)}
        found = _once(commands, place / "tree", place / "copy")
        goals = [Goal(by_ranks, ALONE, 1 / 5)]
        show(f"{files} small files, {title}", found, ALONE, "file", files, goals)
        # Another process coordinates, and copies nothing.
        by_workers = f"{WORKERS} MPI workers"
        commands = {
            ALONE: _alone(),
            f"pycp --jobs={WORKERS}": [str(BIN / "pycp"), f"--jobs={WORKERS}"],
            by_workers: _by_ranks(WORKERS + 1),
        }
        found = _once(commands, place / "one", place / "copy")
        goals = [Goal(by_workers, ALONE, 1 / 3)]
        mib = LARGE_BYTES // MIB
        show(f"A file of {mib} MiB, {title}", found, ALONE, "MiB", mib, goals)


def _alone() -> Command:
    return [str(BIN / "pycp"), "--jobs=1"]


def _by_ranks(ranks: int) -> Command:
    return [str(BIN / "mpiexec"), "-n", str(ranks), str(BIN / "pycp"), "--cluster=mpi"]


def _once(commands: Mapping[str, Command], source: Path, destination: Path) -> Race:
    """Run each command, and raise Failed if a copy is not complete."""
    found = Race()
    for name, command in commands.items():
        found.costs[name] = [run([*command, "-rT", str(source), str(destination)])]
        check_count(destination, count(source))
        sizes = [
            sum(path.stat().st_size for path in side.rglob("*") if path.is_file())
            for side in (source, destination)
        ]
        if sizes[0] != sizes[1]:
            raise Failed(f"{destination} is not complete")
        remove(destination)
    return found

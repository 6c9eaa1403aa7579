"""Trees that are read from a disk: what is in its cache already, and what is not."""

import os
import time
from collections.abc import Callable
from pathlib import Path

from tests.bench.measure import race, remove
from tests.bench.programs import tree_copiers, with_operands
from tests.bench.setting import Setting
from tests.bench.table import Goal, show, skip
from tests.bench.trees import check_count, count, make_source_tree

SHARE = Path("/usr/share")
CACHES = Path("/proc/sys/vm/drop_caches")
ONLY = ("GNU cp", "pycp", "pycp --jobs=1", "rsync -a")


def share(setting: Setting) -> None:
    """Measure a real tree, from the cache of a disk to memory."""
    expected = count(SHARE)
    goals = [Goal("pycp", "GNU cp", 0.65)]
    _measure(setting, f"{SHARE}, {expected} entries, -a", SHARE, 7, goals, lambda: None)


def cold(setting: Setting) -> None:
    """Measure small files of which nothing is in the cache."""
    files = setting.size(20_000)
    title = f"{files} small files that are on the disk only, -a"
    if not os.access(CACHES, os.W_OK):
        skip(title, f"{CACHES} may not be written to")
        return
    tree = setting.disk / "tree"
    make_source_tree(tree, files)

    def forget() -> None:
        os.sync()
        CACHES.write_text("3\n")
        time.sleep(0.2)

    _measure(setting, title, tree, 7, [Goal("pycp", "GNU cp", 0.4)], forget)


def _measure(
    setting: Setting,
    title: str,
    tree: Path,
    rounds: int,
    goals: list[Goal],
    forget: Callable[[], None],
) -> None:
    destination = setting.tmpfs / "copy"
    expected = count(tree)
    copiers = tree_copiers(setting.ours, "-a")
    copiers = {name: copiers[name] for name in ONLY}
    copiers["pycp --jobs=8"] = [setting.ours.pycp, "--jobs=8", "-a", "-T"]

    def prepare() -> None:
        remove(destination)
        forget()

    found = race(
        with_operands(copiers, f"{tree}/", destination),
        setting.rounds(rounds),
        prepare,
        lambda: check_count(destination, expected),
    )
    show(title, found, "GNU cp", "entry", expected, goals)

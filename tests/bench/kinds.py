"""Trees of one kind of entry each: symbolic links, hard links, directories, large files."""

from collections.abc import Callable
from pathlib import Path

from tests.bench.measure import race, remove
from tests.bench.programs import BARE, BARE_TWO, with_bare_loop, with_operands
from tests.bench.setting import Setting
from tests.bench.table import Goal, show
from tests.bench.trees import (
    check_count,
    count,
    make_directories,
    make_file,
    make_hard_links,
    make_symbolic_links,
)

ONLY = ("GNU cp", "pycp", "pycp --jobs=1", BARE, BARE_TWO, "rsync -a")
MEGABYTE = 1_000_000


def _measure(
    setting: Setting,
    title: str,
    make: Callable[[Path], None],
    units: int,
    most: tuple[float, float],
    flag: str = "-a",
    rounds: int = 7,
) -> None:
    tree = setting.tmpfs / "tree"
    destination = tree.with_name("copy")
    make(tree)
    expected = count(tree)
    copiers = {
        name: command
        for name, command in with_bare_loop(setting.ours, flag).items()
        if name in ONLY and (flag == "-a" or name not in ("rsync -a", BARE, BARE_TWO))
    }
    found = race(
        with_operands(copiers, f"{tree}/", destination),
        setting.rounds(rounds),
        lambda: remove(destination),
        lambda: check_count(destination, expected),
    )
    goals = [Goal("pycp", "GNU cp", most[0]), Goal("pycp --jobs=1", "GNU cp", most[1])]
    show(f"{title}, {flag}", found, "GNU cp", "entry", units, goals)


def links(setting: Setting) -> None:
    """Measure a tree of symbolic links."""
    number = setting.size(40_000)
    title = f"{number} symbolic links"
    _measure(setting, title, lambda tree: make_symbolic_links(tree, number), number, (0.95, 1.5))


def hard(setting: Setting) -> None:
    """Measure a tree of files of ten names each."""
    number = setting.size(20_000)
    title = f"{number} names of {number // 10} files"
    _measure(setting, title, lambda tree: make_hard_links(tree, number), number, (1.2, 1.7))


def directories(setting: Setting) -> None:
    """Measure a tree of empty directories."""
    number = setting.size(30_000)
    title = f"{number} empty directories"
    _measure(setting, title, lambda tree: make_directories(tree, number), number, (0.85, 1.25))


def several(setting: Setting) -> None:
    """Measure several large files."""
    number = 6 if setting.quick else 60

    def make(tree: Path) -> None:
        tree.mkdir()
        for name in range(number):
            make_file(tree / f"file{name}", 20 * MEGABYTE)

    _measure(setting, f"{number} files of 20 MB", make, number, (0.65, 1.0), "-r", 5)

"""What options of our own cost, and finding that nothing is left to do."""

import subprocess

from tests.bench.measure import race, remove
from tests.bench.programs import found as program
from tests.bench.setting import Setting
from tests.bench.table import Goal, show
from tests.bench.trees import make_source_tree

FILES = 40_000
COSTS = {
    "--verify": 1.5,
    "--manifest={place}/sums": 1.6,
    "--atomic": 1.5,
    "--json={place}/events": 1.6,
    "--bwlimit=100G": 1.3,
    "--dry-run": 0.7,
    "--exclude=*.o": 1.1,
    "-v": 1.15,
}
"""Options, and what a copy with one of them may take, by a plain one."""


def extras(setting: Setting) -> None:
    """Measure a tree of small files with each option of our own."""
    files = setting.size(FILES)
    tree, destination = setting.tmpfs / "tree", setting.tmpfs / "copy"
    make_source_tree(tree, files)
    place = setting.tmpfs
    commands = {"plain": [setting.ours.pycp, "-aT", str(tree), str(destination)]}
    for option in COSTS:
        word = option.format(place=place)
        commands[option] = [setting.ours.pycp, "-aT", word, str(tree), str(destination)]
    done = race(commands, setting.rounds(7), lambda: remove(destination))
    goals = [Goal(option, "plain", most) for option, most in COSTS.items()]
    show(
        f"{files} small files in memory, pycp -a with an option",
        done,
        "plain",
        "file",
        files,
        goals,
    )


def complete(setting: Setting) -> None:
    """Measure what finds that a copy is complete."""
    files = setting.size(FILES)
    tree, destination = setting.tmpfs / "tree", setting.tmpfs / "copy"
    make_source_tree(tree, files)
    subprocess.run(["/bin/cp", "-a", tree, destination], check=True)
    operands = [str(tree), str(destination)]
    rsync = program("rsync", "-a")
    commands = {
        "cp -au": ["/bin/cp", "-auT", *operands],
        "rsync -a": rsync and [*rsync, f"{tree}/", f"{destination}/"],
        "pycp -au": [setting.ours.pycp, "-auT", *operands],
        "pycp -a --resume": [setting.ours.pycp, "-aT", "--resume", *operands],
    }
    done = race(commands, setting.rounds(7), lambda: None)
    goals = [Goal("pycp -au", "cp -au", 1.1), Goal("pycp -a --resume", "rsync -a", 1.0)]
    show(f"{files} small files, nothing to do", done, "cp -au", "file", files, goals)

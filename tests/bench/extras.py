"""What options of our own cost, and finding that nothing is left to do."""

import os
import subprocess

from tests.bench.measure import race, remove
from tests.bench.programs import found as program
from tests.bench.setting import Setting
from tests.bench.table import Goal, show
from tests.bench.trees import make_file, make_source_tree

FILES = 40_000
GB = 10**9
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
    lost = sorted(path for path in destination.rglob("*") if path.is_file())[::100]

    def lose() -> None:
        for path in lost:
            path.unlink(missing_ok=True)

    done = race(commands, setting.rounds(7), lose)
    goals = [Goal("pycp -a --resume", "rsync -a", 1.0)]
    show(f"{files} small files, 1 % to do", done, "cp -au", "file", files, goals)


def durable(setting: Setting) -> None:
    """Measure a tree and a file on disk that are to survive a crash, beside `cp -a && sync`."""
    files, size = setting.size(10_000), setting.size(GB)
    tree, large = setting.disk / "tree", setting.disk / "large"
    destination = setting.disk / "copy"
    make_source_tree(tree, files)
    make_file(large, size)

    def prepare() -> None:
        remove(destination)
        os.sync()  # or one program would wait for what another has written

    for source, unit, count in ((tree, "file", files), (large, "MB", size // 10**6)):
        words = f"{source} {destination}"
        commands = {
            "cp -a && sync": ["/bin/sh", "-c", f"cp -aT {words} && sync"],
            "pycp -a": [setting.ours.pycp, "-aT", str(source), str(destination)],
            "pycp -a --durable": [
                setting.ours.pycp,
                "-aT",
                "--durable",
                str(source),
                str(destination),
            ],
        }
        done = race(commands, setting.rounds(5), prepare)
        show(f"{count} {unit} on disk, --durable", done, "cp -a && sync", unit, count, [])


def checked(setting: Setting) -> None:
    """Measure a large file in memory that is read back, or whose digest is written down."""
    size = setting.size(2 * GB)
    source, destination = setting.tmpfs / "large", setting.tmpfs / "copy"
    make_file(source, size)
    pycp, operands = setting.ours.pycp, [str(source), str(destination)]
    manifest = f"--manifest={setting.tmpfs}/sums"
    both = f"cp {source} {destination} && b2sum {destination} >{setting.tmpfs}/theirs"
    commands = {
        "pycp": [pycp, *operands],
        "pycp --verify": [pycp, "--verify", *operands],
        "cp && cmp": ["/bin/sh", "-c", f"cp {source} {destination} && cmp {source} {destination}"],
        "pycp --manifest": [pycp, manifest, *operands],
        "cp && b2sum": ["/bin/sh", "-c", both],
    }
    done = race(commands, setting.rounds(5), lambda: remove(destination))
    goals = [Goal("pycp --verify", "pycp", 1.9), Goal("pycp --manifest", "cp && b2sum", 1.1)]
    show(f"A file of {size / GB:g} GB, checked", done, "pycp", "MB", size // 10**6, goals)

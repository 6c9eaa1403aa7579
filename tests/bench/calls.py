"""System calls: how many each file costs, by kind."""

import shutil
import subprocess
from collections import Counter

from tests.bench.measure import ENVIRONMENT, Command, remove
from tests.bench.setting import Setting
from tests.bench.table import skip
from tests.bench.trees import PER_DIRECTORY, make_source_tree

FEW = 0.05
"""Calls of one kind for each file that are too few to be shown."""


def calls(setting: Setting) -> None:
    """Count the calls of a tree and of one twice as large: what was added, for each file added."""
    files = setting.size(10_000)
    title = f"System calls a file ({PER_DIRECTORY} files in a directory, whose share is included)"
    if not shutil.which("strace"):
        skip(title, "strace is absent")
        return
    tree, twice = setting.tmpfs / "tree", setting.tmpfs / "twice"
    make_source_tree(tree, files)
    make_source_tree(twice, 2 * files)
    pycp = setting.ours.pycp
    counts: dict[str, Counter[str]] = {}
    for flag in ("-r", "-a"):
        programs: dict[str, Command] = {
            f"cp {flag}": ["/bin/cp", flag],
            f"pycp {flag} -j1": [pycp, "--jobs=1", flag],
            f"pycp {flag} -j2": [pycp, "--jobs=2", flag],
        }
        for name, command in programs.items():
            added = Counter(_count(setting, [*command, str(twice)]))
            added.subtract(_count(setting, [*command, str(tree)]))
            counts[name] = added
    _show(title, counts, files)


def _count(setting: Setting, command: Command) -> Counter[str]:
    """Return the calls of one copy, by name."""
    destination, summary = setting.tmpfs / "copy", setting.tmpfs / "summary"
    remove(destination)
    words = ["strace", "-f", "-c", "-o", str(summary), *command, str(destination)]
    subprocess.run(words, check=True, env=ENVIRONMENT)
    found: Counter[str] = Counter()
    for line in summary.read_text().splitlines():
        fields = line.split()
        # % time, seconds, microseconds a call, calls, errors if any, name
        if len(fields) >= 5 and fields[3].isdigit() and fields[-1] != "total":
            found[fields[-1]] += int(fields[3])
    return found


def _show(title: str, counts: dict[str, Counter[str]], files: int) -> None:
    print(f"\n{title}")
    print(f"  {'':18}" + "".join(f"{name:>13}" for name in counts))
    totals = [sum(counter.values()) / files for counter in counts.values()]
    print(f"  {'all':18}" + "".join(f"{total:13.2f}" for total in totals))
    every: Counter[str] = sum(counts.values(), Counter())
    for call, _ in every.most_common():
        each = [counter[call] / files for counter in counts.values()]
        if max(each) >= FEW:
            row = "".join(f"{number:13.2f}" if number >= 0.005 else f"{'-':>13}" for number in each)
            print(f"  {call:18}{row}", flush=True)

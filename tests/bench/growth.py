"""Cost growth: time per file and peak memory from a thousand to a million empty files."""

import os
from typing import NamedTuple

from tests.bench.measure import Command, Race, race, remove
from tests.bench.setting import Setting
from tests.bench.table import judge, skip
from tests.bench.trees import check_count, count, make_empty

SIZES = (1_000, 10_000, 100_000, 1_000_000)
ROUNDS = {1_000: 31, 10_000: 15, 100_000: 5, 1_000_000: 3}
QUICK_SIZES = (1_000, 10_000)
STEADY_FROM = 10_000
"""Files from which on the start of the program should no longer show."""
STEADY = 1.15
"""How much longer a file may take in a larger tree."""
MIB_AT_MOST = 48
SAME_PEAK = 1.05
# A process counts the memory of the one it was started from, so that is to be a small one.
PEAK = """\
import os, sys
pid = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ)
status, usage = os.wait4(pid, 0)[1:]
with open(sys.argv[1], "a") as file:
    print(usage.ru_maxrss, file=file)
sys.exit(status != 0)
"""


def growth(setting: Setting) -> None:
    """Measure trees of empty files, each ten times as large as the one before."""
    ours = setting.ours
    programs = {
        "GNU cp": ["/bin/cp", "-r"],
        "pycp": [ours.pycp, "-r"],
        "pycp --jobs=1": [ours.pycp, "-r", "--jobs=1"],
    }
    sizes = QUICK_SIZES if setting.quick else SIZES
    found = {}
    for size in sizes:
        free = os.statvfs(setting.tmpfs).f_favail
        if free < 2 * size * 1.1:
            skip(f"{size:,} empty files", f"{setting.tmpfs} has only {free:,} inodes")
            break
        found[size] = _measure(setting, programs, size)
    _show(found, list(programs))


class Grown(NamedTuple):
    """What copies of one tree took: seconds a file, and MiB of the largest process."""

    race: Race
    peaks: dict[str, float]

    def per_file(self, name: str, size: int) -> float:
        """Return seconds by the clock for each file."""
        return self.race.seconds(name) / size


def _measure(setting: Setting, programs: dict[str, Command], size: int) -> Grown:
    tree, destination = setting.tmpfs / "tree", setting.tmpfs / "copy"
    make_empty(tree, size)
    expected = count(tree)
    notes = {name: setting.tmpfs / f"peaks of {name}" for name in programs}
    small = [setting.ours.python, "-ISc", PEAK]
    commands: dict[str, Command | None] = {
        name: [*small, str(notes[name]), *command, str(tree), str(destination)]
        for name, command in programs.items()
    }
    found = race(
        commands,
        setting.rounds(ROUNDS[size]),
        lambda: remove(destination),
        lambda: check_count(destination, expected),
    )
    peaks = {name: max(map(int, notes[name].read_text().split())) / 1024 for name in found.costs}
    remove(tree, destination, *notes.values())
    return Grown(found, peaks)


def _show(found: dict[int, Grown], names: list[str]) -> None:
    print("\nCost growth: empty files, 1000 in a directory, -r")
    print(f"  {'files':38}" + "".join(f"{size:>11,}" for size in found))
    for name in names:
        times = [grown.per_file(name, size) for size, grown in found.items()]
        base = found[STEADY_FROM].per_file(name, STEADY_FROM)
        row = "".join(f"{seconds / base:11.3f}" for seconds in times)
        print(f"  {name + ', time a file':38}{row}")
    for name in names[1:]:
        row = "".join(f"{grown.race.ratio(name, names[0]):11.3f}" for grown in found.values())
        print(f"  {name + ' : ' + names[0]:38}{row}")
    for name in names:
        row = "".join(f"{grown.peaks[name]:11.1f}" for grown in found.values())
        print(f"  {name + ', peak MiB of a process':38}{row}")
    largest = max(found)
    for name in names[1:]:
        last = found[largest]
        ratio = last.per_file(name, largest) / found[STEADY_FROM].per_file(name, STEADY_FROM)
        judge(f"{name}, time a file, {largest:,} : {STEADY_FROM:,}", ratio, STEADY)
        judge(f"{name}, peak at {largest:,}", last.peaks[name], MIB_AT_MOST, " MiB")
        if largest // 10 in found:
            peaks = last.peaks[name] / found[largest // 10].peaks[name]
            judge(f"{name}, peak, {largest:,} : {largest // 10:,}", peaks, SAME_PEAK)

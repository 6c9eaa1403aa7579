"""Tables of ratios."""

import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from tests.bench.measure import Race

MOST_SPREAD = 0.3
"""Share by which a reference's quartiles may differ before nothing is judged by it."""


class Goal(NamedTuple):
    """What a ratio of two programs' times is to be at most."""

    name: str
    base: str
    at_most: float


def show(title: str, race: Race, base: str, unit: str, units: int, goals: Iterable[Goal]) -> None:
    """Print the ratios of a race to one of its programs, and which goals are met.

    What that one takes for each of the `units` tells the scale.
    """
    if base not in race.costs:
        print(f"\n{title}: skipped: {base} {race.notes[base]}")
        return
    scale = f"{race.seconds(base) / units * 1e6:,.1f} µs a {unit}"
    print(f"\n{title} ({len(race.costs[base])} rounds; {base}: {scale})")
    print(f"  {'':24} {'wall':>7}  {'from':>6} {'to':>6}  {'user+sys':>8}")
    for name in [*race.costs, *race.notes]:
        if name in race.notes:
            print(f"  {name:24} {race.notes[name]}")
            continue
        ratios = race.ratios(name, base)
        spread = f"{min(ratios):6.2f} {max(ratios):6.2f}"
        cpu = race.ratio(name, base, "cpu")
        print(f"  {name:24} {race.ratio(name, base):7.3f}  {spread}  {cpu:8.3f}", flush=True)
    for goal in goals:
        if goal.name in race.costs and goal.base in race.costs:
            ratio = race.ratio(goal.name, goal.base)
            judge(f"{goal.name} : {goal.base}", ratio, goal.at_most, doubt=doubt(race, goal.base))


def doubt(race: Race, base: str) -> str:
    """Return why this machine is too busy to judge, nothing if it is not."""
    spread, load = race.spread(base), os.getloadavg()[0]
    if spread > MOST_SPREAD:
        return f"the times of {base} themselves differ by {spread:.0%}"
    processors = len(os.sched_getaffinity(0))
    # What is measured keeps at most all processors busy, and one more is a program's that waits.
    if load > processors + 1:
        return f"the load is {load:.1f} on {processors} processors"
    return ""


def judge(what: str, found: float, at_most: float, unit: str = "", doubt: str = "") -> None:
    """Print whether something is at most what it should be, unless there is doubt that it tells."""
    verdict = "met" if found <= at_most else f"too busy to judge: {doubt}" if doubt else "MISSED"
    print(f"  -> {what} = {found:.3f}{unit}, at most {at_most:g}{unit}: {verdict}", flush=True)


def skip(title: str, reason: str) -> None:
    """Print that something could not be measured, and why."""
    print(f"\n{title}: skipped: {reason}", flush=True)


def head(places: Iterable[Path]) -> None:
    """Print what the numbers hold for."""
    print(time.strftime("%Y-%m-%d %H:%M"), platform.machine(), platform.system(), end=" ")
    print(platform.release(), f"Python {sys.version.split()[0]}", end=", ")
    print(f"{len(os.sched_getaffinity(0))} processors ({_model()}), load {os.getloadavg()[0]:.2f}")
    done = subprocess.run(["/bin/cp", "--version"], capture_output=True, text=True, check=True)
    print(done.stdout.splitlines()[0])
    for place in places:
        print(f"{place}: {_file_system(place)}")
    print("Ratios of times taken in turn: medians, smallest and largest of the rounds.", flush=True)


def _model() -> str:
    with open("/proc/cpuinfo") as lines:
        names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else "of an unknown kind"


def _file_system(place: Path) -> str:
    command = ["/usr/bin/stat", "-f", "-c", "%T", str(place)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

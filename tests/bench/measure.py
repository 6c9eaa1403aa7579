"""Programs run in turn, and what each run cost."""

import os
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles

# Without PYTHONDONTWRITEBYTECODE and its like, which change how Python starts.
ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C.UTF-8"}

Command = list[str]


class Failed(Exception):
    """A program did not do what it was to do; the text says how."""


@dataclass(frozen=True)
class Cost:
    """What one run took, in seconds: by the clock, and of all processors (user + system)."""

    wall: float
    cpu: float


@dataclass
class Race:
    """What every run of every program took, round by round, and why some have no time."""

    costs: dict[str, list[Cost]] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)

    def ratios(self, name: str, base: str, what: str = "wall") -> list[float]:
        """Return one program's cost by another's, of each round."""
        pairs = zip(self.costs[name], self.costs[base], strict=True)
        return [getattr(one, what) / getattr(other, what) for one, other in pairs]

    def ratio(self, name: str, base: str, what: str = "wall") -> float:
        """Return the median of the ratios of the rounds."""
        return median(self.ratios(name, base, what))

    def spread(self, name: str) -> float:
        """Return by what share the upper quartile of a program's times exceeds the lower one."""
        times = sorted(cost.wall for cost in self.costs[name])
        lower, _middle, upper = quantiles(times, n=4) if len(times) > 1 else times * 3
        return upper / lower - 1

    def seconds(self, name: str) -> float:
        """Return the median time of a run by the clock."""
        return median(cost.wall for cost in self.costs[name])


def run(command: Command) -> Cost:
    """Run one program to its end; raise Failed if its exit status is not 0."""
    quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    start = time.perf_counter()
    pid = os.posix_spawn(command[0], command, ENVIRONMENT, file_actions=quiet)
    _, status, usage = os.wait4(pid, 0)
    wall = time.perf_counter() - start
    if status:
        raise Failed(f"failed: {os.waitstatus_to_exitcode(status)}")
    return Cost(wall, usage.ru_utime + usage.ru_stime)


def race(
    commands: Mapping[str, Command | None],
    rounds: int,
    prepare: Callable[[], None],
    check: Callable[[], None] = lambda: None,
) -> Race:
    """Run each program once a round, each round in another order; None stands for absent ones.

    `prepare` goes before every run. A round before the first warms up; what `check` raises after
    one of its runs, or the program itself, takes the program out of the race.
    """
    result = Race()
    running = {}
    for name, command in commands.items():
        if command is None:
            result.notes[name] = "absent"
            continue
        prepare()
        try:
            run(command)
            check()
        except Failed as failure:
            result.notes[name] = str(failure)
        else:
            running[name] = command
            result.costs[name] = []
    names = list(running)
    for number in range(rounds if names else 0):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            prepare()
            result.costs[name].append(run(running[name]))
    return result


def remove(*paths: Path) -> None:
    """Remove files and trees."""
    subprocess.run(["/bin/rm", "-rf", *map(str, paths)], check=True)

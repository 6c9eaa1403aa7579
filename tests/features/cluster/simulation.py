"""Copy a tree that there is not, by nodes that there are not: what a coordinator needs for it.

`python -m tests.features.cluster.simulation --entries=10000000` prints one line of JSON: how many
entries came to be done, and how much memory the process took at most. Only the root of the tree is
real. All else the nodes make up, who answer at once, with what nodes answer.
"""

import argparse
import json
import marshal
import os
import resource
import sys
import tempfile
from collections import deque
from pathlib import Path
from typing import Any, NamedTuple
from zlib import crc32

from pycp.cli.cp import parse_cp
from pycp.cluster.nodes import Nodes
from pycp.report.lines import Lines
from pycp.run.hands import Lost
from pycp.run.serial import run_serial
from pycp.values import DIRECTORY, FILES, NUMBERS, REGULAR

A_FILE = 0.01
"""Seconds that a simulated node takes for an entry."""
LINK = "link"
TWIN = " twin"


class Shape(NamedTuple):
    """What is in a directory, by the levels below it; the last goes for all that have more."""

    levels: tuple[tuple[int, int], ...]
    """Directories and files."""
    links: int = 0
    """Names in a lowest directory that are of files with names in others beside it."""
    in_set: int = 4
    is_far: bool = False
    """Those others are not beside it, but in another half of the tree that is just like this."""

    def holds(self, height: int) -> tuple[int, int]:
        return self.levels[min(height, len(self.levels) - 1)]

    def count(self, height: int) -> int:
        """Return how many entries there are below a directory."""
        directories, files = self.holds(height)
        if not height:
            return files + self.links
        return files + directories * (1 + self.count(height - 1))

    def names(self, height: int) -> int:
        """Return how many names of files with several there are below a directory."""
        if not height:
            return self.links
        return self.holds(height)[0] * self.names(height - 1)

    def items(self, name: str) -> "list[tuple[str, int]]":
        height = height_of(name)
        directories, files = self.holds(height)
        if not height:
            directories = 0
        found = [(f"d{height - 1}.{number}", DIRECTORY) for number in range(directories)]
        found += [(f"file number {number}", REGULAR) for number in range(files)]
        if not height:
            found += [(f"{LINK} {number}", REGULAR) for number in range(self.links)]
        return sorted(found, key=lambda item: crc32(item[0].encode()))  # as inode numbers would


SHAPES = {
    "even": Shape(((0, 90), (10, 90))),
    "deep": Shape(((0, 4), (2, 4))),
    "wide": Shape(((0, 30), (3000, 0), (100, 0))),
    "links": Shape(((0, 10), (4, 10)), links=90),
    "pairs": Shape(((0, 10), (2, 10), (10, 10)), links=90, in_set=2),
    "twins": Shape(((0, 10), (10, 10)), links=90, in_set=2, is_far=True),
}


def height_of(name: str) -> int:
    return int(name.partition(".")[0].lstrip("d"))


def inode(path: str) -> int:
    return crc32(path.encode()) << 32 | crc32(path[::-1].encode()) | 1


class Work:
    """One unit, carried out as long as its time lasts."""

    def __init__(self, shape: Shape, device: int, unit: "list[Any]") -> None:
        self.shape, self.device = shape, device
        seconds, _left_by, parts, _range = unit
        self.entries_left = max(int(seconds / A_FILE), 1)
        self.told: Any = None
        self.opened: list[Any] = []
        self.members: list[Any] = []
        self.firsts: dict[Any, Any] = {}
        self.done: list[Any] = []
        self.entries = self.directories = 0
        for number, (way, *_how, names, record, self.told) in enumerate(parts):
            if self.entries_left <= 0:
                self.done.append((names, False))
                continue
            left, waits = self.copy(way, names, ~number)
            is_done = record is not None and not left and not waits
            self.directories += is_done
            self.done.append((left, is_done))

    def copy(self, way: Any, names: Any, number: int) -> "tuple[list[Any], bool]":
        """Copy names in a directory; return those left, and whether others are to be awaited."""
        waits = False
        rest = iter(names)
        for name, kind in rest:
            self.entries_left -= 1
            if kind == DIRECTORY:
                waits |= self.enter(way, name, number)
            elif name.startswith(LINK) and not self.link(way, name):
                self.members.append((number, name, self.set_of(way, name), self.shape.in_set))
                waits = True
                continue
            self.entries += 1
            if self.entries_left <= 0:
                break
        return list(rest), waits

    def enter(self, way: Any, name: str, number: int) -> bool:
        """Enter a directory; return False if it is finished already."""
        path = "/".join([*(step[0] for step in way), name])
        identity = self.device, inode(path)
        step = (name, identity, identity)
        place = len(self.opened)
        self.opened.append(None)
        names = self.shape.items(name)
        left, waits = names, False
        if self.entries_left > 0:
            left, waits = self.copy((*way, step), names, place)
        if left or waits:
            self.opened[place] = (number, step, True, True, RECORD, left)
            return True
        assert len(self.opened) == place + 1
        del self.opened[place]
        self.directories += 1
        return False

    def set_of(self, way: Any, name: str) -> Any:
        path = [step[0] for step in way]
        path = [path[0].removesuffix(TWIN), *path[1:]] if self.shape.is_far else path[:-1]
        return self.device, inode("/".join([*path, name]))

    def link(self, way: Any, name: str) -> bool:
        """Copy or link a name of several; return False if that is not for us to do."""
        identity = self.set_of(way, name)
        if self.told is None or self.told[0] != identity:
            return False
        if self.told[1] is None:
            self.firsts[identity] = (way, name, "")
        return True

    def answer(self) -> Any:
        counts = [0] * NUMBERS
        counts[FILES] = self.entries
        firsts = list(self.firsts.items())
        found: Any = (self.done, self.opened, self.members, firsts, [], None)
        return ([], 0.1, 0.05, *found), False, counts


def packed_status() -> Any:
    return os.stat(".").__reduce__()[1]


RECORD = (packed_status(), packed_status(), True, 0, 0o755, 0o755)


class Simulated:
    """A carrier of requests to nobody."""

    unit_cost = 0.0002
    knows_nodes = True

    def __init__(self, shape: Shape, slots: int, device: int) -> None:
        self.shape, self.device = shape, device
        self.nodes = list(range(slots))
        self.out: deque[tuple[int, bytes]] = deque()
        self.units = self.directories = self.firsts = self.most_out = self.most_open = 0
        self.open_sets: Any = ()

    def send(self, node: int, ticket: int, request: bytes) -> None:
        self.out.append((ticket, request))
        self.most_out = max(self.most_out, len(self.out))

    def receive(self, wait: bool) -> list[tuple[int, bytes | Lost]]:
        """Answer what was asked first, as many as could be at work at the same time."""
        self.most_open = max(self.most_open, len(self.open_sets))
        some = min(len(self.out), len(self.nodes))
        return [self.answered(*self.out.popleft()) for _ in range(some)]

    def answered(self, ticket: int, request: bytes) -> tuple[int, bytes]:
        _key, _setup, _ticket, _tree, unit = marshal.loads(request)
        if not unit:
            return ticket, marshal.dumps(("simulated", "", None))
        work = Work(self.shape, self.device, marshal.loads(unit))
        self.units += 1
        self.directories += work.directories
        self.firsts += len(work.firsts)
        return ticket, marshal.dumps(("simulated", "", work.answer()))

    def cancel(self) -> None: ...

    def close(self, status: int) -> None: ...


def peak_bytes() -> int:
    """Return what this process took at most, without what the one before it did."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most if sys.platform == "darwin" else most * 1024
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024


def tops(shape: Shape, entries: int) -> list[str]:
    """Return names of directories that hold so many entries together, or a few more."""
    height = 0
    while shape.count(height + 1) * 5 < entries:
        height += 1
    each = shape.count(height) + 1
    count = -(-entries // each)
    if not shape.is_far:
        return [f"d{height}.{number}" for number in range(count)]
    halves = [f"d{height}.{number}" for number in range((count + 1) // 2)]
    return [*halves, *(half + TWIN for half in halves)]


def simulate(place: Path, shape: Shape, entries: int, slots: int) -> dict[str, int]:
    """Copy so many entries or a few more, and return what that took."""
    source, destination = place / "s", place / "d"
    expected = names = 0
    for name in tops(shape, entries):
        (source / name).mkdir(parents=True)
        expected += 1 + shape.count(height_of(name))
        names += shape.names(height_of(name))
    carrier = Simulated(shape, slots, source.stat().st_dev)
    nodes = Nodes(carrier)
    report = Lines("pycp")
    words = ["-rT", "--preserve=links", str(source), str(destination)]
    options, operands = parse_cp(words, {}, report.say)
    begin = nodes.begin

    def begin_and_look(walk: Any, root: Any) -> None:
        carrier.open_sets = walk.memory.copied
        begin(walk, root)

    nodes.begin = begin_and_look  # type: ignore[method-assign]
    run_serial(options, operands, report, nodes)
    nodes.end(0)
    return {
        "entries": report.tally.total(FILES),
        "expected": expected,
        "sets": names // shape.in_set,
        "most_open": carrier.most_open,
        "firsts": carrier.firsts,
        "units": carrier.units,
        "most_out": carrier.most_out,
        "failures": report.failures,
        "peak_bytes": peak_bytes(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.features.cluster.simulation")
    parser.add_argument("--entries", type=int, default=200_000)
    parser.add_argument("--slots", type=int, default=64)
    parser.add_argument("--shape", choices=SHAPES, default="even")
    words = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pycp-simulation-") as place:
        found = simulate(Path(place), SHAPES[words.shape], words.entries, words.slots)
    print(json.dumps(found))


if __name__ == "__main__":
    main()

"""Races, one by one: a copy is stopped before each of its calls in turn, and something is swapped.

A sweep runs one command again and again in a forked child: once to count its calls, then once for
each of them, with one swap made just before it. What the swap would do if it had been made before
the start is no race: as long as the program has not yet looked at the name, it cannot know better.
"""

import os
import pickle
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest

import tests.forked  # noqa: F401  imports all of pycp
from pycp import quoting
from pycp.__main__ import cp_main, install_main
from tests import tree
from tests.forked import MEMORY
from tests.trust.arena import ADVERSARY, Arena
from tests.trust.seam import COORDINATOR, WORKER, Seam

SECONDS = 20
"""After this long a run counts as hanging."""
MAINS = {"pycp": cp_main, "pyinstall": install_main}
NAMES = {COORDINATOR: "call", WORKER: "call of the worker"}


@dataclass(frozen=True)
class Scene:
    """A command and the tree it runs in, where `s` is copied to `D`."""

    name: str
    words: str
    spec: dict[str, tree.Node] = field(default_factory=dict)
    program: str = "pycp"
    reads_streams: bool = False
    """A FIFO is opened as a source if it is one from the beginning."""
    needs_root: bool = False


@dataclass(frozen=True)
class Swap:
    """What the adversary puts in place of a name."""

    name: str
    target: str
    kind: str
    """ "symlink", "link", "fifo", or "move" """
    other: str = ""
    is_taken_back: bool = False
    """Everything is as before when the next call has been made."""

    @property
    def is_source(self) -> bool:
        """Tell whether something that is read is swapped."""
        return self.target.startswith("s")

    def make(self, arena: Arena) -> bool:
        """Make the swap; return False if there is no such place now."""
        target, other = arena.path(self.target), arena.path(self.other)
        try:
            if os.path.lexists(target):
                os.rename(target, arena.path("aside/taken"))
            if self.kind == "symlink":
                os.symlink(other, target)
                os.chown(target, *ADVERSARY, follow_symlinks=False)
            elif self.kind == "link":
                os.link(other, target, follow_symlinks=False)
            elif self.kind == "fifo":
                os.mkfifo(target)
                os.chown(target, *ADVERSARY)
            else:
                os.rename(other, target)
        except OSError:
            return False
        return True

    def take_back(self, arena: Arena) -> None:
        """Undo the swap, as far as what was swapped is still there."""
        try:
            if os.path.lexists(arena.path("aside/taken")):
                os.unlink(arena.path(self.target))
                os.rename(arena.path("aside/taken"), arena.path(self.target))
        except OSError:
            pass


def sweep(scene: Scene, swap: Swap, jobs: int) -> None:
    """Fail the test if any stop of the scene lets the swap do harm."""
    stops, problems = _in_child(lambda tell: _sweep(scene, swap, jobs, tell))
    assert stops or problems, "nothing was swapped"
    if problems:
        text = [f"$ {scene.program} {scene.words}    ({swap.name}; {stops} stops)", *problems[:20]]
        pytest.fail("\n".join(text), pytrace=False)


def _in_child(
    work: Callable[[Callable[[str], None]], tuple[int, list[str]]],
) -> tuple[int, list[str]]:
    """Call `work` in a forked child; it tells what it is about to do, in case it never returns."""
    with tempfile.TemporaryFile(dir=MEMORY) as answer, tempfile.TemporaryFile(dir=MEMORY) as doing:

        def tell(what: str) -> None:
            os.ftruncate(doing.fileno(), 0)
            os.pwrite(doing.fileno(), what.encode(), 0)

        pid = os.fork()
        if pid == 0:
            try:
                result = work(tell)
            except BaseException:
                result = 0, [traceback.format_exc()]
            answer.write(pickle.dumps(result))
            answer.flush()
            os._exit(0)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        if status:
            what = os.pread(doing.fileno(), 1000, 0).decode()
            how = "hangs" if status == -signal.SIGALRM else f"ends with {status}"
            return 0, [f"{what}: {how}"]
        answer.seek(0)
        found: tuple[int, list[str]] = pickle.load(answer)
        return found


class _Runner:
    """Runs one scene again and again in this process."""

    def __init__(self, scene: Scene, swap: Swap, jobs: int, root: str) -> None:
        self.scene = scene
        self.swap = swap
        self.arena = Arena(root, scene.spec)
        self.seam = Seam()
        self.seam.install()
        self.stop = (COORDINATOR, 0)
        self.output = tempfile.TemporaryFile(dir=MEMORY, buffering=0)
        for number in (1, 2):
            os.dup2(self.output.fileno(), number)
        os.environ.clear()
        os.environ.update({"PATH": "/usr/bin:/bin", "LC_ALL": "C"})
        quoting._charset = ""
        words = scene.words.split()
        sys.argv[:] = [scene.program, *([f"--jobs={jobs}"] if jobs else []), *words]

    def run(self, stop: tuple[int, int]) -> list[str]:
        """Run once, swap before this call (0: before the start); return what went wrong."""
        self.arena.build()
        os.chdir(self.arena.root)
        self.output.seek(0)
        os.ftruncate(self.output.fileno(), 0)
        os.umask(0o022)
        self.stop = stop
        if stop == (COORDINATOR, 0):
            self.swap.make(self.arena)
        self.seam.watched = self.arena.path(self.swap.target)
        self.seam.before = self._before
        signal.alarm(SECONDS)
        problems = []
        self.seam.arm()
        try:
            status = MAINS[self.scene.program]()
            if status not in (0, 1):
                problems.append(f"status {status}")
        except BaseException:
            problems.append(traceback.format_exc())
        finally:
            self.seam.disarm()
            signal.alarm(0)
            if self.swap.is_taken_back and stop != (COORDINATOR, 0):
                self.swap.take_back(self.arena)
        printed = os.pread(self.output.fileno(), 100_000, 0)
        if b"Traceback" in printed or b"process copying it ended" in printed:
            problems.append(printed.decode(errors="replace"))
        return problems + self.arena.harms()

    def _before(self, _call: str) -> None:
        role, number = self.stop
        if role == self.seam.role and number and self.seam.count(role) in (number, number + 1):
            if self.seam.count(role) == number:
                self.seam.mark()
                self.swap.make(self.arena)
            elif self.swap.is_taken_back:
                self.swap.take_back(self.arena)


def _sweep(
    scene: Scene, swap: Swap, jobs: int, tell: Callable[[str], None]
) -> tuple[int, list[str]]:
    root = tempfile.mkdtemp(prefix="pycp-race-", dir=MEMORY)
    try:
        os.chmod(root, 0o755)
        runner = _Runner(scene, swap, jobs, f"{root}/arena")
        tell("the run without a swap")
        problems = runner.run((COORDINATOR, -1))
        calls = {role: runner.seam.count(role) for role in (COORDINATOR, WORKER)}
        first_look = runner.seam.first_look
        if problems:
            return 0, problems
        tell("the swap before the start")
        # Whoever waits for a FIFO that was there before the start may wait for this one.
        may_wait = swap.kind == "fifo" and (
            scene.reads_streams if swap.is_source else scene.program == "pycp"
        )
        is_followed = not may_wait and bool(runner.run((COORDINATOR, 0)))
        stops = 0
        for role, count in calls.items():
            for number in range(1, count + 1):
                where = f"{NAMES[role]} {number} of {count}"
                tell(where)
                if may_wait and number <= first_look[role]:
                    continue
                found = runner.run((role, number))
                stops += 1
                if found and not (is_followed and not runner.seam.was_seen_before_mark):
                    problems += [f"before {where}: {problem}" for problem in found]
        return stops, problems
    finally:
        os.chdir("/")
        runner.arena.remove()
        os.rmdir(root)

"""Races, one by one: a copy is stopped before each of its calls in turn, and something is swapped.

A sweep runs one command again and again in a child: once to count its calls, then once for
each of them, with one swap made just before it. What the swap would do if it had been made before
the start is no race: as long as the program has not yet looked at the name, it cannot know better.
"""

import functools
import os
import pickle
import shutil
import signal
import tempfile
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import NoReturn
from zlib import crc32

from pycp.__main__ import cp_main, install_main
from tests import apart, extent, tree
from tests.forked import MEMORY
from tests.trust.interception import COORDINATOR, WORKER, Interceptor
from tests.trust.sandbox import ADVERSARY, Sandbox

SECONDS = 20
"""After this long a run counts as hanging."""
ONE_OF = 1 if extent.IS_THOROUGH else 48 if extent.IS_QUICK else 24
"""A swap comes before one of so many calls; which ones, differs from swap to swap."""
UNSWAPPED, AT_START = (COORDINATOR, -1), (COORDINATOR, 0)
"""Stops before which there is no swap, or before which the program has not begun."""
ANSWER, DOING = "answer", "doing"
"""Files in which a sweep says what it found, and what it is about to do."""
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
    writes_streams: bool = True
    """And one that is a destination is written to."""

    @property
    def needs_root(self) -> bool:
        """Tell whether only root can run it, or be harmed by somebody else than himself."""
        return " -o " in self.words or "--strip-program" in self.words


@dataclass(frozen=True)
class Swap:
    """What the adversary puts in place of a name."""

    name: str
    target: str
    kind: str
    """ "symlink", "link", "fifo", or "move" """
    other: str = ""
    is_named: bool = False
    """The user named it: if it exists it is followed, whatever it is."""
    is_taken_back: bool = False
    """Everything is as before when the next call has been made."""

    @property
    def is_source(self) -> bool:
        """Tell whether something that is read is swapped."""
        return self.target.startswith("s")

    def make(self, sandbox: Sandbox) -> bool:
        """Make the swap; return False if there is no such place now."""
        target, other = sandbox.path(self.target), sandbox.path(self.other)
        try:
            if os.path.lexists(target):
                os.rename(target, sandbox.path("aside/taken"))
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

    def take_back(self, sandbox: Sandbox) -> None:
        """Undo the swap, as far as what was swapped is still there."""
        try:
            if os.path.lexists(sandbox.path("aside/taken")):
                os.unlink(sandbox.path(self.target))
                os.rename(sandbox.path("aside/taken"), sandbox.path(self.target))
        except OSError:
            pass


def sweep(scene: Scene, swap: Swap, jobs: int) -> None:
    """Fail the test if the swap does harm before any call of the scene."""
    import pytest  # which children of tests.apart need not carry

    if os.geteuid() and scene.needs_root:
        pytest.skip("only root can give files away, and be harmed by somebody other than himself")
    stops, problems = find_harm(scene, swap, jobs)
    if problems:
        text = [f"$ {scene.program} {scene.words}    ({swap.name}; {stops} stops)", *problems[:20]]
        pytest.fail("\n".join(text), pytrace=False)
    assert stops, "no call was met"


def find_harm(scene: Scene, swap: Swap, jobs: int, one_of: int = ONE_OF) -> tuple[int, list[str]]:
    """Return the number of stops, one of so many calls, and what went wrong."""
    # Several processes meet the calls that one does; another third of them for each swap will do.
    step = one_of * (3 if jobs > 1 else 1)
    first = crc32(f"{scene.name} {swap.name}".encode()) % step
    words = [*([f"--jobs={jobs}"] if jobs else []), *scene.words.split()]
    root = tempfile.mkdtemp(prefix="pycp-race-", dir=MEMORY)
    try:
        os.chmod(root, 0o755)
        result = apart.run(
            partial(answer, scene, swap, root, (first, step)),
            words,
            root,
            name=scene.program,
            env={"TMPDIR": root},
            seconds=SECONDS,
        )
        if result.status:
            how = "hangs" if result.status == -signal.SIGALRM else f"ends with {result.status}"
            return 0, [f"{Path(root, DOING).read_text()}: {how}", result.stderr]
        found: tuple[int, list[str]] = pickle.loads(Path(root, ANSWER).read_bytes())
        return found
    finally:
        tree.remove(root)


def answer(scene: Scene, swap: Swap, root: str, share: tuple[int, int]) -> NoReturn:
    """Sweep in this process, and leave what was found in a file.

    Another says what is about to be done, in case it never ends.
    """
    doing = os.open(f"{root}/{DOING}", os.O_WRONLY | os.O_CREAT, 0o600)

    def tell(what: str) -> None:
        os.ftruncate(doing, 0)
        os.pwrite(doing, what.encode(), 0)

    try:
        result = _Sweep(scene, swap, root, tell).run(share)
    except BaseException:
        result = 0, [traceback.format_exc()]
    Path(root, ANSWER).write_bytes(pickle.dumps(result))
    os._exit(0)


def _contents(fd: int) -> bytes:
    return os.pread(fd, os.fstat(fd).st_size, 0)


class _Sweep:
    """Runs one scene again and again in this process."""

    def __init__(self, scene: Scene, swap: Swap, root: str, tell: Callable[[str], None]) -> None:
        self.scene = scene
        self.swap = swap
        self.sandbox = Sandbox(f"{root}/sandbox", scene.spec)
        self.tell = tell
        self.interceptor = Interceptor()
        self.interceptor.install()
        self.interceptor.before = self._before
        self.interceptor.watched = self.sandbox.path(swap.target)
        self.stop = UNSWAPPED
        self.output = os.memfd_create("output")
        for number in (1, 2):
            os.dup2(self.output, number)

    def run(self, share: tuple[int, int]) -> tuple[int, list[str]]:
        """Stop at the calls of a share, the first and each so many further.

        Return their number, and what went wrong.
        """
        swap, scene = self.swap, self.scene
        if problems := self._once(UNSWAPPED, "the run without a swap"):
            return 0, problems
        counts = [self.interceptor.count(role) for role in (COORDINATOR, WORKER)]
        first_look = self.interceptor.first_look
        # Whoever waits for a FIFO that was there before the start may wait for this one.
        may_wait = swap.kind == "fifo" and (
            scene.reads_streams if swap.is_source else scene.writes_streams
        )
        is_followed = (
            may_wait or swap.is_named or bool(self._once(AT_START, "the swap before the start"))
        )
        first, step = share
        stops = [
            (role, number)
            for role, count in enumerate(counts)
            for number in range(1, count + 1)
            if not (may_wait and number <= first_look[role])
        ]
        stops = stops[first % max(len(stops), 1) :: step]
        for role, number in stops:
            where = f"{NAMES[role]} {number} of {counts[role]}"
            found = self._once((role, number), where)
            if not is_followed or self.interceptor.was_seen_before_mark:
                problems += [f"before {where}: {problem}" for problem in found]
        self.sandbox.remove()
        return len(stops), problems

    def _once(self, stop: tuple[int, int], where: str) -> list[str]:
        """Run the command, swap before this call; return what went wrong."""
        self.tell(where)
        self.sandbox.build()
        os.chdir(self.sandbox.root)
        os.lseek(self.output, 0, os.SEEK_SET)
        os.ftruncate(self.output, 0)
        os.umask(0o022)
        self.stop = stop
        if stop == AT_START:
            self.swap.make(self.sandbox)
        problems = []
        signal.alarm(SECONDS)
        self.interceptor.arm()
        try:
            status = MAINS[self.scene.program]()
            if status not in (0, 1):
                problems.append(f"status {status}")
        except BaseException:
            problems.append(traceback.format_exc())
        finally:
            self.interceptor.disarm()
            signal.alarm(0)
        printed = _contents(self.output)
        if b"Traceback" in printed or b"process copying it ended" in printed:
            problems.append(printed.decode(errors="replace"))
        return problems + self.sandbox.harms()

    def _before(self, _call: str) -> None:
        role, stop = self.stop
        if role != self.interceptor.role:
            return
        number = self.interceptor.count(role)
        if number == stop:
            self.interceptor.mark()
            self.swap.make(self.sandbox)
        elif number == stop + 1 and self.swap.is_taken_back and stop > 0:
            self.swap.take_back(self.sandbox)


def careless() -> int:
    """Copy as many do, which looks at a name and then uses it."""
    # A function that copytree does not know is given names, and so is whatever it calls itself.
    copy = functools.partial(shutil.copy2)
    shutil.copytree("s", "D/s", symlinks=True, copy_function=copy, dirs_exist_ok=True)
    return 0


MAINS = {"pycp": cp_main, "pyinstall": install_main, "careless": careless}

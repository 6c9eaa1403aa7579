"""A place where an atomic copy is stopped before each of its calls in turn."""

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from tests import apart, listing, tree
from tests.features.atomic.places import (
    SYSTEMS,
    WITH_ALL,
    WITHOUT_UNNAMED,
    main_of,
    pretend,
    run_in,
)
from tests.trust.interception import Interceptor

SECONDS = 20
WRONG = 71
"""Exit status of a child that saw what nobody should."""
CATCHABLE = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)
PAIR = tree.nodes(
    "a@0640 c d/ l->b e/",
    b=tree.file("old", 0o604, xattrs={"user.k": b"v"}),
    st=tree.file('#!/bin/sh\necho x >> "$1"\n', 0o755),
)
TREE = tree.nodes(
    "s/f@0640 s/h=s/f s/l->x s/p| s/d/x@0604 t/f@0600 t/h t/l->y t/p t/d/x@0666",
    **{"s/big": tree.file(b"n" * 140_000, 0o644), "t/big": tree.file(b"o" * 150_000, 0o620)},
)


@dataclass(frozen=True)
class Scene:
    """A command, its tree, and what the system lacks."""

    words: str
    spec: tree.Spec
    program: str = "pycp"
    lacks: str = WITH_ALL

    def __str__(self) -> str:
        return f"{self.program} --atomic {self.words} ({self.lacks})"


SCENES = (
    *(Scene("a b", PAIR, lacks=lacks) for lacks in SYSTEMS),
    *(Scene("-p a n", PAIR, lacks=lacks) for lacks in SYSTEMS),
    Scene("-p a l", PAIR),
    Scene("-b a b", PAIR),
    Scene("--backup=numbered a b", PAIR, lacks=WITHOUT_UNNAMED),
    Scene("--remove-destination a l", PAIR),
    Scene("--durable -aT -j1 s t", TREE),
    Scene("-aT -j1 s t", TREE, lacks=WITHOUT_UNNAMED),
    Scene("-aTb -j1 s t", TREE),
    Scene("-alfT s t", TREE),
    Scene("-m 4750 a b", PAIR, "pyinstall"),
    Scene("-b -m 640 a b", PAIR, "pyinstall", lacks=WITHOUT_UNNAMED),
    Scene("-D -p a x/y/n", PAIR, "pyinstall"),
    Scene("-s --strip-program=./st a b", PAIR, "pyinstall"),
)
State = dict[str, str]


class Ground:
    """A place where a scene is run again and again, stopped before each of its calls."""

    def __init__(self, root: str, scene: Scene) -> None:
        self.options: tuple[str, ...] = ("--atomic",)
        self.root = root
        self.scene = scene
        self.build()
        self.old = self.state()
        result = run_in(root, self.words, scene.program, scene.lacks)
        assert (result.status, result.stderr) == (0, "")
        self.new = self.state()
        tree.remove(root)

    @property
    def words(self) -> list[str]:
        """Return the words of the command."""
        return [*self.options, *self.scene.words.split()]

    def build(self) -> None:
        """Build the tree of the scene."""
        tree.build(self.root, self.scene.spec, (os.geteuid(), os.getegid()))

    def state(self) -> State:
        """Describe everything but directories, and names that come and go."""
        since = tree.BASE_NS + 10**12
        lines = {line.split()[0]: line for line in listing.listing(self.root, since)}
        return {
            name: line.partition("  2 links")[0].partition("  3 links")[0].partition("  4 links")[0]
            for name, line in lines.items()
            if "  directory  " not in line and not os.path.basename(name).startswith("Cu")
        }

    def wrong(self) -> list[str]:
        """Return what is neither as before nor as in the end."""
        now = self.state()
        return [
            f"{name}: {now.get(name)} is neither {self.old.get(name)} nor {self.new.get(name)}"
            for name in self.old | self.new | now
            if now.get(name) not in (self.old.get(name), self.new.get(name))
        ]

    def stop(self, act: Callable[[int], None]) -> tuple[int, str]:
        """Build the tree, run the command, and call `act` with the number of each call.

        It is called in a child, and must be possible to pickle.
        """
        self.build()
        main = partial(watched, self.scene.program, self.scene.lacks, act)
        # Who is killed removes nothing.
        env = {"TMPDIR": os.path.dirname(self.root)}
        result = apart.run(
            main, self.words, self.root, name=self.scene.program, env=env, seconds=SECONDS
        )
        return result.status, result.stdout + result.stderr

    def calls(self) -> int:
        """Return how many calls the scene makes."""
        status, output = self.stop(let_pass)
        tree.remove(self.root)
        assert status == 0, output
        return int(output.split()[-2])


def watched(program: str, lacks: str, act: Callable[[int], None]) -> int:
    """Run a command in this process, with `act` called before each of its calls."""
    # As the command does when it starts: see pycp.__main__.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    pretend(lacks)
    main = main_of(program)
    interceptor = Interceptor()
    count = 0

    def next_call(_call: str) -> None:
        nonlocal count
        count += 1
        act(count)

    interceptor.before = next_call
    interceptor.install()
    interceptor.arm()
    status = main()
    interceptor.disarm()
    os.write(1, f"\n{count} calls".encode())
    return status


def let_pass(_number: int) -> None:
    """Do nothing."""


def look(ground: Ground, number: int) -> None:
    """End this process if a file is neither as before nor as in the end."""
    if wrong := ground.wrong():
        os.write(2, f"before call {number}: {wrong}".encode())
        os._exit(WRONG)


def end(at: int, sent: signal.Signals, number: int) -> None:
    """Send this process a signal before one call."""
    if number == at:
        os.kill(os.getpid(), sent)

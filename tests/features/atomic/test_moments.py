"""At every moment of an atomic copy each file is the old one or the new one, whoever ends us."""

import os
import shlex
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import listing, tree
from tests.features.atomic.places import (
    SYSTEMS,
    WITH_ALL,
    WITHOUT_UNNAMED,
    main_of,
    pretend,
    run_in,
    temporary_names,
)
from tests.features.resume.killing import Killer
from tests.forked import MEMORY, run
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
scenes = pytest.mark.parametrize("scene", SCENES, ids=str)

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

    def stop(self, before: Callable[[int], None]) -> tuple[int, str]:
        """Build the tree, run the command, and call `before` with the number of each call."""
        self.build()

        def start() -> int:
            sys.argv[0] = self.scene.program
            os.environ["TMPDIR"] = os.path.dirname(self.root)  # who is killed removes nothing
            # As the command does when it starts: see pycp.__main__.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            pretend(self.scene.lacks)
            main = main_of(self.scene.program)
            interceptor = Interceptor()
            count = 0

            def next_call(_call: str) -> None:
                nonlocal count
                count += 1
                before(count)

            interceptor.before = next_call
            interceptor.install()
            interceptor.arm()
            status = main()
            interceptor.disarm()
            os.write(1, f"\n{count} calls".encode())
            return status

        result = run(start, self.words, self.root, seconds=SECONDS)
        return result.status, result.stdout + result.stderr

    def calls(self) -> int:
        """Return how many calls the scene makes."""
        status, output = self.stop(lambda _number: None)
        tree.remove(self.root)
        assert status == 0, output
        return int(output.split()[-2])


@pytest.fixture
def place() -> Iterator[str]:
    """Return a new place in memory."""
    with tempfile.TemporaryDirectory(prefix="pycp-moments-", dir=MEMORY) as made:
        os.chmod(made, 0o755)
        yield made


@scenes
def test_before_each_call_every_file_is_old_or_new(place: str, scene: Scene) -> None:
    ground = Ground(f"{place}/tree", scene)

    def look(number: int) -> None:
        if wrong := ground.wrong():
            os.write(2, f"before call {number}: {wrong}".encode())
            os._exit(WRONG)

    status, output = ground.stop(look)
    assert status == 0, output


@scenes
def test_killed_before_any_call_we_leave_old_or_new_files(place: str, scene: Scene) -> None:
    ground = Ground(f"{place}/tree", scene)
    for stop in range(1, ground.calls() + 1):

        def end(number: int, stop: int = stop) -> None:
            if number == stop:
                os.kill(os.getpid(), signal.SIGKILL)

        status, _ = ground.stop(end)
        assert status == -signal.SIGKILL
        assert not ground.wrong(), f"before call {stop}"
        assert len(temporary_names(ground.root)) <= 2
        tree.remove(ground.root)


@pytest.mark.parametrize("options", ["-aT -j3", "--durable -rT -j3"])
def test_three_processes_that_are_killed_leave_old_or_new_files(place: str, options: str) -> None:
    ground = Ground(f"{place}/tree", Scene(f"{options} s t", TREE))
    ground.build()
    killer = Killer(ground.root, as_user=False)
    command = shlex.join(ground.words)
    assert killer.run(command) == 0, killer.output
    calls = killer.calls
    tree.remove(ground.root)
    for stop in range(1, calls, max(calls // 6, 1)):
        ground.build()
        assert killer.run(command, call=stop) in (0, -signal.SIGKILL)  # others may count fewer
        assert not ground.wrong(), f"before call {stop}"
        tree.remove(ground.root)


@scenes
def test_a_signal_before_any_call_leaves_no_temporary_name(place: str, scene: Scene) -> None:
    ground = Ground(f"{place}/tree", scene)
    for stop in range(1, ground.calls() + 1):
        number_of_signal = CATCHABLE[stop % len(CATCHABLE)]

        def end(number: int, stop: int = stop, sent: signal.Signals = number_of_signal) -> None:
            if number == stop:
                os.kill(os.getpid(), sent)

        status, output = ground.stop(end)
        assert status == -number_of_signal, output
        assert not ground.wrong(), f"before call {stop}"
        assert not temporary_names(ground.root), f"before call {stop}"
        tree.remove(ground.root)


@pytest.mark.parametrize("lacks", [WITH_ALL, WITHOUT_UNNAMED])
def test_killed_while_a_new_file_is_written_we_leave_a_name_only_where_one_is_needed(
    place: str, lacks: str
) -> None:
    ground = Ground(f"{place}/tree", Scene("a n", PAIR, lacks=lacks))
    most = 0
    for stop in range(1, ground.calls() + 1):

        def end(number: int, stop: int = stop) -> None:
            if number == stop:
                os.kill(os.getpid(), signal.SIGKILL)

        ground.stop(end)
        most = max(most, len(temporary_names(ground.root)))
        tree.remove(ground.root)
    assert most == (lacks == WITHOUT_UNNAMED)


@pytest.mark.parametrize("lacks", [WITH_ALL, WITHOUT_UNNAMED])
def test_who_reads_all_the_time_reads_whole_versions(place: str, lacks: str) -> None:
    versions = [bytes([letter]) * 300_000 for letter in b"ab"]
    for name, data in zip("xy", versions, strict=True):
        Path(place, name).write_bytes(data)
    destination = Path(place, "d")
    destination.write_bytes(versions[0])
    seen: list[int] = []
    torn: list[int] = []
    is_over = threading.Event()

    def read() -> None:
        while not is_over.is_set():
            data = destination.read_bytes()
            (seen if data in versions else torn).append(len(data))

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for number in range(30):
            result = run_in(place, ["--atomic", "xy"[number % 2], "d"], lacks=lacks)
            assert result.status == 0
    finally:
        is_over.set()
        reader.join()
    assert seen
    assert not torn


def test_what_is_read_while_a_plain_copy_goes_on_shows_that_the_look_works(place: str) -> None:
    ground = Ground(f"{place}/tree", Scene("a b", PAIR))
    ground.options = ()

    def look(number: int) -> None:
        if ground.wrong():
            os._exit(WRONG)

    status, _ = ground.stop(look)
    assert status == WRONG

"""Every system call of an atomic copy fails in turn: each file is the old one or the new one."""

import errno
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import pytest

from tests import extent, tree
from tests.features.atomic.places import SYSTEMS, WITH_ALL, WITHOUT_UNNAMED, run_lacking
from tests.programs import Result
from tests.trust.faults import ERRORS, LEAKED, XATTR_CALLS
from tests.trust.test_single_calls import Faults, Scene, described

TREE = tree.nodes(
    "s/f@0640 s/h=s/f s/l->x s/p| s/d/x@0604 t/f@0600 t/h t/l->y t/p t/d/x@0666 t/other",
    **{
        "s/big": tree.file(b"n" * 140_000, 0o644, xattrs={"user.k": b"v"}),
        "t/big": tree.file(b"o" * 150_000, 0o620, xattrs={"user.old": b"w"}),
    },
)
PAIR = tree.nodes(
    "a@0640 c d/c@0606 d/l->../b",
    b=tree.file("old", 0o604, xattrs={"user.k": b"v"} | tree.acl("u::rw u:9:r g::r m::r o::r")),
    st=tree.file('#!/bin/sh\necho x >> "$1"\n', 0o755),
)
TRIED_FULLY = extent.number(1, 1 << 30)
"""Uses of a call that fail with every errno; of further ones each fails with one of them."""
USES = 3
"""Uses of a call that fail with anything, in a run that is not thorough."""
LINKS = r"  \d+ links: .*"
XATTRS = r"  \[user\..*|  \d+ links: .*"
"""What is left out of a comparison, since it may be lost, or hangs on other names."""


@dataclass(frozen=True)
class Lacking(Scene):
    """A scene on a system that may lack something."""

    lacks: str = WITH_ALL

    def __str__(self) -> str:
        return f"{super().__str__()} ({self.lacks})"


class AtomicFaults(Faults):
    """Runs such a scene with one call failing."""

    def __init__(self, scene: Lacking) -> None:
        self.lacks = scene.lacks
        super().__init__(scene)
        tree.build(self.root, scene.spec, (os.geteuid(), os.getegid()))
        self.before = described(self.root)
        tree.remove(self.root)

    @property
    def main(self) -> Callable[..., int]:
        return partial(run_lacking, self.lacks)


SCENES = (
    *(Lacking("--atomic a b", PAIR, lacks=lacks) for lacks in SYSTEMS),
    *(Lacking("--atomic -p a n", PAIR, lacks=lacks) for lacks in SYSTEMS),
    Lacking("--atomic --durable -b a b", PAIR),
    Lacking("--atomic --backup=numbered a b", PAIR),
    Lacking("--atomic -p a d/l", PAIR),
    Lacking("--atomic --remove-destination a b", PAIR),
    Lacking("--atomic --verify a b", PAIR),
    Lacking("--atomic a c d", PAIR),
    Lacking("--atomic --durable -aT -j1 s t", TREE, keeps_xattrs=False),
    Lacking("--atomic -rT -j1 s t", TREE, lacks=WITHOUT_UNNAMED),
    Lacking("--atomic -aTb -j1 s t", TREE, keeps_xattrs=False),
    Lacking("--atomic -alfT s t", TREE, keeps_xattrs=False),
    Lacking("--atomic --durable -m 640 a b", PAIR, "pyinstall"),
    Lacking("--atomic -b -m 640 a b", PAIR, "pyinstall", lacks=WITHOUT_UNNAMED),
    Lacking("--atomic -s --strip-program=./st a b", PAIR, "pyinstall"),
)


def problems(
    faults: AtomicFaults, call: str, result: Result, files: dict[str, str]
) -> Iterator[str]:
    """Yield what is wrong after a call failed."""
    if "Traceback" in result.stderr:
        yield "traceback"
    if result.status == LEAKED:
        yield "descriptor left open"
    elif result.status not in (0, 1):
        yield f"status {result.status}"
    for name in faults.before | faults.files | files:
        base = os.path.basename(name)
        room = name.partition("/")[0]
        if room.startswith("pyinstall-"):  # the private directory of a strip program
            if f"cannot remove '{faults.root}/{room}'" not in result.stderr:
                yield f"temporary name {name}"
            continue
        if base.startswith("Cu"):
            if call != "unlink" or base not in result.stderr:
                yield f"temporary name {name}"
            continue
        if base.endswith("~"):
            continue
        lines = [part.get(name, "") for part in (faults.before, faults.files, files)]
        if any("  directory  " in line for line in lines):
            continue
        left_out = XATTRS if call in XATTR_CALLS else LINKS
        old, new, now = (re.sub(left_out, "", line) for line in lines)
        if now not in (old, new):
            yield f"neither old nor new: {name}: {now or '(missing)'}  |  {old}  |  {new}"
        elif result.status == 0 and now != new:
            yield f"silently old: {name}: {now}  |  {new}"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make a test of each call that a scene makes."""
    if "faults" in metafunc.fixturenames:
        cases = [
            pytest.param(faults, call, id=f"{faults.scene}-{call}")
            for faults in map(AtomicFaults, SCENES)
            for call, times in faults.times.items()
            if times
        ]
        metafunc.parametrize(("faults", "call"), cases)


def test_after_a_failing_call_each_file_is_old_or_new(faults: AtomicFaults, call: str) -> None:
    found = []
    uses = extent.spread(range(1, faults.times[call] + 1), f"{faults.scene} {call}", USES)
    names = ERRORS[call].split()
    for count, number in enumerate(uses):
        for name in names if count < TRIED_FULLY else [names[number % len(names)]]:
            result, files = faults.run(call, number, getattr(errno, name))
            wrong = list(problems(faults, call, result, files))
            if wrong:
                found.append("\n  ".join([f"{call} {number}: {name}", *wrong, result.stderr]))
    if found:
        pytest.fail(f"{faults.scene}\n" + "\n".join(found), pytrace=False)


@pytest.mark.parametrize("scene", SCENES, ids=str)
def test_without_a_fault_all_is_well(scene: Lacking) -> None:
    faults = AtomicFaults(scene)
    assert (faults.expected.status, faults.expected.stderr) == (0, "")
    assert faults.files != faults.before

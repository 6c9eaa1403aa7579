"""Every system call of a small copy fails in turn, with each errno that matters for it.

Whatever fails, what is not as it would have been is named in a message and makes the status 1,
everything else is copied, and neither a temporary name nor an open descriptor is left.
"""

import errno
import os
import re
import stat
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

import pytest

from pycp import system
from tests import apart, extent, listing, tree
from tests.forked import MEMORY
from tests.programs import Result
from tests.trust.faults import ERRORS, LEAKED, XATTR_CALLS, Fault, run_failing

NEVER_FAIL = frozenset(
    (
        *("Undisturbed", "above_standard", "access", "closing", "descriptor_path", "drop_cached"),
        *("getegid", "geteuid", "host_name"),
        *("getgid", "getuid"),
        *("has_access_list", "has_labels", "has_xattrs", "leave_standard_descriptors_closed"),
        *("open_leased", "queued", "status_if_any", "umask", "where", "xattr"),
    )
)
"""Calls that report no error, are made of others, or are not made here (leases, closed standard
streams)."""
TRIED_FULLY = extent.number(1, 4)
"""Uses of a call that fail with every errno; of further ones each fails with one of them."""
USES = 3
"""Uses of a call that fail with anything, in a run that is not thorough."""


@dataclass(frozen=True)
class Scene:
    """A command line, the tree it works in, and what GNU's rules excuse."""

    words: str
    spec: tree.Spec
    program: str = "pycp"
    keeps_xattrs: bool = True
    """Extended attributes that are lost are an error."""
    best_effort: tuple[str, ...] = ()
    """Calls whose failure is told, but does not make the status 1."""
    origins: dict[str, str] = field(default_factory=dict)
    """What each destination is made from: a message may name either."""

    def __str__(self) -> str:
        return f"{self.program} {self.words}"

    @property
    def has_target_directory(self) -> bool:
        """Tell whether the last operand is a directory, which is held for the whole run."""
        node = tree.nodes(self.spec).get(self.words.split()[-1])
        return node is not None and node.kind == stat.S_IFDIR and "T" not in self.words


LIST = tree.acl("u::rwx u:1001:r g:: m::r o::")
SMALL_TREE = tree.nodes(
    "new/ s/d/e/f@0600 s/l->d s/p| s/h=s/d/e/f s/big s/empty",
    **{
        "s/hole": tree.file(pieces={0: b"x", 300_000: b"y"}, size=500_000),
        "s/big": tree.file(b"b" * 140_000),
        "s/d/x": tree.file(b"x", 0o640, xattrs={"user.k": b"v", **LIST}),
        "s/q": tree.directory(0o2750, xattrs={"user.d": b"v", **LIST}),
        "s/empty": tree.file(b""),
    },
)
MERGED = tree.nodes("s/f@0600 s/d/g s/d/h s/l->x s/n t/f t/d/g@0604 t/l->y t/other")
PAIR = tree.nodes("a@0640 b@0604 c d/ d/c")
WITH_XATTR = PAIR | {"x": tree.file("x", xattrs={"user.k": b"v"})}

SCENES = (
    Scene("-a s n", SMALL_TREE, keeps_xattrs=False, origins={"n": "s"}),
    Scene("-r s n", SMALL_TREE, origins={"n": "s"}),
    Scene("-a --parents s/d/e/f new", SMALL_TREE, keeps_xattrs=False, origins={"new/s": "s"}),
    Scene("-p a b", PAIR, origins={"b": "a"}),
    Scene("-p a c d", PAIR, origins={"d/a": "a", "d/c": "c"}),
    Scene("--preserve=xattr x b", WITH_XATTR, origins={"b": "x"}),
    Scene("-b a b", PAIR, origins={"b": "a"}),
    Scene("--backup=numbered a b", PAIR, origins={"b": "a"}),
    Scene("--remove-destination a b", PAIR, origins={"b": "a"}),
    Scene("-pf a b", PAIR, origins={"b": "a"}),
    Scene("-rT s t", MERGED, origins={"t": "s"}),
    Scene("-aT s t", MERGED, keeps_xattrs=False, origins={"t": "s"}),
    Scene("-aTb s t", MERGED, keeps_xattrs=False, origins={"t": "s"}),
    Scene("-al s n", SMALL_TREE, keeps_xattrs=False, origins={"n": "s"}),
    Scene("-as {root}/s n", SMALL_TREE, keeps_xattrs=False, origins={"n": "s"}),
    Scene("-s {root}/a n", PAIR, origins={"n": "a"}),
    Scene("-lf a b", PAIR, origins={"b": "a"}),
    Scene("-r --sparse=always s/hole s/d new", SMALL_TREE, origins={"new": "s"}),
    Scene("-r --verify s n", SMALL_TREE, origins={"n": "s"}),
    Scene("-p --verify a b", PAIR, origins={"b": "a"}),
    Scene("-a --manifest=- s n", SMALL_TREE, keeps_xattrs=False, origins={"n": "s"}),
    Scene("-m 600 a b", PAIR, "pyinstall", origins={"b": "a"}),
    Scene("--verify --manifest=- a b", PAIR, "pyinstall", origins={"b": "a"}),
    Scene("-D a x/y/b", PAIR, "pyinstall", origins={"x/y/b": "a"}),
    Scene("-d p/q", PAIR, "pyinstall"),
    Scene("-b a b", PAIR, "pyinstall", origins={"b": "a"}),
    Scene("-s --strip-program=true a b", PAIR, "pyinstall", origins={"b": "a"}),
    Scene(
        "-p -o {uid} -g {gid} a c d",
        PAIR,
        "pyinstall",
        best_effort=("set_times",),
        origins={"d/a": "a", "d/c": "c"},
    ),
)


class Faults:
    """Runs a scene with one call failing, again and again."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.root = f"{MEMORY}/pycp-faults-{os.getpid()}"
        self.counts = [0] * len(ERRORS)
        tree.build(self.root, scene.spec, (os.geteuid(), os.getegid()))
        lines = listing.listing(self.root, 0)
        tree.remove(self.root)
        self.contents = {contents_and_time(line)[0] for line in lines}
        """What the files hold at the beginning."""
        self.expected, self.files = self.run("", 0, 0)
        self.times = dict(zip(ERRORS, self.counts, strict=True))

    def run(self, call: str, number: int, code: int) -> tuple[Result, dict[str, str]]:
        """Run the scene with the call's `number`-th use failing; return what is left."""
        counts = f"{self.root}.counts"
        try:
            tree.build(self.root, self.scene.spec, (os.geteuid(), os.getegid()))
            with open(counts, "wb") as stream:
                stream.truncate(8 * len(ERRORS))
            ids = {"uid": os.geteuid(), "gid": os.getegid()}
            words = self.scene.words.format(root=self.root, **ids).split()
            program = self.scene.program
            keeps = int(self.scene.has_target_directory)
            main = partial(self.main, Fault(call, number, code), program, counts, keeps)
            # What stays in TMPDIR is seen, and goes with the tree.
            result = apart.run(main, words, self.root, name=program, env={"TMPDIR": self.root})
            with open(counts, "rb") as stream:
                self.counts = [number for (number,) in struct.iter_unpack("<Q", stream.read())]
            return result, described(self.root)
        finally:
            tree.remove(self.root)
            os.unlink(counts)

    @property
    def main(self) -> Callable[..., int]:
        """Return what is called in a child with a fault."""
        return run_failing


def described(root: str) -> dict[str, str]:
    """Describe each name of a tree, times aside that are as new as the tree."""
    lines = listing.listing(root, tree.BASE_NS + 10**12)
    return {line.split()[0]: line for line in lines}


def is_named(name: str, scene: Scene, stderr: str) -> bool:
    """Return whether a message names a file, what it is made from, or a directory above."""
    name = name.removesuffix(".~1~").removesuffix("~")
    names = [name]
    for destination, source in scene.origins.items():
        if f"{name}/".startswith(f"{destination}/"):
            names.append(source + name[len(destination) :])
    while any(names):
        if any(f"'{name}'" in stderr or f" {name}:" in stderr for name in names if name):
            return True
        names = [os.path.dirname(name) for name in names]
    return False


def problems(
    scene: Scene, faults: Faults, call: str, result: Result, files: dict[str, str]
) -> Iterator[str]:
    """Yield what is wrong after a call failed."""
    stderr = result.stderr.replace(f"{faults.root}/", "")
    if "Traceback" in stderr:
        yield "traceback"
    if result.status == LEAKED:
        yield "descriptor left open"
    elif result.status not in (0, 1):
        yield f"status {result.status}"
    if result.status == 1:
        if not stderr.startswith(f"{scene.program}: "):
            yield "nothing said"
        elif (
            call not in XATTR_CALLS
            and "Try '" not in stderr
            and not any(is_named(name, scene, stderr) for name in files | faults.files)
        ):
            yield "no file named"
    if f"{scene.program}: cannot copy '" in stderr:
        yield "a message of last resort"
    for name in sorted(files.keys() - faults.files.keys()):
        if os.path.basename(name).startswith("Cu"):
            yield f"temporary name {name}"
    if "Try '" in stderr or f"{scene.program}: target '" in stderr:
        return  # the destination looked like none, or could not be looked at: all was refused
    for name, line in faults.files.items():
        found = files.get(name, "")
        if call in XATTR_CALLS and (not scene.keeps_xattrs or result.status):
            line, found = line.partition("  [user.")[0], found.partition("  [user.")[0]
        if "  directory  " in line and "mtime now" in line:  # what was put into it says so
            line, found = line.partition("  mtime ")[0], found.partition("  mtime ")[0]
        if found == line or name == ".":
            continue
        if result.status and found and "--parents" in scene.words and "  directory  " in line:
            continue  # as GNU does: after a failure the directories above keep what they have
        if looks_complete(found, line, faults):
            yield f"by its time it looks complete: {found}"
        mates = line.partition("links: ")[2].split()
        is_error = result.status == 1 or call in scene.best_effort
        if not is_error or not any(is_named(mate, scene, stderr) for mate in [name, *mates]):
            yield f"silently differs: {line}  |  {found or '(missing)'}"


def contents_and_time(line: str) -> tuple[str, str]:
    """Return what a line says of a regular file's bytes and of its time, "" if it is none."""
    match = re.search(r" (\S+ bytes .*)  mtime (\S+)", line)
    return (match[1], match[2]) if match else ("", "")


def looks_complete(found: str, line: str, faults: Faults) -> bool:
    """Tell whether a file has the final time, but contents that no file ever should have."""
    contents, time = contents_and_time(found)
    final, final_time = contents_and_time(line)
    return time == final_time not in ("", "now") and contents not in (final, *faults.contents)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make a test of each call that a scene makes."""
    if "call" in metafunc.fixturenames:
        cases = [
            pytest.param(faults, call, id=f"{faults.scene}-{call}")
            for faults in map(Faults, SCENES)
            for call, times in faults.times.items()
            if times
        ]
        metafunc.parametrize(("faults", "call"), cases)


def test_a_failing_call_is_told_and_leaves_the_rest_whole(faults: Faults, call: str) -> None:
    found = []
    names = ERRORS[call].split()
    if call == "set_owner" and os.geteuid() != 0:
        names = ["EIO"]  # that an ordinary user may not give files away is no error
    uses = extent.spread(range(1, faults.times[call] + 1), f"{faults.scene} {call}", USES)
    for count, number in enumerate(uses):
        for name in names if count < TRIED_FULLY else [names[number % len(names)]]:
            result, files = faults.run(call, number, getattr(errno, name))
            wrong = list(problems(faults.scene, faults, call, result, files))
            if wrong:
                found.append("\n  ".join([f"{call} {number}: {name}", *wrong, result.stderr]))
    if found:
        pytest.fail(f"{faults.scene}\n" + "\n".join(found), pytrace=False)


@pytest.mark.parametrize("scene", SCENES, ids=str)
def test_without_a_fault_all_is_well(scene: Scene) -> None:
    result, files = Faults(scene).run("", 0, 0)
    assert (result.status, result.stderr) == (0, "")
    assert files


def test_every_call_of_the_seam_can_fail() -> None:
    named = vars(system).items()
    calls = {name for name, value in named if callable(value) and not name.startswith("_")}
    assert calls - NEVER_FAIL <= ERRORS.keys()

"""A copy killed again and again ends as if it had never been, and copies little twice."""

import os
import random
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import extent, tree
from tests.features.resume.killing import Killer
from tests.forked import MEMORY
from tests.listing import listing
from tests.programs import ORDINARY_ID, Programs
from tests.tree import Node

KILLED = -9
KILLS = 100 if extent.IS_THOROUGH else 12
"""Kills of one copy that a test deals out."""
FEWER_KILLS = 12
CALLS = 1 << 30 if extent.IS_THOROUGH else 12
"""Calls of one copy that it is killed before."""
MOST_REWRITTEN = 1.2
"""Bytes that all runs may write together, in parts of the tree."""
IS_ROOT = os.geteuid() == 0
BIG = bytes(range(251)) * 8192
XATTR = {"user.a": b"b"}


def small_tree() -> dict[str, Node]:
    """Return a tree with something of everything."""
    spec = tree.nodes("s/d/f@0640 s/d/e/g s/l->f s/p|@0600 s/h1 s/d/h2=s/h1 s/shared/@0775")
    return spec | {
        "s/shared/f": tree.file("f", 0o664),
        "s/empty": tree.file(),
        "s/h1": tree.file("linked", 0o600, xattrs=XATTR),
        "s/big": tree.file(b"big" * 70_000, 0o644, xattrs=XATTR),
        "s/only read": tree.file(b"read" * 20_000, 0o444, xattrs=XATTR),
        "s/holes": tree.file(pieces={5 << 16: b"x" * 5000, 9 << 16: b"y"}, size=10 << 16),
        "s/closed": tree.directory(0o555, xattrs=XATTR),
        "s/closed/f": tree.file("f", 0o400),
        "s/closed/l": tree.symlink("nowhere"),
        "s/closed/h3": tree.hard_link("s/h1"),
        "s/sticky": tree.directory(0o1777),
    }


def big_tree() -> dict[str, Node]:
    """Return a tree that takes many kills."""
    spec = small_tree()
    for number in range(40):
        spec[f"s/many/{number}"] = tree.file(b"%d" % number * number * 99, 0o644 - 4 * (number % 2))
    for number in range(4):
        spec[f"s/big{number}"] = tree.file(BIG * (number + 1), 0o444 if number == 1 else 0o640)
    spec["s/d/same"] = tree.hard_link("s/big2")
    spec["s/many/same"] = tree.hard_link("s/big2")
    pieces = {at << 20: BIG[: 700_000 + at] for at in (1, 4, 6)}
    spec["s/disk"] = tree.file(pieces=pieces, size=9 << 20)
    return spec


@pytest.fixture
def place() -> Iterator[Path]:
    """Return an empty directory in memory."""
    made = Path(tempfile.mkdtemp(prefix="pycp-resume-", dir=MEMORY))
    made.chmod(0o755)
    yield made
    tree.remove(str(made))


def prepare(place: Path, spec: dict[str, Node], options: str, as_user: bool) -> Killer:
    """Build the tree, and `D/whole` as an undisturbed copy of it; return who kills the others."""
    owner = (ORDINARY_ID, ORDINARY_ID) if as_user and IS_ROOT else (os.geteuid(), os.getegid())
    tree.build(str(place / "tree"), spec, owner)
    killer = Killer(str(place / "tree"), as_user and IS_ROOT)
    assert killer.run(f"{options} -T s whole") == 0, killer.output
    return killer


def require_equal(place: Path, since_ns: int, context: str) -> None:
    """Fail if the copy is not what the undisturbed one is; both are removed or changed by it."""
    whole, resumed = (listing(str(place / "tree" / name), since_ns) for name in ("whole", "D"))
    assert resumed == whole, context


OPTIONS = [
    "-a",
    "-r",
    "-rp",
    "-r --preserve=ownership",
    "-r --no-preserve=mode",
    "-a --sparse=always",
]
USERS = [pytest.param(False, id="root"), pytest.param(True, id="user")] if IS_ROOT else [True]


@pytest.mark.one_of(2)
@pytest.mark.parametrize("as_user", USERS)
@pytest.mark.parametrize("options", OPTIONS)
def test_a_kill_before_any_call_is_healed(place: Path, options: str, as_user: bool) -> None:
    options += " -j1"  # or how often the clock is looked at is a matter of time
    since_ns = time.time_ns()
    killer = prepare(place, small_tree(), options, as_user)
    calls = killer.calls
    whole = listing(str(place / "tree/whole"), since_ns)
    for call in extent.spread(range(1, calls + 1), f"{options} {as_user}", CALLS):
        assert killer.run(f"{options} -T s D", call=call) == KILLED
        status = killer.run(f"{options} --resume -T s D")
        assert status == 0, (call, killer.output)
        assert listing(str(place / "tree/D"), since_ns) == whole, f"killed before call {call}"
        tree.remove(str(place / "tree/D"))


@pytest.mark.parametrize("as_user", USERS)
def test_a_kill_while_going_on_is_healed(place: Path, as_user: bool) -> None:
    since_ns = time.time_ns()
    killer = prepare(place, small_tree(), "-a -j1", as_user)
    whole = listing(str(place / "tree/whole"), since_ns)
    spoil = "cp -a s spoilt; cd spoilt; rm d/h2 p; echo other >d/h2; ln -sfn wrong l; "
    spoil += "chown -h --reference=../s d/h2 l; truncate -s 100000 big"
    assert os.system(f"cd {place}/tree && {spoil}") == 0
    renew = f"cd {place}/tree && chmod -Rf u+rwx D; rm -rf D && cp -a spoilt D"
    assert os.system(renew) == 0
    assert killer.run("-a -j1 --resume -T s D") == 0
    calls = killer.calls
    for call in extent.spread(range(1, calls + 1), as_user, CALLS):
        assert os.system(renew) == 0
        assert killer.run("-a -j1 --resume -T s D", call=call) == KILLED
        assert killer.run("-a -j1 --resume -T s D") == 0, killer.output
        assert listing(str(place / "tree/D"), since_ns) == whole, f"killed before call {call}"


@pytest.mark.one_of(3)
@pytest.mark.slow
@pytest.mark.parametrize("as_user", USERS)
@pytest.mark.parametrize("jobs", [1, 3])
@pytest.mark.parametrize("options", ["-a", "-r", "-rp"])
def test_many_kills_change_nothing(place: Path, options: str, jobs: int, as_user: bool) -> None:
    since_ns = time.time_ns()
    command = f"{options} --jobs={jobs}"
    killer = prepare(place, big_tree(), command, as_user)
    size, changes, calls = killer.written, killer.changes, killer.calls
    dice = random.Random(f"{options} {jobs} {as_user}")
    most = KILLS if options == "-a" else FEWER_KILLS
    kills = copies = written = 0
    status = KILLED
    while kills < most or status == KILLED:
        resumed = "--resume" if os.path.lexists(place / "tree/D") else ""
        stop = {}
        if kills < most:
            stop = (
                {"call": dice.randint(1, calls)}
                if dice.random() < 0.3
                else {"change": dice.randint(1, max(changes // 25, 2))}
            )
        status = killer.run(f"{command} {resumed} -T s D", **stop)
        written += killer.written
        assert status in (0, KILLED), killer.output
        kills += status == KILLED
        if status == 0:
            require_equal(place, since_ns, f"after {kills} kills")
            tree.remove(str(place / "tree/D"))
            copies += 1
    assert kills == most
    print(f"{kills} kills, {copies} copies, {written / (size * copies):.3f} of the tree written")
    assert written < MOST_REWRITTEN * size * copies


def killed_at(mark: int, words: list[str], cwd: Path) -> tuple[int, int]:
    """Run a program and kill it when it wrote so many bytes; return its status and all it wrote."""
    process = subprocess.Popen(words, cwd=cwd, env={"LC_ALL": "C"}, stdout=subprocess.DEVNULL)
    end = os.pidfd_open(process.pid)
    try:
        while written_by(process) < mark and not select.select([end], [], [], 0)[0]:
            pass
        os.kill(process.pid, signal.SIGKILL)  # its number is kept: nobody has waited for it
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        written = written_by(process)
        return process.wait(), written
    finally:
        os.close(end)
        process.kill()
        process.wait()


def written_by(process: "subprocess.Popen[bytes]") -> int:
    """Return how many bytes a process wrote, also if it has ended but was not waited for."""
    if os.geteuid() != 0:
        pytest.skip("only root is told how much a process wrote that has ended")
    counts = Path(f"/proc/{process.pid}/io").read_text().split()
    return int(counts[counts.index("wchar:") + 1])


@pytest.mark.slow
def test_kills_in_the_middle_of_calls_change_nothing(place: Path, run_pycp: Programs) -> None:
    spec = big_tree() | {"s/huge": tree.file(BIG * 24, 0o600)}
    tree.build(str(place / "tree"), spec, (os.geteuid(), os.getegid()))
    since_ns = time.time_ns()
    words = [f"{run_pycp.path}/pycp", "-a", "--jobs=1", "-T", "s"]
    status, size = killed_at(sys.maxsize, [*words, "whole"], place / "tree")
    assert status == 0
    dice = random.Random(1)
    kills = copies = written = 0
    while kills < KILLS or status == KILLED:
        mark = dice.randint(1, size * 2 // KILLS) if kills < KILLS else sys.maxsize
        status, count = killed_at(mark, [*words, "D", "--resume"], place / "tree")
        written += count
        assert status in (0, KILLED)
        kills += status == KILLED
        if status == 0:
            require_equal(place, since_ns, f"after {kills} kills")
            tree.remove(str(place / "tree/D"))
            copies += 1
    print(f"{kills} kills, {copies} copies, {written / (size * copies):.3f} of the tree written")
    assert written < MOST_REWRITTEN * size * copies

"""The outcome of a copy is the same with the options as without them: files, words, status."""

import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pycp.__main__ import cp_main
from tests import listing, tree
from tests.features.atomic.places import SYSTEMS, USERS, WITH_ALL, run_in
from tests.forked import MEMORY, run
from tests.programs import Result

SOURCE = tree.nodes(
    "s/f@0640 s/d/g@0604 s/d/x@0755 s/l->d s/p|@0620 s/h=s/f s/big s/empty s/w@0222 new/",
    **{
        "s/hole": tree.file(pieces={0: b"x", 300_000: b"y"}, size=500_000),
        "s/big": tree.file(b"b" * 140_000),
        "s/d/a": tree.file("x", 0o640, xattrs={"user.k": b"v"}),
        "s/empty": tree.file(b""),
    },
)
OLD = {
    **SOURCE,
    **tree.nodes(
        "t/f@0600 t/d/g@0755 t/d/x@0444 t/l->x t/p t/h@0664 t/big@0606 t/other t/w@0222 t/link->f",
        **{
            "t/d/a": tree.file("old", 0o600, xattrs={"user.old": b"w"}),
            "t/hole": tree.file("old", xattrs=tree.acl("u::rw u:1001:rw g::r m::rw o::r")),
        },
    ),
}
PAIR = tree.nodes(
    "a@0640 b@0604 c d/ d/c e@0400 l->b dangling->n loop->loop p| a~ b~ ll->l dir->d",
    **{"d/n": tree.file("n", 0o4755), "s2": tree.file("set", 0o2755)},
)
THROUGH = tree.nodes("x/a y/a g t/a t/g->a")

STRIP = tree.file('#!/bin/sh\necho stripped > "$1"\n', 0o755)

COMMANDS = (
    ("-r s n", SOURCE),
    ("-a s n", SOURCE),
    ("-av s new", SOURCE),
    ("-rv --preserve=timestamps s new", SOURCE),
    ("-r --no-preserve=mode s new", SOURCE),
    ("-rT s t", OLD),
    ("-aT s t", OLD),
    ("-avT s t", OLD),
    ("-rpvT s t", OLD),
    ("-rfvT s t", OLD),
    ("-avT --remove-destination s t", OLD),
    ("-avTb s t", OLD),
    ("-rvT --backup=numbered s t", OLD),
    ("-auvT s t", OLD),
    ("y/a g x/a t", THROUGH),
    ("-anvT s t", OLD),
    ("-rlvT s t", OLD),
    ("-rlfvT s t", OLD),
    ("-rlvbT s t", OLD),
    ("-rlvT --remove-destination s t", OLD),
    ("-asT {root}/s t", OLD),
    ("-asfvT {root}/s t", OLD),
    ("-avsT --remove-destination {root}/s t", OLD),
    ("-avT --attributes-only s t", OLD),
    ("-rT --sparse=always s t", OLD),
    ("-av --parents s/d/g s/f new", OLD),
    ("-v --parents s/d/g t", OLD),
    ("--debug a b", PAIR),
    ("a b", PAIR),
    ("-p a b", PAIR),
    ("--preserve=mode a b", PAIR),
    ("a e", PAIR),
    ("-fv a e", PAIR),
    ("a l", PAIR),
    ("-v a ll", PAIR),
    ("-b a l", PAIR),
    ("-bv a b", PAIR),
    ("-v --backup=numbered a b", PAIR),
    ("--remove-destination -v a l", PAIR),
    ("a dangling", PAIR),
    ("-v --remove-destination a dangling", PAIR),
    ("-fv a loop", PAIR),
    ("a loop", PAIR),
    ("-T a d", PAIR),
    ("a nowhere/b", PAIR),
    ("a b/", PAIR),
    ("a n/", PAIR),
    ("-s a nowhere/l", PAIR),
    ("-s a b", PAIR),
    ("-sf a b", PAIR),
    ("-l a b", PAIR),
    ("-P l n", PAIR),
    ("-Pp l b", PAIR),
    ("a c d", PAIR),
    ("a d/c d", PAIR),
    ("-v a c b dir", PAIR),
    ("nothing b", PAIR),
    ("a a", PAIR),
    ("-bf a a", PAIR),
    ("--reflink=always a b", PAIR),
    ("--reflink=always a n", PAIR),
    ("a d/n", PAIR),
    ("-p s2 d/n", PAIR),
    ("a /dev/null", PAIR),
)
INSTALLS = (
    ("a n", PAIR),
    ("a b", PAIR),
    ("-v a l", PAIR),
    ("-bv a b", PAIR),
    ("-vp -m 4750 a b", PAIR),
    ("-C -v a b", PAIR),
    ("-D -v a x/y/n", PAIR),
    ("-Dv -t x/y a c", PAIR),
    ("-d -v q/r/s d", PAIR),
    ("-m 600 a c d", PAIR),
    (
        "-s --strip-program=./st a b",
        {**PAIR, "st": STRIP},
    ),
    (
        "-sp --strip-program=./st a d",
        {**PAIR, "st": STRIP},
    ),
    ("a nowhere/b", PAIR),
    ("a b/", PAIR),
    ("-v a dangling", PAIR),
)


@dataclass(frozen=True)
class Ground:
    """A place where trees are built and commands run."""

    root: str

    def outcome(
        self, words: str, spec: tree.Spec, program: str, lacks: str, owner: tree.Owner
    ) -> tuple[Result, list[str]]:
        """Run a command in a new tree; return what it showed and what is left."""
        tree.build(self.root, spec, owner)
        try:
            start = time.time_ns()
            command = words.format(root=self.root).split()
            result = run_in(self.root, command, program, lacks, owner)
            return result, [without_time(line) for line in listing.listing(self.root, start)]
        finally:
            tree.remove(self.root)


def without_time(line: str) -> str:
    """Leave out when a directory changed: what replaces a file in it changes it."""
    head, separator, tail = line.partition("  mtime ")
    if "  directory  " not in head or not separator:
        return line
    return f"{head}  {tail.partition('  ')[2]}"


@pytest.fixture
def ground() -> Iterator[Ground]:
    """Return such a place, which everybody can enter."""
    with tempfile.TemporaryDirectory(prefix="pycp-atomic-", dir=MEMORY) as place:
        os.chmod(place, 0o755)
        yield Ground(f"{place}/tree")


def compare(
    ground: Ground, words: str, spec: tree.Spec, program: str, options: str, lacks: str, owner: int
) -> None:
    # A fault must not cost this machine a device: only root could replace one.
    user = USERS[-1 if "/dev/" in words else owner]
    expected = ground.outcome(words, spec, program, WITH_ALL, user)
    found = ground.outcome(f"{options} {words}", spec, program, lacks, user)
    assert found == expected


@pytest.mark.one_of(4)
@pytest.mark.parametrize("owner", range(len(USERS)), ids=str)
@pytest.mark.parametrize("options", ["--atomic", "--durable", "--atomic --durable"])
@pytest.mark.parametrize(("words", "spec"), COMMANDS, ids=[words for words, _ in COMMANDS])
def test_pycp_leaves_and_says_the_same(
    ground: Ground, words: str, spec: tree.Spec, options: str, owner: int
) -> None:
    compare(ground, words, spec, "pycp", options, WITH_ALL, owner)


@pytest.mark.one_of(2)
@pytest.mark.parametrize("owner", range(len(USERS)), ids=str)
@pytest.mark.parametrize("options", ["--atomic", "--durable", "--atomic --durable"])
@pytest.mark.parametrize(("words", "spec"), INSTALLS, ids=[words for words, _ in INSTALLS])
def test_pyinstall_leaves_and_says_the_same(
    ground: Ground, words: str, spec: tree.Spec, options: str, owner: int
) -> None:
    compare(ground, words, spec, "pyinstall", options, WITH_ALL, owner)


@pytest.mark.parametrize("owner", range(len(USERS)), ids=str)
@pytest.mark.parametrize("lacks", [lacks for lacks in SYSTEMS if lacks != WITH_ALL])
@pytest.mark.parametrize(
    ("program", "words", "spec"),
    [
        ("pycp", "-avTb s t", OLD),
        ("pycp", "-rT s t", OLD),
        ("pycp", "-r s n", SOURCE),
        ("pycp", "a b", PAIR),
        ("pycp", "a ll", PAIR),
        ("pyinstall", "-Dv -m 4711 a x/b", PAIR),
    ],
)
def test_a_system_that_lacks_something_makes_no_difference(
    ground: Ground, program: str, words: str, spec: tree.Spec, lacks: str, owner: int
) -> None:
    compare(ground, words, spec, program, "--atomic", lacks, owner)


@pytest.mark.parametrize("jobs", ["", "--jobs=2"])
def test_a_tree_that_is_copied_by_several_processes_is_flushed_as_well(
    ground: Ground, jobs: str
) -> None:
    expected, made = ground.outcome("-aT s t", OLD, "pycp", WITH_ALL, USERS[0])
    found, left = ground.outcome(f"--durable {jobs} -aT s t", OLD, "pycp", WITH_ALL, USERS[0])
    assert left == made
    assert (found.status, found.stdout) == (expected.status, "")
    # Without -v what several processes tell comes in any order.
    assert sorted(found.stderr.splitlines()) == sorted(expected.stderr.splitlines())


@pytest.mark.parametrize("options", ["", "-b", "-f"])
def test_a_link_into_a_directory_that_is_missing_leads_nowhere(
    tmp_path: Path, options: str
) -> None:
    (tmp_path / "a").write_text("a")
    (tmp_path / "lost").symlink_to("nowhere/x")
    words = [*options.split(), "--atomic", "a", "lost"]
    done = run(cp_main, words, str(tmp_path), env={"POSIXLY_CORRECT": "1"})
    told = "pycp: cannot create regular file 'lost': No such file or directory\n"
    if options == "-b":  # the link is kept, and a file made in its place
        assert (done.status, done.stderr) == (0, "")
        assert sorted(os.listdir(tmp_path)) == ["a", "lost", "lost~"]
    else:
        assert (done.status, done.stderr) == (1, told)
        assert sorted(os.listdir(tmp_path)) == ["a", "lost"]

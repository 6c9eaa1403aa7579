"""Between any two system calls of one copy something is swapped; nothing must come of it."""

import dataclasses
import hashlib

import pytest

from pycp.report.mtree import Line, written
from tests import tree
from tests.trust.race import Scene, Swap, find_harm, sweep
from tests.trust.sandbox import ROOT

SOURCE = tree.nodes("s/f@0640 s/d/g s/l->f s/p| s/h=s/f D/")
OLD = {**SOURCE, **tree.nodes("D/s/f D/s/d/g D/s/l->x D/s/p|")}
BEGUN = {**SOURCE, **tree.nodes("D/s/d/g D/s/l->f D/s/p|"), "D/s/f": tree.file("s/", 0o600)}
DEEP = tree.nodes("s/1/2/3/4/5/6/f s/1/2/3/4/5/f s/1/2/3/4/f s/1/2/3/f s/1/2/f s/1/f s/f D/")

SOURCE_FILE = Swap("source file becomes a symlink to a secret", "s/f", "symlink", "secrets/f")
SOURCE_BELOW = Swap("source file below becomes a symlink", "s/d/g", "symlink", "secrets/g")
SOURCE_WAITS = Swap("source file becomes a FIFO", "s/f", "fifo")
SOURCE_DIRECTORY = Swap("source directory becomes a symlink", "s/d", "symlink", "secrets")
SOURCE_FIFO = Swap("source FIFO becomes a symlink to a secret", "s/p", "symlink", "secrets/f")
READ = (SOURCE_FILE, SOURCE_BELOW, SOURCE_WAITS, SOURCE_DIRECTORY, SOURCE_FIFO)
STRANGE_DIRECTORY = Swap("source directory becomes a strange one", "s/d", "move", "parked/strange")
STRANGE_TOP = Swap("copied directory becomes a strange one", "s", "move", "parked/strange")
STRANGE_FILE = Swap("source file becomes a strange one", "s/f", "move", "parked/strange_file")
STRANGE_FIFO = Swap("source FIFO becomes a strange one", "s/p", "move", "parked/strange_fifo")
STRANGE = (STRANGE_DIRECTORY, STRANGE_TOP, STRANGE_FILE, STRANGE_FIFO)
"""What is copied whole or not at all: no attribute of it goes to what is copied of the other."""

FILE = Swap("file becomes a symlink to a victim", "D/s/f", "symlink", "victims/file")
FILE_LINKED = Swap("file becomes a hard link to a victim", "D/s/f", "link", "victims/file")
FILE_MOVED = Swap("file becomes a victim by another name", "D/s/f", "move", "parked/file")
FILE_DANGLES = Swap("file becomes a dangling symlink", "D/s/f", "symlink", "victims/new")
FILE_WAITS = Swap("file becomes a FIFO", "D/s/f", "fifo")
DIRECTORY = Swap("directory becomes a symlink", "D/s/d", "symlink", "victims/dir")
DIRECTORY_MOVED = Swap("directory becomes a victim by another name", "D/s/d", "move", "parked/dir")
TOP = Swap("copied directory becomes a symlink", "D/s", "symlink", "victims/dir")
TOP_MOVED = Swap("copied directory becomes a victim by another name", "D/s", "move", "parked/dir")
MOVED = (DIRECTORY_MOVED, TOP_MOVED)
LINK = Swap("link becomes a symlink to a victim", "D/s/l", "symlink", "victims/file")
LINK_LINKED = Swap("link becomes a hard link to a victim", "D/s/l", "link", "victims/link")
FIFO = Swap("FIFO becomes a symlink to a victim", "D/s/p", "symlink", "victims/file")
FIFO_LINKED = Swap("FIFO becomes a hard link to a victim", "D/s/p", "link", "victims/fifo")
FILES = (FILE, FILE_LINKED, FILE_MOVED, FILE_DANGLES, FILE_WAITS)
WRITTEN = (*FILES, DIRECTORY, TOP, LINK, LINK_LINKED, FIFO, FIFO_LINKED)
SHARED = (SOURCE_FILE, SOURCE_WAITS, SOURCE_DIRECTORY, FILE, FILE_LINKED, DIRECTORY, TOP)
"""What matters to a worker, which copies regular files."""
BACKUP = Swap("backup becomes a symlink to a victim", "D/s/f~", "symlink", "victims/file")


def back(swap: Swap) -> Swap:
    """Return a swap that lasts for one call only."""
    return dataclasses.replace(swap, name=f"{swap.name} and back", is_taken_back=True)


FLICKERING = tuple(back(swap) for swap in (SOURCE_FILE, SOURCE_DIRECTORY, FILE, DIRECTORY, TOP))

TREES = (
    (Scene("r into nothing", "-r s D", SOURCE), (*READ, *WRITTEN, *MOVED), SHARED),
    (Scene("r onto a tree", "-r s D", OLD), (*READ, *WRITTEN, *MOVED), SHARED),
    (
        Scene("a into nothing", "-a s D", SOURCE),
        (*READ, *WRITTEN, *MOVED, *FLICKERING, *STRANGE, back(STRANGE_DIRECTORY)),
        (*SHARED, STRANGE_DIRECTORY, STRANGE_FILE),
    ),
    (
        Scene("a onto a tree", "-a s D", OLD),
        (*READ, *WRITTEN, *MOVED, *FLICKERING, *STRANGE, back(STRANGE_DIRECTORY)),
        (*SHARED, STRANGE_DIRECTORY, STRANGE_FILE),
    ),
    (
        Scene("a resumed", "-a --resume s D", BEGUN),
        (*READ, *WRITTEN, *FLICKERING, STRANGE_DIRECTORY, STRANGE_FILE, STRANGE_FIFO),
        SHARED,
    ),
    (Scene("r resumed", "-r --resume s D", BEGUN), (SOURCE_FILE, FILE, FILE_LINKED, TOP), ()),
    (Scene("p onto a tree", "-rp s D", OLD), (*READ, *WRITTEN, *MOVED, *STRANGE), SHARED),
    (Scene("L into nothing", "-rL s D", SOURCE), (FILE, DIRECTORY, TOP), ()),
    (Scene("L onto a tree", "-rL s D", OLD), (FILE, FILE_LINKED, DIRECTORY, TOP), ()),
    (Scene("a with backups", "-ab s D", OLD), (SOURCE_FILE, *FILES, DIRECTORY, TOP, BACKUP), ()),
    (
        Scene("r with numbered backups", "-r --backup=numbered s D", OLD),
        (SOURCE_FILE, FILE, FILE_LINKED, DIRECTORY, TOP),
        (),
    ),
    (
        Scene("a removing first", "-a --remove-destination s D", OLD),
        (SOURCE_FILE, *FILES, TOP),
        (FILE,),
    ),
    (Scene("f onto a tree", "-rf s D", OLD), (FILE, FILE_LINKED, LINK, TOP), ()),
    (Scene("hard links onto a tree", "-rlf s D", OLD), (FILE, DIRECTORY, TOP), ()),
    (Scene("sparse", "-a --sparse=always s D", OLD), (SOURCE_FILE, FILE, FILE_LINKED), ()),
    (Scene("attributes only", "-a --attributes-only s D", OLD), (FILE, FILE_LINKED, TOP), ()),
    (
        Scene("deep", "-a s D", DEEP),
        (
            Swap("source directory becomes a symlink", "s/1/2/3", "symlink", "secrets"),
            Swap("outer source directory becomes a symlink", "s/1", "symlink", "secrets"),
            Swap("directory becomes a symlink", "D/s/1/2", "symlink", "victims/dir"),
            TOP,
            dataclasses.replace(STRANGE_DIRECTORY, target="s/1/2/3"),
            dataclasses.replace(STRANGE_DIRECTORY, name="outer, strange", target="s/1"),
        ),
        (Swap("outer directory becomes a symlink", "D/s/1", "symlink", "victims/dir"),),
    ),
    (
        Scene("parents", "-a --parents s/d D", OLD),
        (
            dataclasses.replace(TOP, is_named=True),
            DIRECTORY,
            Swap("file becomes a symlink to a victim", "D/s/d/g", "symlink", "victims/file"),
            SOURCE_BELOW,
            STRANGE_DIRECTORY,
        ),
        (),
    ),
    (
        Scene("parents made", "-a --parents s/d/g D", SOURCE, reads_streams=True),
        (
            dataclasses.replace(TOP, is_named=True),
            dataclasses.replace(TOP_MOVED, is_named=True),
            dataclasses.replace(STRANGE_DIRECTORY, is_named=True),
            Swap("file becomes a symlink to a victim", "D/s/d/g", "symlink", "victims/file"),
        ),
        (),
    ),
    (
        Scene("one new file", "-p s/f D/n", SOURCE, reads_streams=True),
        (
            SOURCE_WAITS,
            SOURCE_FILE,
            Swap("file becomes a symlink to a victim", "D/n", "symlink", "victims/file"),
            Swap("file becomes a hard link to a victim", "D/n", "link", "victims/file"),
        ),
        (),
    ),
    (
        Scene("one old file", "-p s/f D/s/f", OLD, reads_streams=True),
        (SOURCE_WAITS, SOURCE_FILE, *FILES, back(FILE)),
        (),
    ),
    (
        # Everything about the victim but its number is as with the file it takes the place of.
        Scene(
            "one like the victim",
            "-r s D",
            {**tree.nodes("s/f D/"), "D/s/f": tree.file("victim", 0o640, owner=ROOT)},
        ),
        (FILE, FILE_LINKED),
        (FILE,),
    ),
)

STRIP = tree.file('#!/bin/sh\necho stripped > "$1"\n', 0o755, owner=ROOT)
STRIP_BY_MOVING = tree.file('#!/bin/sh\necho new > "$1.t" && mv "$1.t" "$1"\n', 0o755, owner=ROOT)
NEW_FILE = (
    Swap("file becomes a symlink to a victim", "D/n", "symlink", "victims/file"),
    Swap("file becomes a symlink to a directory", "D/n", "symlink", "victims/dir"),
    Swap("file becomes a dangling symlink", "D/n", "symlink", "victims/new"),
    Swap("file becomes a hard link to a victim", "D/n", "link", "victims/file"),
    Swap("file becomes a victim by another name", "D/n", "move", "parked/file"),
    Swap("file becomes a FIFO", "D/n", "fifo"),
)
OLD_FILE = {**SOURCE, **tree.nodes("D/n")}
GIVEN_AWAY = "-m 4755 -o 54322 -g 54322"
INNER = Swap("inner directory becomes a symlink", "D/x/y", "symlink", "victims/dir", is_named=True)
OUTER = Swap("outer directory becomes a symlink", "D/x", "symlink", "victims/dir")
INNER_MOVED = Swap("inner directory becomes a victim", "D/x/y", "move", "parked/dir", is_named=True)
RECORD = Line(path="x/f", size=6, sha256=hashlib.sha256(b"victim").hexdigest())
INSTALLED = {
    "D/x/f": tree.file("victim"),
    "record": tree.file(b"#mtree\n./x type=dir\n" + written(RECORD), owner=ROOT),
}
INSTALLS = (
    (
        Scene("new file", f"{GIVEN_AWAY} s/f D/n", SOURCE, reads_streams=True),
        (SOURCE_FILE, SOURCE_WAITS, *NEW_FILE, back(NEW_FILE[0]), back(NEW_FILE[3])),
    ),
    (Scene("old file", f"-p {GIVEN_AWAY} s/f D/n", OLD_FILE), NEW_FILE),
    (
        Scene("backup", f"-b {GIVEN_AWAY} s/f D/n", OLD_FILE),
        (*NEW_FILE, Swap("backup becomes a symlink", "D/n~", "symlink", "victims/dir")),
    ),
    (Scene("numbered backup", "-p --backup=numbered s/f D/n", OLD_FILE), NEW_FILE),
    (
        Scene(
            "compare",
            "-C -p -o 0 -g 0 s/f D/n",
            {**SOURCE, "D/n": tree.file("s/f", 0o755, owner=ROOT)},
        ),
        NEW_FILE,
    ),
    (
        Scene("leading directories", "-D -o 54322 s/f D/x/y/n", SOURCE),
        (
            *(OUTER, INNER, INNER_MOVED),
            Swap("file becomes a symlink", "D/x/y/n", "symlink", "victims/file"),
        ),
    ),
    (Scene("leading directories of a target", "-D -t D/x/y s/f s/d/g", SOURCE), (OUTER, INNER)),
    (
        Scene("directory", "-d -m 2777 -o 54322 D/x/y", SOURCE),
        (OUTER, INNER, INNER_MOVED, dataclasses.replace(back(INNER), is_named=True)),
    ),
    (
        Scene(
            "record",
            "--record=record --record-root=D -b -D s/f D/x/n",
            {**SOURCE, **tree.nodes("D/x/n")},
        ),
        (
            dataclasses.replace(OUTER, is_named=True),
            Swap("file becomes a symlink", "D/x/n", "symlink", "victims/file"),
        ),
    ),
    (
        Scene("undo", "--undo=record --record-root=D", INSTALLED),
        (OUTER, Swap("file becomes a symlink", "D/x/f", "symlink", "victims/dir/f")),
    ),
    (
        Scene("strip", f"-s --strip-program=./st {GIVEN_AWAY} s/f D/n", {**SOURCE, "st": STRIP}),
        NEW_FILE,
    ),
    (
        Scene(
            "strip by moving",
            f"-s -p --strip-program=./st {GIVEN_AWAY} s/f D/n",
            {**OLD_FILE, "st": STRIP_BY_MOVING},
        ),
        (*NEW_FILE, back(NEW_FILE[0])),
    ),
)

RACES = [
    pytest.param(scene, swap, jobs, id=f"{scene.name}-{swap.name}-jobs {jobs}".replace(" ", "_"))
    for scene, alone, shared in TREES
    for jobs, swaps in ((1, alone), (2, shared))
    for swap in swaps
] + [
    pytest.param(
        dataclasses.replace(scene, program="pyinstall", writes_streams=False),
        swap,
        0,
        id=f"pyinstall {scene.name}-{swap.name}".replace(" ", "_"),
    )
    for scene, swaps in INSTALLS
    for swap in swaps
]


@pytest.mark.parametrize(("scene", "swap", "jobs"), RACES)
def test_a_swap_between_any_two_calls_does_no_harm(scene: Scene, swap: Swap, jobs: int) -> None:
    sweep(scene, swap, jobs)


@pytest.mark.parametrize(
    "swap", [SOURCE_FILE, SOURCE_DIRECTORY, FILE, DIRECTORY, STRANGE_DIRECTORY, DIRECTORY_MOVED]
)
def test_the_same_swaps_harm_who_copies_carelessly(swap: Swap) -> None:
    stops, problems = find_harm(Scene("", "", tree.nodes("s/f s/d/g D/"), "careless"), swap, 0, 1)
    assert stops
    assert problems

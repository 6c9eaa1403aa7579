"""What a dry run foresees, case by case: it says what the real run then says."""

import os
import shlex
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import pycp
from tests import listing, needs, tree
from tests.apart import run_ours
from tests.case import Case, cases
from tests.comparison import MAINS, Comparison
from tests.programs import ORDINARY_ID, Programs, Result

Build = Callable[[tree.Spec], str]


def ran(case: Case, root: str, option: str) -> Result:
    """Run a case's command with one more option, as the user it is for."""
    assert isinstance(case.command, str)
    return run_ours(
        [option, *shlex.split(case.command)],
        root,
        MAINS[case.program],
        name=case.program,
        owner=owner(case),
        stdin=case.stdin,
        umask=case.umask,
    )


def owner(case: Case) -> tree.Owner | None:
    """Return whom to run as; None is whoever runs the suite."""
    return (ORDINARY_ID, ORDINARY_ID) if "user" in case.who and os.geteuid() == 0 else None


X_TWICE = "a/x/f b/x/f d/"
MINE_AND_ROOTS = {"a": "new", "d": tree.directory(0o777), "d/a": tree.file("old", 0o666)}


@cases(
    Case(
        "a directory that is not there",
        "-r d new/",
        "d/e/f",
        stdout="""\
'd' -> 'new/'
'd/e' -> 'new/e'
'd/e/f' -> 'new/e/f'
""",
    ),
    Case(
        "two operands of one name",
        "a d/a e",
        "a d/a e/",
        1,
        stderr="pycp: will not overwrite just-created 'e/a' with 'd/a'\n",
    ),
    Case("two directories of one name merge", "-rn a/x b/x d", "a/x/f b/x/f b/x/g d/"),
    Case("what the first made is a file", "-r a/x b/x d", "a/x b/x/f d/", 1),
    Case("what the first made is closed by then", "-rp a/x b/x d", "a/x/@0555 a/x/f b/x/g d/", 1),
    Case("so by no mode of its own", "-r a/x b/x d", "a/x/@0555 a/x/f b/x/g d/", 1),
    Case("as by the umask", "-r a/x b/x d", "a/x/f b/x/g d/", 1, umask=0o277),
    Case("it is open without a mode", "-r --no-preserve=mode a/x b/x d", "a/x/@0500 b/x/g d/"),
    Case("what the first made cannot be searched", "-rp a/x b/x d", "a/x/@0600 b/x/f d/", 1),
    Case(
        "a link that the first made is complete",
        "-an --resume --debug x/. y/. d",
        {"x/l": tree.symlink("a", age=1), "y/l": tree.symlink("a", age=2), "d": tree.directory()},
        stdout="'x/./l' -> 'd/./l'\ncomplete 'd/./l'\n",
    ),
    Case("it is opened again", "-rp a/x b/x c/x d", "a/x/f b/x/@0500 b/x/g c/x/h d/", 1),
    Case("files of a closed directory", "-p --parents a/f a/g d", "a/@0555 a/f a/g d/", 1),
    Case("files of a directory that is not", "--parents a/f a/g d", "a/f a/g d/", umask=0o022),
    Case("what the first made is a link", "-rP a/x b/x d", "a/x->y b/x d/", 1),
    Case(
        "what the first brought below it is a link",
        "-r a/x b/x d",
        "a/x/l->y b/x/l d/",
        1,
        stderr="pycp: will not copy 'b/x/l' through just-created symlink 'd/x/l'\n",
    ),
    Case("a set of hard links is joined", "-au a b d", "a b=a d/a+9 d/b+9"),
    Case(
        "a set is joined to a directory",
        "-ru s/. t",
        "s/a s/b=s/a t/a/ t/b/",
        1,
        before="touch t/*",
    ),
    Case("-T takes a slash as it is", "-T a n/", "a", 1),
    Case("--parents in an unsearchable directory", "--parents x/f f d", "x/f f d/@0600", 1),
    Case("numbers of backups are counted on", "--backup=numbered a b/a c/a d", "a b/a c/a d/a"),
    Case("a backup of what was made", "-rb a/x b/x d", "a/x/f b/x/f d/"),
    Case("a simple backup that is a directory", "-b a d", "a d/a d/a~/", 1),
    Case("a suffix that asks for a directory", "-r -Sx/ s t", "s/f t/s/f", 1),
    Case("hard links are kept", "-a d e", "d/a d/b=d/a d/c=d/a"),
    Case("hard links over other files", "-a d/. e", "d/a d/b=d/a e/a e/b"),
    Case("over names of one file", "-a d/. e", "d/a d/b e/a e/b=e/a"),
    Case("hard links over names of one file", "-a d/. e", "d/a d/b=d/a e/a e/b=e/a"),
    Case("a directory into itself", "-r d d/e", "d/", 1),  # inode numbers order what it holds
    Case(
        "a half-written file is made anew",
        "-r --atomic --resume s/. t",
        "s/f t/f",
        before="printf s >t/f",
    ),
    Case(
        "another name of what is made anew",
        "-u --atomic a b d",
        "a b d/a d/b=d/a",
        before="touch -d 2001-01-01 d/a",
    ),
    Case("what nothing may take the place of", "-r --atomic s/. t", "s/f t/@0555 t/f", 1),
    Case("what is there is removed", "--remove-destination a b", "a b"),
    Case("what cannot be opened is removed", "-f a b", "a b@000", who=("root", "user")),
    Case("what cannot be opened stays", "a b", "a b@000", 1),
    Case("what cannot be read", "-r d e", "d/a@000 d/b", 1, who=("root", "user")),
    Case(
        "a directory that cannot be read", "-r d e", "d/a/@000 d/a/b d/c", 1, who=("root", "user")
    ),
    Case("a directory that cannot be written to", "a d", "a d/@555", 1, who=("root", "user")),
    Case("a new directory where none can be made", "-r d e", "d/f e/@555", 1, who=("root", "user")),
    Case("a backup where none can be made", "-b a d", "a d/a d/@555", 1, who=("root", "user")),
    Case(
        "a file of somebody else in a sticky directory",
        "--remove-destination a d",
        {
            "a": "new",
            "d": tree.directory(0o1777, owner=(0, 0)),
            "d/a": tree.file("old", 0o666, owner=(0, 0)),
        },
        1,
    ),
    Case(
        "attributes of somebody else's file",
        "-p a d",
        {"a": "new", "d/a": tree.file("old", 0o666, owner=(0, 0))},
        1,
    ),
    Case("a question answered with no", "-i a b", "a b", 1, stdin="n\n"),
    Case("a question answered with yes", "-i a b", "a b", stdin="y\n"),
    Case("a source that is missing", "a b d", "b d/", 1),
    Case("the same file", "a ./a", "a", 1),
    Case("a source named twice", "a a d", "a d/"),
    Case("a dangling destination", "a b", "a b->c", 1),
    Case("leading directories", "--parents a/b/c a/b/d e", "a/b/c a/b/d e/"),
    Case("a device that a link leads to", "a l", "a l->/dev/null"),
    Case("attributes of a new file", "--attributes-only a b", "a"),
    Case("attributes of an old file", "--attributes-only a b", "a b"),
    Case("a link that is there", "-au a/. d", "a/l->x d/l->x"),
    Case("a copy copied again", "-r --parents d e/d e", "d/f e/", 1),
    Case("a file of a copy copied again", "--parents d/f e/d/f e", "d/f e/"),
    Case("a directory of a copy copied again", "-r --parents d/x e/d/x e", "d/x/f e/", 1),
    Case("a directory above a copy copied", "-r --parents d/f e/d e", "d/f d/g e/"),
    Case("a directory that has a copy by then", "-r --parents d/f e/d e", "d/f e/d/"),
    Case("numbers of backups in a new directory", "-r --backup=numbered a/x b/x d", X_TWICE),
    Case("leading directories entered again", "--parents -rn a/b a/. e", "a/b a/c e/"),
    Case("leading directories in the way", "--parents a/b/c e", "a/b/c e/a", 1),
    Case("a slash after what is no directory", "a b/", "a", 1),
    Case("a link that leads to itself is removed", "-f a l", "a l->l"),
    Case("a link to what is a backup by now", "-b l a", "a l->a", 1),
    Case(
        "a link that is there already",
        "--attributes-only -Pu l m",
        {"l": tree.symlink("x", age=9), "m": tree.symlink("x")},
    ),
    Case(
        "another link that is there",
        "--attributes-only -Pu l m",
        {"l": tree.symlink("x", age=9), "m": tree.symlink("y")},
        1,
    ),
    Case("links where none may be relative", "-s a d", "a d/", 1),
    Case("links in place of copies", "-l a b", "a b", 1),
    Case("a pipe", "-r d e", "d/p|"),
    Case("a device", "-R /dev/null e", "", 1, who=("root", "user")),
    Case("a tree into a full set of names", "-dR d/. e", "d/a d/b->a e/a e/b"),
)
def test_cp_says_what_it_then_does(case: Case, comparison: Comparison) -> None:
    check(case, comparison)


@cases(
    Case("a file that is immutable", "a b", "a b", 1, before="chattr +i b"),
    Case("a file that only grows", "a b", "a b", 1, before="chattr +a b"),
    Case(
        "only attributes of a file that grows",
        "--attributes-only a b",
        "a b",
        1,
        before="chattr +a b",
    ),
    Case("a link to a file that is immutable", "a c", "a b c->b", 1, before="chattr +i b"),
    Case("a file that force cannot remove", "-f a b", "a b", 1, before="chattr +i b"),
    Case(
        "a file that cannot be removed", "--remove-destination a b", "a b", 1, before="chattr +a b"
    ),
    Case("a file that cannot be moved", "-b a b", "a b", 1, before="chattr +i b"),
    Case("a backup that cannot be replaced", "-b a b", "a b b~", 1, before="chattr +i b~"),
    Case("a file in an immutable directory", "a d", "a d/", 1, before="chattr +i d"),
    Case("a file in a directory that grows", "a d", "a d/", before="chattr +a d"),
    Case(
        "a file that must go from a directory that grows",
        "-b a d",
        "a d/a",
        1,
        before="chattr +a d",
    ),
    Case("a directory in an immutable one", "-r d e", "d/f e/", 1, before="chattr +i e"),
    Case("attributes of an immutable directory", "-a d e", "d/f e/d/", 1, before="chattr +i e/d"),
    Case("attributes of a directory that grows", "-a d e", "d/f e/d/", 1, before="chattr +a e/d"),
    Case(
        "times of a directory that grows",
        "-r --preserve=timestamps d e",
        "d/f e/d/",
        1,
        before="chattr +a e/d",
    ),
    Case(
        "an owner for a directory that grows",
        "-r --preserve=ownership d e",
        {"d": tree.directory(owner=(0, 0)), "e/d": tree.directory()},
        None,
        before="chattr +a e/d",
    ),
    Case(
        "mode and owner for a directory that grows",
        "-r --preserve=mode,ownership d e",
        {"d": tree.directory(owner=(0, 0)), "e/d": tree.directory()},
        1,
        before="chattr +a e/d",
    ),
    Case("leading directories that grow", "-p --parents d/f e", "d/f e/d/", before="chattr +a e/d"),
    Case("a link to an immutable file", "-l a b", "a", 1, before="chattr +i a"),
    Case(
        "a kept link over an immutable file",
        "-a d/. e",
        "d/a d/b=d/a e/a e/b",
        1,
        before="chattr +i e/b",
    ),
    Case(
        "a symbolic link over one in an immutable directory",
        "-af a d",
        "a->x d/a->y",
        1,
        before="chattr +i d",
    ),
    Case(
        "installing over an immutable file",
        "a b",
        "a b",
        1,
        before="chattr +i b",
        program="pyinstall",
    ),
    Case(
        "installing over a file that grows",
        "a b",
        "a b",
        1,
        before="chattr +a b",
        program="pyinstall",
    ),
    Case(
        "directories in an immutable one",
        "-D a d/e/f",
        "a d/",
        1,
        before="chattr +i d",
        program="pyinstall",
    ),
    Case(
        "the mode of an immutable directory",
        "-d -m 700 d",
        "d/",
        1,
        before="chattr +i d",
        program="pyinstall",
    ),
    Case(
        "an immutable directory that stays as it is",
        "-d -m 755 d",
        "d/",
        before="chattr +i d",
        program="pyinstall",
    ),
    who=("root", "user"),
)
def test_what_is_protected_is_foreseen(case: Case, comparison: Comparison) -> None:
    needs.protecting(os.path.dirname(comparison.root))
    check(case, comparison)


WRITTEN_TWICE: dict[str, str | tree.Node] = {"s/a": "words", "e/a": "word", "d": tree.directory()}
SHUT: dict[str, str | tree.Node] = {
    "s/a": tree.file("words", 0o400),
    "e/a": tree.file("word", 0o400),
    "d": tree.directory(),
}


@cases(
    Case("what is complete by then", "-r --resume s/. s/. d", "s/a d/"),
    Case("what nobody may write is complete by then", "-r --resume s/. s/. d", SHUT),
    Case("what is another file by then", "-r --resume s/. e/. d", WRITTEN_TWICE),
    Case("what nobody may write is another file by then", "-a --resume s/. e/. d", SHUT),
    Case(
        "a set of links in the way",
        "-a --resume s/. e/. d",
        {**WRITTEN_TWICE, "d/a": "w", "d/b": tree.hard_link("d/a")},
    ),
    Case("a file written over by then", "-r --resume s/. e/. d", {**WRITTEN_TWICE, "d/a": "wor"}),
    Case(
        "a begun file that nobody may write",
        "--resume a b",
        {"a": tree.file("words", 0o400), "b": tree.file("wor", 0o400)},
    ),
    Case(
        "somebody else's file that nobody may write",
        "--resume a b",
        {"a": tree.file("words", 0o444), "b": tree.file("wor", 0o444, owner=(0, 0))},
        1,
    ),
    who=("root", "user"),
)
def test_a_resumed_copy_sees_what_came_before(case: Case, comparison: Comparison) -> None:
    check(case, comparison)


@cases(
    Case("a file", "a b", "a", program="pyinstall", stdout="'a' -> 'b'\n"),
    Case(
        "over another file", "a b", "a b", program="pyinstall", stdout="removed 'b'\n'a' -> 'b'\n"
    ),
    Case(
        "leading directories",
        "-D a b/c/d",
        "a",
        program="pyinstall",
        stdout="""\
pyinstall: creating directory 'b'
pyinstall: creating directory 'b/c'
'a' -> 'b/c/d'
""",
    ),
    Case("a target directory that is missing", "-D -t b/c a d", "a d", program="pyinstall"),
    Case("a directory and back", "-D a b/../c/d", "a b/", program="pyinstall"),
    Case("directories", "-d b b/c b/d/e f/x", "f", 1, program="pyinstall"),
    Case(
        "a directory where none can be made",
        "-d e/f",
        "e/@555",
        1,
        program="pyinstall",
        who=("root", "user"),
    ),
    Case("two files of one name", "a d/a e", "a d/a e/", 1, program="pyinstall"),
    Case("a backup", "-b a b", "a b", program="pyinstall"),
    Case(
        "what is the same",
        "-C -m 644 a b",
        {"a": "same", "b": "same"},
        program="pyinstall",
        stdout="",
    ),
    Case("what is not the same", "-C -m 644 a b", {"a": "same", "b": "none"}, program="pyinstall"),
    Case(
        "times of what is the same",
        "-Cp -m 644 a b",
        {"a": tree.file("same", age=5), "b": "same"},
        program="pyinstall",
    ),
    Case(
        "an owner only root may give", "-o 0 a b", "a", 1, program="pyinstall", who=("root", "user")
    ),
    Case(
        "a directory for an owner only root may give",
        "-d -o 0 b",
        "",
        1,
        program="pyinstall",
        who=("root", "user"),
    ),
    Case(
        "the mode of somebody else's directory",
        "-d -m 700 d",
        {"d": tree.directory(0o755, owner=(0, 0))},
        1,
        program="pyinstall",
    ),
    Case(
        "somebody else's directory that is as it should be and nobody else may enter",
        "-d -m 700 d",
        {"d": tree.directory(0o700, owner=(0, 0))},
        0,
        program="pyinstall",
    ),
    Case("a directory that its owner may not enter", "-d n d", "d/@0", 0, program="pyinstall"),
    Case("a directory that is there", "-d -m 700 d", "d/", program="pyinstall"),
    Case(
        "what the mode of one just made keeps out",
        "-d -m 0 n n/x n/y/z",
        "",
        1,
        program="pyinstall",
        who=("root", "user"),
    ),
    Case("an omitted directory", "a d e", "a d/ e/", 1, program="pyinstall"),
)
def test_install_says_what_it_then_does(case: Case, comparison: Comparison) -> None:
    check(case, comparison)


def check(case: Case, comparison: Comparison) -> None:
    """Run a case dry and then really in one tree; only the second run may change anything."""
    if os.geteuid() and (
        "root" in case.who or any(node.owner for node in tree.nodes(case.spec).values())
    ):
        pytest.skip("only root can make files that belong to root")
    # Where others' files must be compared, their times of last access change.
    keeps_atimes = not any(node.owner for node in tree.nodes(case.spec).values())
    who = owner(case) or (os.geteuid(), os.getegid())
    try:
        tree.build(comparison.root, case.spec, who)
        if case.before:
            subprocess.run(["sh", "-ec", case.before], cwd=comparison.root, check=True)
        start_ns = time.time_ns()
        listing.listing(comparison.root, start_ns)  # sets the times of access that any look sets
        before = listing.listing(comparison.root, start_ns, atimes=keeps_atimes)
        dry = ran(case, comparison.root, "--dry-run")
        assert listing.listing(comparison.root, start_ns, atimes=keeps_atimes) == before
        assert dry == ran(case, comparison.root, "-v")
    finally:
        if case.before:
            subprocess.run(["chattr", "-Rf", "-ia", comparison.root], check=False)
        tree.remove(comparison.root)
    if case.status is not None:
        assert dry.status == case.status
    assert case.stdout in (None, dry.stdout)
    assert case.stderr in (None, dry.stderr)


def test_no_file_is_opened_to_be_read_or_written(tree: Build, run_pycp: Programs) -> None:
    root = tree("d/a d/b/c e/d/a f")
    trace = "$ strace -f -o trace -e trace=%file,%desc pycp -a --backup=t --dry-run d f e"
    done = run_pycp.run(trace, root)
    assert done.status == 0
    with open(f"{root}/trace") as stream:
        opened = [line for line in stream if '"d' in line or '"e' in line or '"f"' in line]
    assert opened
    for line in opened:
        if "open" in line:
            assert "O_DIRECTORY" in line and "O_CREAT" not in line


@pytest.mark.parametrize("option", ["-a", "-an", "-au"])
def test_what_is_compared_keeps_its_time_of_last_access(
    option: str, tree: Build, run_pycp: Programs
) -> None:
    root = Path(tree({"s/f": "something", "D/f": "some"}))
    for name in ("s/f", "D/f"):
        os.utime(root / name, ns=(1, (root / name).stat().st_mtime_ns))
    done = run_pycp.run(f"{option} --resume --dry-run -T s D", str(root))
    assert done.stdout.endswith("continued 'D/f' at byte 4\n")
    assert [(root / name).stat().st_atime_ns for name in ("s/f", "D/f")] == [1, 1]


def test_events_say_that_nothing_is_done(tree: Build, run_pycp: Programs) -> None:
    root = tree("a")
    done = run_pycp.run("--dry-run --json a b", root)
    assert done.stdout.splitlines()[0].endswith('"program": "pycp", "dry_run": true}')
    assert '"method": "none", "bytes": 0' in done.stdout
    assert not os.path.exists(f"{root}/b")


@pytest.mark.parametrize("destination", ["d/e/f", None])
def test_a_program_that_pretends_to_install_has_nothing_open_afterwards(
    destination: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "d/e").mkdir(parents=True)
    (tmp_path / "a").touch()
    before = os.listdir("/proc/self/fd")
    made: dict[str, Any] = {"directory": True} if destination is None else {"make_parents": True}
    wrong = "a/b" if destination is None else "a", destination and "a/b/c"
    pycp.install("a" if destination else "d/e/g", destination, dry_run=True, **made)
    with pytest.raises(pycp.CopyFailed):
        pycp.install(*wrong, dry_run=True, **made)
    assert os.listdir("/proc/self/fd") == before

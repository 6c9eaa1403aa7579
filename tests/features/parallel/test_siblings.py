"""Operands that lie side by side are one walk, shared like any other, and end as GNU's would."""

import os
import shutil
from pathlib import Path

import pytest

from pycp import system
from pycp.cli.cp import parse_cp
from pycp.entries import Decision, Entry
from pycp.plan.operands import MANY, resolve
from pycp.run import siblings
from pycp.run.coordinator import Coordinator
from pycp.run.visit import Visitor
from pycp.system.folder import Directory
from pycp.values import DIRECTORY, OTHER, REGULAR, SYMLINK
from tests.case import Case, cases
from tests.comparison import Comparison
from tests.features.parallel.test_order import limit, make_tree
from tests.forked import run_ours, run_theirs
from tests.tree import fifo, file, hard_link, symlink

KINDS = {"d": DIRECTORY, "e": DIRECTORY, "f": REGULAR, "g": REGULAR, "l": SYMLINK, "p": OTHER}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Directories, files, a link and a FIFO in `s`; and a target with something in it."""
    for name in ("s/d/i", "s/e", "t/d", "u/s/s", "u/o"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("s/d/i/x", "s/e/y", "s/f", "s/g", "t/d/z", "u/s/s/w", "u/o/v"):
        (tmp_path / name).write_text(name)
    (tmp_path / "s/l").symlink_to("f")
    os.mkfifo(tmp_path / "s/p")
    for number in range(MANY):
        (tmp_path / f"m{number}").write_text(str(number))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def found(command: str) -> "list[tuple[str, int]] | None":
    """Return name and kind of operands that are taken for entries of one directory."""
    options, operands = parse_cp(command.split(), os.environ, print)
    resolved = resolve(options, operands, print)
    try:
        together = siblings.siblings(resolved)
        if together is None:
            return None
        folder, names, kinds = together
        folder.source_directory.close()
        return list(zip(names, kinds, strict=True))
    finally:
        if resolved.directory is not None:
            resolved.directory.close()


TOGETHER = {
    "-r s/d s/e s/f s/l s/p t": "d e f l p",
    "-a s/f s/d t": "f d",
    "-a s/f s/d -t t": "f d",
    "-r s/d s/e .": "d e",
    "-r u/s u/o .": "s o",
    "-r -H s/d s/e t": "d e",
    "-ru --atomic s/d s/e t": "d e",
    "-r ./s ./u t": "s u",
    "-r s u t": "s u",
    "-r s u t/d": "s u",
    "-r t/d t/../s t": "",
    "-r s/d s/d t": "",
    "-r s/d s//e t": "",
    "-r s//d s//e t": "",
    "-r //usr //etc t": "",
    "-r s/d/ s/e/ t": "",
    "-r s/d u/o t": "",
    "-r s/d s/none t": "",
    "-r s/d t": "",
    "-r s/f s/g t": "",
    "-r s/. s/.. t": "",
    "-r s t u": "s t",
    "-r s t u/s": "s t",
    "-r s t t/d": "",
    "-r t/d u t/d": "",
    "-r u/s u/o u": "",
    "-r u/s/s u/s/../o u": "",
    "-L -r s/d s/e t": "",
    "-H -r s/d s/l t": "",
    "-H -r s/d s/p t": "",
    "-r --copy-contents s/d s/p t": "",
    "-r --parents s/d s/e t": "",
    "-rx s/d s/e t": "",
    "-r --exclude=x s/d s/e t": "",
    "-r --keep-directory-symlink s/d s/e t": "",
    "--resume -r s/d s/e t": "",
    "-r --strip-trailing-slashes s/d s/e t": "",
    "s/f s/g t": "",
    f"{' '.join(f'm{number}' for number in range(MANY))} t": " ".join(
        f"m{number}" for number in range(MANY)
    ),
    f"{' '.join(f'm{number}' for number in range(MANY))} s/f t": "",
}


@pytest.mark.parametrize("command", TOGETHER)
def test_operands_are_entries_where_that_makes_no_difference(command: str, here: Path) -> None:
    with_kinds = found(command)
    names = TOGETHER[command].split()
    assert (with_kinds is not None) == bool(names)
    if with_kinds is not None:
        assert [name for name, _kind in with_kinds] == names
        if command.startswith(("-r s/", "-a s/")):
            assert with_kinds == [(name, KINDS[name]) for name in names]


@pytest.mark.parametrize("is_listed", [True, False])
def test_the_kinds_of_many_come_from_a_listing_or_a_look_at_each(
    is_listed: bool, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []
    look = Directory.stat

    def note(directory: Directory, name: str, follow_symlinks: bool = True) -> os.stat_result:
        looked.append(name)
        return look(directory, name, follow_symlinks)

    def refuse(_fd: int) -> None:
        raise PermissionError

    monkeypatch.setattr(Directory, "stat", note)
    if not is_listed:
        monkeypatch.setattr(system, "scandir", refuse)
    names = ["d", *(f"m{number}" for number in range(MANY)), "f", "l", "p", "none"]
    for number in range(MANY):
        (here / f"m{number}").rename(here / f"s/m{number}")
    assert found(f"-r s/{' s/'.join(names)} t") is None  # one that is not there is told in order
    kinds = found(f"-r s/{' s/'.join(names[:-1])} t")
    assert kinds == [(name, KINDS.get(name, REGULAR)) for name in names[:-1]]
    assert ("m0" not in looked) == is_listed


def test_what_would_be_written_to_where_the_sources_lie_is_none(here: Path) -> None:
    assert found("-r u/s u/o .") is not None
    assert found("-r u/s/s u/s/x .") is None  # there is no such thing
    (here / "u/s/x").mkdir()
    assert found("-r u/s/s u/s/x u") is None  # u/s is what they are in
    assert found("-r u/s/s u/s/x t") is not None


def test_names_that_differ_by_case_are_copied_in_order(here: Path) -> None:
    """The target may take them for one, and the last is to be what is there."""
    (here / "s/D").mkdir(exist_ok=True)
    assert found("-r s/d s/e s/D t") is None


def test_what_other_names_lead_to_is_written_in_order(here: Path) -> None:
    """Which of them is first tells what there is in the end."""
    assert found("-r s/d s/f t") is not None
    (here / "t/f").symlink_to("d")
    assert found("-r s/d s/f t") is None
    assert found("-r s/d s/l t") is not None
    assert found("-r --remove-destination s/d s/f t") is not None
    (here / "t/f").unlink()
    os.link(here / "s/d/i/x", here / "t/f")
    assert found("-r s/d s/f t") is None
    assert found("-a s/d s/f t") is not None  # takes it away
    assert found("-a --attributes-only s/d s/f t") is None


def test_all_of_them_are_shared_once(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Coordinator.run

    def note_and_run(self: Coordinator, *words: object) -> None:
        with open("noted", "a") as note:
            note.write("shared\n")
        run(self, *words)  # type: ignore[arg-type]

    monkeypatch.setattr(Coordinator, "run", note_and_run)
    done = run_ours(["-r", "-j3", "s/d", "s/e", "s/f", "t"], str(here))
    assert (done.status, done.stderr) == (0, "")
    assert (here / "noted").read_text() == "shared\n"
    assert sorted(os.listdir("t")) == ["d", "e", "f"]


SPEC = {
    "s/d/i/x": file("x"),
    "s/d/l": symlink("i/x"),
    "s/e/y": file("y", mode=0o640),
    "s/f": file("f" * 5000),
    "s/g": hard_link("s/f"),
    "s/e/h": hard_link("s/f"),
    "s/l": symlink("f"),
    "s/p": fifo(),
    "t/d/z": file("old"),
    "t/e": file("in the way"),
    "u/s/s/w": file("w"),
    "u/o/v": file("v"),
} | {f"m{number}": file(str(number)) for number in range(MANY)}
ALL = " ".join(f"m{number}" for number in range(MANY))


@pytest.fixture
def by_three(comparison: Comparison, monkeypatch: pytest.MonkeyPatch) -> Comparison:
    """Have every case tried by three processes as well as by one."""
    monkeypatch.setattr("tests.comparison.ONE_SHARED_OF", 1)
    monkeypatch.setattr(Case, "may_recurse", True)
    return comparison


@cases(
    Case("of each kind", "-rv s/d s/f s/l s/p t", SPEC),
    Case("with attributes", "-av s/f s/d s/g s/l u t", SPEC),
    Case("names of one file", "-a s/f s/d s/g s/e/h u", SPEC),
    Case("one in the way", "-rv s/d s/e s/f t", SPEC, status=1),
    Case("a file where a FIFO is to be", "-rHv s/d s/p t", SPEC | {"t/p": file("old")}, status=1),
    Case("a FIFO in its place", "-rv s/d s/p t", SPEC | {"t/p": file("old")}),
    Case(
        "links to what comes later",
        f"-rv {ALL} t",
        SPEC | {"t/m2": symlink("m7"), "t/m3": symlink("../m9"), "t/m4": hard_link("m8")},
        status=1,
    ),
    Case("only newer ones", "-ruv s/d s/f s/g t", SPEC),
    Case("none that is there", "-rnv s/d s/e s/f t", SPEC, status=1),
    Case("directories beside the target", "-rv s u t", SPEC),
    Case("out of a directory in the target", "-rv u/s u/o .", SPEC),
    Case("into where they lie", "-rv u/s u/o u", SPEC, status=1),
    Case(
        "onto the directory they lie in",
        "-rv u/s/s u/s/k u",
        SPEC | {"u/s/k/n": file("n")},
    ),
    Case("one that holds the target", "-rv s t u/s t/d", SPEC, status=1),
    Case("hard links", "-lv s/f s/g s/l t", SPEC),
    Case("many files", f"-v {ALL} t", SPEC),
    Case("many files, and a directory left out", f"{ALL} s t", SPEC, status=1),
    Case("many files, and a link that is followed", f"{ALL} l t", SPEC | {"l": symlink("m3")}),
    Case("many symbolic links", f"-s {ALL} .", SPEC, status=1),
    Case("many files and one that is not there", f"-p {ALL} none t", SPEC, status=1),
    who=("user", "root"),
)
def test_the_copy_is_that_of_gnu(by_three: Comparison, case: Case) -> None:
    by_three.compare(case)


@pytest.mark.parametrize("limits", ["few names", "no time"])
def test_the_lines_come_in_the_order_of_the_operands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limits: str
) -> None:
    limit(monkeypatch, limits)
    make_tree(tmp_path / "s", seed=5)
    (tmp_path / "d").mkdir()
    operands = [f"s/{name}" for name in sorted(os.listdir(tmp_path / "s"))]
    theirs = run_theirs(["-av", *operands, "d"], str(tmp_path))
    shutil.rmtree(tmp_path / "d")
    (tmp_path / "d").mkdir()
    ours = run_ours(["-av", "-j3", *operands, "d"], str(tmp_path))
    assert (ours.status, ours.stderr, ours.stdout) == (0, "", theirs.stdout)


@pytest.mark.parametrize("limits", ["no time", "little time"])
def test_one_that_is_given_up_is_no_reason_to_give_up_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limits: str
) -> None:
    """As it is if its copy turns out to be in it, whoever comes upon that."""
    limit(monkeypatch, limits)
    visit = Visitor.visit

    def visit_and_give_up(self: Visitor, entry: Entry) -> Decision | None:
        self.is_abandoned |= entry.source_name == "p" and "c" in entry.source.split("/")
        return visit(self, entry)

    monkeypatch.setattr(Visitor, "visit", visit_and_give_up)
    for operand in "abcdef":
        for number in range(30):
            below = tmp_path / "s" / operand / str(number) / "i"
            below.mkdir(parents=True)
            for name in ("p", "q", "r"):
                os.mkfifo(below / name)
    (tmp_path / "t").mkdir()
    done = run_ours(["-r", "-j3", *(f"s/{name}" for name in "cabdef"), "t"], str(tmp_path))
    assert (done.status, done.stderr) == (0, "")
    shutil.rmtree(tmp_path / "s/c")
    shutil.rmtree(tmp_path / "t/c")
    names = [
        sorted(str(path.relative_to(place)) for path in place.rglob("*"))
        for place in (tmp_path / "s", tmp_path / "t")
    ]
    assert names[0] == names[1]

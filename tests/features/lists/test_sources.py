"""What a list names is copied as if it were given as operands."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pycp.cli.cp import parse_cp
from pycp.cli.install import parse_install
from pycp.options import CopyOptions
from pycp.run.install import run_install
from pycp.run.serial import run_serial
from tests import tree as trees
from tests.listing import listing
from tests.programs import Programs, Result
from tests.unit.rooms import Heard

Build = Callable[[trees.Spec], str]
TREE = "s/a s/b t/a l->s h->s/a d/ e/b p|"


def run(command: str, *, install: bool = False, stdin: bytes = b"") -> list[str]:
    """Carry out a command line in this process; return what was told."""
    report = Heard()
    if stdin:
        read, write = os.pipe()
        os.write(write, stdin)
        os.close(write)
        before = os.dup(0)
        os.dup2(read, 0)
        os.close(read)
    try:
        if install:
            run_install(*parse_install(command.split(), {}, report.warn), report)
        else:
            run_serial(*parse_cp(command.split(), {}, report.warn), report)
    finally:
        if stdin:
            os.dup2(before, 0)
            os.close(before)
    return report.words


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    os.mkdir("d")
    for name in "abc":
        Path(name).write_text(name)
    return tmp_path


def in_any_order(done: Result) -> tuple[int, list[str], str]:
    """Return a result with its lines sorted."""
    return done.status, sorted(done.stdout.splitlines()), done.stderr


@pytest.mark.parametrize(
    ("options", "sources"),
    [
        ("-v", "s/a nothing s/b"),
        ("-v", "s/a t/a"),
        ("-v", "s/a s/a"),
        ("-rv", "s l h s/"),
        ("-rHv", "l h"),
        ("-rvL", "l/ h"),
        ("-dv", "l/ h"),
        ("-rv --strip-trailing-slashes", "l/ h//"),
        ("-av", "s/. t/../s p"),
        ("-av --parents", "s/a t/a nothing/x l/b"),
        ("-lv", "s/a s/b"),
        ("-uv", "s/b e/b"),
        ("-bv", "s/b e/b"),
        ("-v --preserve=links", "s/a h l/a"),
    ],
)
def test_every_rule_of_operands_holds(
    options: str, sources: str, tree: Build, run_pycp: Programs, run_gnu: Programs
) -> None:
    spec = TREE + " d/b"
    since_ns = time.time_ns()
    root = tree(spec)
    expected = in_any_order(run_gnu.run(f"{options} {sources} d", root)), listing(root, since_ns)
    trees.remove(root)
    root = tree(spec)
    command = f"{options} --files0-from=- -t d"
    done = run_pycp.run(command, root, stdin="".join(f"{name}\0" for name in sources.split()))
    # Inode numbers, which give the order in a directory, are not the same in the two trees.
    assert (in_any_order(done), listing(root, since_ns)) == expected


def test_listed_trees_are_shared_by_processes(tree: Build, run_pycp: Programs) -> None:
    root = tree("s/a s/e/b t/c t/e/d d/")
    done = run_pycp.run("-r -j3 --files-from=- d", root, stdin="s\nt\n")
    assert done == Result(0, "", "")
    found = sorted({str(path.relative_to(f"{root}/d")) for path in Path(root, "d").rglob("?/**/*")})
    assert found == ["s/a", "s/e", "s/e/b", "t/c", "t/e", "t/e/d"]


@pytest.mark.parametrize("name", [b"\xff\xfe", b"two\nlines", b" blank ", b"-", b"--help"])
@pytest.mark.usefixtures("here")
def test_any_name_may_be_in_a_list(name: bytes) -> None:
    Path(os.fsdecode(name)).write_bytes(name)
    Path("list").write_bytes(name + b"\0")
    assert run("--files0-from=list d") == []
    assert os.listdir(b"d") == [name]


@pytest.mark.usefixtures("here")
def test_lists_are_read_one_after_the_other() -> None:
    Path("one").write_text("a\nc")
    Path("two").write_text("b\0")
    told = run("--files-from=one --files0-from=two --files-from=- d", stdin=b"b\nd/a\n")
    assert told == [
        "warning: source file 'b' specified more than once",
        "'d/a' and 'd/a' are the same file",
    ]
    assert sorted(os.listdir("d")) == ["a", "b", "c"]


@pytest.mark.usefixtures("here")
def test_a_name_is_copied_before_the_next_one_comes() -> None:
    os.mkfifo("list")
    if not (child := os.fork()):
        with open("list", "wb", buffering=0) as writer:
            writer.write(b"a\n")
            for _ in range(1000):
                if os.path.exists("d/a"):
                    writer.write(b"b\n")
                    break
                time.sleep(0.01)
        os._exit(0)
    assert run("--files-from=list -t d") == []
    os.waitpid(child, 0)
    assert sorted(os.listdir("d")) == ["a", "b"]


@pytest.mark.usefixtures("here")
def test_install_takes_lists() -> None:
    Path("list").write_text("a\nb\n")
    assert run("-D -t new/dir --files-from=list", install=True) == []
    assert sorted(os.listdir("new/dir")) == ["a", "b"]
    assert run("-C --files-from=list d", install=True) == []
    assert sorted(os.listdir("d")) == ["a", "b"]


@pytest.mark.usefixtures("here")
def test_install_makes_the_directories_that_a_list_names() -> None:
    assert run("-d --files0-from=-", install=True, stdin=b"x/y\0z") == []
    assert os.path.isdir("x/y") and os.path.isdir("z")


@pytest.mark.usefixtures("here")
def test_an_empty_list_is_nothing_to_do() -> None:
    Path("list").touch()
    assert run("--files-from=list d") == []
    assert os.listdir("d") == []


@pytest.mark.usefixtures("here")
def test_a_rehearsal_and_a_manifest_go_by_lists_too() -> None:
    Path("list").write_text("a\nb\n")
    assert run("--dry-run --files-from=list d") == []
    assert os.listdir("d") == []
    assert run("--manifest=sums --files-from=list d") == []
    assert [line.split()[1] for line in Path("sums").read_text().splitlines()] == ["d/a", "d/b"]


@pytest.mark.parametrize("jobs", ["", "-j3 "])
def test_progress_and_events_tell_of_listed_sources(
    jobs: str, here: Path, run_pycp: Programs
) -> None:
    (here / "list").write_text("a\nb\n")
    command = f"{jobs}--progress=always --files-from=list --json=events d"
    done = run_pycp.run(command, str(here))
    assert (done.status, done.stdout) == (0, "")
    assert "2 files" in done.stderr
    events = (here / "events").read_text()
    assert events.count('"copied", ') == 2


def test_the_bar_goes_without_totals_where_the_list_comes_through_a_pipe(
    here: Path, run_pycp: Programs
) -> None:
    done = run_pycp.run("--progress=always --files-from=- d", str(here), stdin="a\nb\n")
    assert (done.status, done.stdout) == (0, "")
    assert "2 files" in done.stderr and " of " not in done.stderr


@pytest.mark.slow
@pytest.mark.usefixtures("here")
def test_what_is_remembered_of_a_source_stays_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is left of a name but its marks: two for each, of 16 bytes."""
    import tracemalloc

    def names(count: int) -> "list[str]":
        for number in range(count):
            Path(f"file-{number:05}").touch()
        return [f"file-{number:05}" for number in range(count)]

    listed = names(2000)
    Path("list").write_text("\n".join(listed))
    options = CopyOptions(files_from=(("lines", "list"),))
    tracemalloc.start()
    run_serial(options, ["d"], Heard())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(os.listdir("d")) == 2000
    assert peak < 2000 * 150 + 400_000


def test_a_list_changed_meanwhile_is_told(here: Path, run_pycp: Programs) -> None:
    (here / "old").mkdir()
    (here / "old/list").write_text("x\n")
    (here / "d/list").write_text("a\nold/list\nb\n")
    done = run_pycp.run("--files-from=d/list d", str(here))
    assert done == Result(1, "", "pycp: 'd/list' changed while names were read from it\n")

"""What --exclude does to operands and trees, and what is said of it."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pycp.errors import CopyError
from pycp.plan.exclude import Exclusions
from tests import tree as trees
from tests.programs import Programs, Result

Build = Callable[[trees.Spec], str]
BUILDS = ("s/build", "s/build/x", "s/sub", "s/sub/build", "s/sub/build/y")
TREE = "s/a.o s/b.c s/build/x s/sub/c.o s/sub/d.c s/sub/build/y t.o d/"


def names(root: str) -> list[str]:
    """List everything below a directory."""
    return sorted(str(path.relative_to(root)) for path in Path(root).rglob("*"))


def test_excluded_names_are_not_copied_nor_mentioned(tree: Build, run_pycp: Programs) -> None:
    root = tree(TREE)
    done = run_pycp.run("-rv --exclude=*.o --exclude=build/ s t.o d", root)
    assert (done.status, done.stderr) == (0, "")
    assert sorted(done.stdout.splitlines()) == [
        "'s' -> 'd/s'",
        "'s/b.c' -> 'd/s/b.c'",
        "'s/sub' -> 'd/s/sub'",
        "'s/sub/d.c' -> 'd/s/sub/d.c'",
    ]
    assert names(f"{root}/d") == ["s", "s/b.c", "s/sub", "s/sub/d.c"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (
            "--exclude=*.o",
            ["s", "s/b.c", *BUILDS, "s/sub/d.c"],
        ),
        ("--exclude=s", ["t.o"]),
        ("--exclude=s/", ["t.o"]),
        ("--exclude=t.o/ --exclude=build --exclude=sub", ["s", "s/a.o", "s/b.c", "t.o"]),
        ("--exclude=/build --exclude=*.[co]", ["s", "s/sub", "s/sub/build", "s/sub/build/y"]),
        ("--exclude=* --exclude=!s --exclude=!*.c", ["s", "s/b.c"]),
        ("--exclude=*.o --exclude=!a.o --exclude=sub --exclude=build", ["s", "s/a.o", "s/b.c"]),
        ("--exclude=!a.o --exclude=*.o --exclude=sub --exclude=build", ["s", "s/b.c"]),
        (
            "--exclude=sub/**/y --exclude=*.?",
            ["s", "s/build", "s/build/x", "s/sub", "s/sub/build"],
        ),
    ],
)
def test_patterns_are_relative_to_each_source(
    options: str, expected: list[str], tree: Build, run_pycp: Programs
) -> None:
    root = tree(TREE)
    assert run_pycp.run(f"-r {options} s t.o d", root) == Result(0, "", "")
    assert names(f"{root}/d") == expected


@pytest.mark.parametrize("jobs", ["1", "4"])
@pytest.mark.parametrize("options", ["-r", "-a", "-rL", "-rx", "-r --parents", "-r --atomic"])
def test_other_options_work_along(options: str, jobs: str, tree: Build, run_pycp: Programs) -> None:
    root = tree(TREE)
    done = run_pycp.run(f"{options} --jobs={jobs} --exclude=*.o --exclude=build/ ./s t.o d", root)
    assert done == Result(0, "", "")
    assert names(f"{root}/d") == ["s", "s/b.c", "s/sub", "s/sub/d.c"]


def test_a_link_to_a_directory_is_one_where_links_are_followed(
    tree: Build, run_pycp: Programs
) -> None:
    root = tree("s/d/f s/l->d d/ e/")
    assert run_pycp.run("-rL --exclude=l/ s d", root).status == 0
    assert run_pycp.run("-rP --exclude=l/ s e", root).status == 0
    assert names(f"{root}/d") == ["s", "s/d", "s/d/f"]
    assert names(f"{root}/e") == ["s", "s/d", "s/d/f", "s/l"]


def test_an_excluded_directory_is_not_entered(tree: Build, run_pycp: Programs) -> None:
    root = tree("s/secret/@000 s/f d/")
    owner = None if os.geteuid() else (54321, 54321)
    os.chmod(f"{root}/d", 0o777)
    assert run_pycp.run("-r --exclude=secret s d", root, owner=owner) == Result(0, "", "")
    assert run_pycp.run("-r s d", root, owner=owner).status == 1


def test_an_excluded_operand_says_nothing(tree: Build, run_pycp: Programs) -> None:
    root = tree("s/f a.o d/")
    assert run_pycp.run("--exclude=s --exclude=*.o s a.o d", root) == Result(0, "", "")
    assert names(f"{root}/d") == []


def test_a_directory_named_by_dots_is_never_left_out(tree: Build, run_pycp: Programs) -> None:
    root = tree("s/f s/t/ d/ e/")
    assert run_pycp.run("-r --exclude=* s/. d", root) == Result(0, "", "")
    assert run_pycp.run("-r --exclude=t s/t/.. e", root) == Result(0, "", "")
    assert (names(f"{root}/d"), names(f"{root}/e")) == ([], ["f"])


def test_debug_names_what_is_left_out(tree: Build, run_pycp: Programs) -> None:
    root = tree("s/a.o b.o d/")
    done = run_pycp.run("-r --debug --exclude=*.o s b.o d", root)
    assert done.stdout == "'s' -> 'd/s'\nexcluded 's/a.o'\nexcluded 'b.o'\n"


def test_events_name_what_is_left_out(tree: Build, run_pycp: Programs) -> None:
    root = tree("s/a.o b.o d/")
    done = run_pycp.run("-r --json --exclude=*.o s b.o d", root)
    skipped = [
        event
        for line in done.stdout.splitlines()
        if "skipped" in (event := json.loads(line)).values()
    ]
    assert skipped == [
        {"event": "skipped", "source": source, "destination": f"d/{source}", "reason": "excluded"}
        for source in ("s/a.o", "b.o")
    ]


def test_patterns_come_from_standard_input(tree: Build, run_pycp: Programs) -> None:
    root = tree("s/a s/b s/c d/")
    done = run_pycp.run(
        "-r --exclude-from=- --exclude=c s d", root, stdin="\ufeff# a comment\r\n\r\na\r\n"
    )
    assert done == Result(0, "", "")
    assert names(f"{root}/d") == ["s", "s/b"]


def test_a_missing_file_of_patterns_fails_before_anything_is_copied(
    tree: Build, run_pycp: Programs
) -> None:
    root = tree("s/a d/")
    done = run_pycp.run("-r --exclude-from=gone s d", root)
    assert done == Result(1, "", "pycp: cannot read 'gone': No such file or directory\n")
    assert names(f"{root}/d") == []


@pytest.mark.parametrize("option", ["--json", "--manifest"])
def test_patterns_are_not_lost_to_what_is_written(
    tree: Build, run_pycp: Programs, option: str
) -> None:
    root = tree({"s/a": trees.file("a"), "list": trees.file("*.o\n")})
    done = run_pycp.run(f"-r --exclude-from=list {option}=list s d", root)
    assert done.status == 1
    assert done.stderr.startswith("pycp: 'list' cannot be read as a list and be the ")
    assert Path(root, "list").read_text() == "*.o\n"
    assert not os.path.exists(f"{root}/d")


def test_names_of_any_bytes_are_matched(tree: Build, run_pycp: Programs) -> None:
    names_of_bytes = ("\udcff.o", "\udcff", "a\n", "a\nb.o", "\udce2\udc82")
    root = tree({**{f"s/{name}": trees.file() for name in names_of_bytes}, "d": trees.directory()})
    assert (
        run_pycp.run(
            ["-r", "--exclude=*.o", "--exclude=\udcff", "--exclude=a", "s", "d"], root
        ).status
        == 0
    )
    assert sorted(os.listdir(f"{root}/d/s")) == sorted(["a\n", "\udce2\udc82"])


def test_without_pathspec_the_message_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pathspec", None)
    with pytest.raises(CopyError, match=r"needs the Python package pathspec, which"):
        Exclusions((("pattern", "a"),))


@pytest.mark.slow
def test_a_directory_of_more_than_one_chunk_is_filtered_to_its_end(
    tree: Build, run_pycp: Programs
) -> None:
    root = tree("s/ d/")
    for number in range(10_500):
        os.close(os.open(f"{root}/s/x{number}", os.O_CREAT))
    os.close(os.open(f"{root}/s/kept", os.O_CREAT))
    assert run_pycp.run("-r --exclude=x* s d", root) == Result(0, "", "")
    assert names(f"{root}/d") == ["s", "s/kept"]


def test_a_pattern_of_many_stars_is_soon_done_with_any_name(
    tree: Build, run_pycp: Programs
) -> None:
    name = "a" * 250
    root = tree({f"s/{name}": trees.file(), f"s/{name}b": trees.file(), "d": trees.directory()})
    assert run_pycp.run("-r --exclude=*a*a*a*a*a*a*b s d", root) == Result(0, "", "")
    assert names(f"{root}/d") == ["s", f"s/{name}"]

"""The decision for one entry, as a table: what is there, what is asked, what will be done."""

import os
from pathlib import Path
from typing import Any

import pytest

from pycp import system
from pycp.entries import Decision, Entry
from pycp.errors import CopyError
from pycp.options import CopyOptions
from pycp.plan.decide import IntoItself, decide
from pycp.plan.links import Memory
from pycp.system.folder import identity
from tests import tree
from tests.unit.rooms import entry

FILES = "a@0640 b old-5 new+5 d/ e/ l->a dangling->nowhere loop->loop t->loop p| q| s/f h=a"

NEVER = {"dereference": "never"}
RECURSIVE = {"recursive": True, "dereference": "never"}
OVER_KINDS = "cannot overwrite {} with {}"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree.build(str(tmp_path / "tree"), FILES, (os.geteuid(), os.getegid()))
    monkeypatch.chdir(tmp_path / "tree")


def told(decision: Decision) -> str:
    """Describe a decision in a few words."""
    words = [f"skip: {decision.skip_reason}" if decision.skip_reason else decision.kind]
    words += ["into it"] if decision.destination_stat is not None else []
    words += ["instead"] if decision.removes_destination else []
    words += ["unlinking a loop"] if decision.is_looping_link else []
    words += [f"keeping {decision.backup.name}"] if decision.backup else []
    words += [f"linked to {decision.link_to.destination}"] if decision.link_to else []
    words += ["if agreed"] if decision.question else []
    words += [f"refused: {decision.refusal}"] if decision.refusal else []
    return " ".join(words)


def decided(one: Entry, has_company: bool = False, **options: Any) -> str:
    """Decide on an entry, and describe the outcome."""
    try:
        decision = decide(one, CopyOptions(**options), Memory(), has_company)
    except CopyError as error:
        return f"error: {error}"
    return f"warning: {decision}" if isinstance(decision, str) else told(decision)


@pytest.mark.parametrize(
    ("source", "destination", "options", "expected"),
    [
        ("a", "x", {}, "regular"),
        ("a", "b", {}, "regular into it"),
        ("nowhere", "x", {}, "error: cannot stat 'nowhere': No such file or directory"),
        ("a/", "x", {}, "error: cannot stat 'a/': Not a directory"),
        ("a", "b/x", {}, "error: cannot stat 'b/x': Not a directory"),
        ("d", "x", {}, "error: -r not specified; omitting directory 'd'"),
        ("d", "x", RECURSIVE, "directory"),
        ("d", "e", RECURSIVE, "directory into it"),
        # Links, followed and not.
        ("l", "x", {}, "regular"),
        ("l", "x", NEVER, "symlink"),
        ("dangling", "x", {}, "error: cannot stat 'dangling': No such file or directory"),
        ("dangling", "x", NEVER, "symlink"),
        ("l", "x", {"dereference": "operands"}, "regular"),
        ("l", "b", NEVER, "symlink instead"),
        ("l", "b", NEVER | {"attributes_only": True}, "symlink into it"),
        ("b", "dangling", {}, "regular"),
        ("b", "loop", {}, "error: cannot stat 'loop': Too many levels of symbolic links"),
        ("b", "loop", {"force": True}, "regular unlinking a loop"),
        ("b", "t", {"force": True, "update": "none"}, "regular unlinking a loop"),
        ("b", "loop", {"remove_destination": True}, "regular instead"),
        ("b", "dangling", {"remove_destination": True}, "regular instead"),
        # Special files.
        ("p", "x", RECURSIVE, "fifo"),
        ("p", "b", RECURSIVE, "fifo instead"),
        ("p", "b", {"recursive": True}, "fifo into it"),
        ("p", "b", {}, "regular into it"),
        ("p", "b", RECURSIVE | {"copy_contents": True}, "regular instead"),
        ("/dev/null", "x", RECURSIVE, "special"),
        ("/dev/null", "x", {}, "regular"),
        # What is there is replaced, kept aside, or kept.
        ("a", "b", {"remove_destination": True}, "regular instead"),
        ("a", "b", {"backup": "simple", "suffix": ".o"}, "regular keeping b.o"),
        ("a", "b", {"backup": "numbered"}, "regular keeping b.~1~"),
        ("a", "b", {"backup": "simple", "remove_destination": True}, "regular keeping b~"),
        ("d", "e", RECURSIVE | {"backup": "simple"}, "directory into it"),
        ("d", "b", RECURSIVE | {"backup": "simple"}, "directory keeping b~"),
        ("a", "d", {"backup": "simple"}, "regular into it"),
        ("b", "h", {"preserve_links": True}, "regular instead"),
        ("b", "h", {"preserve_links": True, "attributes_only": True}, "regular into it"),
        ("b", "h", {}, "regular into it"),
        # Update, no-clobber, asking.
        ("a", "b", {"update": "none"}, "skip: exists"),
        ("a", "b", {"update": "none-fail"}, "error: not replacing 'b'"),
        ("a", "d", {"update": "none"}, "skip: exists"),
        ("a", "a", {"update": "none"}, "skip: exists"),
        ("d", "e", RECURSIVE | {"update": "none"}, "directory into it"),
        ("a", "x", {"update": "none-fail"}, "regular"),
        ("a", "b", {"update": "older"}, "skip: not newer"),
        ("a", "new", {"update": "older"}, "skip: not newer"),
        ("a", "old", {"update": "older"}, "regular into it"),
        ("a", "new", {"update": "older", "overwrite": "ask"}, "skip: not newer"),
        ("a", "old", {"update": "older", "overwrite": "ask"}, "regular into it if agreed"),
        ("a", "b", {"update": "none", "overwrite": "ask"}, "skip: exists"),
        ("a", "b", {"overwrite": "ask", "force": True}, "regular into it if agreed"),
        ("d", "e", RECURSIVE | {"overwrite": "ask"}, "directory into it"),
        ("a", "x", {"overwrite": "ask"}, "regular"),
        # Kinds.
        ("d", "b", RECURSIVE, "error: " + OVER_KINDS.format("non-directory 'b'", "directory 'd'")),
        ("b", "d", {}, "error: " + OVER_KINDS.format("directory 'd'", "non-directory 'b'")),
        (
            "b",
            "d",
            {"overwrite": "ask"},
            "regular if agreed refused: "
            + OVER_KINDS.format("directory 'd'", "non-directory 'b'"),
        ),
        # One file.
        ("a", "a", {}, "error: 'a' and 'a' are the same file"),
        ("a", "h", {}, "error: 'a' and 'h' are the same file"),
        ("a", "h", {"remove_destination": True}, "regular instead"),
        ("a", "h", {"hard_link": True}, "skip: same"),
        ("a", "h", {"hard_link": True, "overwrite": "ask"}, "skip: same if agreed"),
        ("a", "l", {"symbolic_link": True}, "symbolic into it"),
        # Links made in place of copies.
        ("a", "x", {"hard_link": True}, "link"),
        ("a", "b", {"hard_link": True}, "link into it"),
        ("l", "x", {"hard_link": True}, "link"),
        ("a", "x", {"symbolic_link": True}, "symbolic"),
        ("d", "x", {"symbolic_link": True, "recursive": True}, "directory"),
    ],
)  # fmt: skip
def test_the_table_of_decisions(
    source: str, destination: str, options: dict[str, Any], expected: str
) -> None:
    assert decided(entry(source, destination), **options) == expected


def test_nothing_is_looked_up_where_nothing_can_be() -> None:
    new = entry("a", "b")
    new.is_surely_new = True
    assert decided(new, remove_destination=True, backup="simple") == "regular"


def test_a_source_named_again_is_a_warning_but_a_hard_link_is_another() -> None:
    memory = Memory()
    options = CopyOptions()
    for source, is_repeated in (("a", False), ("./a", True), ("h", False), ("l", False)):
        decision = decide(entry(source, f"d/{source}"), options, memory, True)
        assert isinstance(decision, str) == is_repeated
        if is_repeated:
            assert decision == "source file './a' specified more than once"


@pytest.mark.parametrize(
    ("options", "is_warned"),
    [
        ({}, True),
        ({"backup": "simple"}, False),
        ({"warns_of_repeats": False}, False),
    ],
)
def test_repeats_matter_only_where_one_would_be_lost(
    options: dict[str, Any], is_warned: bool
) -> None:
    memory = Memory()
    decide(entry("a", "d/a"), CopyOptions(**options), memory, True)
    again = decide(entry("a", "d/a"), CopyOptions(**options), memory, True)
    assert isinstance(again, str) == is_warned


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, "error: will not overwrite just-created 'b' with 'a'"),
        ({"backup": "simple"}, "error: will not overwrite just-created 'b' with 'a'"),
        ({"backup": "numbered"}, "regular keeping b.~1~"),
    ],
)
def test_what_was_just_made_is_kept(options: dict[str, Any], expected: str) -> None:
    memory = Memory()
    memory.made("b", os.stat("b"))
    try:
        decision = decide(entry("a", "b"), CopyOptions(**options), memory, True)
        assert isinstance(decision, Decision)
        outcome = told(decision)
    except CopyError as error:
        outcome = f"error: {error}"
    assert outcome == expected


def test_nothing_is_written_through_a_link_that_was_just_made() -> None:
    memory = Memory()
    memory.made_link(identity(os.lstat("dangling")))
    with pytest.raises(CopyError, match="through just-created symlink 'dangling'"):
        decide(entry("a", "dangling"), CopyOptions(), memory, True)


def test_a_further_name_of_a_copied_file_becomes_a_link() -> None:
    memory = Memory()
    options = CopyOptions(preserve_links=True, dereference="never")
    memory.copied[identity(os.stat("a"))] = entry("a", "x")
    memory.copied[identity(os.stat("b"))] = entry("b", "y")
    found = [decide(entry(name, f"d/{name}"), options, memory, False) for name in "hb"]
    assert isinstance(found[0], Decision)
    assert isinstance(found[1], Decision)
    assert told(found[0]) == "regular linked to x"
    assert told(found[1]) == "regular"  # it has no other name


def test_a_directory_met_inside_its_own_copy_ends_the_operand() -> None:
    memory = Memory()
    options = CopyOptions(recursive=True, dereference="never")
    memory.operand = entry("s", "s/s")
    memory.copied[identity(os.stat("d"))] = entry("s", "d")
    with pytest.raises(IntoItself, match=r"^cannot copy a directory, 's', into itself, 's/s'$"):
        decide(entry("d", "s/s/d"), options, memory, False)


@pytest.mark.parametrize(
    ("destination", "dereference", "expected"),
    [
        ("e", "never", "warning: source directory 's' specified more than once"),
        ("x", "never", "error: will not create hard link 'x' to directory 'e'"),
        ("x", "operands", "directory"),
        ("x", "always", "directory"),
    ],
)
def test_a_directory_named_again(destination: str, dereference: str, expected: str) -> None:
    memory = Memory()
    memory.operand = entry("s", destination)
    memory.copied[identity(os.stat("s"))] = entry("s", "e")
    options = CopyOptions(recursive=True).replace(dereference=dereference)
    try:
        decision = decide(entry("s", destination), options, memory, True)
        outcome = f"warning: {decision}" if isinstance(decision, str) else decision.kind
    except CopyError as error:
        outcome = f"error: {error}"
    assert outcome == expected


def test_a_directory_we_are_in_is_a_cycle() -> None:
    memory = Memory()
    memory.ancestors.add(identity(os.stat("s")))
    with pytest.raises(CopyError, match=r"^cannot copy cyclic symbolic link 's'$"):
        decide(entry("s", "x"), CopyOptions(recursive=True), memory, False)


def test_a_directory_we_are_making_is_no_cycle_of_links() -> None:
    memory = Memory()
    memory.operand = entry(".", "d/c")
    memory.making.add(identity(os.stat("s")))
    with pytest.raises(IntoItself, match=r"^cannot copy a directory, '\.', into itself, 'd/c'$"):
        decide(entry("s", "x"), CopyOptions(recursive=True), memory, False)


def test_deciding_changes_nothing() -> None:
    before = sorted(os.listdir())
    for options in ({"remove_destination": True}, {"backup": "numbered"}, {"force": True}):
        decided(entry("a", "b"), **options)
    assert sorted(os.listdir()) == before
    assert system.stat("b").st_size == 1

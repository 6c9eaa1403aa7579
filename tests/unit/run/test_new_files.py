"""Operands in short: what goes into a directory as GNU has it, and what needs no decision."""

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator

import pytest

from pycp.__main__ import cp_main, install_main
from pycp.plan import operands
from pycp.run import install, visit
from tests import forked, listing, tree
from tests.programs import ORACLES, Result

SPEC = {
    "s": tree.directory(),
    "s/a": tree.file("a", mode=0o640),
    "s/b": tree.file("b" * 200_000),
    "s/empty": tree.file(""),
    "s/link": tree.symlink("a"),
    "s/d": tree.directory(),
    "s/d/a": tree.file("another"),
    "a": tree.file("here"),
    "c": tree.file("c", mode=0o4755),
    "t": tree.directory(),
}
OPERANDS = {
    "new ones": ["s/a", "s/b", "s/empty", "c"],
    "one twice": ["s/a", "c", "s/a", "s//a", "./s/a"],
    "two of a name": ["s/a", "s/d/a", "a", "s/b"],
    "links, directories, nothing": ["s/link", "s/a", "s/d", "no", "s/d/", "", "s/d/..", "c/"],
    "what is there": ["t/../s/b", "s/b", "c", "s//a"],
}
COMMANDS = {
    "pycp": ["-v", "-p", "-av", "-bv", "-dv", "-n", "-uv", "-lv", "-sv", "--parents", "-L"],
    "pyinstall": ["-v", "-pm640", "-Cv", "-bv", "-Dv", "-vm755"],
}
MAINS: dict[str, Callable[[], int]] = {"pycp": cp_main, "pyinstall": install_main}


CASES = [(program, option) for program, options in COMMANDS.items() for option in options]


@pytest.fixture
def root() -> Iterator[str]:
    """Return the name of a tree, which is made anew for each run."""
    place = tempfile.mkdtemp(prefix="pycp-", dir=forked.MEMORY)
    yield f"{place}/tree"
    tree.remove(place)


def left_by(main: Callable[[], int], words: list[str], root: str) -> tuple[Result, list[str]]:
    tree.build(root, SPEC, (os.geteuid(), os.getegid()))
    start_ns = time.time_ns()
    try:
        return forked.run(main, words, root), listing.listing(root, start_ns)
    finally:
        tree.remove(root)


@pytest.mark.parametrize("sources", OPERANDS.values(), ids=OPERANDS)
@pytest.mark.parametrize(("program", "option"), CASES)
def test_many_operands_end_as_with_gnu(
    program: str, option: str, sources: list[str], root: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operands, "MANY", 1)
    words = [option, *sources, "t"]

    def gnu() -> int:
        os.execve(ORACLES[program], sys.argv, os.environ)

    expected = left_by(gnu, words, root)
    assert left_by(MAINS[program], words, root) == expected


@pytest.mark.parametrize("program", MAINS)
def test_what_is_new_needs_no_decision(
    program: str, root: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def perform(*_what: object) -> None:
        raise AssertionError("decided on in general")

    for module in (install, visit):
        monkeypatch.setattr(module, "perform", perform)
    monkeypatch.setattr(operands, "MANY", 4)
    words = ["-v", "-t", "t", *OPERANDS["new ones"]]
    assert left_by(MAINS[program], words, root)[0].status == 0
    assert "AssertionError" in left_by(MAINS[program], words[:-1], root)[0].stderr

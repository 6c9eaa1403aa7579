"""What is said of a name that means something else than a moment ago, and is then left alone."""

import os
from pathlib import Path
from typing import Any

import pytest

from pycp import system
from pycp.__main__ import cp_main
from tests import tree
from tests.forked import run

SPEC = tree.nodes("a b other p| l->x")
SKIPPING = "skipping file '{}', as it was replaced while being copied"
NOT_WRITING = "not writing to '{}', as it was replaced while being copied"


@pytest.mark.parametrize(
    ("words", "call", "name", "becomes", "message"),
    [
        ("a n", "open", "a", "other", SKIPPING),
        ("-a a b", "open", "a", "b", SKIPPING),
        ("-R p n", "pin", "p", "other", SKIPPING),
        ("a b", "open", "b", "other", NOT_WRITING),
        ("-f a b", "open", "b", "other", NOT_WRITING),
        ("-a l n", "pin", "n", "other", NOT_WRITING),
        ("-a p n", "pin", "n", "other", NOT_WRITING),
        ("a b", "open", "b", "a", "'a' and '{}' are the same file"),
        ("-a a b", "open", "b", "a", "'a' and '{}' are the same file"),
    ],
)
def test_what_took_the_place_of_a_name_is_left_alone(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: str,
    call: str,
    name: str,
    becomes: str,
    message: str,
) -> None:
    here = tmp_path / "here"
    tree.build(str(here), SPEC, (os.geteuid(), os.getegid()))
    original = getattr(system, call)

    def swapped(*arguments: Any, **more: Any) -> Any:
        # An operand that might be a directory is opened once before.
        if arguments[0] == name and not (call == "open" and arguments[1] & system.O_DIRECTORY):
            os.rename(here / name, here / "taken")
            os.link(here / becomes, here / name)
        return original(*arguments, **more)

    monkeypatch.setattr(system, call, swapped)
    result = run(cp_main, words.split(), str(here))
    assert (result.status, result.stderr) == (1, f"pycp: {message.format(name)}\n")
    assert (here / "other").read_text() == "other"
    assert (here / name).samefile(here / becomes)
    assert (here / becomes).read_text() == becomes

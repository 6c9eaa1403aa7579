"""What is asked before a file is replaced."""

import os
from pathlib import Path
from typing import Any

import pytest

from pycp import system
from pycp.options import CopyOptions
from pycp.plan.overwrite import question
from tests.unit.rooms import entry


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand in a new directory as somebody who is not root."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(system, "geteuid", lambda: 1)


@pytest.mark.parametrize(
    ("mode", "options", "asked"),
    [
        (0o644, {}, "overwrite 'b'? "),
        (0o400, {}, "unwritable 'b' (mode 0400, r--------); try anyway? "),
        (0o4451, {"force": True}, "replace 'b', overriding mode 4451 (r-Sr-x--x)? "),
        (0o1007, {"remove_destination": True}, "replace 'b', overriding mode 1007 (------rwt)? "),
        (0o200, {"force": True}, "overwrite 'b'? "),
    ],
)
def test_the_question_tells_a_mode_in_the_way(
    mode: int, options: dict[str, Any], asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(system, "access", lambda *_words, **_more: bool(mode & 0o200))
    Path("b").touch()
    os.chmod("b", mode)
    assert question(entry("a", "b"), os.stat("b"), CopyOptions(**options)) == asked


def test_root_may_write_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system, "geteuid", lambda: 0)
    Path("b").touch(0o000)
    assert question(entry("a", "b"), os.stat("b"), CopyOptions()) == "overwrite 'b'? "


def test_the_mode_of_a_link_is_in_nobodys_way() -> None:
    os.symlink("nowhere", "l")
    assert question(entry("a", "l"), os.lstat("l"), CopyOptions()) == "overwrite 'l'? "

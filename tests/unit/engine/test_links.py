"""Links that take the place of others: what befalls the temporary name, and what holds them."""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pycp import system
from pycp.__main__ import cp_main
from tests import tree
from tests.forked import run


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """Return a directory with something to link to, and something in its place."""
    here = tmp_path / "here"
    tree.build(str(here), tree.nodes("a d/b d/l->a l->x"), (os.geteuid(), os.getegid()))
    return here


def failing(code: int) -> Callable[..., Any]:
    """Return a call that fails."""

    def fails(*_arguments: object, **_more: object) -> None:
        raise OSError(code, os.strerror(code))

    return fails


@pytest.mark.parametrize("words", ["-lf a d/b", "-sf {here}/a d/b"])
def test_a_temporary_name_that_stays_is_told(
    here: Path, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    monkeypatch.setattr(system, "rename", failing(errno.EACCES))
    monkeypatch.setattr(system, "unlink", failing(errno.EIO))
    result = run(cp_main, words.format(here=here).split(), str(here))
    (left,) = [name for name in os.listdir(here / "d") if name not in ("b", "l")]
    removing, making = result.stderr.splitlines()
    assert removing == f"pycp: cannot remove 'd/{left}', made for 'd/b': Input/output error"
    assert making.startswith("pycp: cannot create ")
    assert making.endswith(": Permission denied")
    assert result.status == 1


def test_a_temporary_name_is_removed_if_it_cannot_take_its_place(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(system, "rename", failing(errno.EACCES))
    result = run(cp_main, ["-lf", "a", "d/b"], str(here))
    assert result.stderr == "pycp: cannot create hard link 'd/b' to 'a': Permission denied\n"
    assert sorted(os.listdir(here / "d")) == ["b", "l"]


@pytest.mark.parametrize(
    ("options", "status", "stderr"),
    [
        ("-a", 0, ""),
        ("-P --preserve=all", 0, "pycp: cannot stat 'l': Too many open files\n"),
        ("-P --preserve=xattr", 1, "pycp: cannot stat 'l': Too many open files\n"),
    ],
)
def test_a_link_that_cannot_be_held_for_its_attributes_is_best_effort(
    here: Path, monkeypatch: pytest.MonkeyPatch, options: str, status: int, stderr: str
) -> None:
    pin = system.pin

    def pins_copies(name: str, dir_fd: int | None) -> Any:
        return failing(errno.EMFILE)() if name == "l" else pin(name, dir_fd)

    monkeypatch.setattr(system, "pin", pins_copies)
    result = run(cp_main, [*options.split(), "l", "n"], str(here))
    assert (result.status, result.stderr) == (status, stderr)
    assert os.readlink(here / "n") == "x"

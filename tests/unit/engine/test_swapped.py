"""Names that mean something else when they are opened or taken, and what is left of it."""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pycp import system
from pycp.__main__ import cp_main
from tests import tree
from tests.child import CRASHED
from tests.forked import run
from tests.programs import Result

SPEC = tree.nodes("s/d/f s/d/other t/s/d/f secret strange/f a b")


@pytest.fixture
def here(tmp_path: Path) -> Path:
    here = tmp_path / "here"
    tree.build(str(here), SPEC, (os.geteuid(), os.getegid()))
    (here / "secret").write_text("secret")
    (here / "strange/f").write_text("strange")
    return here


def run_swapping(
    words: str, here: Path, monkeypatch: pytest.MonkeyPatch, name: str, swap: Callable[[], None]
) -> Result:
    """Run a command; a name below a directory is swapped just before it is first opened."""
    opened = system.open
    done = False

    def swapping(path: str, flags: int, *more: Any, dir_fd: int | None = None) -> int:
        nonlocal done
        is_written = flags & (os.O_WRONLY | os.O_RDWR)
        if path == name and dir_fd is not None and not is_written:
            # Directories may be followed to: what they are is looked at once they are open.
            assert flags & (os.O_NOFOLLOW | os.O_DIRECTORY)
            if not done:
                done = True
                swap()
        return opened(path, flags, *more, dir_fd=dir_fd)

    monkeypatch.setattr(system, "open", swapping)
    return run(cp_main, words.split(), str(here))


@pytest.mark.parametrize("words", ["-r s n", "-a --backup s t", "-r s t"])
def test_a_file_swapped_for_a_link_is_not_followed(
    here: Path, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    def swap() -> None:
        os.unlink(here / "s/d/f")
        os.symlink(here / "secret", here / "s/d/f")

    assert run_swapping(words, here, monkeypatch, "f", swap).status != CRASHED
    assert (here / "s/d/f").is_symlink()
    for path in (*(here / "t").rglob("*"), *(here / "n").rglob("*")):
        assert path.is_symlink() or path.is_dir() or path.read_text() != "secret"


def test_a_directory_swapped_for_another_gives_nothing(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def swap() -> None:
        os.rename(here / "s/d", here / "away")
        os.rename(here / "strange", here / "s/d")

    result = run_swapping("-ab s t", here, monkeypatch, "d", swap)
    assert (result.status, (here / "t/s/d/f").read_text()) == (1, "t/s/d/f")
    message = "pycp: skipping directory 's/d', as it was replaced while being copied"
    assert set(result.stderr.splitlines()) == {message}


@pytest.mark.parametrize("options", ["", "-b", "--backup=numbered"])
@pytest.mark.parametrize("lacks_unnamed", [False, True])
def test_a_name_that_cannot_be_taken_atomically_leaves_all_as_it_was(
    here: Path, monkeypatch: pytest.MonkeyPatch, options: str, lacks_unnamed: bool
) -> None:
    rename = system.rename

    def fail_for_b(name: str, new_name: str, **more: Any) -> None:
        if new_name == "b":
            raise OSError(errno.EACCES, os.strerror(errno.EACCES))
        rename(name, new_name, **more)

    if lacks_unnamed:
        monkeypatch.setattr(system, "UNNAMED", 0)
    monkeypatch.setattr(system, "rename", fail_for_b)
    before = sorted(os.listdir(here))
    result = run(cp_main, [*options.split(), "--atomic", "a", "b"], str(here))
    assert result.status == 1
    assert result.stderr == "pycp: cannot create regular file 'b': Permission denied\n"
    assert (here / "b").read_text() == "b"
    assert sorted(os.listdir(here)) == before

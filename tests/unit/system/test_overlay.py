"""The file system as a dry run would leave it fails as the real one does."""

import errno
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pycp import system
from pycp.system.contents import fill, open_filled
from pycp.system.folder import Directory, identity
from pycp.system.nodes import changed
from pycp.system.overlay import Overlay, Pretended

LINK, FILE, DIRECTORY = stat.S_IFLNK | 0o777, stat.S_IFREG | 0o644, stat.S_IFDIR | 0o755


@pytest.fixture
def top(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pretended]:
    """Return a directory in which there are a file of two names and a directory."""
    monkeypatch.chdir(tmp_path)
    Path("f").touch()
    os.link("f", "other name of f")
    os.mkdir("d")
    yield Pretended(Directory(None, "", None), Overlay())


def make(top: Pretended, name: str, mode: int, text: str = "") -> None:
    top.make(name, os.stat("f"), {"st_mode": mode}, text)


def circle(top: Pretended) -> None:
    make(top, "l", LINK, "l")
    top.stat("l")


def link_far(top: Pretended) -> None:
    far = Pretended(Directory(None, "", None), Overlay())
    found = os.stat("f")
    far.overlay.changed[identity(found)] = changed(found, st_dev=found.st_dev + 1)
    top.link("n", far, "f", False)


def rename_over(top: Pretended) -> None:
    make(top, "n", FILE)
    top.rename("f", "n", exclusively=True)


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (lambda top: top.find("", True), errno.ENOENT),
        (circle, errno.ELOOP),
        (lambda top: top.find("f/below", True), errno.ENOTDIR),
        (link_far, errno.EXDEV),
        (rename_over, errno.EEXIST),
        (lambda top: make(top, "missing/", FILE), errno.ENOENT),
        (lambda top: top.unlink("d"), errno.EISDIR),
    ],
)
def test_what_cannot_be_is_refused(
    top: Pretended, act: Callable[[Pretended], object], code: int
) -> None:
    with pytest.raises(OSError) as problem:
        act(top)
    assert problem.value.errno == code
    assert sorted(os.listdir()) == ["d", "f", "other name of f"]


def test_only_what_would_be_there_and_is_readable_can_be_read(
    top: Pretended, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(top, "n", FILE)
    with pytest.raises(FileNotFoundError):
        open_filled(top, "n")
    assert open_filled(top, "f") is None
    fill(top, "n", top, "f")
    fd = open_filled(top, "n")
    assert fd is not None
    assert os.fstat(fd).st_ino == os.stat("f").st_ino
    os.close(fd)
    monkeypatch.setattr(Pretended, "may", lambda *_words: False)
    with pytest.raises(PermissionError):
        open_filled(top, "n")


def test_two_names_of_a_file_stay_if_one_is_given_the_other(top: Pretended) -> None:
    top.rename("f", "other name of f")
    assert sorted(top.names(".")) == ["d", "f", "other name of f"]


def test_a_directory_that_was_pretended_leads_back_to_the_one_above(top: Pretended) -> None:
    top.mkdir("new", 0o755)
    new = top.enter("new", "new")
    assert new.stat("..").st_ino == os.stat(".").st_ino
    make(new, "inner", DIRECTORY)
    assert top.stat("new/inner/../../f").st_ino == os.stat("f").st_ino
    with pytest.raises(FileNotFoundError):
        new.stat("nothing")


@pytest.mark.parametrize(
    ("user", "mode", "code"),
    [(0, 0o444, 0), (1000, 0o444, errno.EACCES), (1000, 0o644, 0)],
)
def test_what_was_pretended_can_be_written_to_by_its_mode(
    top: Pretended, monkeypatch: pytest.MonkeyPatch, user: int, mode: int, code: int
) -> None:
    make(top, "n", stat.S_IFREG | mode)
    monkeypatch.setattr(system, "geteuid", lambda: user)
    assert top.why_unwritable("n") == code


def test_the_root_directory_cannot_be_made_again() -> None:
    with pytest.raises(FileExistsError):
        Pretended(Directory(None, "", None), Overlay()).mkdir("/", 0o755)

"""Which symbolic links in an old destination keep a copy to one process."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pycp import system
from pycp.options import CopyOptions
from pycp.run.old_links import are_written_through
from pycp.system.folder import Directory, Folder

OPTIONS = CopyOptions(recursive=True, dereference="never")
THROUGH = OPTIONS.replace(keep_directory_symlink=True, copy_contents=True)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    """Return a source and an old destination, both with `d/e/f`, and directories of their own."""
    for name in ("s/d/e", "s/mine", "t/d/e", "t/own"):
        (tmp_path / name).mkdir(parents=True)
    for side in "st":
        (tmp_path / side / "d/e/f").write_text(side)
    (tmp_path / "out").touch()
    one, other = (Directory(None, side, os.open(tmp_path / side, os.O_RDONLY)) for side in "st")
    held = Folder(None, one, other, False)
    before = len(os.listdir("/proc/self/fd"))
    yield held
    assert len(os.listdir("/proc/self/fd")) == before
    held.close()


@pytest.mark.parametrize(
    ("link", "goal", "kind", "options", "expected"),
    [
        ("t/d/l", "e/f", "file", OPTIONS, True),
        ("t/d/l", "e/f", "file", OPTIONS.replace(remove_destination=True), False),
        ("t/d/l", "e/f", "link", OPTIONS, False),
        ("t/d/l", "e/f", "link", OPTIONS.replace(dereference="always"), True),
        ("t/d/l", "e/f", "nothing", OPTIONS, False),
        ("t/d/l", "nowhere", "file", OPTIONS, True),
        ("t/d/l", "../../out", "file", OPTIONS, False),
        ("t/own/l", "../d/e/f", "file", OPTIONS, False),
        ("t/d/l", "e", "directory", OPTIONS, False),
        ("t/d/l", "e", "directory", THROUGH, True),
    ],
)
def test_a_link_counts_that_leads_to_another_name_of_the_copy(
    tmp_path: Path,
    folder: Folder,
    link: str,
    goal: str,
    kind: str,
    options: CopyOptions,
    expected: bool,
) -> None:
    (tmp_path / link).symlink_to(goal)
    source = tmp_path / link.replace("t/", "s/", 1)
    if source.parent.is_dir():
        if kind == "file":
            source.write_text("new")
        elif kind == "directory":
            source.mkdir()
        elif kind == "link":
            source.symlink_to("e/f")
    assert are_written_through(folder, options) is expected


@pytest.mark.parametrize(
    ("code", "place", "expected"),
    [
        (errno.EMFILE, "s", True),
        (errno.EMFILE, "t", True),
        (errno.EACCES, "s", False),
        (errno.EACCES, "t", True),
    ],
)
def test_what_cannot_be_looked_at_may_be_one(
    tmp_path: Path,
    folder: Folder,
    monkeypatch: pytest.MonkeyPatch,
    code: int,
    place: str,
    expected: bool,
) -> None:
    real = system.open
    barred = os.stat(tmp_path / place / "d/e")

    def refusing(name: str, flags: int, **more: Any) -> int:
        fd = real(name, flags, **more)
        if os.path.samestat(os.fstat(fd), barred):
            os.close(fd)
            raise OSError(code, os.strerror(code))
        return fd

    monkeypatch.setattr(system, "open", refusing)
    assert are_written_through(folder, OPTIONS) is expected

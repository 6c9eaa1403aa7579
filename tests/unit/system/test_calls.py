"""Calls that work here or say why not, and leave everything as it was then."""

import errno
import os
import sys
from pathlib import Path
from types import ModuleType

import pytest

from pycp import system
from pycp.system import linux, posix, xattr_os, xattr_package

BOTH = pytest.mark.parametrize("ways", [posix, linux], ids=["posix", "linux"])


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").write_text("file")
    Path("other").write_text("other")


@BOTH
def test_sharing_storage_works_or_says_why_not(ways: ModuleType) -> None:
    source, destination = os.open("other", os.O_RDONLY), os.open("file", os.O_WRONLY)
    try:
        code = ways.reflink(destination, source)
    finally:
        os.close(source)
        os.close(destination)
    assert code in (0, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EXDEV, errno.ENOTTY)
    assert Path("file").read_text() == ("file" if code else "other")


@BOTH
def test_offload_moves_both_offsets(ways: ModuleType) -> None:
    if ways.offload is None:
        assert ways is posix
        return
    source, destination = os.open("other", os.O_RDONLY), os.open("file", os.O_WRONLY)
    try:
        counts = [ways.offload(source, destination, size) for size in (2, 100, 100)]
    except OSError as error:
        pytest.skip(f"not on this file system: {error.strerror}")
    finally:
        os.close(source)
        os.close(destination)
    assert counts == [2, 3, 0]
    assert Path("file").read_text() == "other"


def test_renaming_exclusively_needs_no_room_for_a_new_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    dir_fd = os.open(tmp_path, os.O_RDONLY)

    def is_full(*_words: object, **_more: object) -> int:
        raise OSError(errno.ENOSPC, "")

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", is_full)
        system.rename_exclusively("file", "new", dir_fd)
    os.close(dir_fd)
    assert Path("new").read_text() == "file"


def test_a_duplicate_is_none_of_the_standard_streams() -> None:
    fd = system.above_standard(0)
    assert fd > 2
    assert not os.get_inheritable(fd)
    os.close(fd)


def test_the_package_is_for_systems_without_the_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sys.platform != "linux" or system.xattr() is xattr_os
    monkeypatch.delattr(os, "listxattr")
    monkeypatch.setattr(system, "_xattr", None)
    assert system.xattr() is xattr_package

"""Mounts as Linux lists them."""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from pycp.system import mounts
from pycp.system.folder import Directory
from pycp.system.mounts import (
    forgets_times,
    has_copying_server,
    keeps_only_files,
    longest_name,
    may_be_mounted,
    may_refuse_late,
    mounted_in,
)

MOUNTS = b"""\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
31 22 0:41 / /new rw,relatime shared:2 master:3 - nfs4 host:/a rw,vers=4.2,rsize=1048576
32 22 0:42 / /old rw,relatime - nfs4 host:/b rw,vers=4.1,rsize=1048576
33 22 0:43 /in\\040side /share rw - cifs //host/c rw,vers=3.1.1
34 22 0:44 / /broken
"""


@pytest.fixture(autouse=True)
def listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mountinfo").write_bytes(MOUNTS)
    monkeypatch.setattr(mounts, "MOUNTS", str(tmp_path / "mountinfo"))
    monkeypatch.setattr(mounts, "_known", {})


@pytest.mark.parametrize(
    ("number", "expected"), [(41, True), (42, False), (43, True), (44, False), (45, False)]
)
def test_a_server_that_copies_is_known_by_the_mount(number: int, expected: bool) -> None:
    assert has_copying_server(os.makedev(0, number)) == expected
    assert forgets_times(os.makedev(0, number)) == (number == 43)
    assert may_refuse_late(os.makedev(0, number)), "a server may, and so may what is not known"


@pytest.mark.parametrize(
    ("kind", "options", "expected"),
    [
        ("cifs", "rw,vers=3.1.1,nounix", True),
        ("smb3", "rw", True),
        ("cifs", "rw,vers=3.1.1,posix,posixpaths", True),
        ("cifs", "rw,vers=1.0,unix,posixpaths", False),
        ("nfs4", "rw", False),
    ],
)
def test_where_renaming_makes_files_of_links_is_known(
    kind: str, options: str, expected: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = os.stat(tmp_path).st_dev
    line = f"9 1 {os.major(device)}:{os.minor(device)} / /here rw - {kind} //host/c {options}\n"
    (tmp_path / "mountinfo").write_text(line)
    here = Directory(None, "", None)
    assert keeps_only_files(str(tmp_path / "l"), here) == expected
    assert not keeps_only_files(str(tmp_path / "missing/l"), here)


def test_a_device_that_is_known_is_not_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    entered = Directory(None, "", None)
    entered.id = os.makedev(0, 43), 1
    monkeypatch.delattr(os, "stat")
    assert keeps_only_files("l", entered)
    entered.id = os.makedev(0, 41), 1
    assert not keeps_only_files("l", entered)


@pytest.mark.parametrize(("told", "expected"), [(143, 143), (0, 255)])
def test_the_length_of_a_name_is_what_the_file_system_says(
    told: int, expected: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fstatvfs", lambda _fd: SimpleNamespace(f_namemax=told))
    assert longest_name(str(tmp_path), None) == expected
    assert longest_name(str(tmp_path / "missing"), None) == 255


def test_a_disk_has_no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not has_copying_server(os.makedev(8, 1))
    assert not may_refuse_late(os.makedev(8, 1))
    monkeypatch.setattr(mounts, "MOUNTS", "/nowhere")
    assert not has_copying_server(os.makedev(8, 77))
    assert may_refuse_late(os.makedev(8, 77))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", {"new", "old", "share", "broken"}),
        ("/new", set()),
        ("/a", {"b c", "d"}),
        ("/a/b c", {"é\\"}),
        ("/a/b", set()),
    ],
)
def test_mount_points_below_a_directory_are_found(path: str, expected: set[str]) -> None:
    more = r"35 22 0:45 / /a/b\040c/é\134 rw - x y rw" + "\n36 22 0:45 /z /a/d/e rw - x y rw\n"
    found = mounted_in(MOUNTS + more.encode(), os.fsencode(path))
    assert found - {b"a"} == set(map(os.fsencode, expected))


def test_what_nobody_can_tell_may_be_mounted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    here = Directory(None, "", None)
    assert not may_be_mounted([here], ["a"])
    (tmp_path / "mountinfo").write_text(f"9 1 0:1 / {tmp_path}/a/b rw - x y rw\n")
    assert may_be_mounted([here], ["z", "a"]) and not may_be_mounted([here], ["z"])
    (tmp_path / "mountinfo").unlink()
    assert may_be_mounted([here], ["z"])
    monkeypatch.setattr(mounts, "MOUNTS", "/proc/self/mountinfo")
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert may_be_mounted([here], ["z"])

"""Mounts as Linux lists them."""

import os
from pathlib import Path

import pytest

from pycp.system import mounts
from pycp.system.mounts import has_copying_server, keeps_only_files

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


@pytest.mark.parametrize(("kind", "expected"), [("cifs", True), ("smb3", True), ("nfs4", False)])
def test_where_renaming_makes_files_of_links_is_known(
    kind: str, expected: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = os.stat(tmp_path).st_dev
    line = f"9 1 {os.major(device)}:{os.minor(device)} / /here rw - {kind} //host/c rw\n"
    (tmp_path / "mountinfo").write_text(line)
    assert keeps_only_files(str(tmp_path / "l"), None) == expected
    assert not keeps_only_files(str(tmp_path / "missing/l"), None)


def test_a_disk_has_no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not has_copying_server(os.makedev(8, 1))
    monkeypatch.setattr(mounts, "MOUNTS", "/nowhere")
    assert not has_copying_server(os.makedev(8, 77))

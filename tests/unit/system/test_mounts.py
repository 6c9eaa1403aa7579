"""Mounts as Linux lists them."""

import os

import pytest

from pycp.system.mounts import has_copying_server, tells_of_server

MOUNTS = b"""\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
31 22 0:41 / /new rw,relatime shared:2 master:3 - nfs4 host:/a rw,vers=4.2,rsize=1048576
32 22 0:42 / /old rw,relatime - nfs4 host:/b rw,vers=4.1,rsize=1048576
33 22 0:43 /in\\040side /share rw - cifs //host/c rw,vers=3.1.1
34 22 0:44 / /broken
"""


@pytest.mark.parametrize(
    ("number", "expected"), [(41, True), (42, False), (43, True), (44, False), (45, False)]
)
def test_a_server_that_copies_is_known_by_the_mount(number: int, expected: bool) -> None:
    assert tells_of_server(MOUNTS, os.makedev(0, number)) == expected


def test_a_disk_has_no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not tells_of_server(MOUNTS, os.makedev(8, 1))
    monkeypatch.setattr("pycp.system.mounts.MOUNTS", "/nowhere")
    assert not has_copying_server(os.makedev(8, 77))

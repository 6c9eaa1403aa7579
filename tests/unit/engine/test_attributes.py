"""The order in which a copy gets its attributes, and what is left out where one is refused."""

import errno
import os
import stat
from pathlib import Path

import pytest

from pycp import system
from pycp.engine.attributes import Made, apply_attributes
from pycp.engine.job import Job
from pycp.system.nodes import changed
from tests.unit.rooms import entry, job


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a").write_bytes(b"new")
    Path("b").write_bytes(b"old")


def give(settings: Job, mode: int, old_mode: int, is_new: bool = False) -> int:
    """Give b the attributes of a, which is somebody else's; return the mode it has then."""
    Path("b").chmod(old_mode)
    source = changed(os.stat("a"), st_uid=os.geteuid() + 1, st_mode=stat.S_IFREG | mode)
    fd = os.open("b", os.O_RDONLY)
    try:
        apply_attributes(settings, entry("a", "b"), source, Made(os.fstat(fd), is_new, 0, fd))
    finally:
        os.close(fd)
    return stat.S_IMODE(os.stat("b").st_mode)


def test_an_old_file_is_closed_to_others_before_it_is_given_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    modes = []
    monkeypatch.setattr(
        system, "set_owner", lambda *_: modes.append(stat.S_IMODE(os.stat("b").st_mode))
    )
    settings = job(preserve_ownership=True, preserve_mode=True)
    assert give(settings, 0o4754, 0o666) == 0o4754
    assert modes == [0o600]


@pytest.mark.parametrize("is_new", [True, False])
def test_who_may_not_give_a_file_away_keeps_no_special_bits(
    monkeypatch: pytest.MonkeyPatch, is_new: bool
) -> None:
    asked = []

    def refuse(_where: object, uid: int, _gid: int) -> None:
        asked.append(uid)
        raise OSError(errno.EPERM, "")

    monkeypatch.setattr(system, "set_owner", refuse)
    settings = job(preserve_ownership=True, preserve_mode=True)
    settings.is_privileged = False
    assert give(settings, 0o6755, 0o600, is_new) == 0o755
    assert asked == [os.geteuid() + 1, -1]  # at least to the group


def test_times_of_access_and_change_are_not_mixed_up() -> None:
    os.utime("a", ns=(1_000_000_001, 2_000_000_002))
    fd = os.open("b", os.O_RDONLY)
    try:
        made = Made(os.fstat(fd), True, 0, fd)
        apply_attributes(job(preserve_timestamps=True), entry("a", "b"), os.stat("a"), made)
    finally:
        os.close(fd)
    found = os.stat("b")
    assert (found.st_atime_ns, found.st_mtime_ns) == (1_000_000_001, 2_000_000_002)

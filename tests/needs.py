"""What some tests need of the machine: they are skipped where it cannot be had."""

import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

import pytest

from tests import tree


def tracing() -> None:
    """Skip the test if strace cannot write system calls down here."""
    reason = _why_not_traced()
    if reason:
        pytest.skip(reason)


@cache
def _why_not_traced() -> str:
    if not shutil.which("strace"):
        return "strace is not installed"
    tried = subprocess.run(["strace", "-o/dev/null", "true"], capture_output=True, text=True)
    return f"strace may not trace here: {tried.stderr.strip()}" if tried.returncode else ""


def locale(place: Path, language: str, charset: str) -> str:
    """Make a locale in a directory (LOCPATH) and return its name, or skip the test."""
    localedef = shutil.which("localedef")
    if not localedef or not Path("/usr/share/i18n/charmaps").is_dir():
        pytest.skip("making a locale needs the Debian package locales")
    made = place / f"{language}.{charset}"
    subprocess.run([localedef, "-c", "-i", language, "-f", charset, made], capture_output=True)
    assert made.is_dir()
    return made.name


def mounting() -> None:
    """Skip the test if it may not mount what nobody else sees, as in a plain chroot."""
    reason = _why_not_mounted()
    if reason:
        pytest.skip(reason)


@cache
def _why_not_mounted() -> str:
    if os.geteuid() != 0:
        return "only root can mount"
    command = ["unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"]
    tried = subprocess.run(command, capture_output=True, text=True)
    return f"nothing can be mounted here: {tried.stderr.strip()}" if tried.returncode else ""


def mounting_of(kind: str, package: str) -> None:
    """Skip the test if no file system of this kind can be made in a file here, and mounted."""
    mounting()
    command(f"mkfs.{kind}", package)
    reason = _why_not_mounted_from_a_file(kind)
    if reason:
        pytest.skip(reason)


LEAST = 320 << 20
"""Bytes that every kind of file system makes do with."""


@cache
def _why_not_mounted_from_a_file(kind: str) -> str:
    with tempfile.NamedTemporaryFile() as image:
        image.truncate(LEAST)
        subprocess.run([f"mkfs.{kind}", "-q", image.name], capture_output=True, check=True)
        command = ["unshare", "-m", "mount", "-t", kind, "-o", "loop", image.name, "/mnt"]
        tried = subprocess.run(command, capture_output=True, text=True)
    return f"no {kind} can be mounted here: {tried.stderr.strip()}" if tried.returncode else ""


def told_of_processors() -> None:
    """Skip the test of MPI where there is no /sys, as in a plain chroot: MPICH complains of it."""
    if sys.platform == "linux" and not os.path.isdir("/sys/devices/system/cpu"):
        pytest.skip("MPICH complains where /sys is not mounted")


def protecting(place: str) -> None:
    """Skip the test if files in this directory cannot be protected with chattr(1)."""
    reason = why_not_protected(place)
    if reason:
        pytest.skip(reason)


@cache
def why_not_protected(place: str) -> str:
    """Return why files cannot be protected; nothing if they can."""
    if not shutil.which("chattr"):
        return "chattr is not installed"
    with tempfile.TemporaryDirectory(dir=place) as probe:
        for change in ("+a", "-a", "+i", "-i"):
            tried = subprocess.run(["chattr", change, probe], capture_output=True, text=True)
            if tried.returncode:
                return f"files cannot be protected here: {tried.stderr.strip()}"
    return ""


ROOM = 1 << 30
"""Bytes that trees may need."""


@cache
def why_not_like_a_disk(place: str) -> str:
    """Return what trees miss in a directory of a file system in memory; nothing if they do not."""
    if sys.platform != "linux":
        return "there may be none"
    status = os.statvfs(place)
    if status.f_bavail * status.f_frsize < ROOM:
        return "there is too little room"
    for flag, what in ((os.ST_NODEV, "devices"), (os.ST_NOEXEC, "programs"), (os.ST_NOSUID, "ids")):
        if status.f_flag & flag:
            return f"{what} have no effect"
    wanted = tree.acl("u::rw u:1001:r g::r m::r o::r") | {"user.mark": b"1"}
    with tempfile.NamedTemporaryFile(dir=place) as probe:
        for name, value in wanted.items():
            try:
                os.setxattr(probe.name, name, value)
            except OSError as error:
                return f"{name}: {error.strerror}"
    return why_not_protected(place) if os.geteuid() == 0 else ""


def command(name: str, package: str) -> None:
    """Skip the test if a program is not here; `package` is where Debian has it."""
    if not shutil.which(name):
        pytest.skip(f"{name} is not installed (Debian package {package})")

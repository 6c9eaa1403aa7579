"""The calls about labels, on files that stand for those of the kernel."""

import os
from pathlib import Path

import pytest

from pycp import system
from pycp.cli.cp import parse_cp
from pycp.cli.install import parse_install
from pycp.run.install import run_install
from pycp.run.serial import run_serial
from pycp.system import linux, selinux
from tests.unit.rooms import Heard


def test_a_label_for_new_files_is_told_to_the_kernel_and_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selinux, "OWN", str(tmp_path))
    told = tmp_path / "fscreate"
    told.touch()
    selinux.label_new("u:r:t:s0")
    assert told.read_bytes() == b"u:r:t:s0\0"
    told.write_bytes(b"")
    selinux.label_new("")
    assert told.read_bytes() == b"\0"


def test_a_label_keeps_all_but_its_type() -> None:
    assert selinux.with_type_of("u:r:t:s0-s0:c0.c1023", "v:w:x:s1") == "u:r:x:s0-s0:c0.c1023"
    assert selinux.with_type_of("u:r:t", "v:w:x") == "u:r:x"


def test_labels_are_attributes_with_a_null_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    stored: dict[str, bytes] = {}

    class Calls:
        @staticmethod
        def get_value(_where: object, name: str) -> bytes:
            return stored[name]

        @staticmethod
        def set_value(_where: object, name: str, value: bytes) -> None:
            stored[name] = value

    monkeypatch.setattr(system, "xattr", lambda: Calls)
    selinux.set_label(3, "u:r:t:s0")
    assert stored == {"security.selinux": b"u:r:t:s0\0"}
    assert selinux.label_of(3) == "u:r:t:s0"


def test_what_is_inherited_is_asked_of_the_kernel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selinux, "OWN", str(tmp_path))
    monkeypatch.setattr(selinux, "KERNEL", str(tmp_path))
    (tmp_path / "current").write_bytes(b"me:r:t:s0\0")
    (tmp_path / "class/dir").mkdir(parents=True)
    (tmp_path / "class/dir/index").write_text("7")
    (tmp_path / "create").touch()
    asked: list[bytes] = []

    def write(_fd: int, data: bytes) -> int:
        asked.append(data)
        return len(data)

    monkeypatch.setattr(system, "write", write)
    monkeypatch.setattr(system, "read", lambda fd, size: b"it\0" if asked else os.read(fd, size))
    assert selinux.inherited("above", 0o40755) == "it"
    assert asked == [b"me:r:t:s0 above 7"]


@pytest.mark.parametrize(
    ("flags", "has_configuration", "expected"),
    [(0, True, True), (os.ST_RDONLY, True, False), (0, False, False)],
)
def test_labels_are_there_as_libselinux_sees_it(
    monkeypatch: pytest.MonkeyPatch, flags: int, has_configuration: bool, expected: bool
) -> None:
    class Found:
        f_flag = flags

    monkeypatch.setattr(os, "statvfs", lambda _path: Found)
    monkeypatch.setattr(os, "access", lambda *_arguments: has_configuration)
    monkeypatch.setattr(linux, "_has_labels", None)
    assert linux.has_labels() == expected


def test_a_kernel_without_labels_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[str] = []

    def absent(path: str) -> None:
        looks.append(path)
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr(os, "statvfs", absent)
    monkeypatch.setattr(linux, "_has_labels", None)
    assert not linux.has_labels()
    assert not linux.has_labels()
    assert looks == ["/sys/fs/selinux/enforce"]


@pytest.mark.parametrize(
    ("line", "asks"),
    [
        ("cp a b", False),
        ("cp -p a b", False),
        ("cp -r a b", False),
        ("cp -a a b", True),
        ("cp -Z a b", True),
        ("install a b", True),
        ("install -d b", False),
    ],
)
def test_only_who_may_need_labels_looks_for_them(
    line: str, asks: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a").touch()
    looks: list[bool] = []

    def look() -> bool:
        looks.append(True)
        return False

    monkeypatch.setattr(system, "has_labels", look)
    program, *words = line.split()
    if program == "cp":
        run_serial(*parse_cp(words, {}, print), Heard())
    else:
        run_install(*parse_install(words, {}, print), Heard())
    assert bool(looks) == asks
    assert Path("b").exists()

"""What is seldom asked of the system: what this user may do, and other programs."""

import ctypes
import errno
import io
import os
import stat
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pycp import system
from pycp.system import again, allowed, child, selinux
from pycp.system.contents import read_untraced
from pycp.system.nodes import changed


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("f").write_text("f")


@pytest.mark.parametrize(
    ("flags", "bits", "code"),
    [
        (os.ST_RDONLY, 0, errno.EROFS),
        (0, allowed.IMMUTABLE, errno.EPERM),
        (0, allowed.GROWING, errno.EACCES),
    ],
)
def test_why_somebody_may_not_write_is_known(
    monkeypatch: pytest.MonkeyPatch, flags: int, bits: int, code: int
) -> None:
    assert allowed.why_not(None, "f", os.W_OK) == 0
    monkeypatch.setattr(system, "access", lambda *_words, **_more: False)
    monkeypatch.setattr(os, "fstatvfs", lambda _fd: SimpleNamespace(f_flag=flags))
    monkeypatch.setattr(allowed, "protection", lambda *_words: bits)
    assert allowed.why_not(None, "f", os.W_OK) == code
    assert allowed.why_not(None, "missing", os.W_OK) == errno.EACCES


@pytest.mark.parametrize(
    ("mode", "is_safe"),
    [(0o100644, True), (0o104755, False), (0o102755, False), (0o102745, True), (0o010644, False)],
)
def test_a_link_to_somebody_elses_file_is_made_where_that_is_safe(
    monkeypatch: pytest.MonkeyPatch, mode: int, is_safe: bool
) -> None:
    theirs = changed(os.stat("f"), st_mode=mode, st_uid=os.geteuid() + 1)
    monkeypatch.setattr(system, "geteuid", lambda: theirs.st_uid + 1)
    monkeypatch.setattr(allowed, "PROTECTED_HARD_LINKS", "setting")
    assert allowed.may_link(theirs, None, "f"), "nothing says that links are protected"
    Path("setting").write_text("1\n")
    assert allowed.may_link(theirs, None, "f") is is_safe
    monkeypatch.setattr(allowed, "protection", lambda *_words: allowed.GROWING)
    assert not allowed.may_link(theirs, None, "f")


@pytest.mark.parametrize(
    ("flags", "bits"),
    [(0, 0), (stat.UF_IMMUTABLE, allowed.IMMUTABLE), (stat.SF_APPEND, allowed.GROWING)],
)
def test_without_statx_flags_as_bsd_has_them_are_asked(
    monkeypatch: pytest.MonkeyPatch, flags: int, bits: int
) -> None:
    def missing(_name: object) -> object:
        raise OSError(errno.ENOENT, "")

    assert allowed._statx_attributes(None, "missing", True) is None
    monkeypatch.setattr(ctypes, "CDLL", missing)
    monkeypatch.setattr(system, "stat", lambda *_words, **_more: SimpleNamespace(st_flags=flags))
    assert allowed.protection(None, "f") == bits


def test_a_command_that_begins_again_has_the_same_words(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Any] = []
    monkeypatch.setattr(os, "execv", lambda *words: started.append(words))
    again.start_again_in_utf8()
    program, words = started[0]
    assert program == sys.executable
    assert words[:3] == [os.fsencode(sys.executable), b"-X", b"utf8"]
    assert words[3:] == Path("/proc/self/cmdline").read_bytes().split(b"\0")[1:-1]
    monkeypatch.undo()
    monkeypatch.setattr(sys, "executable", "missing")
    again.start_again_in_utf8()  # which is not possible, and goes on


def test_a_program_has_the_locale_that_we_were_given(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FileNotFoundError):
        child.spawn("")
    monkeypatch.setenv("LC_CTYPE", "C.UTF-8")
    monkeypatch.setattr(child, "is_coerced", lambda: False)
    assert child._environment()["LC_CTYPE"] == "C.UTF-8"
    monkeypatch.setattr(child, "is_coerced", lambda: True)
    for given, locale in ((b"A=1\0LC_CTYPE=POSIX\0", "POSIX"), (b"A=1\0", None)):
        monkeypatch.setattr(
            child, "open", lambda *_words, text=given: io.BytesIO(text), raising=False
        )
        assert child._environment().get("LC_CTYPE") == locale


def test_a_file_of_somebody_else_is_read_all_the_same() -> None:
    read, write = os.pipe()
    try:
        read_untraced(read)
        os.close(write)
        write = -1
        assert os.read(read, 1) == b""
    finally:
        os.close(read)
    read_untraced(read)  # it is closed, which whoever reads it is told


@pytest.mark.parametrize("code", [errno.EIO, errno.ENOTSUP])
def test_a_list_that_cannot_be_asked_for_may_be_there(
    monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def fail(_fd: int) -> list[str]:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "listxattr", fail)
    assert system.has_access_list(0) == (code == errno.EIO)


class Library:
    """The policy's library, which knows one label."""

    def __init__(self, handle: int | None) -> None:
        self.selabel_open = lambda *_words: handle
        self.selabel_open.restype = None  # type: ignore[attr-defined]
        self.freed = 0

    def selabel_lookup_raw(self, _handle: object, found: Any, name: Any, _mode: int) -> int:
        """Find the label, or fail with the number that the name is."""
        if name.value.isdigit():
            ctypes.set_errno(int(name.value))
            return -1
        self.text = ctypes.create_string_buffer(b"u:r:t:s0")
        ctypes.cast(found, ctypes.POINTER(ctypes.c_void_p))[0] = ctypes.addressof(self.text)
        return 0

    def freecon(self, _found: object) -> None:
        """Count what is given back."""
        self.freed += 1


def test_the_policy_is_asked_by_its_library(monkeypatch: pytest.MonkeyPatch) -> None:
    library = Library(1)
    monkeypatch.setattr(ctypes, "CDLL", lambda _name, use_errno: library)
    policy = selinux.Policy()
    assert policy.label("/etc/x", 0o100644) == "u:r:t:s0"
    assert library.freed == 1
    assert policy.label(str(errno.ENOENT), 0o100644) == ""
    with pytest.raises(OSError) as problem:
        policy.label(str(errno.EINVAL), 0o100644)
    assert problem.value.errno == errno.EINVAL
    monkeypatch.setattr(ctypes, "CDLL", lambda _name, use_errno: Library(None))
    with pytest.raises(OSError):
        selinux.Policy()

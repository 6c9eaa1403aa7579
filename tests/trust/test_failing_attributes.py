"""Attributes that cannot be read or set: what is lost is told, and nobody gains by it."""

import errno
import os
import stat
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pycp import CopyFailed, install, shutil, system
from pycp.__main__ import cp_main
from pycp.engine.xattrs import bits_without, set_permissions
from pycp.errors import CopyError
from pycp.run import walk
from pycp.system import linux, xattr_os
from pycp.system.folder import Directory
from tests import tree
from tests.forked import run
from tests.programs import Result

ACCESS, DEFAULT = "system.posix_acl_access", "system.posix_acl_default"
SECRET = tree.acl("u::rw u:9:r g:: m::r o::")
"""Without this list the group may read what it may not now."""
SPEC = {
    "f": tree.file("secret", xattrs={**SECRET, "user.a": b"1"}),
    "l": tree.symlink("p"),
    "p": tree.Node(kind=stat.S_IFIFO, xattrs=SECRET),
    "s": tree.directory(0o2755),
    "s/f": tree.file("secret", xattrs=SECRET),
    "s/d": tree.directory(xattrs=tree.acl("u::rwx u:9:rx g:: m::rx o::")),
    "o": tree.directory(),
}
UNREADABLE = ("-p f", "-a f", "-a s", "-a s -j2", "-rp s", "--preserve=mode f", "--preserve=all f")
OTHERS = ("--parents -p s/f", "--parents -a s/d/", "-a p", "-aL l", "-a --attributes-only f")
ALL = (*UNREADABLE, *OTHERS, "-a --atomic f", "-a --resume s")

Fails = Callable[..., None]
OF_OPEN = {
    "list_names": "names_of_open",
    "get_value": "value_of_open",
    "set_value": "set_on_open",
}
"""The same call for what is open, which the short ways make."""


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """Return a directory with files, a FIFO and directories that have access lists."""
    tree.build(str(tmp_path / "here"), SPEC, (os.geteuid(), os.getegid()))
    return tmp_path / "here"


@pytest.fixture
def fails(monkeypatch: pytest.MonkeyPatch) -> Fails:
    """Return a function that lets a call for attributes fail, for some names or for all."""

    def let_fail(call: str, code: int, *names: str) -> None:
        for each in (call, OF_OPEN[call]):
            original = getattr(xattr_os, each)

            def failing(target: Any, *arguments: Any, original: Any = original) -> Any:
                if not names or arguments[0] in names:
                    raise OSError(code, os.strerror(code))
                return original(target, *arguments)

            monkeypatch.setattr(xattr_os, each, failing)

    return let_fail


def copy(here: Path, words: str) -> Result:
    """Copy into the directory `o`."""
    return run(cp_main, [*words.split(), "o/"], str(here))


def copies(here: Path) -> list[str]:
    """Return the names of what was copied of that which has a list."""
    found = []
    for above, directories, files in os.walk(here / "o"):
        found += [os.path.join(above, name) for name in [*directories, *files] if name != "s"]
    return found


def mode(name: str | Path) -> int:
    """Return the permission bits of a file itself."""
    return stat.S_IMODE(os.lstat(name).st_mode)


@pytest.mark.parametrize("words", ALL)
@pytest.mark.parametrize("call", ["list_names", "get_value"])
@pytest.mark.parametrize("code", [errno.EIO, errno.EACCES])
def test_a_list_that_cannot_be_read_is_told_and_nobody_gains(
    here: Path, fails: Fails, call: str, code: int, words: str
) -> None:
    fails(call, code, *([ACCESS] if call == "get_value" else []))
    result = copy(here, words)
    assert result.status == 1
    for name in copies(here):
        shown = os.path.relpath(name, here)
        assert f"permissions for '{shown}': {os.strerror(code)}\n" in result.stderr or (
            "--parents" in words and shown == "o/s/d"
        )
        assert not mode(name) & 0o077, f"{shown} is {mode(name):04o}"
        if os.path.isfile(name) and "only" not in words:
            assert Path(name).read_text() == "secret"
    assert bool(copies(here)) == ("--atomic" not in words)


@pytest.mark.parametrize("words", ALL)
@pytest.mark.parametrize("code", [errno.ENOTSUP, errno.ENOSYS])
def test_where_there_are_no_attributes_at_all_none_is_lost(
    here: Path, fails: Fails, code: int, words: str
) -> None:
    fails("list_names", code)
    result = copy(here, words)
    assert (result.status, result.stderr) == (0, "")
    assert copies(here)


@pytest.mark.parametrize("words", ALL)
@pytest.mark.parametrize("code", [errno.ENOTSUP, errno.EPERM, errno.EIO])
def test_a_list_that_cannot_be_kept_is_told_and_nobody_gains(
    here: Path, fails: Fails, code: int, words: str
) -> None:
    fails("set_value", code, ACCESS)
    result = copy(here, words)
    assert result.status == 1
    for name in copies(here):
        shown = os.path.relpath(name, here)
        assert f"permissions for '{shown}': {os.strerror(code)}\n" in result.stderr
        assert not mode(name) & 0o077, f"{shown} is {mode(name):04o}"


@pytest.mark.parametrize("words", ["-p s/f", "-a s", "-a s -j2", "--parents -p s/f", "-a s/p"])
def test_without_a_list_that_cannot_be_kept_the_bits_of_the_mode_are_set(
    here: Path, fails: Fails, words: str
) -> None:
    for name, bits, text in (
        ("s", 0o2755, "u::rwx u:9:rx g::rx m::rx o::rx"),
        ("s/f", 0o664, "u::rw u:9:r g::rw m::rw o::r"),
        ("s/p", 0o644, "u::rw u:9:r g::r m::r o::r"),
    ):
        if name == "s/p":
            os.mkfifo(here / name)
        os.setxattr(here / name, ACCESS, tree.acl(text)[ACCESS])
        os.chmod(here / name, bits)
    fails("set_value", errno.ENOTSUP, ACCESS)
    result = copy(here, words)
    assert result.status == 1
    found = {
        name: mode(here / "o" / name)
        for name in ("s", "s/f", "s/p", "f", "p")
        if os.path.lexists(here / "o" / name)
    }
    assert found
    for name, bits in found.items():
        assert bits == mode(here / ("s" if name == "s" else f"s/{os.path.basename(name)}")), name


@pytest.mark.parametrize(
    ("text", "bits"),
    [
        ("u::rw u:9:r g:: m::r o::", 0o7700),
        ("u::rw u:9:rw g::rw m::r o::", 0o7740),
        ("u::rw u:9:r g::rw m::rw o::r", 0o7764),
        ("u::rw u:9: g::r m::r o::r", 0o7700),
        ("u::rwx u:9:r g::rx m::rx o::rx", 0o7754),
        ("u::rwx u:9:rwx g::x m::r o::rx", 0o7704),
        ("u::rw g::r o::r", 0o7744),
    ],
)
def test_the_bits_in_place_of_a_list_give_nobody_more(text: str, bits: int) -> None:
    assert oct(bits_without(tree.acl(text)[ACCESS])) == oct(bits)


@pytest.mark.parametrize("value", [None, b"", tree.acl("u::rw g::r o::r")[ACCESS][:-1]])
def test_a_list_that_makes_no_sense_gives_nobody_anything(value: bytes | None) -> None:
    assert not bits_without(value) & 0o077


@pytest.mark.parametrize("position", [1, 2, 3])
@pytest.mark.parametrize(
    ("code", "message"),
    [
        (errno.ENOTSUP, "setting attributes for 'o/f': Operation not supported"),
        (errno.ENOSYS, "setting attributes for 'o/f': Function not implemented"),
        (errno.EPERM, "setting attribute '{0}' for '{0}': Operation not permitted"),
        (errno.ENOSPC, "setting attribute '{0}' for '{0}': No space left on device"),
    ],
)
@pytest.mark.parametrize("words", ["-a", "--preserve=all", "--preserve=xattr"])
def test_one_refused_attribute_costs_none_of_the_others(
    here: Path, fails: Fails, words: str, code: int, message: str, position: int
) -> None:
    for name in "bc":
        os.setxattr(here / "f", f"user.{name}", b"1")
    refused = f"user.{'abc'[position - 1]}"
    fails("set_value", code, refused)
    result = copy(here, f"{words} f")
    kept = [name for name in os.listxattr(here / "o/f") if name.startswith("user.")]
    assert sorted(kept) == sorted({"user.a", "user.b", "user.c"} - {refused})
    is_told = words == "--preserve=xattr" or (words != "-a" and code != errno.ENOTSUP)
    assert result.stderr == (f"pycp: {message.format(refused)}\n" if is_told else "")
    assert result.status == (words == "--preserve=xattr")


def test_attributes_that_are_all_refused_are_told_once(here: Path, fails: Fails) -> None:
    os.setxattr(here / "f", "user.b", b"1")
    fails("set_value", errno.ENOTSUP)
    result = copy(here, "--preserve=xattr f")
    expected = "pycp: setting attributes for 'o/f': Operation not supported\n"
    assert (result.status, result.stderr) == (1, expected)


def test_one_list_that_cannot_be_kept_costs_not_the_other(here: Path, fails: Fails) -> None:
    os.setxattr(here / "s/d", DEFAULT, tree.acl("u::rwx g:: o::", "default")[DEFAULT])
    fails("set_value", errno.EIO, ACCESS)
    assert copy(here, "-a s/d").status == 1
    assert DEFAULT in os.listxattr(here / "o/d")


@pytest.mark.parametrize("words", ["-p s/f", "-a s/d"])
def test_a_mode_that_cannot_be_set_is_told_rather_than_the_list(
    here: Path, fails: Fails, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    fails("set_value", errno.ENOTSUP, ACCESS)

    def refuse(*_arguments: object) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(system, "set_mode", refuse)
    result = copy(here, words)
    name = "o/" + words.split("/")[1]
    told = f"preserving permissions for '{name}': {os.strerror(errno.EPERM)}\n"
    assert result.stderr.endswith(told)
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("words", ["-a s", "--preserve=xattr -r s", "-rp s"])
def test_a_directory_whose_source_is_out_of_reach_in_the_end_is_told(
    here: Path, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    os.chmod(here / "s", 0o775)

    def reopen(self: Directory, child: Directory | None = None) -> None:
        raise CopyError("it is gone")

    monkeypatch.setattr(Directory, "reopen", reopen)
    monkeypatch.setattr(walk, "finish_quickly", lambda _directory: False)
    result = copy(here, words)
    assert result.status == 1
    assert "pycp: it is gone\n" in result.stderr
    assert "xattr" in words or mode(here / "o/s") == 0o700


@pytest.mark.parametrize(
    ("who", "flags", "is_lost"),
    [(b"EVERYONE@", 0, False), (b"user@example.org", 0, True), (b"EVERYONE@", 3, True)],
)
def test_an_nfs4_list_is_lost_only_if_it_says_more_than_the_mode(
    here: Path, monkeypatch: pytest.MonkeyPatch, who: bytes, flags: int, is_lost: bool
) -> None:
    value = struct.pack(">I", 2)
    for name in (b"OWNER@", who):
        value += struct.pack(">4I", 0, flags, 0x120081, len(name)) + name + bytes(-len(name) % 4)

    def refuse(*_arguments: object) -> None:
        raise OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP))

    monkeypatch.setattr(xattr_os, "list_names", lambda _file: ["system.nfs4_acl"])
    monkeypatch.setattr(xattr_os, "get_value", lambda _file, _name: value)
    monkeypatch.setattr(xattr_os, "set_value", refuse)
    if is_lost:
        with pytest.raises(OSError):
            set_permissions(str(here / "f"), str(here / "s/f"), 0o640)
    else:
        set_permissions(str(here / "f"), str(here / "s/f"), 0o640)
    assert mode(here / "s/f") == 0o640


def test_a_default_list_that_cannot_be_looked_for_is_told_by_install(
    here: Path, fails: Fails
) -> None:
    fails("list_names", errno.EIO)
    umask = os.umask(0o077)  # the command has none, unlike the function
    try:
        with pytest.raises(
            CopyFailed, match=r"^cannot create directory '.*/x': Input/output error"
        ):
            install(here / "f", here / "x/y", make_parents=True)
    finally:
        os.umask(umask)


@pytest.mark.parametrize(("code", "may_have"), [(errno.EIO, True), (errno.ENOTSUP, False)])
def test_a_file_whose_attributes_are_not_known_may_have_a_list(
    monkeypatch: pytest.MonkeyPatch, code: int, may_have: bool
) -> None:
    def refuse(_fd: int) -> list[str]:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "listxattr", refuse)
    assert linux.has_access_list(0) is may_have


@pytest.mark.parametrize("function", ["copy2", "copytree"])
@pytest.mark.parametrize("call", ["get_value", "set_value"])
def test_shutil_gives_the_group_nothing_in_place_of_a_lost_list(
    here: Path, fails: Fails, function: str, call: str
) -> None:
    fails(call, errno.ENOTSUP, ACCESS)
    if function == "copy2":
        shutil.copy2(here / "s/f", here / "o")
        assert mode(here / "o/f") == 0o600
    else:
        shutil.copytree(here / "s", here / "o/s")
        assert (mode(here / "o/s/f"), mode(here / "o/s/d")) == (0o600, 0o700)
        assert mode(here / "o/s") == 0o2755


def test_shutil_sets_the_mode_where_a_default_list_may_have_changed_it(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.chmod(here / "s/f", 0o640)
    os.removexattr(here / "s/f", ACCESS)
    os.mkdir(here / "t")
    os.setxattr(here / "t", DEFAULT, tree.acl("u::rwx g:: o::", "default")[DEFAULT])
    original = xattr_os.list_names

    def list_names(target: "system.Where") -> list[str]:
        if os.path.isdir(target if isinstance(target, int | str) else target[0]):
            raise OSError(errno.EACCES, os.strerror(errno.EACCES))
        return original(target)

    with monkeypatch.context() as patches, pytest.raises(shutil.Error):
        patches.setattr(xattr_os, "list_names", list_names)
        shutil.copytree(here / "s", here / "t", dirs_exist_ok=True)
    assert mode(here / "t/f") == 0o640


@pytest.mark.parametrize("name", [".", "f"])
def test_without_proc_a_directory_is_asked_all_the_same(
    here: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    os.setxattr(here / "s", "user.k", b"v")
    original = os.listxattr

    def listxattr(path: Any, **more: Any) -> list[str]:
        if isinstance(path, str) and path.startswith("/proc/"):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        return original(path, **more)

    fd = os.open(here / "s", os.O_PATH)
    try:
        with pytest.raises(FileNotFoundError):
            xattr_os.list_names(("nothing", fd))
        monkeypatch.setattr(os, "listxattr", listxattr)
        monkeypatch.setattr(os, "access", lambda *_arguments: False)
        if name == ".":
            assert "user.k" in xattr_os.list_names((name, fd))
        else:
            with pytest.raises(OSError) as caught:
                xattr_os.list_names((name, fd))
            assert caught.value.errno == errno.ENOTSUP
    finally:
        os.close(fd)

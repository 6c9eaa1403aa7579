"""Single calls that fail where few systems let them, and what is told of each."""

import errno
import os
import shlex
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from pycp import system
from pycp.__main__ import cp_main, install_main
from pycp.system import xattr_os
from tests import tree
from tests.forked import run
from tests.programs import Result

SPEC = tree.nodes("a b@0666 s/f s/d/g s/l->f t/ u/s v/s/d w/s/d/ y/f-9 gone->nowhere/x")
FIRST, ALL = (1,), ()


class Fails(NamedTuple):
    """A call that fails, each time or some times, for things with a name or for all."""

    call: str
    code: int
    name: str = ""
    times: tuple[int, ...] = ALL


class Case(NamedTuple):
    """A command with calls that fail, and what is told of them."""

    words: str
    fails: tuple[Fails, ...]
    told: str
    status: int = 1
    env: dict[str, str] = {}  # noqa: RUF012  nobody writes into it
    umask: int = 0o022


def name_of(what: Any) -> str:
    """Return the last part of the name of what a call is made for."""
    if isinstance(what, tuple):
        what = what[0]
    return os.path.basename(os.readlink(f"/proc/self/fd/{what}") if isinstance(what, int) else what)


def let_fail(monkeypatch: pytest.MonkeyPatch, *all_fails: Fails) -> None:
    """Have such calls fail; those for extended attributes are in a module of their own."""
    for fails in all_fails:
        room = system if hasattr(system, fails.call) else xattr_os
        broken = failing(fails, getattr(room, fails.call))
        monkeypatch.setattr(room, fails.call, broken)
        if fails.call == "list_names":
            monkeypatch.setattr(xattr_os, "names_of_open", broken)


def failing(fails: Fails, original: Callable[..., Any]) -> Callable[..., Any]:
    """Return such a call."""
    seen = 0

    def call(*words: Any, **more: Any) -> Any:
        nonlocal seen
        if not fails.name or name_of(words[0]) == fails.name:
            seen += 1
            if not fails.times or seen in fails.times:
                if fails.call == "reflink":
                    return fails.code  # it says so
                raise OSError(fails.code, os.strerror(fails.code))
        return original(*words, **more)

    return call


@pytest.fixture
def here(tmp_path: Path) -> Path:
    tree.build(str(tmp_path / "here"), SPEC, (os.geteuid(), os.getegid()))
    return tmp_path / "here"


EIO, EPERM, EACCES = errno.EIO, errno.EPERM, errno.EACCES
INPUT_OUTPUT, NO_QUOTA = "Input/output error\n", "Disk quota exceeded\n"
NOW_THERE = "cannot create regular file 'b': File exists\n"
"""It was gone when it was to be written into or removed, and somebody has made it since."""
COPIES = [
    Case("a b", (Fails("fstat", EIO, "b"),), f"cannot fstat 'b': {INPUT_OUTPUT}"),
    Case("a b", (Fails("close", EIO, "b"),), f"failed to close 'b': {INPUT_OUTPUT}"),
    Case("a b", (Fails("close", EIO, "a"),), f"failed to close 'a': {INPUT_OUTPUT}"),
    Case("a b", (Fails("fstat", EIO, "a"),), f"cannot fstat 'a': {INPUT_OUTPUT}"),
    # Where a quota is exceeded over a network, closing fails after writing did: GNU tells both.
    Case(
        "a b",
        (Fails("write", errno.EDQUOT, "b"), Fails("close", errno.EDQUOT, "b")),
        f"pycp: error writing 'b': {NO_QUOTA}pycp: failed to close 'b': {NO_QUOTA}",
    ),
    Case(
        "-rv s n",
        (Fails("write", errno.EDQUOT, "f"), Fails("close", errno.EDQUOT, "f")),
        f"pycp: error writing 'n/f': {NO_QUOTA}pycp: failed to close 'n/f': {NO_QUOTA}"
        f"pycp: failed to close 's/f': {NO_QUOTA}",
    ),
    Case(
        "-b a b",
        (Fails("write", errno.EDQUOT, "b"), Fails("close", errno.EDQUOT, "b")),
        f"pycp: error writing 'b': {NO_QUOTA}pycp: failed to close 'b': {NO_QUOTA}",
    ),
    Case(
        "a b",
        (Fails("read", EIO, "a"), Fails("close", EIO, "a")),
        f"pycp: error reading 'a': {INPUT_OUTPUT}pycp: failed to close 'a': {INPUT_OUTPUT}",
    ),
    Case(
        "a b",
        (Fails("fstat", EIO, "a"), Fails("close", EIO, "a")),
        f"cannot fstat 'a': {INPUT_OUTPUT}",
    ),
    Case(
        "a b",
        (Fails("fstat", EIO, "b"), Fails("close", EIO, "b")),
        f"cannot fstat 'b': {INPUT_OUTPUT}",
    ),
    Case(
        "a n",
        (Fails("fstat", EIO, "n"), Fails("close", EIO, "n")),
        f"cannot fstat 'n': {INPUT_OUTPUT}",
    ),
    Case("--resume a b", (Fails("close", EIO, "a", FIRST),), "", 0),
    Case(
        "--durable a b",
        (Fails("flush", EIO, "b"), Fails("fstat", EIO, "b", (2,))),
        f"failed to sync 'b': {INPUT_OUTPUT}",
    ),
    Case(
        "--atomic -d s/l b",
        (Fails("stat", EIO, "b", (2,)),),
        f"cannot stat 'b': {INPUT_OUTPUT}",
    ),
    Case("a b", (Fails("open", errno.EAGAIN, "b", FIRST),), "", 0),
    Case("a b", (Fails("open", errno.EAGAIN, "a", FIRST),), "", 0),
    Case("-r s n", (Fails("fstat", EIO, "f"),), f"cannot fstat 's/f': {INPUT_OUTPUT}"),
    Case("-r s n", (Fails("close", EIO, "f", FIRST),), f"failed to close 'n/f': {INPUT_OUTPUT}"),
    Case("-r s n", (Fails("close", EIO, "f", (2,)),), f"failed to close 's/f': {INPUT_OUTPUT}"),
    Case("-p a b", (Fails("set_times", EIO, "b"),), f"preserving times for 'b': {INPUT_OUTPUT}"),
    Case(
        "-p a b",
        (Fails("set_mode", EPERM, "b"),),
        "preserving permissions for 'b': Operation not permitted\n",
    ),
    Case(
        "-a s/l n",
        (Fails("readlink", EIO, "l"),),
        f"cannot read symbolic link 's/l': {INPUT_OUTPUT}",
    ),
    Case(
        "a gone",
        (),
        "cannot create regular file 'gone': No such file or directory\n",
        1,
        {"POSIXLY_CORRECT": "1"},
    ),
    Case(
        "-b a b",
        (Fails("write", errno.ENOSPC), Fails("rename", EIO, "b~")),
        f"cannot un-backup 'b': {INPUT_OUTPUT}",
    ),
    Case("-b a b", (Fails("rename", EIO, "b"),), f"cannot backup 'b': {INPUT_OUTPUT}"),
    Case(
        "-b a b",
        (Fails("rename", errno.ENOENT, "b"),),
        "cannot create regular file 'b': File exists\n",
    ),
    Case(
        "--parents s/d/g t",
        (Fails("open", EIO, "d"),),
        f"failed to get attributes of 't/s/d': {INPUT_OUTPUT}",
    ),
    Case(
        "--parents s/d/g t",
        (Fails("fstat", EIO, "d", (2,)),),
        f"failed to get attributes of 't/s/d': {INPUT_OUTPUT}",
    ),
    Case("--verify a b", (Fails("pread", EIO),), f"error reading 'a': {INPUT_OUTPUT}"),
    Case("--verify a b", (Fails("pread", EIO, "b"),), f"error reading 'b': {INPUT_OUTPUT}"),
    Case("--verify a b", (Fails("flush", EIO),), f"error writing 'b': {INPUT_OUTPUT}"),
    Case("--verify a b", (Fails("fstat", EIO, "b", (2,)),), f"error reading 'b': {INPUT_OUTPUT}"),
    Case(
        "--atomic a b", (Fails("rename", EIO),), f"cannot create regular file 'b': {INPUT_OUTPUT}"
    ),
    Case("--atomic -b a b", (Fails("rename", EIO),), f"cannot backup 'b': {INPUT_OUTPUT}"),
    Case("--atomic -b a b", (Fails("link_itself", EPERM, "b"),), "", 0),
    Case(
        "--atomic -b a b",
        (Fails("link_itself", EPERM, "b"), Fails("rename", EIO, "", (2,))),
        f"cannot create regular file 'b': {INPUT_OUTPUT}",
    ),
    Case(
        "--atomic a b",
        (Fails("open", EIO, "b", (2,)),),
        f"cannot create regular file 'b': {INPUT_OUTPUT}",
    ),
    Case("--atomic -f a b", (Fails("open", EIO, "b", (2,)),), "", 0),
    Case(
        "--atomic -a s/l gone",
        (Fails("rename", EIO),),
        f"cannot create symbolic link 'gone': {INPUT_OUTPUT}",
    ),
    Case("--atomic a n/", (), "cannot create regular file 'n/': Not a directory\n"),
    Case("--durable --atomic a b", (Fails("flush", EIO),), f"failed to sync '.': {INPUT_OUTPUT}"),
    Case("-r s n", (Fails("open", EACCES, "d", FIRST),), "", 0),
    Case("-r s n", (Fails("mkdir", EIO, "d", FIRST),), "", 0),
    Case("-r s n", (Fails("symlink", EIO),), f"cannot create symbolic link 'n/l': {INPUT_OUTPUT}"),
    Case("-a s n", (Fails("set_times", EIO, "d"),), f"preserving times for 'n/d': {INPUT_OUTPUT}"),
    Case(
        "--resume a b",
        (Fails("ftruncate", EIO, "b"),),
        f"cannot create regular file 'b': {INPUT_OUTPUT}",
    ),
    Case(
        "--remove-destination a b",
        (Fails("unlink", EIO, "b"),),
        f"cannot remove 'b': {INPUT_OUTPUT}",
    ),
    Case("-r s n", (Fails("scandir", EIO, "d"),), f"cannot access 's/d': {INPUT_OUTPUT}"),
    Case("-r s t", (Fails("open", EIO, "t", FIRST),), f"target 't': {INPUT_OUTPUT}"),
    Case(
        "-r s t",
        (Fails("open", errno.EMFILE, "t", FIRST),),
        "target 't': Too many open files\n",
    ),
    Case("-r s t", (Fails("stat_of", EIO, "", FIRST),), f"target 't': {INPUT_OUTPUT}"),
    Case(
        "--reflink=always a n",
        (
            Fails("reflink", EIO),
            Fails("unlink", EIO, "n"),
        ),
        f"cannot remove 'n': {INPUT_OUTPUT}",
    ),
    Case(
        "--attributes-only --preserve=mode a b",
        (Fails("set_mode", EPERM, "b"),),
        "preserving permissions for 'b': Operation not permitted\n",
    ),
    Case("--exclude=x s/f n", (Fails("stat", EIO, "f"),), f"cannot stat 's/f': {INPUT_OUTPUT}"),
    Case(
        "--parents s/d/g t",
        (Fails("stat", EIO, "s"),),
        f"failed to get attributes of 's': {INPUT_OUTPUT}",
    ),
    Case(
        "--parents s/d/g t",
        (Fails("stat", EIO, "d"),),
        f"failed to get attributes of 's/d': {INPUT_OUTPUT}",
    ),
    Case(
        "--parents s/d/g t",
        (Fails("mkdir", EIO, "d"),),
        f"cannot make directory 't/s/d': {INPUT_OUTPUT}",
    ),
    Case("--parents --exclude=g s/d/g t", (), "", 0),
    Case("--exclude=f s/f t", (), "", 0),
    Case(
        "--durable --parents s/d/g t",
        (Fails("flush", EIO, "d"),),
        f"failed to sync 't/s/d': {INPUT_OUTPUT}",
    ),
    Case("--parents -n s/d/g t", (), "", 0),
    Case("--parents a/x t", (), "failed to get attributes of 'a': Not a directory\n"),
    Case("--resume --parents -r s/d t", (), "", 0),
    Case("-r --durable s n", (Fails("flush", EIO, "d"),), f"failed to sync 'n/d': {INPUT_OUTPUT}"),
    Case("--bwlimit=1G a n", (Fails("write", EIO),), f"error writing 'n': {INPUT_OUTPUT}"),
    Case("--bwlimit=1G a n", (Fails("readv", EIO),), f"error reading 'a': {INPUT_OUTPUT}"),
    Case("-b --atomic a gone", (), "", 0),
    Case("-a s/l n", (Fails("set_times", EIO),), f"preserving times for 'n': {INPUT_OUTPUT}"),
    Case(
        "--preserve=all a b",
        (Fails("set_times", EIO),),
        f"preserving times for 'b': {INPUT_OUTPUT}",
    ),
    Case("-T --atomic s/f t/", (), "cannot overwrite directory 't/' with non-directory 's/f'\n"),
    Case("-rL s n", (Fails("stat", EIO, "l"),), f"cannot stat 's/l': {INPUT_OUTPUT}"),
    Case("-r s n", (Fails("fstat", EIO, "d"),), f"cannot access 'n/d': {INPUT_OUTPUT}"),
    Case("-r s n", (Fails("fstat", EIO, "n"),), f"cannot access 'n': {INPUT_OUTPUT}"),
    Case("-r s t", (Fails("fstat", EIO, "s"),), f"cannot access 't/s': {INPUT_OUTPUT}"),
    Case("-r s t", (Fails("open", EIO, "d"),), f"cannot access 't/s/d': {INPUT_OUTPUT}"),
    Case("--parents s/f u", (), "'u/s' exists but is not a directory\n"),
    Case("--parents s/d/g v", (), "'v/s/d' exists but is not a directory\n"),
    Case("--resume --parents s/d/g w", (), "", 0),
    Case("--resume --parents s/d/g u", (), "'u/s' exists but is not a directory\n"),
    Case("--dry-run --parents s/d/g t", (), "", 0),
    Case("--dry-run -p --parents s/d/g t", (), "", 0),
    Case(
        "-r s n",
        (Fails("set_mode", EIO),),
        f"setting permissions for 'n': {INPUT_OUTPUT}",
        1,
        {},
        0o777,
    ),
    Case("-r s n", (Fails("open", EACCES, "n", FIRST),), "", 0),
    Case("-r s n", (Fails("open", EACCES, "n", (2,)),), "", 0),
    Case("-r s n", (Fails("open", EACCES, "d", (2,)),), "", 0),
    Case("-r y n", (Fails("fstat", EIO, "f", (2,)),), f"cannot fstat 'n/f': {INPUT_OUTPUT}"),
    Case("-a s/f n", (Fails("fstat", EIO, "n", (1,)),), f"cannot fstat 'n': {INPUT_OUTPUT}"),
    Case(
        "a b", (Fails("open", EIO, "b", (2,)),), f"cannot create regular file 'b': {INPUT_OUTPUT}"
    ),
    Case("-b a b", (Fails("rename", errno.EEXIST, "b"),), "cannot backup 'b': File exists\n"),
    Case("--backup=numbered a b", (Fails("rename", errno.EEXIST, "b", FIRST),), "", 0),
    Case("--backup=numbered a b", (Fails("rename", errno.ENOENT, "b", FIRST),), "", 0),
    Case("--resume -r --tee=t s w", (), "", 0),
    Case("--tee=t --tee=no s/f v", (), "target directory 'no': No such file or directory\n"),
    Case("--tee=t --tee=a s/f v", (), "target directory 'a': Not a directory\n"),
    Case("--manifest=m --dry-run a n", (), "", 0),
    Case("--resume -a s w", (), "", 0),
    Case(
        "--resume -a s w",
        (Fails("readlink", EIO),),
        f"cannot read symbolic link 's/l': {INPUT_OUTPUT}",
    ),
    Case("--resume a b", (Fails("open", EACCES, "b", FIRST),), "", 0),
    Case(
        "--attributes-only a b",
        (Fails("open", EIO, "b", (2,)),),
        f"cannot create regular file 'b': {INPUT_OUTPUT}",
    ),
    Case(
        "--atomic a gone",
        (),
        "cannot create regular file 'gone': No such file or directory\n",
        1,
        {"POSIXLY_CORRECT": "1"},
    ),
    Case(
        "--atomic --durable a gone",
        (),
        "cannot create regular file 'gone': No such file or directory\n",
        1,
        {"POSIXLY_CORRECT": "1"},
    ),
    Case("--atomic --force -d s/l b", (), "", 0),
    Case(
        "--atomic a n",
        (Fails("above_standard", EIO),),
        f"cannot create regular file 'n': {INPUT_OUTPUT}",
    ),
    Case(
        "--atomic a b",
        (Fails("fstat", EIO, "", (3,)),),
        f"cannot create regular file 'b': {INPUT_OUTPUT}",
    ),
    Case(
        "--atomic a b",
        (Fails("fstat", EIO, "", (4,)),),
        f"cannot create regular file 'b': {INPUT_OUTPUT}",
    ),
    Case(
        "--atomic a b",
        (Fails("stat", EIO, "b", (2,)),),
        f"cannot create regular file 'b': {INPUT_OUTPUT}",
    ),
    Case("--dry-run -r s no", (Fails("open", EIO, "d"),), f"cannot access 's/d': {INPUT_OUTPUT}"),
    Case("--dry-run -r s/d no", (Fails("stat", EIO, "d"),), f"cannot stat 's/d': {INPUT_OUTPUT}"),
    Case(
        "--dry-run -a s t",
        (Fails("access", EIO),),
        f"cannot create directory 't/s': {INPUT_OUTPUT}",
    ),
    Case(
        "--dry-run -rT s w",
        (Fails("open", EIO, "", FIRST),),
        f"cannot access 'w': {INPUT_OUTPUT}",
    ),
    Case("--dry-run -r s no", (Fails("stat", EIO, "f"),), f"cannot stat 's/f': {INPUT_OUTPUT}"),
    Case(
        "--dry-run -a s/l n",
        (Fails("readlink", EIO),),
        f"cannot read symbolic link 's/l': {INPUT_OUTPUT}",
    ),
    Case(
        "--dry-run -a s/l n",
        (Fails("access", EIO),),
        f"cannot create symbolic link 'n': {INPUT_OUTPUT}",
    ),
    Case(
        "--dry-run -au s/l n",
        (Fails("access", EIO),),
        f"cannot create symbolic link 'n': {INPUT_OUTPUT}",
    ),
    Case("--dry-run -l a b", (), "cannot create hard link 'b' to 'a': File exists\n"),
    Case("--dry-run -s a b", (), "cannot create symbolic link 'b' to 'a': File exists\n"),
    Case("--dry-run -lf a b", (), "", 0),
    Case("--dry-run -b a b", (), "", 0),
    Case("--dry-run a gone", (), "not writing through dangling symlink 'gone'\n"),
    Case("--dry-run --resume -a s w", (), "", 0),
    Case("--dry-run --remove-destination a b", (), "", 0),
    Case("--dry-run --verify a b", (), "", 0),
    Case("--dry-run --attributes-only a b", (), "", 0),
    Case("--dry-run --reflink=always a b", (), "", 0),
    Case("--dry-run a n/", (), "cannot create regular file 'n/': Not a directory\n"),
    Case("--dry-run -r s/. n", (), "", 0),
    Case("--atomic a b", (Fails("open", errno.ETXTBSY, "b", FIRST),), "", 0),
    Case("--atomic a b", (Fails("list_names", EIO),), f"listing attributes of 'b': {INPUT_OUTPUT}"),
    Case("--atomic a b", (Fails("list_names", errno.ENOTSUP),), "", 0),
    Case(
        "--atomic a b",
        (Fails("set_value", EIO),),
        f"preserving permissions for 'b': {INPUT_OUTPUT}",
    ),
    Case("--no-preserve=mode a b", (Fails("set_value", EIO),), "", 0),
    Case("--no-preserve=mode -p a b", (Fails("set_value", EIO),), "", 0),
    Case("-p --no-preserve=mode a b", (Fails("set_value", EIO),), "", 0),
    Case(
        "-r --no-preserve=mode s n",
        (Fails("set_value", EIO),),
        f"setting permissions for 'n': {INPUT_OUTPUT}",
    ),
    Case("-p a b", (Fails("set_value", EIO),), "", 0),
    Case("-p a b", (Fails("set_value", EPERM),), "", 0),
    Case("-p a b", (Fails("list_names", EIO),), f"preserving permissions for 'b': {INPUT_OUTPUT}"),
    Case("-a s n", (Fails("list_names", EIO),), f"preserving permissions for 'n': {INPUT_OUTPUT}"),
    Case("-a s n", (Fails("list_names", EIO, "l"),), "", 0),
    Case("-a s n", (Fails("readlink", EIO, "", FIRST),), "", 0),
    Case("-a s n", (Fails("symlink", EIO, "", FIRST),), "", 0),
    Case("-s --resume a b", (), "cannot create symbolic link 'b' to 'a': File exists\n"),
    Case("--attributes-only --resume a b", (), "", 0),
    Case("-l --resume a b", (), "cannot create hard link 'b' to 'a': File exists\n"),
    Case("--resume a b", (Fails("open", EIO, "a", FIRST),), "", 0),
    Case("--resume a b", (Fails("open", EIO, "b", (2,)),), "", 0),
    Case("--resume a b", (Fails("fstat", EIO, "b", FIRST),), f"cannot fstat 'b': {INPUT_OUTPUT}"),
    Case("--resume -a s w", (Fails("stat", EIO, "d", (1,)),), "", 0),
    Case("-a --atomic -f s/l a", (), "", 0),
    Case(
        "-a --atomic a a2",
        (Fails("link_following", EPERM),),
        "cannot create regular file 'a2': Operation not permitted\n",
    ),
    Case(
        "-r --atomic s n",
        (Fails("link_following", EPERM),),
        "cannot create regular file 'n/d/g': Operation not permitted\n",
    ),
    Case(
        "-r --atomic s n",
        (Fails("link_following", EPERM), Fails("link_itself", EPERM)),
        "cannot create regular file 'n/d/g': Operation not permitted\n",
    ),
    Case("-d --atomic s/l n", (Fails("link_itself", EPERM),), "", 0),
    Case(
        "-d --atomic s/l n",
        (Fails("link_itself", errno.EEXIST),),
        "not writing to 'n', as it was replaced while being copied\n",
    ),
    Case(
        "--atomic -b a b",
        (Fails("rename", EIO, "", (1,)), Fails("unlink", EIO, "b~")),
        f"cannot backup 'b': {INPUT_OUTPUT}",
    ),
    Case("--verify a b", (Fails("pread", EIO, "b", FIRST),), f"error reading 'b': {INPUT_OUTPUT}"),
    Case("-p a b", (Fails("close", EIO, "."),), "", 0),
    Case("-r s w", (Fails("open", EIO, "s"),), f"cannot access 'w/s': {INPUT_OUTPUT}"),
    Case("-rx s n", (Fails("fstat", EIO, "s"),), f"cannot access 's': {INPUT_OUTPUT}"),
    Case("-r --exclude=z s n", (Fails("stat", EIO, "f"),), "", 0),
    Case("-u -r w v", (), "", 0),
    Case("-uT -r s v", (), "", 0),
    Case("--dry-run -rT s v", (), "", 0),
    Case("--dry-run -rTp s w", (), "", 0),
    Case("--dry-run -rTa s/d t", (), "", 0),
    Case("--dry-run s/f s/f t", (), "warning: source file 's/f' specified more than once\n", 0),
    Case("--dry-run -r s s t", (), "warning: source directory 's' specified more than once\n", 0),
    Case("--dry-run a s/l", (), "", 0),
    Case(
        "--dry-run a gone",
        (),
        "cannot create regular file 'gone': No such file or directory\n",
        1,
        {"POSIXLY_CORRECT": "1"},
    ),
    Case("--dry-run -f a gone", (), "not writing through dangling symlink 'gone'\n"),
    Case("--dry-run -p p a", (), "cannot stat 'p': No such file or directory\n"),
    Case("--dry-run -lr s n", (), "", 0),
    Case("--dry-run -d s/l n", (), "", 0),
    Case("--dry-run -d s/l b", (), "", 0),
    Case("--dry-run --backup=t a b", (), "", 0),
    Case("--dry-run -r s/d b", (), "cannot overwrite non-directory 'b' with directory 's/d'\n"),
    Case(
        "--dry-run -l a nowhere/b",
        (),
        "cannot create hard link 'nowhere/b' to 'a': No such file or directory\n",
    ),
    Case(
        "--dry-run a nowhere/b",
        (),
        "cannot create regular file 'nowhere/b': No such file or directory\n",
    ),
    Case("--dry-run --parents s/d/g u", (), "'u/s' exists but is not a directory\n"),
    Case("-rd --parents s/l s/d/g t", (), "", 0),
    Case("-r s n", (Fails("write", EIO, "f"),), f"error writing 'n/f': {INPUT_OUTPUT}"),
    Case("-r s n", (Fails("read", EIO, "f"),), f"error reading 's/f': {INPUT_OUTPUT}"),
    Case(
        "--atomic a n",
        (Fails("open", errno.EOPNOTSUPP, "."),),
        "cannot create regular file 'n': Operation not supported\n",
    ),
    Case("-r --atomic s n", (Fails("open", errno.EOPNOTSUPP, "."),), "", 0),
    Case("-uT -r s y", (), "", 0),
    Case("--resume -aT s y", (Fails("stat", EIO, "f"),), f"cannot stat 's/f': {INPUT_OUTPUT}"),
    Case("--resume -aT s y", (Fails("stat", EIO, "f", FIRST),), "", 0),
    Case("--resume -aT s y", (Fails("open", EACCES, "f", FIRST),), "", 0),
    Case("--resume -aT s y", (Fails("open", EACCES, "f", (2,)),), "", 0),
    Case(
        "--resume -aT s y",
        (Fails("open", EACCES, "f", (3,)),),
        "cannot open 's/f' for reading: Permission denied\n",
    ),
    Case("--verify a n", (Fails("pread", EIO, "n", FIRST),), f"error reading 'n': {INPUT_OUTPUT}"),
    Case("a b", (Fails("open", errno.EAGAIN, "b", (2,)),), "", 0),
    Case("a b", (Fails("fstat", EIO, "b", FIRST),), f"cannot fstat 'b': {INPUT_OUTPUT}"),
    Case("--atomic a b", (Fails("open", errno.ETXTBSY, "b", (2,)),), "", 0),
    Case("-a s n", (Fails("set_times", EIO, "l"),), "", 0),
    Case("-r s n", (Fails("link_itself", EIO),), "", 0),
    Case("-a s n", (Fails("stat", EIO, "n", (2,)),), "", 0),
    Case("a n", (Fails("stat", EIO, "n", (2,)),), "", 0),
    Case("-d s/l n", (Fails("stat", EIO, "n", (2,)),), "", 0),
    Case(
        "--tee=t a s/f v", (Fails("stat", EIO, "t", (1,)),), f"target directory 't': {INPUT_OUTPUT}"
    ),
    Case("--tee=t a s/f v", (Fails("stat", EIO, "v", (2,)),), "", 0),
    Case("--tee=t s/f s/f v", (), "'t': warning: source file 's/f' specified more than once\n", 0),
    Case("--tee=t /proc/version v", (), "", 0),
    Case("--dry-run --sparse=always -p a b", (), "", 0),
    Case("--dry-run -a s/l b", (), "", 0),
    Case("--dry-run -aT s y", (), "", 0),
    Case("--dry-run -sT a b", (), "cannot create symbolic link 'b' to 'a': File exists\n"),
    Case(
        "--dry-run -rsT s/d y",
        (),
        "y/g: can make relative symbolic links only in current directory\n",
    ),
    Case("--dry-run -r --no-preserve=mode s n", (), "", 0),
    Case("--dry-run -a s s/d/in", (), "cannot copy a directory, 's', into itself, 's/d/in'\n"),
    Case("--dry-run a s/d/g t y", (), "-r not specified; omitting directory 't'\n"),
    Case("--dry-run -T a t", (), "cannot overwrite directory 't' with non-directory 'a'\n"),
    Case("--dry-run a t/a t", (), "'t/a' and 't/a' are the same file\n"),
    Case("--dry-run -u a b", (), "", 0),
    Case("--dry-run a a", (), "'a' and 'a' are the same file\n"),
    Case("--dry-run -l a n", (), "", 0),
    Case("--dry-run -L -r s n", (), "", 0),
    Case("a b", (Fails("open", errno.ENOENT, "b", FIRST),), "", 0),
    Case("a b", (Fails("open", errno.ENOENT, "b", (2,)),), NOW_THERE),
    Case("--remove-destination a b", (Fails("unlink", errno.ENOENT, "b"),), NOW_THERE),
    Case("--atomic a b", (Fails("open", errno.ENOENT, "b", (2,)),), "", 0),
    Case("--atomic a b", (Fails("stat", errno.ENOENT, "b", (3,)),), "", 0),
]


@pytest.mark.parametrize("case", COPIES, ids=str)
def test_a_call_that_fails_is_told(here: Path, monkeypatch: pytest.MonkeyPatch, case: Case) -> None:
    let_fail(monkeypatch, *case.fails)
    done = run(cp_main, case.words.split(), str(here), env=case.env, umask=case.umask)
    require(done, case)


OWNED = tree.nodes("a@0664 c@0640 n/ p| l->a s/f s/l->f")
OTHER = (54321, 54321)
ANY_ERROR = [
    ("-p a n", "'n/a'"),
    ("-a l n", "n/l"),
    ("-a s/l m", "m"),
    ("-a p n", "'n/p'"),
    ("-a s n", "'n/s'"),
    ("--parents -p s/f n", "'n/s'"),
    ("--resume -a s n", "'n/s'"),
]
ONLY_ROOT = pytest.mark.skipif(
    os.geteuid() != 0, reason="only root can give files to somebody else"
)


@ONLY_ROOT
@pytest.mark.parametrize("is_privileged", [True, False])
@pytest.mark.parametrize("code", [EIO, EPERM])
@pytest.mark.parametrize(("words", "name"), ANY_ERROR)
def test_an_owner_that_cannot_be_kept_is_told_unless_nobody_could_expect_it(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: str,
    name: str,
    code: int,
    is_privileged: bool,
) -> None:
    tree.build(str(tmp_path / "here"), OWNED, OTHER)
    let_fail(monkeypatch, Fails("set_owner", code))
    if not is_privileged:
        monkeypatch.setattr(system, "geteuid", lambda: 1)
    told = f"failed to preserve ownership for {name}: {os.strerror(code)}\n"
    if code == EPERM and not is_privileged:
        told = ""
    require(
        run(cp_main, words.split(), str(tmp_path / "here")), Case(words, (), told, int(told != ""))
    )


@ONLY_ROOT
@pytest.mark.parametrize(("times", "mode"), [(FIRST, 0o664), (ALL, 0o644)])
def test_a_group_of_ours_gets_no_more_than_all_others_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: tuple[int, ...], mode: int
) -> None:
    here = tmp_path / "here"
    tree.build(str(here), OWNED, OTHER)
    (here / "new").write_text("new")
    let_fail(monkeypatch, Fails("set_owner", EPERM, "", times))
    assert run(cp_main, ["--atomic", "new", "a"], str(here)).status == 0
    status = (here / "a").stat()
    assert (stat.S_IMODE(status.st_mode), status.st_uid) == (mode, 0)


@ONLY_ROOT
def test_an_owner_that_a_new_content_cannot_get_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    tree.build(str(here), OWNED, OTHER)
    (here / "new").write_text("new")
    let_fail(monkeypatch, Fails("set_owner", EIO))
    told = f"failed to preserve ownership for 'a': {INPUT_OUTPUT}"
    require(run(cp_main, ["--atomic", "new", "a"], str(here)), Case("", (), told))
    assert (here / "a").read_text() != "new"


def require(done: Result, case: Case) -> None:
    """Fail if something else was told."""
    # Lines of several files, or destinations, come in any order.
    assert case.told in done.stderr if case.told else not done.stderr
    assert done.status == case.status, done.stderr


INSTALLS = [
    Case(
        "-m 600 a b",
        (Fails("set_mode", EIO, "b"), Fails("close", EIO, "b", (2,))),
        f"pycp: cannot change permissions of 'b': {INPUT_OUTPUT}"
        f"pycp: failed to close 'b': {INPUT_OUTPUT}",
    ),
    Case(
        "--record=r a b",
        (Fails("write", errno.EDQUOT, "r"), Fails("close", errno.EDQUOT, "r")),
        f"error writing 'r': {NO_QUOTA}",
    ),
    Case("-p a b", (Fails("set_times", EIO),), f"preserving times for 'b': {INPUT_OUTPUT}", 0),
    Case("a b", (Fails("close", EIO, "b"),), f"failed to close 'b': {INPUT_OUTPUT}"),
    Case("a b", (Fails("close", EIO, "a"),), f"failed to close 'a': {INPUT_OUTPUT}"),
    Case(
        "-d n/m/o", (Fails("mkdir", EIO, "o"),), f"cannot create directory 'n/m/o': {INPUT_OUTPUT}"
    ),
    Case(
        "-d n/m/o", (Fails("open", EIO, "o"),), f"cannot create directory 'n/m/o': {INPUT_OUTPUT}"
    ),
    Case(
        "-d n/m/o",
        (Fails("fstat", EIO, "o"),),
        f"cannot change permissions of 'n/m/o': {INPUT_OUTPUT}",
    ),
    Case("-d n/m/o", (Fails("mkdir", EIO, "m"),), f"cannot create directory 'n/m': {INPUT_OUTPUT}"),
    Case("-d n/m/o", (Fails("open", EIO, "m"),), f"cannot create directory 'n/m': {INPUT_OUTPUT}"),
    Case("-d n/m/o", (Fails("open", EACCES, "o", FIRST),), "", 0),
    Case("-d --durable n/m/o", (), "", 0),
    Case("-d --durable n/m/o", (Fails("flush", EIO),), f"failed to sync 'n/m/': {INPUT_OUTPUT}"),
    Case(
        "-d n",
        (Fails("mkdir", errno.ENOENT, "n"),),
        "cannot create directory 'n': No such file or directory\n",
    ),
    Case("-d a/n", (), "cannot create directory 'a': Not a directory\n"),
    Case(
        "-D a n/m/o", (Fails("open", EIO, "m"),), f"cannot create directory 'n/m': {INPUT_OUTPUT}"
    ),
    Case(
        "-D a n/m/o", (Fails("mkdir", EIO, "m"),), f"cannot create directory 'n/m': {INPUT_OUTPUT}"
    ),
    Case("-t '' a", (), "failed to access '': No such file or directory\n"),
    Case(
        "-m 600 --strip-program=x a n",
        (),
        "ignoring --strip-program option as -s option was not specified\n",
        0,
    ),
    Case("-C -s a n", (), "Try 'pycp --help' for more information.\n"),
    Case(
        "-s --strip-program=./nothing a n",
        (),
        "cannot run strip program './nothing': No such file or directory\n",
    ),
    Case(
        "-s -p --strip-program=./nothing a n",
        (),
        "cannot run strip program './nothing': No such file or directory\n",
    ),
    Case("-s --strip-program=/bin/true a n", (Fails("rmdir", EIO),), f"': {INPUT_OUTPUT}"),
    Case("-s --strip-program=/bin/true a n", (Fails("mkdir", EIO),), f"': {INPUT_OUTPUT}"),
    Case(
        "-s --strip-program=/bin/rm a n",
        (),
        "cannot change permissions of 'n': No such file or directory\n",
    ),
    Case(
        "-s --strip-program=/bin/true a n",
        (Fails("write", EIO),),
        f"error writing 'n': {INPUT_OUTPUT}",
    ),
    Case(
        "-s --strip-program=/bin/true a n", (Fails("write", EIO, "", (2,)),), f"/n': {INPUT_OUTPUT}"
    ),
    Case(
        "-s --strip-program=/bin/true a n",
        (Fails("open", EACCES, "n", (2,)),),
        "cannot create regular file 'n': Permission denied\n",
    ),
    Case("-C a b", (Fails("read", EIO),), f"error reading 'a': {INPUT_OUTPUT}"),
    Case("--dry-run -D a n/m/o", (), "", 0),
    Case("--dry-run -d a/n", (), "cannot create directory 'a': Not a directory\n"),
    Case("--dry-run -D a a/m/o", (), "cannot create directory 'a': Not a directory\n"),
    Case("--dry-run -D a n//./o", (), "", 0),
    Case(
        "--dry-run -D a ./n/o",
        (Fails("stat", EIO),),
        f"cannot create directory './n': {INPUT_OUTPUT}",
    ),
    Case(
        "--dry-run -d ./n/o",
        (Fails("stat", EIO),),
        f"cannot create directory './n': {INPUT_OUTPUT}",
    ),
    Case(
        "a t",
        (Fails("open", errno.ENFILE, "t", FIRST),),
        "target 't': Too many open files in system\n",
    ),
    Case("--dry-run -d t", (), "", 0),
    Case("--dry-run -d a", (), "cannot create directory 'a': File exists\n"),
    Case("--dry-run -d a/x/y", (), "cannot create directory 'a': Not a directory\n"),
    Case("--dry-run -d /proc/self", (), "", 0),
    Case("--dry-run -d ''", (), "cannot create directory '': No such file or directory\n"),
    Case("--dry-run -d -m 700 t", (), "", 0),
    Case("-s --strip-program=/bin/true -- a -n", (), "", 0),
    Case(
        "-s --strip-program=/bin/true a n",
        (Fails("open", EACCES, "n", (3,)),),
        "cannot strip 'n': Permission denied\n",
    ),
    Case(
        "-s --strip-program=/bin/true a n",
        (Fails("open", EACCES, "n", (4,)),),
        "cannot strip 'n': Permission denied\n",
    ),
    Case("-s --strip-program=/bin/true a n", (Fails("open", EACCES, "n", (5,)),), "", 0),
    Case("-d n/m", (Fails("list_names", EIO),), "", 0),
    Case("-d n/m", (Fails("list_names", errno.ENOTSUP),), "", 0),
    Case(
        "--atomic -p a b",
        (Fails("set_times", EIO),),
        f"preserving times for 'b': {INPUT_OUTPUT}",
        0,
    ),
    Case("--dry-run a b n/", (), "target 'n/': No such file or directory\n"),
    Case("--dry-run -b a b", (), "", 0),
    Case("--dry-run -C a b", (), "", 0),
    Case("--dry-run -D -t n/m a", (), "", 0),
]


@pytest.mark.parametrize("case", INSTALLS, ids=str)
def test_a_call_of_install_that_fails_is_told(
    here: Path, monkeypatch: pytest.MonkeyPatch, case: Case
) -> None:
    let_fail(monkeypatch, *case.fails)
    require(run(install_main, shlex.split(case.words), str(here), env={"TMPDIR": str(here)}), case)

"""Calls that fail and names that are swapped in the midst of a copy: told, or done another way."""

import errno
import importlib
import os
import shlex
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pycp import system
from pycp.__main__ import cp_main, install_main
from pycp.engine import rivals, short_directory
from pycp.engine.pinned import Pinned
from pycp.errors import CopyError
from pycp.system.nodes import changed
from tests import tree
from tests.forked import run
from tests.unit.engine.test_failing_calls import EIO, FIRST, Case, Fails, let_fail, require
from tests.unit.rooms import entry, job

SPEC = tree.nodes(
    "a b s/f s/d/g s/l->f w/f w/d/ z/f z/d/g z/l->f x/f/ h/a h/b=h/a k/l->f k/m=k/l"
    " t/s/d/ gone->nowhere/x loose->t/x p|@6664 q/s->../x v/s/ r|@0664 K/l->f K/m=K/l"
)
POSIX = {"POSIXLY_CORRECT": "1"}
IO = "Input/output error\n"
REPLACED = "as it was replaced while being copied\n"


@pytest.fixture
def here(tmp_path: Path) -> Path:
    tree.build(str(tmp_path / "here"), SPEC, (os.geteuid(), os.getegid()))
    return tmp_path / "here"


COPIES = [
    Case("--atomic a loose", (), "", 0, POSIX),
    Case("a loose", (), "", 0, POSIX),
    Case(
        "--atomic -b a b",
        (Fails("link_itself", errno.EPERM, "b"), Fails("rename", EIO, "", (2, 3))),
        f"cannot create regular file 'b': {IO}",
    ),
    Case(
        "-r --preserve=xattr s n",
        (Fails("list_names", EIO, "d"),),
        f"listing attributes of 's/d': {IO}",
    ),
    Case("--preserve=xattr a n", (Fails("list_names", EIO),), f"listing attributes of 'a': {IO}"),
    Case("-r --preserve=ownership p n", (), "", 0),
    Case("-r --preserve=ownership r n", (), "", 0),
    Case("--parents s/d//g w", (), "", 0),
    Case("--parents -p s/d/g v", (Fails("stat", EIO, "s", (3,)),), "", 0),
    Case("--resume -aT k K", (), "", 0),
    Case(
        "-r --preserve=ownership p n",
        (Fails("set_mode", EIO),),
        f"preserving permissions for 'n': {IO}",
    ),
    Case("-r --reflink=never s n", (Fails("read", EIO, "f", FIRST),), "", 0),
    Case("-r --reflink=never s n", (Fails("write", EIO, "f", FIRST),), "", 0),
    Case("-a k n", (), "", 0),
    Case("-a h n", (Fails("link_itself", EIO),), IO),
    Case("-rnT s x", (), "", 0),
    Case("--resume -aT s z", (Fails("readlink", EIO, "l", FIRST),), "", 0),
    Case("--parents s//f t", (), "", 0),
    Case("--parents --preserve=ownership,timestamps s/d/g x", (), "", 0),
    Case(
        "--parents -p s/d/g x",
        (Fails("open", EIO, "s", (2,)),),
        f"failed to preserve permissions for 'x/s': {IO}",
    ),
    Case("--parents -r s/d/g w", (), "", 0, {}, 0o777),
    Case("--parents -p s/d/g q", (), "", 0),
    Case(
        "--parents -r s/d/g w",
        (Fails("set_mode", EIO),),
        f"setting permissions for 'w/s': {IO}",
        1,
        {},
        0o777,
    ),
    Case(
        "--parents -p s/d/g w",
        (Fails("set_times", EIO),),
        f"failed to preserve times for 'w/s/d': {IO}",
    ),
    Case("-rnT s x", (Fails("stat", EIO, "f", (2,)),), "", 0),
]
INSTALLS = [
    Case("-D -t '' a", (), "cannot open 'a': No such file or directory\n"),
]


@pytest.mark.parametrize("case", COPIES, ids=str)
def test_a_call_of_cp_that_fails(here: Path, monkeypatch: pytest.MonkeyPatch, case: Case) -> None:
    let_fail(monkeypatch, *case.fails)
    require(run(cp_main, case.words.split(), str(here), env=case.env, umask=case.umask), case)


@pytest.mark.parametrize("case", INSTALLS, ids=str)
def test_a_call_of_install_that_fails(
    here: Path, monkeypatch: pytest.MonkeyPatch, case: Case
) -> None:
    let_fail(monkeypatch, *case.fails)
    require(run(install_main, shlex.split(case.words), str(here)), case)


def never(*_words: object, **_more: object) -> bool:
    return False


def other(_status: object) -> object:
    """Return an identity that nothing has."""
    return object()


def two_names(where: Any) -> os.stat_result:
    name, dir_fd = where if isinstance(where, tuple) else (where, None)
    status = os.stat(name, dir_fd=dir_fd, follow_symlinks=dir_fd is None)
    return changed(status, st_nlink=2)


def always(*_words: object) -> bool:
    return True


def failing(*_words: object) -> bool:
    raise OSError(errno.EIO, os.strerror(errno.EIO))


SWAPS: list[tuple[Callable[[], int], str, str, Any, str]] = [
    (cp_main, "-rb s w", "directory.may_be_just_made", never, f"'w/s', {REPLACED}"),
    (cp_main, "-rbT s w", "directory.is_still", never, f"'w', {REPLACED}"),
    (install_main, "-D a n/b", "directory_path.may_be_just_made", never, "'n', as it was"),
    (install_main, "-d n", "install_directory.may_be_just_made", never, "'n', as it was"),
    (cp_main, "-P --preserve=xattr s/l n", "links.identity", other, f"'s/l', {REPLACED}"),
    (cp_main, "-b a b", "regular.identity", other, f"'a', {REPLACED}"),
    (cp_main, "-r -p p n", "special.identity", other, f"'p', {REPLACED}"),
    (cp_main, "-r -p p n", "system.stat_of", two_names, f"'n', {REPLACED}"),
    (cp_main, "-a s/l n", "system.stat_of", two_names, f"'n', {REPLACED}"),
    (install_main, "-s --strip-program=true a n", "strip.is_still", never, "leaving 'n' as it is"),
    (
        install_main,
        "-s --strip-program=true --manifest=m a n",
        "digest.identity",
        other,
        "'n' as it is, as it was replaced",
    ),
    (cp_main, "--parents s/d/g t", "parents.is_still", never, f"'t/s/d', {REPLACED}"),
    (cp_main, "--parents s/d/g w", "parents.may_be_just_made", never, f"'w/s', {REPLACED}"),
    (
        cp_main,
        "--dry-run --parents -p s/d/g v",
        "dry_directory._is_protected",
        always,
        "failed to preserve times for 'v/s/d': Operation not permitted",
    ),
    (
        cp_main,
        "--dry-run --parents -p s/d/g v",
        "dry_directory._is_protected",
        failing,
        "failed to get attributes of 'v/s/d': Input/output error",
    ),
]


@pytest.mark.parametrize(("main", "words", "name", "value", "told"), SWAPS)
def test_what_took_the_place_of_something_is_told(
    here: Path,
    monkeypatch: pytest.MonkeyPatch,
    main: Callable[[], int],
    words: str,
    name: str,
    value: Any,
    told: str,
) -> None:
    module, _, last = name.rpartition(".")
    module = "pycp.system" if module == "system" else f"pycp.engine.{module}"
    monkeypatch.setattr(importlib.import_module(module), last, value)
    done = run(main, words.split(), str(here))
    assert (told in done.stderr, done.status) == (True, 1), done.stderr


def test_a_new_directory_that_is_not_the_one_just_made_is_left(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What has another time than that of its last change was hardly made now."""
    mkdir = system.mkdir

    def make_old(name: str, mode: int, dir_fd: int | None = None) -> None:
        mkdir(name, mode, dir_fd=dir_fd)
        os.utime(name, (1, 1), dir_fd=dir_fd)

    monkeypatch.setattr(system, "mkdir", make_old)
    monkeypatch.setattr(short_directory, "may_be_just_made", never)
    done = run(cp_main, ["-r", "s", "n"], str(here))
    assert done.stderr == f"pycp: not writing to 'n/d', {REPLACED}"


def test_a_running_program_that_was_replaced_is_not_taken_for_it(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_fail(monkeypatch, Fails("open", errno.ETXTBSY, "b", (2,)))
    monkeypatch.setattr(Pinned, "is_still", never)
    done = run(cp_main, ["--atomic", "a", "b"], str(here))
    assert done.stderr == f"pycp: not writing to 'b', {REPLACED}"
    assert (here / "b").read_text() == "b"


def test_rivals_that_never_end_are_told(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []

    def refuse(*_words: object) -> None:
        tried.append(1)
        raise CopyError("another one")

    monkeypatch.chdir(here)
    monkeypatch.setattr(rivals, "open_old", refuse)
    place: Any = SimpleNamespace(look=lambda: changed(os.stat("b"), st_ino=len(tried)))
    with pytest.raises(CopyError, match="not writing to 'b', as it was replaced"):
        rivals.open_old_or_rival(job(), entry("a", "b"), place, os.stat("b"), os.stat("a"))
    assert len(tried) == rivals.ATTEMPTS


def test_a_destination_that_became_the_source_is_not_written_to(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = system.open
    monkeypatch.setattr(
        system,
        "open",
        lambda name, *more, **places: opened("a" if name == "b" else name, *more, **places),
    )
    done = run(cp_main, ["a", "b"], str(here))
    assert done.stderr == "pycp: 'a' and 'b' are the same file\n"
    assert (here / "a").read_text() == "a"


@pytest.mark.parametrize(
    ("program", "fails", "told"),
    [
        ("rm $1; mkdir $1", (), "cannot strip 'n': the program left no regular file\n"),
        (
            "ln $1 $1.x; chmod 0 $1",
            (Fails("open", errno.EACCES, "n", (5,)),),
            "cannot strip 'n': Permission denied\n",
        ),
    ],
)
def test_what_a_strip_program_leaves_may_be_of_no_use(
    here: Path, monkeypatch: pytest.MonkeyPatch, program: str, fails: tuple[Fails, ...], told: str
) -> None:
    script = here / "program"
    script.write_text(f"#!/bin/sh\n{program}\n")
    script.chmod(0o755)
    let_fail(monkeypatch, *fails)
    words = ["-s", f"--strip-program={script}", "a", "n"]
    done = run(install_main, words, str(here), env={"TMPDIR": str(here)})
    assert (done.stderr[-len(told) :], done.status) == (told, 1), done.stderr
    assert not (here / "n").exists()


def test_what_cannot_be_is_told_after_a_question_that_was_agreed_to(here: Path) -> None:
    done = run(cp_main, ["-iT", "a", "s"], str(here), stdin="y\n")
    assert done.stderr.endswith("cannot overwrite directory 's' with non-directory 'a'\n")
    assert done.status == 1


def test_a_private_directory_may_have_a_name_like_an_option(here: Path) -> None:
    (here / "-t").mkdir()
    words = ["-s", "--strip-program=true", "a", "n"]
    done = run(install_main, words, str(here), env={"TMPDIR": "-t"})
    assert (done.stderr, (here / "n").read_text()) == ("", "a")
    assert os.listdir(here / "-t") == []

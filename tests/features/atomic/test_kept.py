"""What an atomic copy keeps of the file it replaces, and when it leaves that alone."""

import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import pycp
from pycp import system
from pycp.engine import atomic as engine_atomic
from tests import listing, tree
from tests.features.atomic.places import USERS, main_of, run_in, temporary_names
from tests.forked import MEMORY, run
from tests.programs import ORDINARY_ID, Result

USER = (ORDINARY_ID, ORDINARY_ID)
OTHER = (ORDINARY_ID + 1, ORDINARY_ID + 1)
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")


@pytest.fixture
def place() -> Iterator[Path]:
    """Return a directory for everybody, with a new file `a` and an old one `b`."""
    with tempfile.TemporaryDirectory(prefix="pycp-kept-", dir=MEMORY) as made:
        os.chmod(made, 0o777)
        Path(made, "a").write_text("new")
        Path(made, "b").write_text("old")
        yield Path(made)


def line(path: Path) -> str:
    """Describe one file."""
    found = listing.listing(str(path.parent), 0)
    return next(text for text in found if text.split()[0] == path.name)


def run_with(place: Path, words: str, change: Callable[[], None], program: str = "pycp") -> Result:
    """Run a command in a child in which something is replaced first."""

    def start() -> int:
        sys.argv[0] = program
        change()
        return main_of(program)()

    return run(start, words.split(), str(place))


def failing(name: str, code: int) -> Callable[[], None]:
    """Return what makes a call of `system` fail."""

    def fails(*_arguments: object, **_more: object) -> None:
        raise OSError(code, os.strerror(code))

    return lambda: setattr(system, name, fails)


def test_a_file_keeps_mode_and_attributes(place: Path) -> None:
    os.setxattr(place / "b", "user.k", b"v")
    os.setxattr(place / "b", *tree.acl("u::rw u:9:rw g::r m::rw o::").popitem())
    before = line(place / "b").replace("b'old'", "b'new'").partition("  mtime")
    assert run_in(str(place), ["--atomic", "a", "b"]).status == 0
    after = line(place / "b").partition("  mtime")
    assert after[0] == before[0]
    assert after[2].partition("  ")[2] == before[2].partition("  ")[2]


@needs_root
def test_root_keeps_the_owner_and_writing_drops_capabilities(place: Path) -> None:
    os.chown(place / "b", *USER)
    capability = bytes.fromhex("0100000200200000000000000000000000000000")
    os.setxattr(place / "b", "security.capability", capability)
    os.chmod(place / "b", 0o4755)
    assert run_in(str(place), ["--atomic", "a", "b"]).status == 0
    assert "4755  54321:54321" in line(place / "b")
    assert "security.capability" not in line(place / "b")


@needs_root
def test_a_user_who_may_write_into_a_foreign_file_gets_one_of_his_own(place: Path) -> None:
    os.chown(place / "b", *OTHER)
    os.chmod(place / "b", 0o6676)
    assert run_in(str(place), ["--atomic", "a", "b"], owner=USER).status == 0
    status = (place / "b").stat()
    assert (status.st_uid, status.st_gid) == USER
    assert stat.S_IMODE(status.st_mode) == 0o666  # no set-id bits, and no more for the new group


@needs_root
def test_in_a_sticky_directory_a_foreign_file_stays(place: Path) -> None:
    os.chown(place / "b", *OTHER)
    os.chmod(place / "b", 0o666)
    os.chmod(place, 0o1777)
    result = run_in(str(place), ["--atomic", "a", "b"], owner=USER)
    assert result.stderr == "pycp: cannot create regular file 'b': Operation not permitted\n"
    assert ((place / "b").read_text(), temporary_names(place)) == ("old", [])


@pytest.mark.parametrize("command", ["a b", "a n", "-P l b", "--remove-destination a b", "-b a b"])
def test_in_a_directory_that_cannot_be_written_to_all_stays(place: Path, command: str) -> None:
    (place / "l").symlink_to("a")
    if os.geteuid() == 0:
        os.chmod(place / "b", 0o666)
        os.chown(place, 0, 0)
    os.chmod(place, 0o555)
    result = run_in(str(place), ["--atomic", *command.split()], owner=USER)
    os.chmod(place, 0o755)
    assert result.status == 1
    assert "': Permission denied\n" in result.stderr
    assert sorted(os.listdir(place)) == ["a", "b", "l"]
    assert (place / "b").read_text() == "old"


@needs_root
def test_a_file_that_may_not_be_written_into_is_not_replaced(place: Path) -> None:
    os.chmod(place / "b", 0o644)
    result = run_in(str(place), ["--atomic", "a", "b"], owner=USER)
    assert result.stderr == "pycp: cannot create regular file 'b': Permission denied\n"
    assert (place / "b").read_text() == "old"


def test_a_running_program_is_replaced_and_goes_on(place: Path) -> None:
    shutil.copy(shutil.which("sleep") or "", place / "b")
    os.setxattr(place / "b", "user.k", b"v")
    inode = (place / "b").stat().st_ino
    with subprocess.Popen([place / "b", "60"]) as running:
        try:
            assert run_in(str(place), ["a", "b"]).stderr.endswith("': Text file busy\n")
            assert run_in(str(place), ["--atomic", "a", "b"]).stderr == ""
            assert os.stat(f"/proc/{running.pid}/exe").st_ino == inode
        finally:
            running.kill()
    assert (place / "b").read_text() == "new"
    assert os.getxattr(place / "b", "user.k") == b"v"


def test_a_link_stays_and_what_it_leads_to_is_replaced_where_it_is(place: Path) -> None:
    (place / "far").mkdir()
    (place / "far/file").write_text("old")
    (place / "far/next").symlink_to("file")
    (place / "l").symlink_to(place / "far/next")
    inode = (place / "far/file").stat().st_ino
    assert run_in(str(place), ["--atomic", "a", "l"]).status == 0
    assert os.readlink(place / "l") == str(place / "far/next")
    assert (place / "far/file").read_text() == "new"
    assert (place / "far/file").stat().st_ino != inode
    assert sorted(os.listdir(place / "far")) == ["file", "next"]


def test_hard_links_are_cut(place: Path) -> None:
    os.link(place / "b", place / "other")
    assert run_in(str(place), ["--atomic", "a", "b"]).status == 0
    assert (place / "other").read_text() == "old"


def test_a_device_and_a_fifo_are_written_to(place: Path) -> None:
    (place / "a").chmod(0o644)
    assert run_in(str(place), ["--atomic", "a", "/dev/null"], owner=USERS[-1]).status == 0
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    os.mkfifo(place / "p")
    with subprocess.Popen(["cat", place / "p"], stdout=subprocess.PIPE) as reader:
        assert run_in(str(place), ["--atomic", "a", "p"]).status == 0
        assert reader.communicate()[0] == b"new"
    assert stat.S_ISFIFO((place / "p").lstat().st_mode)


def test_what_a_default_list_gives_a_new_file_is_what_it_gives_without_the_option(
    place: Path,
) -> None:
    os.setxattr(place, *tree.acl("u::rwx u:9:rw g::r m::rw o::", "default").popitem())
    for options in ([], ["--preserve=mode"]):
        found = []
        for atomic in ([], ["--atomic"]):
            run_in(str(place), [*atomic, *options, "a", "n"])
            found.append(line(place / "n").partition("  mtime "))
            os.unlink(place / "n")
        assert found[0][0] == found[1][0]
        assert found[0][2].split("  ")[1:] == found[1][2].split("  ")[1:]


@pytest.mark.parametrize("options", ["", "-b ", "--remove-destination "])
def test_a_link_that_took_the_place_meanwhile_is_not_lost(place: Path, options: str) -> None:
    def swap() -> None:
        flush = system.flush

        def swapped(fd: int) -> None:
            flush(fd)
            if not os.path.islink("b"):
                os.unlink("b")
                os.symlink("somewhere", "b")

        setattr(system, "flush", swapped)  # noqa: B010

    result = run_with(place, f"--atomic --durable {options}a b", swap)
    text = "pycp: not writing to 'b', as it was replaced while being copied\n"
    assert (result.status, result.stderr) == (1, text)
    assert os.readlink(place / "b") == "somewhere"
    assert sorted(os.listdir(place)) == ["a", "b"]


def test_what_came_meanwhile_is_not_lost_with_no_clobber(place: Path) -> None:
    def come() -> None:
        flush = system.flush

        def came(fd: int) -> None:
            flush(fd)
            Path("n").write_text("somebody else's")

        setattr(system, "flush", came)  # noqa: B010

    result = run_with(place, "--atomic --durable -n a n", come)
    assert result.stderr == "pycp: cannot create regular file 'n': File exists\n"
    assert (place / "n").read_text() == "somebody else's"


@pytest.mark.parametrize("options", ["-b", "--backup=numbered"])
def test_where_links_cannot_be_made_a_backup_is_moved(place: Path, options: str) -> None:
    result = run_with(place, f"--atomic {options} a b", failing("link_itself", 1))
    assert (result.status, result.stderr) == (0, "")
    backup = "b~" if options == "-b" else "b.~1~"
    assert (place / backup).read_text() == "old"
    assert (place / "b").read_text() == "new"
    assert sorted(os.listdir(place)) == ["a", "b", backup]


def test_where_links_cannot_be_made_new_files_are_moved_to_their_name(place: Path) -> None:
    def lack() -> None:
        failing("link_itself", 1)()
        setattr(system, "UNNAMED", 0)  # noqa: B010

    assert run_with(place, "--atomic a n", lack).status == 0
    assert sorted(os.listdir(place)) == ["a", "b", "n"]


def test_a_backup_is_the_old_file_itself(place: Path) -> None:
    inode = (place / "b").stat().st_ino
    (place / "b~").write_text("older")
    assert run_in(str(place), ["--atomic", "-b", "a", "b"]).status == 0
    assert (place / "b~").stat().st_ino == inode


def test_a_failure_keeps_an_older_backup(place: Path) -> None:
    (place / "b~").write_text("older")
    result = run_with(place, "--atomic --durable -b a b", failing("flush", 5))
    assert result.stderr.startswith("pycp: failed to sync 'b': Input/output error\n")
    assert (place / "b~").read_text() == "older"
    assert (place / "b").read_text() == "old"


@pytest.mark.parametrize("command", ["a b", "--remove-destination a b", "-b a b"])
def test_a_clone_that_fails_keeps_the_old_file(place: Path, command: str) -> None:
    words = ["--atomic", "--reflink=always", *command.split()]
    result = run_with(place, " ".join(words), lambda: setattr(system, "reflink", lambda *_: 95))
    assert result.status == 1
    assert sorted(os.listdir(place)) == ["a", "b"]
    assert (place / "b").read_text() == "old"


def test_a_difference_found_by_verify_keeps_the_old_file(place: Path) -> None:
    def spoil() -> None:
        write = system.write
        setattr(system, "write", lambda fd, data: write(fd, b"x" * len(data)))  # noqa: B010

    result = run_with(place, "--atomic --verify a b", spoil)
    assert result.stderr == "pycp: 'b' differs from 'a' at byte 0\n"
    assert (place / "b").read_text() == "old"
    assert temporary_names(place) == []


def test_a_strip_that_fails_keeps_the_old_file(place: Path) -> None:
    result = run_in(str(place), ["--atomic", "-s", "--strip-program=false", "a", "b"], "pyinstall")
    assert result.stderr == "pyinstall: strip process terminated abnormally\n"
    assert sorted(os.listdir(place)) == ["a", "b"]
    assert (place / "b").read_text() == "old"


def test_the_digest_of_a_stripped_file_is_that_of_what_is_installed(place: Path) -> None:
    program = place / "st"
    program.write_text('#!/bin/sh\necho stripped > "$1"\n')
    program.chmod(0o755)
    words = "--atomic -s --strip-program=./st --manifest=m --digest=sha256 a b"
    assert run_in(str(place), words.split(), "pyinstall").status == 0
    assert (place / "b").read_text() == "stripped\n"
    assert subprocess.run(["sha256sum", "-c", "m"], cwd=place, capture_output=True).returncode == 0


@pytest.mark.parametrize("option", ["--atomic", "--durable"])
def test_a_resumed_copy_is_complete(place: Path, option: str) -> None:
    (place / "s").mkdir()
    (place / "s/f").write_bytes(b"x" * 9000)
    (place / "t").mkdir()
    (place / "t/f").write_bytes(b"x" * 5000)
    words = ["-aT", "--resume", option, "s", "t"]
    assert run_in(str(place), words).status == 0
    assert (place / "t/f").read_bytes() == b"x" * 9000
    assert run_in(str(place), words).status == 0
    assert temporary_names(place) == []


def test_what_cannot_be_flushed_is_told(place: Path) -> None:
    result = run_with(place, "--durable a b", failing("flush", 28))
    assert result.status == 1
    assert result.stderr == (
        "pycp: failed to sync 'b': No space left on device\n"
        "pycp: failed to sync '.': No space left on device\n"
    )


def test_what_is_no_file_need_not_be_flushed(place: Path) -> None:
    result = run_in(str(place), ["--durable", "a", "/dev/null"], owner=USERS[-1])
    assert (result.status, result.stderr) == (0, "")


def test_where_renaming_makes_files_of_links_these_are_made_under_their_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On SMB."""

    def renamed(*_names: object, **_places: object) -> None:
        raise AssertionError("a link or FIFO is renamed")

    for place in ("s", "t"):
        os.mkdir(tmp_path / place)
        os.symlink(place, tmp_path / place / "l")
        os.mkfifo(tmp_path / place / "p")
    monkeypatch.setattr(engine_atomic, "keeps_only_files", lambda _name, _directory: True)
    monkeypatch.setattr(system, "rename", renamed)
    monkeypatch.setattr(system, "rename_exclusively", renamed)
    pycp.copy(
        str(tmp_path / "s"),
        str(tmp_path / "t"),
        recursive=True,
        no_target_directory=True,
        atomic=True,
    )
    assert os.readlink(tmp_path / "t/l") == "s"
    assert sorted(os.listdir(tmp_path / "t")) == ["l", "p"]

"""--verify: what was written is read back, and a difference is found where it is."""

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycp import system
from pycp.engine.file_copy import FileCopy
from pycp.engine.steps import Steps
from pycp.engine.verify import BUFFER_SIZE, read, verify
from pycp.errors import CopyError
from tests import listing, tree
from tests.features.verify.running import PEOPLE, run
from tests.unit.engine.copying import FEW
from tests.unit.rooms import entry, job

SIZE = 2 * BUFFER_SIZE + 100
OFFSETS = (0, 4096, BUFFER_SIZE - 1, BUFFER_SIZE, SIZE - 1)
TREE = tree.nodes(
    "s/d/e/f@0600 s/l->d s/p| s/h=s/d/e/f s/empty t/d/x@0640 t/old",
    **{
        "s/hole": tree.file(pieces={0: b"x", 300_000: b"y"}, size=500_000),
        "s/big": tree.file(b"b" * 300_000),
        "s/d/x": tree.file(b"x", 0o640),
        "s/empty": tree.file(b""),
        "a": tree.file("a", 0o640),
        "b": tree.file("other", 0o604),
        "d": tree.directory(),
        "d/b": tree.file("b"),
    },
)
COMMANDS = (
    "pycp -v a b",
    "pycp -pv a b d",
    "pycp -v a a d/x",
    "pycp -av s n",
    "pycp -rvT s t",
    "pycp -abvT s t",
    "pycp -alv s n",
    "pycp -rv --sparse=always s n",
    "pycp -rv --sparse=never s n",
    "pycp -v --remove-destination a missing b d",
    "pycp -nv a b",
    "pyinstall -v -m 640 a b",
    "pyinstall -vD a x/y/z",
    "pyinstall -bv a b d",
    "pyinstall -Cpv a b d",
)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("option", ["--verify", "--manifest=../M", "--bwlimit=10G"])
def test_all_is_as_without_the_option(option: str, command: str, who: str, here: Path) -> None:
    found = []
    program, _, words = command.partition(" ")
    Path("M").touch()
    os.chmod("M", 0o666)
    for line in (command, f"{program} {option} {words}"):
        tree.build("w", TREE, (os.geteuid(), os.getegid()))
        before = os.stat("w/a").st_ctime_ns
        result = run(line, here / "w", who=who)
        lines = sorted(
            line for line in result.stdout.splitlines() if not line.startswith("verified ")
        )  # inode numbers give the order in a directory
        found.append((result.status, lines, result.stderr, listing.listing("w", before)))
        tree.remove("w")
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, (0, 0, 0, 0)),
        ({"verify": True}, (0, 1, 0, 0)),
        ({"bandwidth": 1}, (0, 1, 0, 0)),
        ({"durable": True}, (0, 0, 1, 0)),
        ({"verify": True, "durable": True}, (0, 1, 1, 0)),
    ],
)
def test_an_option_adds_its_step_and_no_other(
    options: dict[str, Any], expected: tuple[int, ...]
) -> None:
    steps = Steps(job(**options))
    found = (steps.begun, steps.written, steps.complete, steps.told)
    assert tuple(map(len, found)) == expected
    assert job(**options).has_steps == any(expected)


def numbered(size: int) -> bytes:
    return b"".join(number.to_bytes(4, "big") for number in range(size // 4 + 1))[:size]


def disturb(monkeypatch: pytest.MonkeyPatch, act: Callable[[int], None]) -> None:
    """Have something happen between writing and reading back, to the open destination."""

    def flush(fd: int) -> None:
        os.fsync(fd)
        act(fd)

    monkeypatch.setattr(system, "flush", flush)


def flip(fd: int, offset: int) -> None:
    os.pwrite(fd, bytes([os.pread(fd, 1, offset)[0] ^ 1]), offset)


@pytest.mark.parametrize("program", ["pycp", "pyinstall"])
@pytest.mark.parametrize("offset", OFFSETS)
def test_a_flipped_byte_is_found_at_its_offset(
    program: str, offset: int, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("a").write_bytes(numbered(SIZE))
    Path("d").mkdir()
    disturb(monkeypatch, lambda fd: flip(fd, offset) if os.fstat(fd).st_size == SIZE else None)
    Path("other").write_text("other")
    result = run(f"{program} --verify a other d", here)
    assert result.stderr == f"{program}: 'd/a' differs from 'a' at byte {offset}\n"
    assert result.status == 1
    assert Path("d/other").read_text() == "other"
    assert Path("d/a").stat().st_size == SIZE


def shorten(path: str, size: int) -> Callable[[int], None]:
    return lambda _fd: os.truncate(path, size)


def append(path: str) -> Callable[[int], None]:
    def act(_fd: int) -> None:
        with open(path, "ab") as file:
            file.write(b"more")

    return act


@pytest.mark.parametrize(
    ("act", "offset"),
    [
        (shorten("a", 0), 0),
        (shorten("a", SIZE - 1), SIZE - 1),
        (shorten("b", 2 * BUFFER_SIZE), 2 * BUFFER_SIZE),
        (append("a"), SIZE),
        (append("b"), SIZE),
    ],
    ids=["empty source", "shorter source", "shorter copy", "longer source", "longer copy"],
)
def test_a_side_that_changed_its_length_differs_where_it_ends(
    act: Callable[[int], None], offset: int, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("a").write_bytes(numbered(SIZE))
    disturb(monkeypatch, act)
    result = run("pycp --verify a b", here)
    assert result.stderr == f"pycp: 'b' differs from 'a' at byte {offset}\n"
    assert result.status == 1


def test_a_bad_copy_gets_no_times_that_make_it_look_good(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("a").write_bytes(b"data")
    os.utime("a", (1, 1))
    disturb(monkeypatch, lambda fd: flip(fd, 2))
    assert run("pycp -p --verify a b", here).status == 1
    assert os.stat("b").st_mtime > 1


def test_a_backup_comes_back_if_the_copy_is_bad(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("a").write_text("new")
    Path("b").write_text("old")
    disturb(monkeypatch, lambda fd: flip(fd, 0))
    result = run("pycp -b --verify a b", here)
    assert (result.status, result.stderr) == (1, "pycp: 'b' differs from 'a' at byte 0\n")
    assert Path("b").read_text() == "old"
    assert not Path("b~").exists()


def test_an_old_file_stays_with_atomic_if_the_copy_is_bad(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("a").write_text("new")
    Path("b").write_text("old")
    disturb(monkeypatch, lambda fd: flip(fd, 0) if os.fstat(fd).st_size else None)
    result = run("pycp --atomic --verify a b", here)
    assert (result.status, result.stderr) == (1, "pycp: 'b' differs from 'a' at byte 0\n")
    assert Path("b").read_text() == "old"
    assert sorted(os.listdir()) == ["a", "b"]


def test_reads_that_return_little_hide_nothing(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("a").write_bytes(numbered(10_000))
    monkeypatch.setattr(
        system, "pread", lambda fd, size, offset: os.pread(fd, min(size, 1 + fd % 2 * 700), offset)
    )
    assert run("pycp --verify a b", here).status == 0
    disturb(monkeypatch, lambda fd: flip(fd, 9_999))
    assert run("pycp --verify a b", here).stderr == "pycp: 'b' differs from 'a' at byte 9999\n"


@pytest.mark.parametrize(("failing", "told"), [("a", "a"), ("d/a", "d/a")])
def test_what_cannot_be_read_back_is_told(
    failing: str, told: str, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b"):
        Path(name).write_text("words")
    Path("d").mkdir()

    def pread(fd: int, size: int, offset: int) -> bytes:
        if os.readlink(f"/proc/self/fd/{fd}") == str(here / failing):
            raise OSError(errno.EIO, "")
        return os.pread(fd, size, offset)

    monkeypatch.setattr(system, "pread", pread)
    result = run("pycp --verify a b d", here)
    assert result.stderr == f"pycp: error reading '{told}': Input/output error\n"
    assert result.status == 1
    assert Path("d/b").read_text() == "words"


def test_what_cannot_be_flushed_is_told(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("a").write_text("words")

    def fails(_fd: int) -> None:
        raise OSError(errno.EIO, "")

    monkeypatch.setattr(system, "flush", fails)
    result = run("pycp --verify a b", here)
    assert result.stderr == "pycp: error writing 'b': Input/output error\n"
    assert result.status == 1


def test_a_bad_copy_that_a_worker_made_is_told(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("s").mkdir()
    for number in range(600):
        Path(f"s/f{number}").write_text("words")

    def act(fd: int) -> None:
        if os.readlink(f"/proc/self/fd/{fd}").endswith("7"):
            flip(fd, 3)

    disturb(monkeypatch, act)
    result = run("pycp -r --verify --jobs=3 s d", here)
    bad = [number for number in range(600) if number % 10 == 7]
    assert sorted(result.stderr.splitlines()) == sorted(
        f"pycp: 'd/f{number}' differs from 's/f{number}' at byte 3" for number in bad
    )
    assert len(os.listdir("d")) == 600


def count(monkeypatch: pytest.MonkeyPatch, call: str, log: Path) -> None:
    """Note each use of a call, wherever it is made."""
    original: Callable[..., Any] = getattr(system, call)

    def noted(fd: int, *more: Any) -> Any:
        with log.open("a") as file:
            file.write(os.readlink(f"/proc/self/fd/{fd}") + "\n")
        return original(fd, *more)

    monkeypatch.setattr(system, call, noted)


def test_the_cached_pages_of_both_sides_are_dropped(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("a").write_text("words")
    count(monkeypatch, "drop_cached", here / "log")
    assert run("pycp --verify a b", here).status == 0
    assert Path("log").read_text().splitlines() == [str(here / "a"), str(here / "b")]


def test_hard_links_to_a_copy_are_not_read_again(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("s").mkdir()
    Path("s/a").write_text("words")
    os.link("s/a", "s/b")
    count(monkeypatch, "flush", here / "log")
    assert run("pycp -a --verify s d", here).status == 0
    assert len(Path("log").read_text().splitlines()) == 1


def test_what_is_a_hole_on_both_sides_is_not_read(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open("a", "wb") as file:
        file.truncate(10**11)
        file.seek(10**10)
        file.write(b"data")
    if os.stat("a").st_blocks > 1000:
        pytest.skip("the file system keeps zeros where a hole should be, so there is none to copy")
    count(monkeypatch, "pread", here / "log")
    assert run("pycp --verify a b", here).status == 0
    assert 2 <= len(Path("log").read_text().splitlines()) < 20
    disturb(monkeypatch, lambda fd: flip(fd, 9 * 10**10))
    assert run("pycp --verify a b", here).stderr.endswith(f" at byte {9 * 10**10}\n")


@pytest.mark.parametrize("who", PEOPLE)
def test_an_old_file_that_cannot_be_read_is_refused_before_it_is_cut(who: str, here: Path) -> None:
    Path("a").write_text("new")
    Path("b").write_text("old")
    os.chmod("b", 0o200)
    result = run("pycp --verify a b", here, who=who)
    os.chmod("b", 0o600)
    if who == "root":
        assert (result.status, Path("b").read_text()) == (0, "new")
    else:
        assert result.stderr == "pycp: cannot read back 'b': Permission denied\n"
        assert (result.status, Path("b").read_text()) == (1, "old")


@pytest.mark.parametrize("who", PEOPLE)
def test_an_old_file_that_cannot_be_written_is_told_as_ever(who: str, here: Path) -> None:
    Path("a").write_text("new")
    Path("b").write_text("old")
    os.chmod("b", 0o400)
    result = run("pycp --verify a b", here, who=who)
    if who == "user":
        assert result.stderr == "pycp: cannot create regular file 'b': Permission denied\n"
    assert run("pycp -f --verify a b", here, who=who).status == 0
    assert Path("b").read_text() == "new"


@pytest.mark.parametrize("who", PEOPLE)
def test_a_new_file_need_not_be_readable(who: str, here: Path) -> None:
    Path("a").write_text("new")
    result = run("pycp --verify a b", here, who=who, umask=0o777)
    assert (result.status, result.stderr, os.stat("b").st_mode & 0o777) == (0, "", 0)


def test_what_cannot_be_read_twice_is_not_copied(here: Path) -> None:
    os.mkfifo("p")
    Path("a").write_text("words")
    Path("b").write_text("old")
    told = "as {} cannot be read back to verify it\n"
    result = run("pycp --verify p b", here)
    assert result.stderr == "pycp: not copying 'p' to 'b', " + told.format("'p'")
    assert (result.status, Path("b").read_text()) == (1, "old")
    result = run("pycp --verify -b p b", here)
    assert result.stderr == "pycp: not copying 'p' to 'b', " + told.format("'p'")
    assert not Path("b~").exists()
    result = run("pycp --verify a /dev/null", here)
    assert result.stderr == "pycp: not copying 'a' to '/dev/null', " + told.format("'/dev/null'")


CONTENTS = st.lists(
    st.tuples(st.integers(0, 300_000), st.binary(min_size=1, max_size=20)), max_size=5
)


def write_pieces(name: str, pieces: list[tuple[int, bytes]]) -> None:
    with open(name, "wb") as file:
        for offset, data in pieces:
            file.seek(offset)
            file.write(data)
        file.truncate(400_000)


def difference(is_device: bool = False) -> str:
    """Verify b against a; return what is said."""
    fds = [os.open("a", os.O_RDONLY), os.open("b", os.O_RDWR)]
    statuses = [os.fstat(fd) for fd in fds]
    if is_device:
        statuses[1] = os.stat_result((0o060600, *statuses[1][1:]))
    try:
        file = FileCopy(entry("a", "b"), fds[0], statuses[0], fds[1])
        verify(job(), file, statuses[1])
    except CopyError as error:
        return str(error)
    finally:
        for fd in fds:
            os.close(fd)
    return ""


@FEW
@given(pieces=CONTENTS, is_dense=st.booleans(), offset=st.integers(0, 399_999))
def test_any_contents_with_any_holes_are_compared(
    pieces: list[tuple[int, bytes]], is_dense: bool, offset: int
) -> None:
    write_pieces("a", pieces)
    if is_dense:
        Path("b").write_bytes(Path("a").read_bytes())
    else:
        write_pieces("b", pieces)
    assert difference() == ""
    fd = os.open("b", os.O_RDWR)
    flip(fd, offset)
    os.close(fd)
    assert difference() == f"'b' differs from 'a' at byte {offset}"


def test_a_device_may_be_larger_than_what_is_copied_to_it() -> None:
    Path("a").write_bytes(numbered(BUFFER_SIZE + 5))
    Path("b").write_bytes(numbered(BUFFER_SIZE + 500))
    assert difference(is_device=True) == ""
    os.truncate("b", BUFFER_SIZE + 4)
    assert difference(is_device=True).endswith(f" at byte {BUFFER_SIZE + 4}")


def test_a_map_of_holes_is_not_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    def lseek(fd: int, offset: int, whence: int) -> int:
        if whence == os.SEEK_DATA:
            raise OSError(errno.EINVAL, "")
        return os.lseek(fd, offset, whence)

    write_pieces("a", [(200_000, b"data")])
    shutil.copyfile("a", "b")
    os.truncate("b", 0)
    os.truncate("b", 400_000)
    monkeypatch.setattr(system, "lseek", lseek)
    assert difference() == "'b' differs from 'a' at byte 200000"


def test_the_largest_file_is_read_to_its_end_and_not_beyond(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The kernel takes no call that goes on behind the largest offset, whatever there is."""
    largest = (1 << 63) - 1

    def pread(_fd: int, size: int, offset: int) -> bytes:
        assert offset + size <= largest
        return bytes(size)

    monkeypatch.setattr(system, "pread", pread)
    assert read((0, "f"), largest - 10, 100) == bytes(10)

"""Holes: found, kept, made and filled."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycp import system
from pycp.engine.data import BUFFER_SIZE
from pycp.errors import CopyError
from tests.unit.engine.copying import FEW, contents_of, copied, reluctant

PAGE = 4096


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


PIECES = st.lists(
    st.tuples(
        st.sampled_from((0, 1, 2, 300, 511, 512, 513, 1024, 2000, 5000)),
        st.sampled_from((b"\0", b"x", b"\0", b"\0x", b"x\0\0")),
    ).map(lambda piece: piece[0] * piece[1]),
    max_size=8,
).map(b"".join)


def sparse_file(*runs: tuple[int, bytes], size: int) -> bytes:
    """Make the file a of these runs; return its contents."""
    with open("a", "wb") as file:
        for start, data in runs:
            file.seek(start)
            file.write(data)
        file.truncate(size)
    return Path("a").read_bytes()


def blocks(name: str) -> int:
    return os.stat(name).st_blocks


@pytest.fixture
def file_system_has_holes() -> None:
    with open("probe", "wb") as file:
        file.truncate(100 * PAGE)
    if blocks("probe"):
        pytest.skip("the file system keeps zeros where a hole should be, so there is none to copy")


@pytest.mark.usefixtures("file_system_has_holes")
@pytest.mark.parametrize("sparse", ["auto", "always", "never"])
@pytest.mark.parametrize(
    ("runs", "size"),
    [
        ((), 100 * PAGE),
        (((0, b"x"),), 100 * PAGE),
        (((99 * PAGE, b"x" * PAGE),), 100 * PAGE),
        (((10 * PAGE, b"x" * 9000), (50 * PAGE, b"y" * 3)), 70 * PAGE + 7),
        (((0, b"x" * BUFFER_SIZE), (3 * BUFFER_SIZE, b"y" * 2 * BUFFER_SIZE)), 6 * BUFFER_SIZE + 1),
    ],
)
def test_holes_are_kept_or_filled(
    runs: tuple[tuple[int, bytes], ...], size: int, sparse: str
) -> None:
    contents = sparse_file(*runs, size=size)
    assert copied(sparse=sparse) == contents
    if sparse == "never":
        assert blocks("b") >= size // 512
    else:
        assert blocks("b") <= blocks("a")


@pytest.mark.usefixtures("file_system_has_holes")
def test_zeros_become_holes_where_that_is_asked() -> None:
    contents = b"x" * PAGE + bytes(50 * PAGE) + b"y" * PAGE
    for sparse, is_less in (("always", True), ("auto", False), ("never", False)):
        assert copied(contents, sparse=sparse) == contents
        assert (blocks("b") < 20 * PAGE // 512) is is_less


@pytest.mark.usefixtures("file_system_has_holes")
@pytest.mark.parametrize("sparse", ["auto", "always"])
def test_what_was_allocated_ahead_is_freed(sparse: str, monkeypatch: pytest.MonkeyPatch) -> None:
    freed = []

    def punch_hole(fd: int, start: int, length: int) -> int:
        freed.append((start, length))
        return errno.ENOTSUP

    monkeypatch.setattr(system, "punch_hole", punch_hole)
    runs = ((0, b"x" * PAGE), (50 * PAGE, b"y" * PAGE))
    contents = sparse_file(*runs, size=60 * PAGE)
    assert copied(sparse=sparse) == contents
    assert freed == [(PAGE, 49 * PAGE), (51 * PAGE, 9 * PAGE)]


@pytest.mark.usefixtures("file_system_has_holes")
def test_a_disk_that_fails_to_free_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    sparse_file(size=60 * PAGE)
    monkeypatch.setattr(system, "punch_hole", lambda *_: errno.EIO)
    with pytest.raises(CopyError, match=r"^error deallocating 'b': Input/output error$"):
        copied()


@FEW
@given(data=PIECES, sizes=st.lists(st.sampled_from((7, 512, 600, PAGE)), min_size=1))
def test_short_reads_and_writes_do_not_shift_holes(data: bytes, sizes: list[int]) -> None:
    def again() -> Iterator[int]:
        while True:
            yield from sizes

    with pytest.MonkeyPatch.context() as patch:
        for name in ("read", "write"):
            patch.setattr(system, name, reluctant(getattr(os, name), again()))
        assert copied(data, sparse="always") == data


@pytest.mark.parametrize("code", [errno.EINVAL, errno.ENOTSUP])
def test_without_a_map_of_holes_zeros_are_looked_for(
    code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    contents = sparse_file((0, b"x"), (50 * PAGE, b"y"), size=60 * PAGE)
    plain_lseek = os.lseek

    def lseek(fd: int, offset: int, whence: int) -> int:
        if whence in (system.SEEK_DATA, system.SEEK_HOLE):
            raise OSError(code, "")
        return plain_lseek(fd, offset, whence)

    monkeypatch.setattr(system, "lseek", lseek)
    assert copied() == contents
    assert blocks("b") <= blocks("a") or blocks("a") >= 60 * PAGE // 512


@pytest.mark.usefixtures("file_system_has_holes")
def test_a_map_that_cannot_be_read_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    sparse_file((0, b"x"), size=60 * PAGE)

    def lseek(fd: int, offset: int, whence: int) -> int:
        raise OSError(errno.EIO, "")

    monkeypatch.setattr(system, "lseek", lseek)
    with pytest.raises(CopyError, match=r"^cannot lseek 'a': Input/output error$"):
        copied()


@pytest.mark.usefixtures("file_system_has_holes")
@pytest.mark.parametrize("sparse", ["auto", "always", "never"])
@pytest.mark.parametrize("new_size", [20 * PAGE, 45 * PAGE + 100, 90 * PAGE])
def test_a_sparse_file_that_changes_its_size_does_no_harm(
    sparse: str, new_size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The copy is what was there before or what is there now, and no more."""
    before = sparse_file((0, contents_of(9000)), (40 * PAGE, contents_of(30_000)), size=60 * PAGE)
    plain_lseek = os.lseek
    seen = []

    def lseek_then_change(fd: int, offset: int, whence: int) -> int:
        found = plain_lseek(fd, offset, whence)
        seen.append(whence)
        if len(seen) == 4:
            os.truncate("a", new_size)
        return found

    monkeypatch.setattr(system, "lseek", lseek_then_change)
    found = copied(sparse=sparse)
    after = Path("a").read_bytes()
    assert found in (before, after, before[:new_size].ljust(len(before), b"\0"))

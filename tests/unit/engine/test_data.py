"""Every byte arrives, however few the kernel moves at a time and whichever way gives up."""

import errno
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycp import system
from pycp.engine import data
from pycp.engine.data import CANNOT_OFFLOAD, OFFLOAD_STEP, SMALL
from pycp.engine.file_copy import FileCopy
from pycp.engine.job import FIRST_STEP, LEAST_STEP, STEP_SECONDS, Stride
from pycp.errors import CopyError
from tests.unit.engine.copying import FEW, contents_of, copied, reluctant
from tests.unit.rooms import entry, job


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@FEW
@given(
    size=st.sampled_from((0, 1, 511, 4096, 9000, SMALL - 1, SMALL, SMALL + 1, 3 * SMALL)),
    sizes=st.lists(st.sampled_from((1, 100, 512, 4096, 70_000)), min_size=1),
    reflink=st.sampled_from(("auto", "never")),
    sparse=st.sampled_from(("auto", "always", "never")),
)
def test_short_reads_and_writes_lose_nothing(
    size: int, sizes: list[int], reflink: str, sparse: str
) -> None:
    # Files a few steps can copy: a byte at a time takes its time.
    size = min(size, 2000 * min(sizes))

    def again() -> Iterator[int]:
        while True:
            yield from sizes

    with pytest.MonkeyPatch.context() as patch:
        for name in ("read", "readv", "write", "offload"):
            patch.setattr(system, name, reluctant(getattr(os, name, os.copy_file_range), again()))
        contents = contents_of(size)
        assert copied(contents, reflink=reflink, sparse=sparse) == contents


def refusing(code: int, after: int = 0) -> Callable[[int, int, int], int]:
    """Return an offload that moves so many bytes and then fails."""
    moved = 0

    def offload(source: int, destination: int, _length: int) -> int:
        nonlocal moved
        if moved >= after:
            raise OSError(code, os.strerror(code))
        moved += after
        os.write(destination, os.read(source, after))
        return after

    return offload


LARGE = contents_of(3 * SMALL)


@pytest.mark.parametrize("code", sorted({*CANNOT_OFFLOAD, errno.EFBIG}))
def test_what_cannot_be_offloaded_is_read_and_written(
    code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(system, "offload", refusing(code))
    assert copied(LARGE) == LARGE


def test_a_file_too_big_to_offload_is_finished_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system, "offload", refusing(errno.EFBIG, after=SMALL))
    assert copied(LARGE) == LARGE


@pytest.mark.parametrize(
    ("code", "after"),
    [(errno.EIO, 0), (errno.ENOSPC, 0), (errno.EIO, 100), (errno.EXDEV, 100), (errno.EINVAL, 100)],
)
def test_other_failures_to_offload_are_told(
    code: int, after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(system, "offload", refusing(code, after))
    with pytest.raises(CopyError) as caught:
        copied(LARGE)
    assert str(caught.value) == f"error copying 'a' to 'b': {os.strerror(code)}"
    assert caught.value.errno == code


def test_an_offload_that_has_nothing_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    """So it is with files of /proc."""
    monkeypatch.setattr(system, "offload", lambda *_words: 0)
    assert copied(LARGE) == LARGE


def test_without_offload_files_are_read_and_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system, "offload", None)
    assert copied(LARGE) == LARGE


def test_no_reflink_means_no_offload(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system, "offload", refusing(errno.EIO))
    assert copied(LARGE, reflink="never") == LARGE


@pytest.mark.parametrize("size", [10, SMALL, 3 * SMALL])
@pytest.mark.parametrize("grows", [1, 5000, -1, -9])
def test_a_file_that_changes_its_size_is_copied_up_to_its_end(
    size: int, grows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The size is looked at first; what is there when it is read is what counts."""
    contents = contents_of(size)
    changed = contents + b"+" * grows if grows > 0 else contents[:grows]
    real_fstat = os.fstat

    def fstat_then_change(fd: int) -> os.stat_result:
        status = real_fstat(fd)
        Path("a").write_bytes(changed)
        return status

    Path("a").write_bytes(contents)
    monkeypatch.setattr(os, "fstat", fstat_then_change)
    for offload in (system.offload, None):
        monkeypatch.setattr(system, "offload", offload)
        assert copied() == changed


def test_a_file_that_grows_while_it_is_read_is_read_to_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waiting = [b"more", b" and more"]

    def read_then_grow(fd: int, buffers: list[bytearray]) -> int:
        found = os.readv(fd, buffers)
        if waiting:
            with open("a", "ab") as file:
                file.write(waiting.pop(0))
        return found

    monkeypatch.setattr(system, "send", None)
    monkeypatch.setattr(system, "readv", read_then_grow)
    assert copied(LARGE, reflink="never") == LARGE + b"more and more"


@pytest.mark.parametrize("name", ["/proc/self/status", "/proc/cpuinfo"])
def test_a_file_that_says_it_is_empty_is_read_all_the_same(name: str) -> None:
    if not os.path.exists(name):
        pytest.skip(f"{name} is Linux's, and not here")
    assert os.stat(name).st_size == 0
    os.symlink(name, "a")
    assert copied()[:4] == Path(name).read_bytes()[:4]


def test_a_device_is_read_to_its_end() -> None:
    os.symlink("/dev/null", "a")
    assert copied() == b""


@pytest.mark.parametrize(
    ("call", "words"),
    [("read", "error reading 'a'"), ("readv", "error reading 'a'"), ("write", "error writing 'b'")],
)
def test_failures_name_the_file(call: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_arguments: object) -> int:
        raise OSError(errno.EIO, "")

    monkeypatch.setattr(system, call, fails)
    with pytest.raises(CopyError) as caught:
        copied(LARGE if call == "readv" else b"few", reflink="never")
    assert str(caught.value) == f"{words}: Input/output error"


def test_a_write_that_takes_nothing_is_a_full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system, "write", lambda *_words: 0)
    with pytest.raises(CopyError, match=r"^error writing 'b': No space left on device$"):
        copied(b"some")


def a_copy() -> FileCopy:
    Path("a").touch()
    file = FileCopy(entry("a", "b"), 0, os.stat("a"), 1)
    file.destination = file.source
    return file


@pytest.mark.parametrize(
    ("code", "when", "shared", "told"),
    [
        (0, "auto", True, ""),
        (errno.ENOTSUP, "auto", False, ""),
        (errno.EXDEV, "auto", False, ""),
        (errno.EINVAL, "auto", False, ""),
        (errno.ENOSPC, "auto", False, "No space left on device"),
        (errno.EIO, "auto", False, "Input/output error"),
        (errno.EINVAL, "always", False, "Invalid argument"),
        (errno.ENOTSUP, "always", False, "Operation not supported"),
        (errno.EIO, "never", False, ""),
    ],
)
def test_sharing_storage(
    code: int, when: str, shared: bool, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(system, "reflink", lambda *_words: code)
    try:
        found = data.try_reflink(job(reflink=when), a_copy())
        message = ""
    except CopyError as error:
        found, message = False, str(error)
    assert found is shared
    assert message == (f"failed to clone 'b' from 'a': {told}" if told else "")


def test_sharing_is_not_tried_twice_between_two_file_systems(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tries = []

    def reflink(*words: int) -> int:
        tries.append(words)
        return errno.ENOTSUP

    monkeypatch.setattr(system, "reflink", reflink)
    one_job = job()
    for _file in range(3):
        data.try_reflink(one_job, a_copy())
    assert len(tries) == 1


@pytest.mark.parametrize("stops", [0, 1, 3])
def test_what_the_kernel_does_not_send_is_copied_by_hand(
    stops: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = 0

    def send_a_little(source: int, destination: int, length: int) -> int:
        nonlocal calls
        calls += 1
        if calls > stops:
            raise OSError(errno.EINVAL, "")
        return os.write(destination, os.read(source, 1000))

    monkeypatch.setattr(system, "offload", None)
    monkeypatch.setattr(system, "send", send_a_little)
    assert copied(LARGE) == LARGE
    assert calls == stops + 1


def test_the_kernel_is_asked_for_what_it_copies_in_a_short_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 0.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    for rate in (10**4, 10**5, 10**6, 10**7, 10**9, 10**11):
        stride = Stride()
        for _ in range(20):
            count = stride.next(OFFLOAD_STEP)
            now += count / rate
            stride.took(count)
        count = stride.next(OFFLOAD_STEP)
        assert LEAST_STEP <= count <= OFFLOAD_STEP
        assert count == LEAST_STEP or count / rate <= STEP_SECONDS + 0.001
        assert count == OFFLOAD_STEP or count / rate >= STEP_SECONDS / 8


def test_steps_that_have_their_price_are_not_made_smaller(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 0.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    stride = Stride()
    copied = 0
    for _ in range(200):
        count = stride.next(OFFLOAD_STEP)
        now += 0.2 + count / 10**9
        copied += count
        stride.took(count)
    assert copied / now > 0.7 * FIRST_STEP / 0.2


def test_a_small_file_tells_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    stride = Stride()
    stride.next(OFFLOAD_STEP)
    now += 100
    stride.took(1000)
    assert stride.next(OFFLOAD_STEP) == FIRST_STEP


def test_what_is_learned_from_one_file_holds_for_the_next() -> None:
    before = job()
    assert before.again().stride is before.stride

"""Who reads which file when, for several processes."""

import os
from pathlib import Path
from typing import Any

import pytest

from pycp.entries import Tally
from pycp.run import lending
from pycp.run.lending import AHEAD, Asking, Lender

Version = tuple[int, int, int, int]


class Line:
    """A channel that keeps what is sent."""

    def __init__(self) -> None:
        self.sent: list[Any] = []

    def send(self, message: Any) -> None:
        self.sent.append(message)


class Way:
    """A way for open files that nobody uses."""

    def close(self) -> None:
        pass


def never() -> None:
    raise AssertionError("there is nothing to wait for")


class Process:
    """A process that wants small files, as the one that lends knows it."""

    def __init__(self) -> None:
        self.line = Line()
        self.asking = Asking(self.line, Way())  # type: ignore[arg-type]
        self.number = 0

    def want(self, lender: Lender, inode: int) -> Any:
        """Want a file of one byte, and return the answer, if there is one."""
        self.number += 1
        before = len(self.line.sent)
        version = (1, inode, 1, 0)
        wanted = self.number, (1, inode), version, True, 0, False, f"s/{inode}"
        lender.hear(self.asking, "want", [wanted])
        lender.serve()
        return self.line.sent[-1][1:] if len(self.line.sent) > before else None

    def read(self, lender: Lender, data: bytes | None) -> None:
        lender.hear(self.asking, "read", [data])
        lender.serve()


def set_up(count: int) -> tuple[Lender, list[Process]]:
    processes = [Process() for _ in range(count)]
    askers = [process.asking for process in processes]
    return Lender(askers, [], Tally(), never), processes


def test_the_first_reads_and_the_others_get_it() -> None:
    lender, (first, second, third) = set_up(3)
    assert first.want(lender, 5) == ("read it",)
    assert second.want(lender, 5) is None
    first.read(lender, b"5")
    assert second.line.sent[-1] == (1, "whole", b"5")
    assert third.want(lender, 5) == ("whole", b"5")


def test_what_one_process_passes_by_is_kept_for_no_other() -> None:
    lender, (first, second) = set_up(2)
    assert first.want(lender, 5) == ("read it",)
    first.read(lender, b"5")
    assert second.want(lender, 6) == ("read it",)
    assert not lender._kept


def test_only_so_many_files_are_kept() -> None:
    lender, (first, second) = set_up(2)
    for inode in range(1, AHEAD + 1):
        assert first.want(lender, inode) == ("read it",)
        first.read(lender, b"x")
    assert first.want(lender, AHEAD + 1) is None
    assert second.want(lender, 1) == ("whole", b"x")
    assert second.want(lender, 2) == ("whole", b"x")
    assert first.line.sent[-1] == (AHEAD + 1, "read it")


def test_the_last_of_all_never_waits_for_room() -> None:
    lender, (first, second) = set_up(2)
    for inode in range(10, AHEAD + 10):
        assert first.want(lender, inode) == ("read it",)
        first.read(lender, b"x")
    assert first.want(lender, AHEAD + 10) is None
    assert second.want(lender, 7) == ("read it",)


def test_another_reads_when_the_reader_is_lost_or_fails() -> None:
    lender, (first, second, third) = set_up(3)
    assert first.want(lender, 5) == ("read it",)
    assert second.want(lender, 5) is None
    assert third.want(lender, 5) is None
    lender.forget(first.asking)
    lender.serve()
    assert second.line.sent[-1] == (1, "read it")
    second.read(lender, None)
    assert third.line.sent[-1] == (1, "read it")


def test_a_file_that_nobody_waits_for_any_more_is_read_no_further(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "f").write_text("f")
    fd = os.open(tmp_path / "f", os.O_RDONLY)
    monkeypatch.setattr(lending, "_handed_over", lambda _readers: fd)
    lender, (only,) = set_up(1)
    only.asking.wanted = 1, (1, 5), (1, 5, 1, 0), False, 0, False, "f"
    lender._lend([only.asking])
    assert not any(b"f" in sent for sent in only.line.sent)


def test_a_file_that_was_changed_is_read_again() -> None:
    lender, (first, second) = set_up(2)
    first.want(lender, 5)
    first.read(lender, b"5")
    wanted = 1, (1, 5), (1, 5, 2, 9), True, 0, False, "s/5"
    lender.hear(second.asking, "want", [wanted])
    lender.serve()
    assert second.line.sent == [(1, "read it")]

"""Numbers in words."""

import time

import pytest

from pycp.entries import Tally
from pycp.report.status import count_words, duration, in_units, status_line
from pycp.values import BYTES, FILES


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (999.6, "1.0 kB"),
        (1000, "1.0 kB"),
        (9949, "9.9 kB"),
        (9950, "10 kB"),
        (999_499, "999 kB"),
        (999_500, "1.0 MB"),
        (5_600_000_000, "5.6 GB"),
        (480e6, "480 MB"),
        (10**22, "10000 EB"),
    ],
)
def test_bytes_are_told_in_the_unit_that_suits(size: float, words: str) -> None:
    assert in_units(size) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (59.9, "59 s"), (60, "1:00"), (3599, "59:59"), (3600, "1:00:00")],
)
def test_times_are_told_like_a_clock_from_a_minute_on(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_one_file_is_no_files() -> None:
    assert [count_words(number) for number in (0, 1, 2)] == ["0 files", "1 file", "2 files"]


def test_the_line_tells_all_that_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now)
    tally = Tally()
    tally.start -= 12.5
    tally.own[FILES], tally.own[BYTES] = 1234, 6_000_000_000
    line = "pycp: 1234 files, 6.0 GB copied in 12 s, 480 MB/s"
    assert status_line("pycp", tally, "") == line
    assert status_line("pycp", tally, "a\nb") == f"{line}, now at 'a'$'\\n''b'"
    goal = status_line("pycp", tally, "", (2000, 10_000_000_000))
    assert goal == "pycp: 1234 of 2000 files, 6.0 GB of 10 GB copied in 12 s, 480 MB/s"

"""The line of the bar: true, and never wider than the window."""

import time
from unicodedata import east_asian_width

import pytest

from pycp.entries import Tally
from pycp.report import picture
from pycp.report.picture import Picture
from pycp.values import (
    BYTES,
    CHECKED,
    CHECKING,
    COMPARED,
    COPYING,
    FILES,
    FLUSHED,
    FLUSHING,
    KEPT,
    PASSED,
    PHASE,
    PHASES,
    READING,
    SKIPPED,
)


@pytest.fixture(autouse=True)
def _clock_that_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a busy machine take no time between a count and the line that tells of it."""
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now)


def tally_of(files: int, size: int, passed: int = 0, name: str = "") -> Tally:
    """Return a count that has gone on for ten seconds."""
    tally = Tally()
    tally.own[FILES], tally.own[BYTES], tally.own[PASSED] = files, size, passed
    tally.start = time.monotonic() - 10
    tally.name = name
    return tally


def line(tally: Tally, **known: object) -> str:
    """Return the line in a usual window."""
    arguments = {"found": (0, 0), "is_known": True, "is_complete": None, "columns": 80}
    return Picture(tally).line(**(arguments | known))  # type: ignore[arg-type]


def test_the_line_tells_share_time_amounts_rate_and_name() -> None:
    tally = tally_of(1, 2_000_000_000, name="x")
    shown = line(tally, found=(4, 8_000_000_000), columns=100)
    bar = f"[{'#' * 6}{'-' * 18}]"
    assert shown == f"{bar}   25%  ETA 00:00:30  2.0/8.0 GB  1/4 files  200 MB/s  x"


def test_what_needed_no_copying_counts_as_done_but_not_as_fast() -> None:
    shown = line(tally_of(3, 1_000_000, 2_000_000), found=(4, 4_000_000))
    assert "  3.0/4.0 MB  3/4 files  100 kB/s" in shown


def test_empty_files_move_the_bar_too() -> None:
    assert " 50% " in line(tally_of(500, 0), found=(1000, 0))


def test_a_total_that_still_grows_is_marked_and_makes_no_share() -> None:
    shown = line(tally_of(3, 1_000_000), found=(4, 4_000_000), is_known=False)
    assert "  1.0/4.0+ MB  3/4+ files  100 kB/s" in shown
    assert "%" not in shown


@pytest.mark.parametrize(
    ("tally", "found", "is_complete", "percent"),
    [
        (tally_of(0, 0), (0, 0), True, 100),
        (tally_of(4, 400), (0, 0), True, 100),
        (tally_of(4, 400), (9, 900), True, 100),
        (tally_of(9, 999), (4, 400), True, 100),
        (tally_of(4, 400), (4, 400), False, 99),
        (tally_of(9, 999), (4, 400), False, 99),
        (tally_of(9, 999), (4, 400), None, 99),
        (tally_of(0, 0), (0, 0), False, 0),
        (tally_of(2, 200), (4, 400), False, 50),
    ],
)
def test_only_a_complete_copy_is_100_percent(
    tally: Tally, found: tuple[int, int], is_complete: bool | None, percent: int
) -> None:
    assert f" {percent}%  " in line(tally, found=found, is_complete=is_complete)


@pytest.mark.parametrize("name", ["", "x", "long" * 100, "漢字" * 50, "a\n" * 60, "e\u0301" * 80])
@pytest.mark.parametrize("is_complete", [None, True, False])
def test_no_window_is_too_narrow(name: str, is_complete: bool | None) -> None:
    tally = tally_of(12345, 6_700_000_000, name=name)
    for columns in range(1, 220):
        shown = line(tally, found=(99999, 10**13), is_complete=is_complete, columns=columns)
        assert sum(1 + (east_asian_width(unit) in "WF") for unit in shown) < columns + (
            shown.count("\u0301")
        )
        assert shown.isprintable()
        assert columns < 50 or "6.7" in shown


def test_a_long_name_keeps_its_end() -> None:
    shown = line(tally_of(1, 1, name="d/" * 50 + "end"), found=(9, 9), columns=100)
    assert shown.endswith("/d/d/end")


def test_a_very_long_name_is_gone_through_a_few_times(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def combining(unit: str) -> int:
        seen.append(unit)
        return 0

    monkeypatch.setattr(picture, "combining", combining)
    shown = line(tally_of(1, 1, name="long" * 1000), found=(9, 9))
    assert shown.endswith("longlong")
    assert len(seen) < 4 * 4000


PASSES = {0: 0, BYTES: 33, FLUSHED: 66, CHECKED: 99}


def test_copying_flushing_and_checking_have_one_total() -> None:
    tally = tally_of(0, 0, name="x")
    picture = Picture(tally, passes=3)
    for what, percent in PASSES.items():
        if what:
            tally.own[what] = 10**9
        assert f" {percent}%  ETA " in picture.line((1, 10**9), True, None, 80)


def test_what_stays_of_a_file_is_checked_no_second_time() -> None:
    tally = tally_of(0, 500_000_000)
    tally.own[KEPT] = 500_000_000
    assert " 49%  " in Picture(tally, 2).line((1, 10**9), True, None, 80)


def test_what_needs_no_copying_is_not_waited_for() -> None:
    tally = tally_of(1, 0, 10**9)
    assert " 50%  " in Picture(tally, 3).line((2, 2 * 10**9), True, None, 80)


@pytest.mark.parametrize("phase", [CHECKING, FLUSHING, READING])
def test_what_is_done_besides_copying_is_said(phase: int) -> None:
    tally = tally_of(1, 1_000_000)
    assert PHASES[phase] not in line(tally, found=(4, 4_000_000))
    tally.own[PHASE] = phase
    assert f"  {PHASES[phase]}  1.0/4.0 MB  " in line(tally, found=(4, 4_000_000))


def test_what_is_read_back_tells_the_rate_as_well() -> None:
    tally = tally_of(0, 1_000_000)
    tally.own[CHECKED] = tally.own[FLUSHED] = tally.own[COMPARED] = 1_000_000
    assert "  400 kB/s" in line(tally, found=(4, 4_000_000))


LINES = {
    120: f"[{'#' * 20}{'-' * 10}]   68%  ETA 00:00:04  1.0/1.5 GB  12/14 files  102 MB/s  f",
    80: "[########----]   68%  ETA 00:00:04  1.0/1.5 GB  12/14 files  102 MB/s  f",
    60: "[######---]   68%  ETA 00:00:04  1.0/1.5 GB  102 MB/s",
    50: "[####---]   68%  ETA 00:00:04  1.0/1.5 GB",
    40: "[####---]   68%  ETA 00:00:04  102 MB/s",
    30: " 68%  ETA 00:00:04  102 MB/s",
    20: " 68%  ETA 00:00:04",
}
CHECKED_LINES = {
    80: "[########----]   68%  ETA 00:00:04  checking  1.0/1.5 GB  12/14 files  102 MB/s",
    60: "[######---]   68%  ETA 00:00:04  checking  1.0/1.5 GB",
    50: "[####---]   68%  ETA 00:00:04  checking  102 MB/s",
    40: "[####---]   68%  ETA 00:00:04  checking",
    30: " 68%  ETA 00:00:04  checking",
    20: " 68%  ETA 00:00:04",
}


@pytest.mark.parametrize(("phase", "lines"), [(COPYING, LINES), (CHECKING, CHECKED_LINES)])
def test_each_width_has_its_line(phase: int, lines: dict[int, str]) -> None:
    for columns, expected in lines.items():
        tally = tally_of(12, 1_025_000_000, name="f")
        tally.own[PHASE] = phase
        assert line(tally, found=(14, 1_500_000_000), columns=columns) == expected


@pytest.mark.parametrize("columns", [40, 60, 80, 100, 150])
def test_the_bar_is_as_wide_whatever_the_numbers_are(columns: int) -> None:
    widths = set()
    for size in (0, 999, 10**6, 999_400_000, 10**13):
        for known in (True, False):
            for phase in (COPYING, CHECKING):
                tally = tally_of(min(size, 123_456), size, name="name" * 5)
                tally.own[PHASE] = phase
                shown = line(tally, found=(200_000, 10**14), is_known=known, columns=columns)
                widths.add(shown.index("]"))
    assert len(widths) == 1


def test_share_and_time_go_last_and_no_word_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now)
    whole = line(tally_of(12, 10**9, name="f"), found=(14, 15 * 10**8), columns=200).split()
    for columns in range(1, 200):
        shown = line(tally_of(12, 10**9, name="f"), found=(14, 15 * 10**8), columns=columns)
        assert all(word in whole for word in shown.split() if not word.startswith("["))
        assert columns < 20 or "ETA 00:00:0" in shown
        assert columns < 6 or "%" in shown


def test_what_needed_no_copying_tells_nothing_of_the_time_left() -> None:
    tally = tally_of(9, 10**9, 9 * 10**9)
    tally.own[SKIPPED] = 9
    shown = line(tally, found=(10, 20 * 10**9))
    assert "ETA 00:01:40  " in shown
    assert "ETA --:--:--" in line(tally_of(0, 0, 10**9), found=(10, 20 * 10**9))

"""The line of the bar: true, and never wider than the window."""

import time
from unicodedata import east_asian_width

import pytest

from pycp.entries import Tally
from pycp.report.picture import Picture
from pycp.values import BYTES, FILES, PASSED


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
    assert shown == f"[{'#' * 7}{'-' * 23}]   25%  00:00:30  2.0/8.0 GB  1/4 files  200 MB/s  x"


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
        assert columns < 40 or "6.7" in shown


def test_a_long_name_keeps_its_end() -> None:
    shown = line(tally_of(1, 1, name="d/" * 50 + "end"), found=(9, 9), columns=100)
    assert shown.endswith("/d/d/end")

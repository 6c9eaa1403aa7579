"""When a source counts as newer, on file systems that keep coarse times."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycp.options import CopyOptions
from pycp.plan.overwrite import GRANULARITIES, SECOND, is_newer

NOW = 1_600_000_000 * SECOND
PLAIN = CopyOptions(update="older")
PRESERVING = CopyOptions(update="older", preserve_timestamps=True)


def dated(mtime_ns: int, ctime_ns: int = NOW) -> os.stat_result:
    """Return the status of a file with these times."""
    times = {"st_mtime_ns": mtime_ns, "st_ctime_ns": ctime_ns}
    return os.stat_result([0] * 10, times)


@pytest.mark.parametrize(
    ("source", "destination", "plain", "preserving"),
    [
        (NOW, NOW, False, False),
        (NOW - 1, NOW, False, False),
        # A destination whose times are whole steps may have lost what a finer time says.
        (NOW + 1, NOW, True, False),
        (NOW + SECOND, NOW, True, False),
        (NOW + 2 * SECOND - 1, NOW, True, False),
        (NOW + 2 * SECOND, NOW, True, True),
        (NOW + SECOND + 1, NOW + SECOND, True, False),
        (NOW + 2 * SECOND, NOW + SECOND, True, True),
        # A time of nanoseconds tells of a file system that keeps them.
        (NOW + 2, NOW + 1, True, True),
        (NOW + 150, NOW + 100, True, False),
        (NOW + 200, NOW + 100, True, True),
    ],
)
def test_a_time_counts_as_the_other_file_system_would_keep_it(
    source: int, destination: int, plain: bool, preserving: bool
) -> None:
    assert is_newer(dated(source), dated(destination), PLAIN) == plain
    assert is_newer(dated(source), dated(destination), PRESERVING) == preserving


@given(st.integers(-3 * SECOND, 3 * SECOND), st.sampled_from([*GRANULARITIES, 1]))
def test_a_copy_with_its_times_kept_is_never_older(offset: int, step: int) -> None:
    source = NOW + offset
    kept = source - source % step
    assert not is_newer(dated(source), dated(kept, NOW), PRESERVING)


@given(st.integers(-3 * SECOND, 3 * SECOND))
def test_without_preserved_times_the_clock_alone_counts(offset: int) -> None:
    assert is_newer(dated(NOW + offset), dated(NOW), PLAIN) == (offset > 0)

"""What a value of --bwlimit means."""

import pytest

from pycp.cli.cp import parse_cp
from pycp.errors import UsageError


def rate(word: str) -> int:
    return parse_cp([f"--bwlimit={word}"], {}, print)[0].bandwidth


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("10", 10),
        ("10K", 10240),
        ("10k", 10240),
        ("10KiB", 10240),
        ("10KB", 10000),
        ("1.5M", 1572864),
        ("3gb", 3 * 10**9),
    ],
)
def test_a_rate_is_a_number_and_a_unit(word: str, expected: int) -> None:
    assert rate(word) == expected


@pytest.mark.parametrize(
    "word",
    ["", "K", "B", "0", "-1", "1e3", "1T", "0.0001", "10MM", "1.2.3", "1iB0", "9" * 5000],
    ids=lambda word: word[:20],
)
def test_what_is_no_rate_is_refused(word: str) -> None:
    with pytest.raises(UsageError, match="--bwlimit"):
        rate(word)

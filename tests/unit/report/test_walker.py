"""The walk for the totals: early, and after some seconds nobody else's burden."""

import os
import select
from collections.abc import Iterator
from typing import Any

import pytest

from pycp.report import walker
from pycp.report.walker import PLACES, Walker, found
from pycp.system.counts import numbers
from tests.programs import SECONDS

NICEST = 19
"""What a system has at least; a walk of a nice suite becomes no nicer than this."""


def walked(totals: Iterator[tuple[int, int]]) -> tuple[tuple[int, int], bool]:
    """Return what is found when a walk is over."""
    places = numbers(PLACES)
    process = Walker(totals, places)
    poll = select.poll()
    poll.register(process._worker.channel.fileno(), select.POLLIN)
    assert poll.poll(SECONDS * 1000)
    process.stop()
    return found(places)


def test_what_is_found_is_added_up() -> None:
    assert walked(iter([(1, 10), (2, 20)])) == ((3, 30), True)


@pytest.mark.parametrize("generous", [5.0, -1.0])
def test_it_is_nice_to_others_after_some_seconds(
    generous: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walker, "GENEROUS", generous)
    before = os.nice(0)

    def nice() -> Iterator[tuple[int, int]]:
        yield 0, 0
        yield 0, os.nice(0) - before

    added = min(walker.POLITE, NICEST - before) if generous < 0 else 0
    assert walked(nice()) == ((0, added), True)


def test_a_walk_that_is_stopped_knows_not_all() -> None:
    def endless() -> Iterator[tuple[int, int]]:
        while True:
            yield 1, 1

    places = numbers(PLACES)
    process = Walker(endless(), places)
    while not places[0]:
        pass
    process.stop()
    assert not found(places)[1]


@pytest.mark.parametrize("looks", range(1, 4))
def test_totals_are_not_all_that_were_looked_at_before_the_walk_was_over(looks: int) -> None:
    """It ends after so many looks of ours at the numbers."""

    class Places:
        left = looks

        def __getitem__(self, place: int) -> int:
            self.left -= 1
            return 0 if self.left >= 0 else (2, 9, 1)[place]

    places: Any = Places()
    assert not found(places)[1]
    assert found(places) == ((2, 9), True)

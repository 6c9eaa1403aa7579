"""How much is tried: PYCP_TESTS is "quick", "thorough", or not set.

Where a promise holds for each of very many moments, a test takes a share of them, spread evenly;
which ones differs from test to test, and not from run to run. The thorough run takes all of them.
"""

import os
from collections.abc import Callable, Sequence
from typing import TypeVar
from zlib import crc32

EXTENTS = ("quick", "", "thorough")
EXTENT = os.environ.get("PYCP_TESTS", "")
assert EXTENT in EXTENTS, f"PYCP_TESTS={EXTENT}: neither quick nor thorough"
IS_QUICK, IS_THOROUGH = EXTENT == "quick", EXTENT == "thorough"

T = TypeVar("T")


def spread(items: Sequence[T], name: object, usually: int) -> Sequence[T]:
    """Return about so many of the items, evenly spread; all in a thorough run.

    The name of a test says with which one it begins, so that tests of one kind take others.
    """
    most = max(usually // 4, 2) if IS_QUICK else usually
    if IS_THOROUGH or len(items) <= most:
        return items
    step = -(-len(items) // most)
    return items[crc32(str(name).encode()) % step :: step]


def some(items: Sequence[T], name_of: Callable[[T], str], one_of: int) -> Sequence[T]:
    """Return one of so many items, at least one, as if by lot; all in a thorough run.

    Evenly spread, they could all be those of one user, where each comes after the other's.
    """
    if IS_THOROUGH or one_of == 1:
        return items
    drawn = sorted(items, key=lambda item: crc32(name_of(item).encode()))
    return drawn[: -(-len(items) // one_of)]


def is_chosen(name: object, one_of: int) -> bool:
    """Tell whether what has this name is among the one of so many that are tried usually."""
    return IS_THOROUGH or crc32(str(name).encode()) % one_of == 0


def number(usually: int, thoroughly: int) -> int:
    """Return how often something drawn is tried."""
    return thoroughly if IS_THOROUGH else max(usually // 5, 1) if IS_QUICK else usually

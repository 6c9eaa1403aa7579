"""Large files in ranges: how they are cut, and with which options they are not."""

from typing import Any

import pytest

from pycp.run.ranges import LEAST, pieces
from pycp.values import LARGE_FILE as LARGE
from tests.unit.rooms import job

MIB = 1024 * 1024


@pytest.mark.parametrize(
    ("start", "size", "count", "block"),
    [
        (0, LARGE, 8, 4096),
        (0, 100 * LARGE + 1, 8, 4 * MIB),
        (300 * MIB, LARGE + 4096, 2, 65536),
        (0, LEAST + 1, 4, 4096),
    ],
)
def test_ranges_are_long_and_begin_at_blocks(start: int, size: int, count: int, block: int) -> None:
    cut = pieces(start, size, count, block)
    assert [at for at, _end in cut] == [start, *(end for _at, end in cut[:-1])]
    assert cut[-1][1] == size
    assert all(at % block == 0 for at, _end in cut)
    assert all(end - at >= LEAST for at, end in cut[:-1])
    assert abs(len(cut) - min(count, (size - start) // LEAST)) <= 1


@pytest.mark.parametrize(
    "options",
    [
        {"atomic": True},
        {"manifest": "sums"},
        {"reflink": "always"},
        {"sparse": "always"},
        {"bandwidth": 1},
        {"dry_run": True},
        {"attributes_only": True},
    ],
    ids=lambda options: next(iter(options)),
)
def test_some_options_need_one_process_for_a_file(options: dict[str, Any]) -> None:
    assert job().may_share_data
    assert not job(**options).may_share_data

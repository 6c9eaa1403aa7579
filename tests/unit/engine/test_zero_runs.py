"""Runs of zeros, compared with looking at every chunk."""

from hypothesis import given
from hypothesis import strategies as st

from pycp.engine.sparse import CHUNK, zero_runs

PIECES = st.tuples(
    st.sampled_from([b"\0", b"x"]),
    st.one_of(
        st.sampled_from([1, CHUNK - 1, CHUNK, CHUNK + 1, 5 * CHUNK]), st.integers(0, 3 * CHUNK)
    ),
)


def empty_chunks(data: bytes) -> set[int]:
    """Return the numbers of the chunks that hold nothing but zeros, the slow way."""
    starts = range(0, len(data), CHUNK)
    return {start // CHUNK for start in starts if not any(data[start : start + CHUNK])}


@given(st.lists(PIECES, max_size=8))
def test_every_empty_chunk_is_in_a_run_and_nothing_else(pieces: list[tuple[bytes, int]]) -> None:
    data = b"".join(byte * count for byte, count in pieces)
    found: set[int] = set()
    last = -1
    for start, end in zero_runs(data):
        assert last < start < end <= len(data), "runs rise and do not touch"
        assert start % CHUNK == 0
        assert end % CHUNK == 0 or end == len(data)
        assert not any(data[start:end])
        found |= set(range(start // CHUNK, -(-end // CHUNK)))
        last = end
    assert found == empty_chunks(data)

"""A text for each of very many numbers, in little more than the bytes of both.

Entries of a bucket stand one after the other, and a bucket is searched as a whole: what a `dict`
and its objects take for one entry is shared by many. No text may have a byte of zero in it.
"""

IN_A_BUCKET = 32
"""Entries, at most on average."""
FIRST_BUCKETS = 16
MARK = b"\0"


class Packed:
    """A mapping as far as it is needed."""

    __slots__ = ("_buckets", "_count")

    def __init__(self) -> None:
        self._count = 0
        self._buckets = [b""] * FIRST_BUCKETS

    def __len__(self) -> int:
        return self._count

    def __contains__(self, number: object) -> bool:
        assert isinstance(number, int)
        return _head(number) in self._buckets[number % len(self._buckets)]

    def get(self, number: int) -> str | None:
        """Return the text of a number, None if it has none."""
        bucket = self._buckets[number % len(self._buckets)]
        start, end = _find(bucket, _head(number))
        return bucket[start:end].decode("utf-8", "surrogatepass") if end else None

    def __setitem__(self, number: int, text: str) -> None:
        self.pop(number, None)
        self._buckets[number % len(self._buckets)] += _head(number) + text.encode(
            "utf-8", "surrogatepass"
        )
        self._count += 1
        if self._count > IN_A_BUCKET * len(self._buckets):
            self._grow()

    def pop(self, number: int, default: None) -> str | None:
        """Take a number away and return its text; None if it has none."""
        place = number % len(self._buckets)
        bucket, head = self._buckets[place], _head(number)
        start, end = _find(bucket, head)
        if not end:
            return default
        self._buckets[place] = bucket[: start - len(head)] + bucket[end:]
        self._count -= 1
        return bucket[start:end].decode("utf-8", "surrogatepass")

    def _grow(self) -> None:
        """Make two of each bucket, one after the other."""
        size = len(self._buckets)
        self._buckets += self._buckets
        for place in range(size):
            both: tuple[list[bytes], list[bytes]] = [], []
            for entry in self._buckets[place].split(MARK)[1:]:
                number = int(entry[: entry.index(b"/")], 16)
                both[number % (2 * size) >= size].append(MARK + entry)
            self._buckets[place], self._buckets[place + size] = map(b"".join, both)


def _head(number: int) -> bytes:
    """Return what an entry begins with."""
    return MARK + b"%x/" % number


def _find(bucket: bytes, head: bytes) -> tuple[int, int]:
    """Return where the text after a head begins and ends, zeros if there is none."""
    start = bucket.find(head)
    if start < 0:
        return 0, 0
    start += len(head)
    end = bucket.find(MARK, start)
    return start, len(bucket) if end < 0 else end

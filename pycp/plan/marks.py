"""What was met before, in 16 bytes for each: for runs that may have any number of operands.

The table holds 128 bits made of Python's own hash of strings, whose key is drawn by chance for each
process. That two texts share them, and one is taken for the other, will not happen.
"""

FIRST_SIZE = 1024
EMPTY = 0
MASK = 2**64 - 1


class Marks:
    """A set of texts that knows what is in it, and cannot tell."""

    __slots__ = ("_count", "_size", "_table")

    def __init__(self) -> None:
        self._count = 0
        self._size = FIRST_SIZE
        self._table = _empty(FIRST_SIZE)

    def __len__(self) -> int:
        return self._count

    def __contains__(self, text: str) -> bool:
        first, second = _mark(text)
        return self._table[self._place(first, second)] != EMPTY

    def add(self, text: str) -> None:
        """Let a text be known from now on."""
        first, second = _mark(text)
        place = self._place(first, second)
        if self._table[place] == EMPTY:
            self._table[place], self._table[place + 1] = first, second
            self._count += 1
            if self._count * 4 > self._size * 3:
                self._grow()

    def _place(self, first: int, second: int) -> int:
        """Return where a mark is, or where it belongs."""
        table = self._table
        most = self._size * 2
        place = first % self._size * 2
        while (found := table[place]) != EMPTY and (found != first or table[place + 1] != second):
            place += 2
            if place == most:
                place = 0
        return place

    def _grow(self) -> None:
        old, self._size = self._table, self._size * 2
        self._table = _empty(self._size)
        for index in range(0, len(old), 2):
            first = old[index]
            if first != EMPTY:
                second = old[index + 1]
                place = self._place(first, second)
                self._table[place], self._table[place + 1] = first, second


def _empty(size: int) -> memoryview:
    return memoryview(bytearray(16 * size)).cast("Q")


def _mark(text: str) -> tuple[int, int]:
    """Return 128 bits of a text, the first 64 of which are not zero."""
    return hash(text) & MASK or 1, hash(f"{text}/") & MASK

"""Several digests of the same bytes, taken as they pass once."""

import hashlib


class Digests:
    """A digest like those of hashlib, for names with a plus between them: "blake2b+sha256"."""

    def __init__(self, names: str, data: bytes = b"") -> None:
        self._each = [hashlib.new(name, data, usedforsecurity=False) for name in names.split("+")]

    def update(self, data: bytes | memoryview) -> None:
        """Take the next bytes."""
        for digest in self._each:
            digest.update(data)

    def hexdigest(self) -> str:
        """Return the digests in hexadecimal, with spaces between them."""
        return " ".join(digest.hexdigest() for digest in self._each)

"""A text for each of very many numbers, kept in a file that is gone with us, and little in memory.

SQLite has it in a file without a name, where it puts temporary ones (SQLITE_TMPDIR, TMPDIR,
/var/tmp, /tmp), once it is too much for a cache of a few megabytes.
"""

import sqlite3
from errno import EIO

from pycp.errors import CopyError

CACHE = 8192
"""Kibibytes kept in memory, at most."""
SIGNED = 1 << 63
"""SQLite's whole numbers are below this one; inode numbers go up to twice as much."""


class Stored:
    """A mapping as far as it is needed; CopyError is raised where the file cannot be written."""

    __slots__ = ("_database",)

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        for words in (
            "PRAGMA journal_mode = OFF",
            f"PRAGMA cache_size = -{CACHE}",
            "CREATE TABLE texts (number INTEGER PRIMARY KEY, text BLOB)",
            "BEGIN",  # for good: nothing has to be safe anywhere
        ):
            self._ask(words)

    def __del__(self) -> None:
        self._database.close()

    def __len__(self) -> int:
        count: int = self._ask("SELECT count(*) FROM texts").fetchone()[0]
        return count

    def __contains__(self, number: object) -> bool:
        assert isinstance(number, int)
        return self.get(number) is not None

    def get(self, number: int) -> str | None:
        """Return the text of a number, None if it has none."""
        found = self._ask("SELECT text FROM texts WHERE number = ?", number - SIGNED).fetchone()
        return None if found is None else str(found[0], "utf-8", "surrogatepass")

    def __setitem__(self, number: int, text: str) -> None:
        data = text.encode("utf-8", "surrogatepass")
        self._ask("INSERT OR REPLACE INTO texts VALUES (?, ?)", number - SIGNED, data)

    def pop(self, number: int, default: None) -> str | None:
        """Take a number away and return its text; None if it has none."""
        text = self.get(number)
        if text is None:
            return default
        self._ask("DELETE FROM texts WHERE number = ?", number - SIGNED)
        return text

    def _ask(self, words: str, *values: object) -> sqlite3.Cursor:
        try:
            return self._database.execute(words, values)
        except sqlite3.Error as error:
            text = f"cannot remember files of several names: {error}"
            raise CopyError(text, EIO) from None

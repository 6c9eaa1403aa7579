"""Events as lines of JSON, made in the process where they happen.

A name is written as Python holds it; one that is no UTF-8 comes in base64 as well, for languages
that know no lone surrogates. Of regular files, which come in great numbers, the names above are put
in words once for a directory.
"""

import json
import os
from base64 import b64encode
from json.encoder import encode_basestring_ascii as in_quotes  # what `dumps` does with a string

from pycp.values import join

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from pycp.entries import Entry
    from pycp.system.folder import Folder

NAMES = ("source", "destination", "backup", "path", "path2")
"""Fields that hold names of files."""


class Encoder:
    """Makes the lines of events."""

    def __init__(self) -> None:
        self._folder: Folder | None = None
        self._source = self._destination = ""
        self._is_unicode = False
        self._entry: Entry | None = None
        self._names = ""

    def event(self, kind: str, details: "Mapping[str, object]") -> bytes:
        """Return the line of an event."""
        text = f'{{"event": "{kind}"'
        for field, value in details.items():
            if type(value) is str:
                text += f', "{field}": {in_quotes(value)}'
                if not value.isascii() and field in NAMES and not _is_unicode(value):
                    text += f', "{field}_base64": "{b64encode(os.fsencode(value)).decode()}"'
            else:
                text += f', "{field}": {value if type(value) is int else json.dumps(value)}'
        return f"{text}}}\n".encode()

    def started(self, entry: "Entry", size: int) -> bytes:
        """Return the line that tells that a regular file of some bytes is being copied."""
        names = self._names_of(entry)
        return f'{{"event": "started", "type": "file"{names}, "size": {size}}}\n'.encode()

    def copied(self, entry: "Entry", method: str, size: int) -> bytes:
        """Return the line that tells that a regular file is complete, and how it was copied."""
        names = self._names_of(entry)
        return (
            f'{{"event": "copied", "type": "file"{names}, "method": "{method}", "bytes": {size}}}\n'
        ).encode()

    def _names_of(self, entry: "Entry") -> str:
        """Return the fields that name both sides, with a comma before them."""
        if entry is self._entry:
            return self._names
        folder, name = entry.folder, entry.source_name
        if folder is not self._folder:
            self._look_at(folder)
        if (
            self._is_unicode
            and not entry.has_names_of_its_own
            and (name.isascii() or _is_unicode(name))
        ):
            quoted = in_quotes(name)[1:]
            names = f"{self._source}{quoted}{self._destination}{quoted}"
        else:
            sides = {"source": entry.source, "destination": entry.destination}
            names = self.event("", sides).decode()[len('{"event": ""') : -len("}\n")]
        self._entry, self._names = entry, names
        return names

    def _look_at(self, folder: "Folder") -> None:
        """Put the names of both directories in words."""
        self._folder = folder
        source, destination = join(folder.source, ""), join(folder.destination, "")
        self._source = f', "source": {in_quotes(source)[:-1]}'
        self._destination = f', "destination": {in_quotes(destination)[:-1]}'
        self._is_unicode = _is_unicode(source) and _is_unicode(destination)


def _is_unicode(name: str) -> bool:
    """Return whether a name was decoded without bytes that are no UTF-8."""
    return not any("\udc80" <= character <= "\udcff" for character in name)

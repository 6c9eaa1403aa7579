"""The lines of files are those of any event, though names of directories are put in words once."""

import json
import os
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from pycp.entries import Entry
from pycp.report.encoder import Encoder
from pycp.system.folder import Directory, Folder

NAMES = st.binary(min_size=1).filter(lambda name: not {0, ord("/")} & set(name)).map(os.fsdecode)
PATHS = st.lists(NAMES, max_size=3).map("/".join) | st.sampled_from(["/", "a/", "//", "."])


def folder_of(source: str, destination: str) -> Folder:
    """Return a folder of two directories of which nothing is known but their names."""
    sides = [Directory(None, side, None, side) for side in (source, destination)]
    return Folder(None, sides[0], sides[1], is_new=True)


def line(kind: str, **details: Any) -> bytes:
    """Return the line of an event, made without knowing what kind it is of."""
    return Encoder().event(kind, {"type": "file", **details})


@given(st.lists(st.tuples(PATHS, PATHS, st.lists(NAMES, max_size=3)), max_size=3))
@example([("s\udcff", "d", ["a"]), ("s", "d", ["a", "\udcff", 'q"\\'])])
def test_files_have_the_lines_of_events(trees: list[tuple[str, str, list[str]]]) -> None:
    encoder = Encoder()
    for source, destination, names in trees:
        folder = folder_of(source, destination)
        for name in names:
            entry, other = Entry(folder, name), Entry(folder, name)
            started, copied = encoder.started(entry, 5), encoder.copied(entry, "loop", 5)
            shown = {"source": other.source, "destination": other.destination}
            assert started == line("started", **shown, size=5)
            assert copied == line("copied", **shown, method="loop", bytes=5)
            assert json.loads(started)["source"] == other.source


def test_names_of_its_own_are_told() -> None:
    folder = folder_of("s", "d")
    entry = Entry(folder, "name", is_operand=True)
    entry.name_operands("as/typed", "to/there")
    renamed = Entry(folder, "name")
    renamed.destination_name = "other"
    encoder = Encoder()
    assert json.loads(encoder.started(entry, 1))["destination"] == "to/there"
    assert json.loads(encoder.copied(renamed, "loop", 1))["destination"] == "d/other"

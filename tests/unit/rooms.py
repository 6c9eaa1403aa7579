"""What the rooms are given in tests: a listener, a job, an entry below the working directory."""

import os
from typing import Any

from pycp.engine.job import Job
from pycp.entries import Entry
from pycp.errors import CopyError
from pycp.options import CopyOptions
from pycp.report.lines import Lines
from pycp.system.folder import Directory, Folder, identity


class Heard(Lines):
    """A report that keeps what it is told; it agrees to nothing."""

    def __init__(self) -> None:
        super().__init__("pycp")
        self.words: list[str] = []

    def line(self, text: str) -> None:
        """Keep what is done."""
        self.words.append(text)

    def warn(self, text: str) -> None:
        """Keep a warning."""
        self.words.append(text)

    def failed(self, error: CopyError) -> None:
        """Keep a failure."""
        self.words.append(str(error))

    def agrees(self, question: str) -> bool:
        """Say no."""
        return False


def opened_folder() -> Folder:
    """Return the folder of two directories that are there, `s` and `d`, both open."""
    sides = []
    for side in "sd":
        directory = Directory(None, side, os.open(side, os.O_RDONLY), side)
        directory.id = identity(os.stat(side))
        sides.append(directory)
    return Folder(None, sides[0], sides[1], is_new=False)


def job(**options: Any) -> Job:
    """Return a job with these options, and a report of its own."""
    return Job(CopyOptions(**options), Heard())


def entry(source: str, destination: str) -> Entry:
    """Return an operand whose names are relative to the working directory."""
    here = Directory(None, "", None)
    made = Entry(Folder(None, here, here, False), source, is_operand=True)
    made.destination_name = destination
    made.name_operands(source, destination)
    return made

"""What is told at a signal, in one line: how far a copy is, and before it ends how to go on."""

import _signal  # type: ignore[import-not-found]  # signal imports enum
import os
import sys

from pycp.quoting import quote_name, quote_name_if_needed
from pycp.report.status import amount_done, count_words, in_units, status_line
from pycp.system.ending import BeforeTheEnd

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pycp.options import CopyOptions
    from pycp.report.lines import Lines


HARMLESS = str.maketrans("-_=./,:@%+", "x" * 10)
"""Characters besides letters and digits that mean nothing to a shell, where they may be."""


def tell_status(report: "Lines") -> None:
    """Print the line on standard error, from whatever is being done: nothing else is written."""
    line = report.over_bar(2) + os.fsencode(
        status_line(report.program, report.tally, report.tally.current) + "\n"
    )
    try:
        os.write(2, line)
    except OSError:
        pass  # it was asked for from outside, and is no part of the copy


def tell_before_the_end(report: "Lines", options: "CopyOptions | None") -> None:
    """Have a line printed when a user ends us; the signal still does that.

    With the options of a copy that --resume can finish, the line has the words for that.
    """
    command = _command(report.program, options) if options is not None else ""
    # The terminal has written ^C to the line that the cursor is in.
    BeforeTheEnd(lambda: _tell(report, command, True), (_signal.SIGINT,))
    BeforeTheEnd(lambda: _tell(report, command, False), (_signal.SIGTERM,))


def _command(program: str, options: "CopyOptions") -> str:
    """Return the words that go on with this copy, or nothing if they could not be combined."""
    if (
        not options.recursive
        or options.backup != "none"
        or options.overwrite == "ask"
        or options.remove_destination
        or options.cluster
    ):
        return ""
    added = [] if options.resume else ["--resume"]
    return " ".join([program, *added, *map(_quoted, sys.argv[1:])])


def _quoted(word: str) -> str:
    """Return a word as a shell takes it; names in messages have more quotes than it needs."""
    if word.isascii() and word.translate(HARMLESS).isalnum():
        return word
    return quote_name_if_needed(word)


def _tell(report: "Lines", command: str, is_echoed: bool) -> None:
    bar = report.bar
    if bar is not None:
        bar.pause()
        is_echoed |= bar.is_on_terminal and bar.is_shown
    files, size = amount_done(report.tally)
    line = f"{report.program}: interrupted after {count_words(files)}, {in_units(size)}"
    if report.tally.current:
        line += f", at {quote_name(report.tally.current)}"
    if command:
        line += f"; to go on: {command}"
    try:
        os.write(2, os.fsencode(f"\n{line}\n" if is_echoed else f"{line}\n"))
    except OSError:
        pass  # the terminal is gone

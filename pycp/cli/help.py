"""What --help prints, from the rows of the table: two columns, 80 wide on every terminal."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pycp.cli.table import Option, Table

_NOTE = (
    "A value in brackets may be left out; if given, it follows the long name and '='. "
    "Long names may be cut short while they still mean one option. "
    "The word -- ends the options."
)
_WIDTH = 80
_TERM_WIDTH = 28
_HELP_COLUMN = 32
_NARROWEST_USAGE = 20
"""Columns that must be left beside the name of the program for its words to stand there."""


def help_text(program: str, command: str, color: bool = False) -> str:
    """Return what `PROGRAM --help` prints; `command` is "cp" or "install"."""
    table = _table(command)
    most_used = [table.options[name] for name in table.most_used.split()]
    lines = [*usage_lines(program, table), "", *_wrapped(table.summary, _WIDTH)]
    lines += _group("Most used", most_used, color, is_short=True)
    for heading, rows in table.groups.items():
        lines += _group(heading, rows, color)
    lines += ["", *_wrapped(_NOTE, _WIDTH), ""]
    return "\n".join(lines)


def _table(command: str) -> "Table":
    """Return the table of a command; that of the other one is not loaded."""
    if command == "cp":
        from pycp.cli.cp import CP

        return CP
    from pycp.cli.install import INSTALL

    return INSTALL


def usage_lines(program: str, table: "Table") -> "Iterator[str]":
    """Yield a line for each form of the command, or several if the program has a long name."""
    for number, synopsis in enumerate(table.usage):
        start = f"{'   or: ' if number else 'Usage: '}{program} "
        indent = " " * len(start)
        if len(start) > _WIDTH - _NARROWEST_USAGE:
            yield start.rstrip()
            start = indent = " " * 11
        for line in _wrapped(synopsis, _WIDTH - len(indent)):
            yield start + line
            start = indent


def _group(
    heading: str, rows: "Sequence[Option]", color: bool, is_short: bool = False
) -> "Iterator[str]":
    """Yield the lines of some options; in short they have only the words that must do alone."""
    yield ""
    yield f"\x1b[1m{heading}\x1b[0m:" if color else f"{heading}:"
    for option in rows:
        term = _term(option).ljust(_TERM_WIDTH)
        shown = f"  \x1b[36m{term}\x1b[0m" if color else f"  {term}"
        text = option.help.partition(";")[0] if is_short else option.help
        first, *others = _wrapped(text, _WIDTH - _HELP_COLUMN)
        if len(term) > _TERM_WIDTH:
            yield shown
            yield " " * _HELP_COLUMN + first
        else:
            yield f"{shown}  {first}"
        for line in others:
            yield " " * _HELP_COLUMN + line


def _term(option: "Option") -> str:
    """Return the first column: `-b, --backup[=CONTROL]`."""
    indent = "" if len(option.names[0]) == 2 else "    "
    return indent + ", ".join(option.shown_names) + option.value


def _wrapped(text: str, width: int) -> "Iterator[str]":
    """Yield the words of a text in lines; `textwrap` would do it too, and import re."""
    line = ""
    for word in text.split():
        if line and len(line) + 1 + len(word) > width:
            yield line
            line = word
        else:
            line = f"{line} {word}" if line else word
    yield line

"""Read a command line by the rules of getopt_long and of GNU's keyword arguments.

Options may follow operands, unless POSIXLY_CORRECT is set; `--` ends them; letters may share a
word. What an option means takes effect as it is read, so the first mistake of a line is the one
that is told.
"""

import os

from pycp import system
from pycp.errors import CopyError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import Any

    from pycp.cli.table import Option, Table


class Answer(Exception):
    """The user asked for "help" or "version" and for nothing else."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


def parse(
    arguments: list[str],
    table: "Table",
    environ: "Mapping[str, str]",
    warn: "Callable[[str], None]",
) -> "tuple[dict[str, Any], list[str]]":
    """Return the fields that the options set, the last one winning, and the operands.

    Raise Answer at --help and --version, UsageError and CopyError at a mistake.
    """
    fields: dict[str, Any] = {}
    operands: list[str] = []
    for option, value in read_words(arguments, table, operands, "POSIXLY_CORRECT" in environ):
        if option.warning and (value is not None or not option.value) and not system.has_labels():
            warn(option.warning)
        elif value is None:
            fields.update(option.sets)
        elif option.each:
            for word in value.split(","):
                fields.update(option.each[choose(word, option.each, option.names[-1])])
        elif option.choices:
            fields[option.field] = choose(value, option.choices, option.names[-1])
        elif option.field == "target_directory" and option.field in fields:
            raise CopyError("multiple target directories specified")
        elif option.collects:
            fields.setdefault(option.field, []).append((option.collects, value))
        elif option.field:
            fields[option.field] = value
        if "answer" in fields:
            raise Answer(fields["answer"])
    return fields, operands


def read_words(
    arguments: list[str], table: "Table", operands: list[str], posixly_correct: bool
) -> "Iterator[tuple[Option, str | None]]":
    """Yield each option with its value, None if it has none; add the other words to `operands`."""
    words = iter(arguments)
    for word in words:
        if word == "--":
            operands.extend(words)
        elif word.startswith("--"):
            yield _read_long(word, words, table)
        elif word.startswith("-") and word != "-":
            yield from _read_letters(word, words, table)
        else:
            operands.append(word)
            if posixly_correct:
                operands.extend(words)


def _read_long(word: str, words: "Iterator[str]", table: "Table") -> "tuple[Option, str | None]":
    name = table.full_name(word)
    option = table.options[name]
    _, equals, value = word.partition("=")
    if equals:
        if not option.value:
            raise UsageError(f"option '{name}' doesn't allow an argument")
        return option, value
    if not option.needs_value:
        return option, None
    argument = next(words, None)
    if argument is None:
        raise UsageError(f"option '{name}' requires an argument")
    return option, argument


def _read_letters(
    word: str, words: "Iterator[str]", table: "Table"
) -> "Iterator[tuple[Option, str | None]]":
    for index, letter in enumerate(word[1:], 1):
        option = table.options.get(f"-{letter}")
        if option is None:
            # getopt_long reads bytes, so of a longer character it shows the first one.
            first_byte = os.fsdecode(os.fsencode(letter)[:1])
            raise UsageError(f"invalid option -- '{first_byte}'")
        if not option.needs_value:
            yield option, None
            continue
        value = word[index + 1 :] or next(words, None)
        if value is None:
            raise UsageError(f"option requires an argument -- '{letter}'")
        yield option, value
        return


def choose(word: str, choices: "Iterable[str]", context: str) -> str:
    """Return the keyword that `word` names in full or begins without doubt.

    Each choice is a string of synonyms with spaces between; the first one is returned.
    Raise UsageError, which lists the choices, if there is no such keyword.
    """
    meanings = set()
    for choice in choices:
        synonyms = choice.split()
        if word in synonyms:
            return synonyms[0]
        if any(synonym.startswith(word) for synonym in synonyms):
            meanings.add(synonyms[0])
    if len(meanings) == 1:
        return meanings.pop()
    from pycp.quoting import quote_word

    problem = "ambiguous" if meanings else "invalid"
    lines = [f"{problem} argument {quote_word(word)} for {quote_word(context)}"]
    lines.append("Valid arguments are:")
    lines += ["  - " + ", ".join(map(quote_word, choice.split())) for choice in choices]
    raise UsageError("\n".join(lines))

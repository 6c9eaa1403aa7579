r"""The manuals: prose from man/*.in, filled with the option tables and the README's list.

`python -m pycp.cli.manual` writes man/*.1 in a checkout. A template is a page in the man macros
(groff_man(7)) where these lines are replaced:

    @synopsis     the forms of the command
    @options      the options in their groups, up to @end; in between stand lines `@NAME`, each
                  followed by what the page says of that option beyond the table's help
    @differences  the section "Differences from GNU" of the README
    @include F    the template F.in
"""

import os
import re
import textwrap

import pycp
from pycp.cli.complete import COMMANDS
from pycp.cli.table import Option, Table

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
_SPECIAL = {"\\": r"\e", "'": r"\(aq", "~": r"\(ti", "^": r"\(ha", "`": r"\(ga"}
_OPTION_OR_WORD = re.compile(r"(?<![\w-])--?[A-Za-z][\w=-]*|\$?\b[A-Z_]+\b")
_WIDTH = 79


def page(command: str) -> str:
    """Return the manual of "cp" or "install", as it is kept in man/."""
    program, table = COMMANDS[command]
    return "\n".join(_filled(_template(program), program, table)) + "\n"


def _template(name: str) -> list[str]:
    with open(os.path.join(ROOT, "man", f"{name}.in"), encoding="ascii") as file:
        return file.read().replace("@version@", pycp.__version__).splitlines()


def _filled(template: list[str], program: str, table: Table) -> list[str]:
    lines: list[str] = []
    rest = iter(template)
    for line in rest:
        directive, _, name = line.partition(" ")
        if directive == "@synopsis":
            lines += _synopsis(program, table)
        elif directive == "@options":
            lines += _options(table, list(iter(rest.__next__, "@end")))
        elif directive == "@differences":
            lines += _differences()
        elif directive == "@include":
            lines += _filled(_template(name), program, table)
        else:
            lines.append(line.replace("@program@", program))
    return lines


def _synopsis(program: str, table: Table) -> list[str]:
    lines: list[str] = []
    for form in table.usage:
        words = re.sub("[A-Z]+", r"\\fI\g<0>\\fR", form)
        words = re.sub("--?[a-z]+", r"\\fB\g<0>\\fR", words)
        lines += [".br", f".B {program}", words.replace("-", r"\-")]
    return lines[1:]


def _options(table: Table, prose: list[str]) -> list[str]:
    """Return the options in their groups, each with its prose, if there is any.

    Raise KeyError at prose about an option that the table does not have.
    """
    more: dict[Option, list[str]] = {}
    for line in prose:
        if line.startswith("@"):
            said = more.setdefault(table.options[line[1:]], [])
        else:
            said.append(line)
    values = set(re.findall("[A-Z]+", " ".join(table.usage)))
    values |= {option.value.strip("[=]") for option in table.rows}
    lines = []
    for heading, group in table.groups.items():
        lines.append(f".SS {heading}")
        for option in group:
            lines += [".TP", _names(option)]
            lines += _wrapped(_marked(option.help[0].upper() + option.help[1:] + ".", values))
            lines += more.get(option, [])
    return lines


def _names(option: Option) -> str:
    shown = []
    for name in option.names:
        text = f"\\fB{_escaped(name)}\\fR"
        word = option.value.strip("[=]")
        if option.needs_value:
            text += ("=" if len(name) > 2 else " ") + f"\\fI{word}\\fR"
        elif option.value and len(name) > 2:
            text += f"[=\\fI{word}\\fR]"
        shown.append(text)
    return ", ".join(shown)


def _escaped(text: str) -> str:
    """Return a literal text, whose every - is to be the one of the keyboard."""
    return _prose(text).replace("-", r"\-")


def _prose(text: str) -> str:
    return "".join(_SPECIAL.get(character, character) for character in text)


def _marked(text: str, values: set[str]) -> str:
    """Return prose with options and variables in bold, and the words for values in italics."""

    def mark(match: re.Match[str]) -> str:
        word = match[0]
        if word[0] in "-$":
            return f"\\fB{_escaped(word)}\\fR"
        return f"\\fI{word}\\fR" if word in values else word

    return _OPTION_OR_WORD.sub(mark, _prose(text))


def _wrapped(text: str) -> list[str]:
    """Return lines of source: each sentence begins one, and none looks like a request."""
    lines = []
    for sentence in re.split(r"(?<=[.:]) (?=[A-Z])", text):
        lines += textwrap.wrap(sentence, _WIDTH, break_long_words=False, break_on_hyphens=False)
    return [r"\&" + line if line[0] in ".'" else line for line in lines]


def _differences() -> list[str]:
    """Return the README's section as roff: paragraphs, lists of one level, words in code."""
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as file:
        readme = file.read()
    section = readme.partition("\n## Differences from GNU\n")[2].partition("\n## ")[0]
    lines = []
    for block in re.split(r"\n\n|\n(?=- )", section.strip()):
        text = " ".join(block.split())
        if text.startswith("- "):
            lines.append(r".IP \(bu 2")
            text = text[2:]
        else:
            lines.append(".PP")
        pieces = text.split("`")
        pieces[::2] = map(_prose, pieces[::2])
        pieces[1::2] = [f"\\fB{_escaped(code)}\\fR" for code in pieces[1::2]]
        lines += _wrapped("".join(pieces))
    return lines[1:] if lines[:1] == [".PP"] else lines


def main() -> None:
    """Write the manuals."""
    for command, (program, _table) in COMMANDS.items():
        text = page(command)
        with open(os.path.join(ROOT, "man", f"{program}.1"), "w", encoding="ascii") as file:
            file.write(text)


if __name__ == "__main__":
    main()

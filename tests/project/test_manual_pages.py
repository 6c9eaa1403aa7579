"""The pages are what the tables say, and the programs that show them find no fault."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from pycp.cli.complete import COMMANDS
from pycp.cli.manual import ROOT, page

MAN = Path(ROOT, "man")
PAGES = pytest.mark.parametrize("command", COMMANDS)
SECTIONS = ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS"]
SECTIONS += [
    "LISTS OF SOURCES",
    "PROGRESS",
    "VERIFICATION",
    "RECORDS",
    "ATOMIC AND DURABLE COPIES",
    "RESUMPTION",
    "EXCLUSION",
    "SEVERAL DESTINATIONS",
    "MANY MACHINES",
    "DRY RUN",
    "EVENTS",
]
SECTIONS += ["ENVIRONMENT", "EXIT STATUS"]
SECTIONS += ["FILES", "EXAMPLES", "DIFFERENCES FROM GNU", "PROMISES", "SEE ALSO"]
OF_CP = ("RESUMPTION", "EXCLUSION", "SEVERAL DESTINATIONS", "MANY MACHINES")
OF_ONE = {"RECORDS": "install"} | dict.fromkeys(OF_CP, "cp")
"""Sections that only one page has."""


def path(command: str) -> Path:
    return MAN / f"{COMMANDS[command][0]}.1"


def output(*words: str) -> tuple[str, str]:
    """Return what a program that shows manuals shows, and what it complains of."""
    if not shutil.which(words[0]):
        pytest.skip(f"{words[0]} is not installed")
    environ = {**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "80", "MANROFFSEQ": ""}
    done = subprocess.run(words, env=environ, capture_output=True, text=True)
    return done.stdout, done.stderr


@PAGES
def test_the_page_is_what_the_table_and_the_prose_say(command: str) -> None:
    assert path(command).read_text() == page(command), "run: python -m pycp.cli.manual"


@PAGES
def test_the_synopsis_has_whole_options_in_bold(command: str) -> None:
    synopsis = page(command).partition("\n.SH DESCRIPTION")[0].partition(".SH SYNOPSIS")[2]
    marked = re.findall(r"\\fB(.*?)\\fR", synopsis)
    options = re.findall("(?<!\\w)--?[a-z]+", " ".join(COMMANDS[command][1].usage))
    assert [option.replace("\\-", "-") for option in marked] == options


@PAGES
def test_the_page_has_its_sections_in_order(command: str) -> None:
    lines = page(command).splitlines()
    assert [line[4:] for line in lines if line.startswith(".SH ")] == [
        section for section in SECTIONS if section not in OF_ONE or OF_ONE[section] == command
    ]


@PAGES
def test_the_page_tells_of_every_option(command: str) -> None:
    text = page(command)
    options = text.partition(".SH OPTIONS")[2].partition(".SH")[0]
    table = COMMANDS[command][1]
    tags = re.findall(r"^\.TP\n(.*)", options, re.MULTILINE)
    assert len(tags) == len(table.rows)
    names = [name.replace(r"\-", "-") for tag in tags for name in re.findall(r"\\fB(.+?)\\fR", tag)]
    assert sorted(names) == sorted(table.options)


@PAGES
def test_the_page_tells_every_difference_of_the_readme(command: str) -> None:
    readme = Path(ROOT, "README.md").read_text()
    listed = readme.partition("## Differences from GNU")[2].partition("\n## ")[0]
    text = page(command).partition(".SH DIFFERENCES FROM GNU")[2].partition(".SH")[0]
    assert text.count(r".IP \(bu 2") == listed.count("\n- ") > 0


@PAGES
def test_mandoc_has_nothing_to_say(command: str) -> None:
    assert output("mandoc", "-T", "lint", str(path(command))) == ("", "")


@PAGES
def test_man_has_nothing_to_warn_of(command: str) -> None:
    shown, warnings = output("man", "--warnings", "-Tutf8", "-l", str(path(command)))
    assert warnings == ""
    plain = re.sub(r"\x1b\[\d*m", "", shown)  # Debian 13 has the title underlined
    assert plain.startswith(f"{COMMANDS[command][0].upper()}(1)")


@PAGES
def test_man_finds_the_page_where_the_wheel_puts_it(command: str, tmp_path: Path) -> None:
    shutil.copytree(MAN, tmp_path / "share/man/man1", ignore=shutil.ignore_patterns("*.in"))
    name = COMMANDS[command][0]
    shown, complaints = output("man", "-M", str(tmp_path / "share/man"), "--path", name)
    assert (shown, complaints) == (f"{tmp_path}/share/man/man1/{name}.1\n", "")

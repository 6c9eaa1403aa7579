"""The help: two columns, as wide as they should be, and quickly there."""

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from pycp.cli.help import help_text

ROOT = Path(__file__).parents[3]
HEAVY = {"click", "re", "shutil", "textwrap", "typing", "enum"}
COMMANDS = pytest.mark.parametrize("command", ["cp", "install"])


@COMMANDS
def test_every_line_of_a_text_is_as_full_as_it_can_be(command: str) -> None:
    lines = help_text("pycp", command).splitlines()
    for line, after in pairwise(lines):
        if after.startswith(" " * 32) and line.strip() and len(line) > 32 and line[30:32] == "  ":
            assert len(line) + 1 + len(after.split()[0]) > 80


def test_an_option_longer_than_its_column_has_a_line_of_its_own() -> None:
    text = help_text("pycp", "cp")
    assert f"\n  -t, --target-directory=DIRECTORY\n{' ' * 32}put every SOURCE" in text


def test_the_words_of_a_program_with_a_long_name_stand_below_it() -> None:
    program = "/a" * 40
    lines = help_text(program, "cp").splitlines()
    assert lines[:3] == [
        f"Usage: {program}",
        "           [OPTION]... SOURCE DESTINATION",
        f"   or: {program}",
    ]


def test_the_words_of_a_program_with_a_middling_name_go_on_below_themselves() -> None:
    program = "p" * 50
    lines = help_text(program, "cp").splitlines()
    assert lines[:2] == [f"Usage: {program} [OPTION]... SOURCE", " " * 58 + "DESTINATION"]


@COMMANDS
def test_the_help_loads_nothing_heavy(command: str) -> None:
    code = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
before = set(sys.modules)
from pycp.cli.answer import answer
answer("help", "x", {command!r})
print(*set(sys.modules) - before)
"""
    done = subprocess.run(
        [sys.executable, "-IS", "-c", code], capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert "pycp.cli.help" in loaded
    assert not HEAVY & loaded
    assert f"pycp.cli.{'install' if command == 'cp' else 'cp'}" not in loaded

"""What a terminal shows that a pipe does not: colour, and what an unknown option may have meant."""

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pycp.cli.cp import CP
from pycp.cli.help import help_text
from pycp.cli.install import INSTALL
from pycp.cli.table import Table

ROOT = Path(__file__).parents[3]
UNKNOWN = b"pycp: unrecognized option '--recursve'\nTry 'pycp --help' for more information.\n"


def run(stream: str, *words: str, **environ: str) -> bytes:
    """Return what pycp writes to "stdout" or "stderr" if that is a terminal."""
    master, terminal = pty.openpty()
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | {stream: terminal}
    process = subprocess.Popen(
        [sys.executable, ROOT / "pycp/scripts/pycp", *words],
        env={"PYTHONPATH": str(ROOT), "TERM": "xterm", **environ},
        stdout=streams["stdout"],
        stderr=streams["stderr"],
    )
    os.close(terminal)
    written = b""
    try:
        while piece := os.read(master, 65536):
            written += piece
    except OSError:
        pass  # Linux tells so that the other side is closed
    os.close(master)
    process.communicate()
    return written.replace(b"\r\n", b"\n")


def test_help_on_a_terminal_is_the_same_in_colour() -> None:
    text = run("stdout", "--help").decode()
    assert text.count("\x1b[36m") == len(CP.rows) + len(CP.most_used.split())
    plain = re.sub(r"\x1b\[\d+m", "", text)
    assert plain == help_text("pycp", "cp")


@pytest.mark.parametrize("environ", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_help_has_no_colour_where_it_is_not_wanted(environ: dict[str, str]) -> None:
    assert run("stdout", "--help", **environ).decode() == help_text("pycp", "cp")


def test_an_empty_no_color_does_not_count() -> None:
    assert b"\x1b[" in run("stdout", "--help", NO_COLOR="")


def test_a_terminal_is_told_what_an_unknown_option_may_mean() -> None:
    assert run("stderr", "--recursve") == UNKNOWN + b"Did you mean --recursive?\n"
    assert run("stderr", "--sprase=always", "a").endswith(b"\nDid you mean --sparse?\n")


def test_a_terminal_is_told_nothing_about_what_resembles_no_option() -> None:
    expected = UNKNOWN.replace(b"--recursve", b"--qqq")
    assert run("stderr", "--qqq") == expected


def test_a_pipe_gets_the_words_of_gnu_alone() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "pycp/scripts/pycp", "--recursve"],
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
    )
    assert (done.returncode, done.stdout, done.stderr) == (1, b"", UNKNOWN)


@pytest.mark.parametrize("table", [CP, INSTALL], ids=["cp", "install"])
def test_ten_options_stand_first(table: Table) -> None:
    names = table.most_used.split()
    assert len({table.options[name] for name in names}) == 10
    command = "cp" if table is CP else "install"
    groups = help_text("x", command).partition("\nMost used:\n")[2].split("\n\n")
    lines = groups[0].splitlines()
    for name, line in zip(names, filter(_begins, lines), strict=True):
        assert name in line


def _begins(line: str) -> bool:
    return line[2:30].strip().startswith("-")


@pytest.mark.parametrize("command", ["cp", "install"])
def test_they_fit_on_one_screen_and_are_explained_in_full_below(command: str) -> None:
    table = CP if command == "cp" else INSTALL
    text = help_text("pycp", command)
    heading = next(iter(table.groups))
    assert len(text.partition(f"\n\n{heading}:\n")[0].splitlines()) <= 24
    below = text.partition(f"\n\n{heading}:\n")[2]
    for option in table.rows:
        assert " ".join(option.help.split()[:3]) in " ".join(below.split())

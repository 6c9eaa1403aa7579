"""The click command: help, version, completion, embedding."""

import os
import re
import subprocess
import sys

import click
import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner

from pycp import __version__
from pycp.cli import click_command
from pycp.cli.answer import version_text
from pycp.cli.cp import CP
from pycp.cli.help import help_text
from pycp.cli.install import INSTALL
from pycp.cli.table import Table
from pycp.options import CopyOptions

COMMANDS = pytest.mark.parametrize("command", ["cp", "install"])


@COMMANDS
def test_help_fits_80_columns(command: str) -> None:
    text = help_text("pycp", command)
    assert max(map(len, text.splitlines())) <= 80
    assert not re.search(r" +$", text, re.MULTILINE)
    assert text.endswith(".\n")


@COMMANDS
def test_help_does_not_depend_on_the_terminal(
    command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = help_text("pycp", command)
    monkeypatch.setenv("COLUMNS", "50")
    assert help_text("pycp", command) == text


@COMMANDS
def test_help_begins_with_the_usage_of_the_program_as_called(command: str) -> None:
    assert help_text("/x/y", command).startswith("Usage: /x/y [OPTION]... SOURCE")


@pytest.mark.parametrize(("command", "table"), [("cp", CP), ("install", INSTALL)])
def test_help_shows_every_option(command: str, table: Table) -> None:
    lines = help_text("pycp", command).splitlines()
    shown = {name for line in lines for name in re.findall(r"--?[\w-]+", line[:30])}
    assert shown - {"--"} == table.options.keys() - {"--path"}


def test_version_begins_with_the_name_of_the_program() -> None:
    text = version_text("/usr/bin/install", "install")
    assert text.startswith(f"install (pycp-coreutils) {__version__}\n")


def complete(command: click.Command, *words: str) -> list[str]:
    """Return what the shell would offer for the last word."""
    completer = ShellComplete(command, {}, "pycp", "_PYCP_COMPLETE")
    return [item.value for item in completer.get_completions([*words[:-1]], words[-1])]


def test_completion_offers_long_names() -> None:
    assert complete(click_command.cp_command(), "-v", "a", "--sp") == ["--sparse"]
    assert complete(click_command.install_command(), "--str") == ["--strip", "--strip-program"]


def test_completion_offers_the_keywords_of_a_needed_value() -> None:
    assert complete(click_command.cp_command(), "--sparse=a") == ["auto", "always"]
    assert complete(click_command.cp_command(), "--sparse", "n") == ["never"]


def test_completion_leaves_operands_to_the_shell() -> None:
    completer = ShellComplete(click_command.cp_command(), {}, "pycp", "_PYCP_COMPLETE")
    for words in (["--backup"], ["-a", "x"], []):
        assert [item.type for item in completer.get_completions(words, "n")] == ["file"]


def test_completion_of_a_target_directory_offers_directories() -> None:
    completer = ShellComplete(click_command.cp_command(), {}, "pycp", "_PYCP_COMPLETE")
    assert [item.type for item in completer.get_completions(["-t"], "")] == ["dir"]


def test_the_shell_gets_its_completions_from_the_command() -> None:
    script = "from pycp.cli.click_command import cp_command; cp_command().main(prog_name='pycp')"
    environ = {
        **os.environ,
        "_PYCP_COMPLETE": "bash_complete",
        "COMP_WORDS": "pycp --rec",
        "COMP_CWORD": "1",
    }
    done = subprocess.run(
        [sys.executable, "-c", script], env=environ, capture_output=True, text=True, check=False
    )
    assert done.stdout == "plain,--recursive\n"


class TestEmbedding:
    """The command as part of another program's click group."""

    calls: list[tuple[CopyOptions, list[str]]]

    @pytest.fixture
    def group(self) -> click.Group:
        self.calls = []

        def main(options: CopyOptions, operands: list[str]) -> int:
            self.calls.append((options, operands))
            return 7

        return click.Group("tool", commands={"copy": click_command.cp_command(main)})

    def test_main_gets_what_our_parser_read(self, group: click.Group) -> None:
        result = CliRunner().invoke(group, ["copy", "--backup", "a", "b", "--verb"])
        assert result.exit_code == 7
        assert self.calls == [
            (CopyOptions(backup="existing", suffix="~", verbose=True), ["a", "b"])
        ]

    def test_a_mistake_exits_with_1(self, group: click.Group) -> None:
        result = CliRunner().invoke(group, ["copy", "--re"])
        assert result.exit_code == 1
        assert "option '--re' is ambiguous" in result.output
        assert "Try 'tool copy --help' for more information." in result.output

    def test_a_mistake_that_help_cannot_cure_does_not_point_at_it(self, group: click.Group) -> None:
        result = CliRunner().invoke(group, ["copy", "-tx", "-tx"])
        assert result.exit_code == 1
        assert result.output == "Error: multiple target directories specified\n"

    def test_warnings_name_the_command(self, group: click.Group) -> None:
        result = CliRunner().invoke(group, ["copy", "--context=x"])
        assert result.stderr.startswith("tool copy: warning: ignoring --context")

    def test_help_is_ours(self, group: click.Group) -> None:
        result = CliRunner().invoke(group, ["copy", "--hel"])
        assert result.exit_code == 0
        assert result.stdout == help_text("tool copy", "cp")

    def test_help_that_click_asks_for_is_ours(self, group: click.Group) -> None:
        context = click.Context(group, info_name="tool")
        command = group.commands["copy"]
        inside = click.Context(command, context, "copy")
        assert command.get_help(inside) + "\n" == help_text("tool copy", "cp")
        usage = help_text("tool copy", "cp").partition("\n\n")[0]
        assert command.get_usage(inside) == usage

    def test_version_is_ours(self, group: click.Group) -> None:
        result = CliRunner().invoke(group, ["copy", "--vers"])
        assert result.exit_code == 0
        assert result.stdout == version_text("tool copy", "cp")

    def test_the_group_lists_the_command(self, group: click.Group) -> None:
        assert "copy  Copy a file to another name" in CliRunner().invoke(group, ["--help"]).output

"""The rows as a click command: help, and a command to embed in others, which complete it too.

click draws the face and nothing else: its own parser would take the operand after an optional
value, knows no prefixes and exits with 2, so `parse_args` calls ours, except while completing.
"""

import os

import click

from pycp.cli.answer import answer
from pycp.cli.cp import CP, parse_cp
from pycp.cli.install import INSTALL, parse_install
from pycp.cli.parse import Answer
from pycp.errors import CopyError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from pycp.cli.table import Option, Table

    Parser = Callable[[list[str], Mapping[str, str], Callable[[str], None]], tuple[Any, list[str]]]
    Main = Callable[[Any, list[str]], int]

_NOTE = (
    "A value in brackets may be left out; if given, it follows the long name and '='. "
    "Long names may be cut short while they still mean one option. "
    "The word -- ends the options."
)
_WIDTH = 80
_TERM_WIDTH = 28


def cp_command(main: "Main | None" = None) -> click.Command:
    """Return pycp as a click command that calls `main(options, operands)` and exits with its value.

    Without `main` it serves for help and completion.
    """
    return Face("pycp", CP, parse_cp, main)


def install_command(main: "Main | None" = None) -> click.Command:
    """Return pyinstall as a click command; `main` is as in `cp_command`."""
    return Face("pyinstall", INSTALL, parse_install, main)


def help_text(program: str, command: str, color: bool = False) -> str:
    """Return what `PROGRAM --help` prints; `command` is "cp" or "install"."""
    face = cp_command() if command == "cp" else install_command()
    return face.get_help(click.Context(face, info_name=program, color=color)) + "\n"


class Face(click.Command):
    """One of our commands in the dress of click."""

    def __init__(self, name: str, table: "Table", parser: "Parser", main: "Main | None") -> None:
        operands = click.Argument(["operands"], nargs=-1, type=click.Path())
        super().__init__(
            name,
            params=[*map(_click_option, table.rows), operands],
            help=table.summary,
            callback=_callback(main) if main else None,
            add_help_option=False,
        )
        self.table = table
        self.parser = parser

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the words by GNU's rules; the callback gets the options and the operands."""
        if ctx.resilient_parsing:
            return super().parse_args(ctx, args)
        program = ctx.command_path
        try:
            options, operands = self.parser(
                args, os.environ, lambda text: click.echo(f"{program}: {text}", err=True)
            )
        except Answer as asked:
            command = "cp" if self.table is CP else "install"
            click.echo(answer(asked.kind, program, command), nl=False)
            ctx.exit()
        except UsageError as error:
            # Not click's UsageError, whose exit status is 2.
            hint = f"Try '{program} --help' for more information."
            raise click.ClickException(f"{error}\n{hint}") from error
        except CopyError as error:
            raise click.ClickException(str(error)) from error
        ctx.params = {"options": options, "operands": operands}
        return []

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write one line for each form of the command."""
        for number, synopsis in enumerate(self.table.usage):
            formatter.write_usage(ctx.command_path, synopsis, "   or: " if number else "Usage: ")

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the usage, the options most used and the rest in groups, 80 columns wide."""
        formatter.width = _WIDTH
        self.format_usage(ctx, formatter)
        formatter.write_paragraph()
        formatter.write_text(self.table.summary)
        most_used = [self.table.options[name] for name in self.table.most_used.split()]
        _format_rows(ctx, formatter, "Most used", most_used)
        for heading, group in self.table.groups.items():
            rows = [option for option in group if option not in most_used]
            if rows:
                _format_rows(ctx, formatter, heading, rows)
        formatter.write_paragraph()
        formatter.write_text(_NOTE)


def _format_rows(
    ctx: click.Context, formatter: click.HelpFormatter, heading: str, rows: "Sequence[Option]"
) -> None:
    def styled(text: str, **style: "Any") -> str:
        return click.style(text, **style) if ctx.color else text

    with formatter.section(styled(heading, bold=True)):
        # Padded, the second column stands in one place from group to group.
        formatter.write_dl(
            [(styled(_term(option).ljust(_TERM_WIDTH), fg="cyan"), option.help) for option in rows],
            col_max=_TERM_WIDTH,
        )


def _callback(main: "Main") -> "Callable[..., None]":
    def run(options: object, operands: list[str]) -> None:
        click.get_current_context().exit(main(options, operands))

    return run


def _click_option(option: "Option") -> click.Option:
    names = option.shown_names
    identifier = names[-1].lstrip("-").replace("-", "_")
    if not option.needs_value:
        # click cannot tell `--backup=` from `--backup `, and after the latter comes a file: so an
        # optional value counts as none, and the values are not completed.
        return click.Option([identifier, *names], is_flag=True, help=option.help)
    kind: click.ParamType[Any] | None = None
    if option.choices:
        kind = click.Choice(option.choices)
    elif option.value == "=DIRECTORY":
        kind = click.Path(file_okay=False)
    return click.Option([identifier, *names], type=kind, help=option.help)


def _term(option: "Option") -> str:
    """Return the first column of the help: `-b, --backup[=CONTROL]`."""
    indent = "" if len(option.names[0]) == 2 else "    "
    return indent + ", ".join(option.shown_names) + option.value

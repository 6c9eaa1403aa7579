"""The rows as a click command, for programs to embed in theirs; click completes its words.

click's own parser would take the operand after an optional value, knows no prefixes and exits with
2, so `parse_args` calls ours, except while completing.
"""

import os

import click

from pycp.cli.answer import answer
from pycp.cli.cp import CP, parse_cp
from pycp.cli.help import help_text, usage_lines
from pycp.cli.install import INSTALL, parse_install
from pycp.cli.parse import Answer
from pycp.errors import CopyError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from pycp.cli.table import Option, Table

    Parser = Callable[[list[str], Mapping[str, str], Callable[[str], None]], tuple[Any, list[str]]]
    Main = Callable[[Any, list[str]], int]


def cp_command(main: "Main | None" = None) -> click.Command:
    """Return pycp as a click command that calls `main(options, operands)` and exits with its value.

    Without `main` it serves for completion alone.
    """
    return Command("pycp", CP, parse_cp, main)


def install_command(main: "Main | None" = None) -> click.Command:
    """Return pyinstall as a click command; `main` is as in `cp_command`."""
    return Command("pyinstall", INSTALL, parse_install, main)


class Command(click.Command):
    """One of our commands as click knows commands."""

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
        self.command = "cp" if table is CP else "install"
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
            click.echo(answer(asked.kind, program, self.command), nl=False)
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
        formatter.write("".join(f"{line}\n" for line in usage_lines(ctx.command_path, self.table)))

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what --help prints."""
        formatter.write(help_text(ctx.command_path, self.command, bool(ctx.color)))


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

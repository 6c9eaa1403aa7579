"""What is printed for the options that ask for words and nothing else."""

import os

import pycp


def answer(kind: str, program: str, command: str) -> str:
    """Return what is printed for "help", "version" or the completion of a shell, by its name.

    `command` is "cp" or "install".
    """
    if kind == "version":
        return version_text(program, command)
    if kind == "help":
        from pycp.cli.help import help_text

        return help_text(program, command, _wants_color())
    from pycp.cli.complete import completion

    return completion(kind, command)


def version_text(program: str, command: str) -> str:
    """Return what `PROGRAM --version` prints; `command` is "cp" or "install"."""
    return (
        f"{os.path.basename(program)} (pycp-coreutils) {pycp.__version__}\n"
        f"A pure Python {command} that behaves like the one of GNU coreutils 9.11.\n"
    )


def _wants_color() -> bool:
    """Return whether standard output is a terminal whose user has nothing against colour.

    Source: no-color.org.
    """
    terminal = os.environ.get("TERM", "dumb")
    return os.isatty(1) and terminal != "dumb" and not os.environ.get("NO_COLOR")

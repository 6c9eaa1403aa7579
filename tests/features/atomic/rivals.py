"""What somebody else does in the middle of a copy."""

import os
from collections.abc import Callable

THEIRS = "theirs"
"""What a file of theirs contains."""


def complete(rival: str, target: str) -> None:
    """Complete a file of the same name."""
    write(rival, "w")
    os.rename(rival, target)


def appear(target: str) -> None:
    """Make a file that is newer than all others, unless it is there."""
    try:
        write(target, "x")
        os.utime(target, (2_000_000_000, 2_000_000_000))
    except FileExistsError:
        pass


def swap(target: str, victim: str) -> None:
    """Put a link in the place of a file."""
    os.unlink(target)
    os.symlink(victim, target)


def write(name: str, mode: str) -> None:
    """Write a file of theirs."""
    with open(name, mode) as file:
        file.write(THEIRS)


def at_call(stop: int, act: Callable[[], None], number: int) -> None:
    """Act before one call."""
    if number == stop:
        act()

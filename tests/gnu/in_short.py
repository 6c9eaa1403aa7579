"""Our program where it takes one operand for many, and so copies what it can in short."""

from pycp.__main__ import cp_main
from pycp.plan import operands


def cp_in_short() -> int:
    """Run pycp that way, in a child."""
    operands.MANY = 1
    return cp_main()

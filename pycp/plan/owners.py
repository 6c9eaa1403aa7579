"""Users and groups by name or number, as -o and -g take them (spec 6)."""

from pycp.errors import CopyError
from pycp.quoting import quote_name

UNCHANGED = -1
"""The number that makes chown leave an owner or group alone."""
LARGEST = 0xFFFFFFFF
"""Every bit set is the same number to the kernel."""
BLANKS = " \t\n\v\f\r"


def user_number(user: str | int | None) -> int:
    """Return the number of a user, UNCHANGED for None; raise CopyError if there is no such user."""
    if user is None:
        return UNCHANGED
    if isinstance(user, int):
        return _checked(user, "user")
    from pwd import getpwnam

    try:
        return getpwnam(user).pw_uid
    except KeyError:
        return _number(user, "user")


def group_number(group: str | int | None) -> int:
    """Return the number of a group, UNCHANGED for None; raise CopyError if there is none."""
    if group is None:
        return UNCHANGED
    if isinstance(group, int):
        return _checked(group, "group")
    from grp import getgrnam

    try:
        return getgrnam(group).gr_gid
    except KeyError:
        return _number(group, "group")


def _checked(number: int, kind: str) -> int:
    """Return a number that somebody can have: who says one in Python leaves nothing unchanged."""
    if not 0 <= number < LARGEST:
        raise CopyError(f"invalid {kind} {quote_name(str(number))}", filename=str(number))
    return number


def _number(text: str, kind: str) -> int:
    """Read an integer: decimal, octal after 0, hexadecimal after 0x.

    C23 reads what follows 0b as binary, and with it what GNU was built on may or may not. Here no C
    library decides: such a word names nobody, everywhere.
    """
    digits = text.lstrip(BLANKS).removeprefix("+")
    base, valid = 10, "0123456789"
    if digits[:2] in ("0x", "0X"):
        base, valid, digits = 16, "0123456789abcdefABCDEF", digits[2:]
    elif digits[:1] == "0":
        base, valid = 8, "01234567"
    # No number that fits has more digits, apart from zeros in front of it.
    significant = digits.lstrip("0")[:12]
    if not digits or digits.strip(valid) or int(significant or "0", base) > LARGEST:
        raise CopyError(f"invalid {kind} {quote_name(text)}", filename=text)
    number = int(significant or "0", base)
    return UNCHANGED if number == LARGEST else number


def user_name(number: int) -> str | None:
    """Return the name of a user, if there is one."""
    from pwd import getpwuid

    try:
        return getpwuid(number).pw_name
    except (KeyError, OverflowError):
        return None


def group_name(number: int) -> str | None:
    """Return the name of a group, if there is one."""
    from grp import getgrgid

    try:
        return getgrgid(number).gr_name
    except (KeyError, OverflowError):
        return None

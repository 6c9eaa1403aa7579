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
    if not isinstance(user, str):
        return UNCHANGED if user is None else user
    from pwd import getpwnam

    try:
        return getpwnam(user).pw_uid
    except KeyError:
        return _number(user, "user")


def group_number(group: str | int | None) -> int:
    """Return the number of a group, UNCHANGED for None; raise CopyError if there is none."""
    if not isinstance(group, str):
        return UNCHANGED if group is None else group
    from grp import getgrnam

    try:
        return getgrnam(group).gr_gid
    except KeyError:
        return _number(group, "group")


def _number(text: str, kind: str) -> int:
    """Read an integer as C does: decimal, octal after 0, hexadecimal after 0x."""
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

"""Users and groups: names first, then numbers as C reads them."""

import pwd

import pytest

from pycp.errors import CopyError
from pycp.plan.owners import UNCHANGED, group_number, user_number


def test_a_name_comes_before_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = pwd.struct_passwd(("10", "x", 77, 78, "", "/", "/bin/sh"))
    monkeypatch.setattr(pwd, "getpwnam", {"10": entry}.__getitem__)
    assert user_number("10") == 77
    assert user_number("11") == 11


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("8", 8),
        ("010", 8),
        ("0x1F", 31),
        ("0XfF", 255),
        (" \t\v\f\r\n+7", 7),
        ("0000000000000000000000000012", 10),
        ("0x00000000000000000000000012", 18),
        ("4294967294", 4294967294),
        ("4294967295", UNCHANGED),
        ("037777777777", UNCHANGED),
        ("0xffffffff", UNCHANGED),
    ],
)
def test_a_number_is_read_as_c_writes_it(text: str, number: int) -> None:
    assert (user_number(text), group_number(text)) == (number, number)


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "+", "-1", "++1", "+ 1", "1 ", "08", "0x", "0x ", "0b1", "0o7", "1_0", "1e3"),
        *("٣", "4294967296", "9" * 5000, "0x1ffffffff", "nosuch:nosuch"),
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    for find, kind in ((user_number, "user"), (group_number, "group")):
        with pytest.raises(CopyError, match=f"^invalid {kind} "):
            find(text)


def test_python_may_say_a_number_or_nothing() -> None:
    assert (user_number(7), group_number(8)) == (7, 8)
    assert (user_number(None), group_number(None)) == (UNCHANGED, UNCHANGED)


@pytest.mark.parametrize("number", [-1, 2**32 - 1, 2**32, 2**70])
def test_python_may_not_say_a_number_that_nobody_has(number: int) -> None:
    for find, kind in ((user_number, "user"), (group_number, "group")):
        with pytest.raises(CopyError, match=f"^invalid {kind} '{number}'"):
            find(number)

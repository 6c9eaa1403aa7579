"""Lines of mtree(5), written and read again."""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pycp.report.mtree import Kept, Line, decoded, encoded, understood, written

NAMES = st.binary(min_size=1, max_size=20).filter(
    lambda name: not set(name) & {0, ord("/")} and name not in (b".", b"..")
)
TIMES = st.integers(-(2**40), 2**62)
KEPT = st.builds(
    lambda name, kind, size, time_ns: Kept(
        name=os.fsdecode(name), type=kind, size=size, time_ns=time_ns
    ),
    NAMES,
    st.sampled_from(("file", "link")),
    st.integers(0, 2**50),
    TIMES,
)


@settings(max_examples=50)
@given(st.lists(NAMES, min_size=1, max_size=4), st.integers(0, 0o7777), TIMES, st.none() | KEPT)
def test_what_was_written_is_understood(
    names: list[bytes], mode: int, time_ns: int, backup: Kept | None
) -> None:
    line = Line(
        path=os.fsdecode(b"/".join(names)),
        mode=mode,
        size=3,
        time_ns=time_ns,
        sha256="0" * 64,
        uid=mode,
        gid=0,
        user="daemon",
        group="x-1.2_y",
        is_found=mode % 2 == 0,
        backup=backup,
    )
    text = written(line)
    assert text.endswith(b"\n")
    assert text.count(b"\n") == 1
    assert text.isascii()
    found = understood(text)
    for field in vars(line):
        assert getattr(found, field) == getattr(line, field)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("usr/bin/[", "usr/bin/\\133"),
        ("a b\tc\nd", "a\\040b\\011c\\012d"),
        ("#a=b*?\\", "\\043a\\075b\\052\\077\\134"),
        ("é", "\\303\\251"),
        ("libx.so.1-2_3+4:5@6%7~", "libx.so.1-2_3+4:5@6%7~"),
    ],
)
def test_names_are_in_the_letters_of_vis(name: str, text: str) -> None:
    assert encoded(name) == text
    assert decoded(text.encode()) == name


def test_other_letters_of_vis_are_read() -> None:
    assert decoded(rb"\s\n\t\\\#\040") == " \n\t\\# "


@pytest.mark.parametrize(
    "text",
    [
        b"/etc/passwd type=file",
        b"../x type=file",
        b"./.. type=dir",
        b"./a/../../x type=file",
        b"./a/./x type=file",
        b"./a//x type=file",
        rb"./\056\056/x type=file",
        rb"./\057etc type=file",
        rb"./a\000 type=file",
        rb"./a\9 type=file",
        rb"./a\777 type=file",
        b"./a\\ type=file",
        b"./a",
        b"a type=file",
        b"./a type=file size=x",
        b"./a type=file time=x",
        b"./a type=file tags=backup:file:1:1.000000000:../x",
        rb"./a type=file tags=backup:file:1:1.000000000:\057x",
        b"./a type=file tags=backup:file",
        b"/set type=file",
        "./\u00e9 type=\u00e9".encode(),
    ],
)
def test_what_leaves_the_root_or_is_damaged_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError):
        understood(text)

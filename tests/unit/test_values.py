"""Names joined and taken apart as GNU does, and the counting of backups."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycp.entries import Backup
from pycp.values import has_time_of, join, last_component, split_last


@pytest.mark.parametrize(
    ("directory", "name", "joined"),
    [
        ("d", "f", "d/f"),
        ("d/", "f", "d/f"),
        ("d//", "f", "d/f"),
        ("", "f", "f"),
        ("/", "f", "/f"),
        ("//", "f", "//f"),
        (".", "f", "./f"),
        ("d", "/f", "d/f"),
        ("d/", "/f", "d/f"),
        ("/", "/f", "/./f"),
        ("d", "f/", "d/f/"),
    ],
)
def test_names_are_joined_as_gnu_spells_them(directory: str, name: str, joined: str) -> None:
    assert join(directory, name) == joined


@pytest.mark.parametrize(
    ("name", "last", "split"),
    [
        ("a", "a", ("", "a")),
        ("a/b", "b", ("a/", "b")),
        ("a/b//", "b", ("a/", "b//")),
        ("/a", "a", ("/", "a")),
        ("a//b", "b", ("a//", "b")),
        ("/", "", ("", "/")),
        ("", "", ("", "")),
        ("..", "..", ("", "..")),
    ],
)
def test_the_last_component_is_what_follows_the_last_slash(
    name: str, last: str, split: tuple[str, str]
) -> None:
    assert last_component(name) == last
    assert split_last(name) == split


@given(st.text("ab/.", max_size=12))
def test_a_name_taken_apart_is_whole(name: str) -> None:
    head, tail = split_last(name)
    assert head + tail == name
    assert last_component(tail) == last_component(name)
    assert not head or head.endswith("/")


@given(st.integers(1, 10**30), st.text("ab~.", max_size=5))
def test_a_backup_takes_the_next_number_in_both_names(number: int, stem: str) -> None:
    backup = Backup(f"{stem}.~{number}~", f"d/{stem}.~{number}~", number).following()
    assert backup.number == number + 1
    assert backup.name == f"{stem}.~{number + 1}~"
    assert backup.shown == f"d/{stem}.~{number + 1}~"


@pytest.mark.parametrize(
    ("size", "mtime_ns", "ctime_ns", "has"),
    [
        (5, 1000, 2000, True),
        (5, 1000, 1000, False),  # written at the moment in which its source was
        (5, 1001, 2000, False),
        (4, 1000, 2000, False),
    ],
)
def test_a_time_proves_something_if_it_was_set(
    size: int, mtime_ns: int, ctime_ns: int, has: bool
) -> None:
    def status(size: int, mtime_ns: int, ctime_ns: int) -> os.stat_result:
        times = {"st_atime_ns": 0, "st_mtime_ns": mtime_ns, "st_ctime_ns": ctime_ns}
        return os.stat_result((0, 0, 0, 0, 0, 0, size, 0, 0, 0), times)

    assert has_time_of(status(5, 1000, 1000), status(size, mtime_ns, ctime_ns)) == has

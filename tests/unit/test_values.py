"""Names joined and taken apart as GNU does, and the counting of backups."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycp.entries import Backup
from pycp.values import join, last_component, split_last


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

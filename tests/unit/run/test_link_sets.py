"""Link sets that several processes copy: queued one by one, and forgotten when all is known."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pycp.entries import Entry
from pycp.plan.links import Copies
from pycp.run.link_sets import LinkSets, _size_there
from pycp.system.folder import CLOSED, Directory, Folder, identity
from pycp.values import REGULAR

FILE = (1, 2)


def folder() -> Folder:
    nowhere = Directory(None, "", None)
    return Folder(None, nowhere, nowhere, True)


def test_the_names_of_a_set_wait_for_its_first_copy_and_it_is_forgotten_with_the_last() -> None:
    copied = Copies()
    queued: list[Any] = []
    sets = LinkSets(copied, lambda name, kind, link: queued.append((name[1], link)), True)
    here: Any = object()
    for name in "abc":
        sets.add((here, name, None), FILE, 4)
    assert queued == [("a", (FILE, None))]
    assert FILE in sets
    sets.done((FILE, None), None)  # it could not be copied
    assert queued[1:] == [("b", (FILE, None))]
    made = Entry(folder(), "b")
    sets.done((FILE, None), made)
    assert queued[2:] == [("c", (FILE, made))]
    sets.add((here, "d", None), FILE, 4)
    assert queued[3][0] == "d"
    for link in (queued[2][1], queued[3][1]):
        assert FILE in copied
        sets.done(link, None)
    assert FILE not in copied
    assert not sets


def test_a_set_may_have_more_names_than_were_counted() -> None:
    """A directory mounted in two places shows its files twice, and links may be made meanwhile."""
    copied = Copies()
    queued: list[Any] = []
    sets = LinkSets(copied, lambda name, kind, link: queued.append((name[1], link)), False)
    here: Any = object()
    for name in "abcd":
        sets.add((here, name, None), FILE, 2)
    assert queued == [("a", (FILE, None))]
    made = Entry(folder(), "a")
    sets.done((FILE, None), made)
    assert queued[1:] == [(name, (FILE, made)) for name in "bcd"]


def test_a_set_is_kept_where_names_may_be_copied_without_our_knowing() -> None:
    copied = Copies()
    sets = LinkSets(copied, lambda *_name: None, False)
    here: Any = object()
    sets.add((here, "a", None), FILE, 1)
    sets.done((FILE, None), Entry(folder(), "a"))
    assert FILE in copied


@pytest.mark.parametrize("is_open", [True, False])
def test_looking_for_the_longest_name_leaves_a_directory_as_it_was(
    tmp_path: Path, is_open: bool
) -> None:
    (tmp_path / "f").write_bytes(b"12345")
    above = Directory(None, "", None)
    directory = Directory(above, str(tmp_path), CLOSED)
    directory.id = identity(tmp_path.stat())
    if is_open:
        directory.reopen()
    filled: Any = SimpleNamespace(folder=Folder(None, above, directory, False))
    assert [_size_there((filled, name, None)) for name in ("f", "missing")] == [5, -1]
    assert directory.is_open == is_open
    directory.close()


def test_a_folder_is_forgotten_with_the_last_copy_in_it() -> None:
    copied = Copies()
    first, second = folder(), folder()
    for inode, place in enumerate((first, first, second)):
        copied.add((1, inode), place, f"name {inode}")
    copied.discard((1, 0))
    assert copied.place((1, 0)) is None
    assert copied.place((1, 1)) == (first, "name 1")
    copied.discard((1, 1))
    copied.discard((1, 1))
    assert list(copied._numbers) == [second]
    copied.add((1, 7), first, "again")
    assert copied.place((1, 7)) == (first, "again")
    assert copied.place((1, 2)) == (second, "name 2")


def test_where_a_copy_is_gone_on_with_the_first_name_is_that_of_which_most_is_there(
    tmp_path: Path,
) -> None:
    (tmp_path / "part").write_bytes(b"x" * 100)
    (tmp_path / "begun").write_bytes(b"")
    (tmp_path / "directory").mkdir()
    above = Directory(None, "", None)
    place = Directory(above, str(tmp_path), CLOSED)
    place.id = identity(tmp_path.stat())
    closed: Any = SimpleNamespace(folder=Folder(None, place, place, False))
    queued: list[Any] = []
    sets = LinkSets(Copies(), lambda name, kind, link: queued.append((name[1], kind, link)), True)
    sets.chooses = True
    for name in ("missing", "directory", "begun"):
        sets.add((closed, name, None), FILE, 4)
    assert not queued
    assert FILE in sets
    sets.add((closed, "part", None), FILE, 4)
    assert queued == [("part", REGULAR, (FILE, None))]
    assert not place.is_open
    assert not sets.choose(), "it is chosen already"
    for name in ("more", "than", "counted"):
        sets.add((closed, name, None), FILE, 4)
    assert len(queued) == 1, "the chosen one is waited for"
    sets.add((closed, "missing", None), (1, 3), 2)
    assert len(queued) == 1, "another name may come"
    assert sets.choose()
    assert queued[1:] == [("missing", REGULAR, ((1, 3), None))]

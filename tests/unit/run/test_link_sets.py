"""Link sets that several processes copy: queued one by one, and forgotten when all is known."""

from typing import Any

from pycp.entries import Entry
from pycp.plan.links import Copies
from pycp.run.link_sets import LinkSets
from pycp.system.folder import Directory, Folder

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
        sets.add((here, name), FILE, 4)
    assert queued == [("a", (FILE, None))]
    assert FILE in sets
    sets.done((FILE, None), None)  # it could not be copied
    assert queued[1:] == [("b", (FILE, None))]
    made = Entry(folder(), "b")
    sets.done((FILE, None), made)
    assert queued[2:] == [("c", (FILE, made))]
    sets.add((here, "d"), FILE, 4)
    assert queued[3][0] == "d"
    for link in (queued[2][1], queued[3][1]):
        assert FILE in copied
        sets.done(link, None)
    assert FILE not in copied
    assert not sets


def test_a_set_is_kept_where_names_may_be_copied_without_our_knowing() -> None:
    copied = Copies()
    sets = LinkSets(copied, lambda *_name: None, False)
    here: Any = object()
    sets.add((here, "a"), FILE, 1)
    sets.done((FILE, None), Entry(folder(), "a"))
    assert FILE in copied


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

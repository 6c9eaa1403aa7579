"""How an entry is called: for system calls and for people."""

from pycp.entries import Entry
from pycp.system.folder import Directory, Folder
from tests.unit.rooms import entry


def test_an_entry_below_a_folder_is_named_after_it() -> None:
    folder = Folder(None, Directory(None, "s", 0, "s/"), Directory(None, "d", 0, "d"), True)
    found = Entry(folder, "a\nb")
    assert (found.source_name, found.destination_name) == ("a\nb", "a\nb")
    assert (found.source, found.destination) == ("s/a\nb", "d/a\nb")
    assert found.is_surely_new


def test_an_operand_keeps_the_names_its_user_gave() -> None:
    found = entry("./a", "")
    assert (found.source, found.destination) == ("./a", "")
    assert not found.is_surely_new

"""Directories held by descriptor: closed for a while, opened again, never another one."""

import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pycp import system
from pycp.errors import CopyError
from pycp.run import tree
from pycp.run.tree import lies_inside_itself
from pycp.system.folder import (
    CLOSED,
    Directory,
    Folder,
    identity,
    is_still,
    may_be_just_made,
    release,
)
from pycp.system.nodes import changed
from tests.forked import MEMORY, run
from tests.programs import ORDINARY_ID, Result


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Stand above a/b/c, and leave no descriptor behind."""
    before = open_descriptors()
    monkeypatch.chdir(tmp_path)
    Path("a/b/c").mkdir(parents=True)
    yield
    assert open_descriptors() == before


def open_descriptors() -> set[str]:
    return {name for name in os.listdir("/dev/fd") if os.path.exists(f"/dev/fd/{name}")}


def opened(parent: Directory, name: str) -> Directory:
    fd = os.open(name, os.O_RDONLY | os.O_DIRECTORY, dir_fd=parent.fd)
    directory = Directory(parent, name, fd, name if parent.fd is None else "")
    directory.id = identity(os.stat(name, dir_fd=parent.fd))
    return directory


@pytest.fixture
def chain() -> Iterator[list[Directory]]:
    """Give the working directory and a, a/b, a/b/c, each open below the one before."""
    here = Directory(None, "", None)
    made = [here]
    for name in "abc":
        made.append(opened(made[-1], name))
    yield made
    for directory in made:
        directory.close()


def test_an_open_directory_is_left_alone(chain: list[Directory]) -> None:
    fd = chain[1].fd
    chain[1].reopen(chain[2])
    assert chain[1].fd == fd
    chain[0].reopen()
    assert chain[0].fd is None


def test_a_closed_directory_is_opened_through_its_child(
    chain: list[Directory], monkeypatch: pytest.MonkeyPatch
) -> None:
    chain[2].close()
    assert (chain[2].fd, chain[2].is_open) == (CLOSED, False)
    names = names_opened(monkeypatch)
    chain[2].reopen(chain[3])
    assert names == [".."]
    assert chain[2].is_open
    assert os.path.samestat(os.stat("a/b"), os.fstat(chain[2].fd or -1))


def test_a_closed_directory_is_opened_from_above(
    chain: list[Directory], monkeypatch: pytest.MonkeyPatch
) -> None:
    for directory in chain[1:]:
        directory.close()
    names = names_opened(monkeypatch)
    chain[3].reopen()
    assert names == ["a", "b", "c"]
    assert [directory.is_open for directory in chain] == [True, False, False, True]
    assert os.path.samestat(os.stat("a/b/c"), os.fstat(chain[3].fd or -1))


def test_a_child_that_was_moved_is_not_the_way_back(chain: list[Directory]) -> None:
    chain[2].close()
    os.rename("a/b/c", "c")
    chain[2].reopen(chain[3])
    assert os.path.samestat(os.stat("a/b"), os.fstat(chain[2].fd or -1))


@pytest.mark.parametrize("level", [1, 2, 3])
def test_a_directory_in_anothers_place_is_noticed(chain: list[Directory], level: int) -> None:
    for directory in chain[1:]:
        directory.close()
    name = "a/b/c"[: 2 * level - 1]
    os.rename(name, "old")
    Path("a/b/c").mkdir(parents=True)
    with pytest.raises(CopyError) as caught:
        chain[3].reopen()
    assert str(caught.value) == (
        f"skipping directory '{name}', as it was replaced while being copied"
    )
    assert not chain[3].is_open


def test_a_directory_that_is_gone_is_an_error(chain: list[Directory]) -> None:
    chain[3].close()
    chain[2].close()
    os.rmdir("a/b/c")
    with pytest.raises(FileNotFoundError):
        chain[3].reopen()
    assert not chain[3].is_open


@pytest.mark.parametrize("looks", [1, 2])
def test_what_another_machine_may_have_made_just_now_is_looked_for_once_more(
    chain: list[Directory], monkeypatch: pytest.MonkeyPatch, looks: int
) -> None:
    below = Folder(None, chain[3], chain[3], False)
    below.close()
    os.rename("a/b/c", "a/b/elsewhere")
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == looks:
            os.rename("a/b/elsewhere", "a/b/c")

    monkeypatch.setattr(time, "sleep", wait)
    if looks == 1:
        below.find()
        assert chain[3].is_open
    else:
        with pytest.raises(FileNotFoundError):
            below.find()
    assert len(waits) == 1


def test_a_link_in_a_directorys_place_leads_nowhere(chain: list[Directory]) -> None:
    chain[3].close()
    os.rename("a/b/c", "elsewhere")
    os.symlink("/", "a/b/c")
    with pytest.raises(CopyError, match="as it was replaced"):
        chain[3].reopen()


def test_a_listing_keeps_its_directory_open(chain: list[Directory]) -> None:
    chain[3].is_pinned = True
    chain[3].close()
    assert chain[3].is_open
    chain[3].is_pinned = False


def test_closing_twice_is_closing_once(chain: list[Directory]) -> None:
    chain[1].close()
    chain[1].close()
    assert not chain[1].is_open


def test_a_directory_opened_again_still_takes_attributes(chain: list[Directory]) -> None:
    assert chain[3].where == chain[3].fd
    chain[3].close()
    os.chmod("a/b/c", 0o300)
    chain[3].reopen()
    assert chain[3].is_path_only
    system.set_mode(chain[3].where, 0o711)
    assert os.stat("a/b/c").st_mode & 0o777 == 0o711


def test_names_are_shown_from_the_operand_on() -> None:
    top = Directory(None, "x", None, "s//")
    below = Directory(Directory(top, "y", CLOSED), "z", CLOSED)
    assert (top.shown, below.shown) == ("s//", "s/y/z")


def test_the_names_of_a_very_deep_tree_are_shown_but_not_kept() -> None:
    directory = Directory(None, "", None, "top")
    for _level in range(3000):
        directory = Directory(directory, "d", CLOSED)
    assert directory.shown == "top" + "/d" * 3000
    assert directory.shown_as == ""


def test_a_folder_opens_and_closes_both_sides(chain: list[Directory]) -> None:
    above = Folder(None, chain[1], chain[2], False)
    below = Folder(above, chain[2], chain[3], False)
    above.close()
    assert (above.source_fd, above.destination_fd) == (CLOSED, CLOSED)
    chain[2].reopen()
    above.reopen(below)
    assert chain[1].is_open
    assert chain[2].is_open
    assert above.source == "a"
    assert above.destination == "a/b"


@pytest.mark.parametrize(
    ("source", "destination", "expected"), [(1, 2, True), (1, 3, True), (2, 1, False)]
)
def test_a_destination_below_its_source_is_seen(
    chain: list[Directory], source: int, destination: int, expected: bool
) -> None:
    folder = Folder(None, chain[source], chain[destination], False)
    assert lies_inside_itself(folder) is expected


def names_opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the list that names opened from now on go to."""
    names = []
    plain_open = system.open

    def watched(name: str, flags: int, *, dir_fd: int | None = None) -> int:
        names.append(name)
        return plain_open(name, flags, dir_fd=dir_fd)

    monkeypatch.setattr(system, "open", watched)
    return names


@pytest.mark.parametrize("names", [[], ["inside"]])
def test_a_directory_that_cannot_be_searched_is_looked_into(names: list[str]) -> None:
    """A default access list may leave its owner the right to read only, and a moment pass."""
    owner = (ORDINARY_ID, ORDINARY_ID) if os.geteuid() == 0 else (os.geteuid(), os.getegid())

    def look() -> int:
        fd = os.open("made", system.PLACE_FLAGS)
        return may_be_just_made(fd, os.fstat(fd))

    with tempfile.TemporaryDirectory(dir=MEMORY) as place:
        os.chmod(place, 0o755)
        made = Path(place, "made")
        made.mkdir()
        for name in names:
            (made / name).touch()
        os.utime(made, ns=(1, 1))
        os.chown(made, *owner)
        made.chmod(0o600)
        done = run(look, [], place, owner=owner if os.geteuid() == 0 else None)
        made.chmod(0o700)
    assert done == Result(int(not names), "", "")


def test_a_number_that_cannot_be_asked_for_twice_is_taken_to_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(_fd: object) -> os.stat_result:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(system, "fstat", fail)
    assert not is_still(0, (1, 2), (1, 3))
    monkeypatch.setattr(system, "close", fail)
    release(0)  # nothing was written through it


def test_a_directory_of_which_a_place_is_held_is_opened_anew_to_be_listed() -> None:
    os.mkdir("of one file")
    Path("of one file/f").touch()
    place = Directory(None, "", os.open("of one file", system.PLACE_FLAGS))
    place.is_path_only = True
    before = open_descriptors()
    place.be_listed()
    place.be_listed()
    assert os.listdir(place.fd) == ["f"]
    assert not place.is_path_only
    assert len(open_descriptors()) == len(before)
    place.close()


def test_what_cannot_be_looked_into_was_not_just_made() -> None:
    status = changed(os.stat("a"), st_mtime_ns=1)
    assert not may_be_just_made(-1, status)


def test_where_numbers_do_not_last_nobody_knows_what_is_inside_what(
    chain: list[Directory], monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = Folder(None, chain[1], chain[3], False)
    beside = Folder(None, chain[3], chain[1], False)
    assert (lies_inside_itself(inside), lies_inside_itself(beside)) == (True, False)
    monkeypatch.setattr(tree, "numbers_last", lambda _fd: False)
    assert lies_inside_itself(beside)

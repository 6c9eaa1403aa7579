"""The folders a worker knows: opened by their way, never mistaken, and never too many."""

import marshal
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from pycp.engine.attributes import Made
from pycp.engine.directory import Filled
from pycp.entries import Entry
from pycp.errors import CopyError
from pycp.run.recorder import Recorder, joined
from pycp.run.unit import (
    KNOWN_FOLDERS,
    OPEN_FOLDERS,
    Folders,
    pack_filled,
    unpack_filled,
    way_to,
)
from pycp.system.folder import Folder, identity
from tests.unit.rooms import Heard, opened_folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pycp.run.unit import Way


def descriptors() -> int:
    """Count the open descriptors of this process."""
    return len(os.listdir("/proc/self/fd"))


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Folder]:
    """Return the folder of two trees alike, `s` and `d`."""
    monkeypatch.chdir(tmp_path)
    for side in "sd":
        Path(side).mkdir()
    folder = opened_folder()
    yield folder
    folder.close()


def way(*names: str) -> "Way":
    """Make the directories of a way in both trees; return the way."""
    steps = []
    for end in range(1, len(names) + 1):
        paths = [Path(side, *names[:end]) for side in "sd"]
        for path in paths:
            path.mkdir(exist_ok=True)
        ids = [identity(path.stat()) for path in paths]
        steps.append((names[end - 1], ids[0], ids[1]))
    return tuple(steps)


def test_a_way_leads_to_its_folder_and_back(root: Folder) -> None:
    folders = Folders(root)
    for names in [(), ("a",), ("a", "b", "c"), ("x", "y"), ("a", "b")]:
        folder = folders.at(way(*names), is_new=True)
        assert folder.source_fd is not None
        assert os.path.samestat(os.fstat(folder.source_fd), os.stat(Path("s", *names)))
        assert folder.destination_fd is not None
        assert os.path.samestat(os.fstat(folder.destination_fd), os.stat(Path("d", *names)))
        assert folder.source == "/".join(["s", *names])
        assert way_to(folder, root) == way(*names)


def test_only_the_folders_used_last_are_open(root: Folder) -> None:
    folders = Folders(root)
    before = descriptors()
    for number in range(KNOWN_FOLDERS + 50):
        folders.at(way(f"{number % 300}", f"{number}"), is_new=False)
        assert descriptors() - before <= 2 * OPEN_FOLDERS
    assert root.source_directory.is_open


def test_an_old_folder_is_not_taken_for_new_as_one_below_it_is(root: Folder) -> None:
    folders = Folders(root)
    assert folders.at(way("old", "new"), is_new=True).is_new
    assert not folders.at(way("old"), is_new=False).is_new
    assert folders.at(way("old", "new"), is_new=True).is_new


@pytest.mark.parametrize("side", ["s", "d"])
@pytest.mark.parametrize("by", ["directory", "symlink", "nothing"])
def test_a_replaced_directory_is_noticed_and_nothing_stays_open(
    root: Folder, side: str, by: str
) -> None:
    folders = Folders(root)
    known = way("a", "b")
    before = descriptors()
    os.rename(f"{side}/a", f"{side}/was")
    if by == "directory":
        os.makedirs(f"{side}/a/b")
    elif by == "symlink":
        os.makedirs("secret/b")
        os.symlink("../secret", f"{side}/a")
    for _ in range(2):
        with pytest.raises(OSError) as caught:
            folders.at(known, is_new=False)
        assert isinstance(caught.value, CopyError) == (by != "nothing")
        assert descriptors() == before
    # Others are not harmed.
    folder = folders.at(way("other"), is_new=False)
    assert folder.source_directory.is_open


def test_a_recorder_keeps_everything_in_order() -> None:
    recorder = Recorder(Heard())
    recorder.line("one")
    recorder.warn("two")
    recorder.failed(CopyError("three", 5, "a", "b"))
    recorder.event("copied", source="a")
    assert recorder.events == [
        b"one\n",
        ("warn", "two"),
        ("failed", "three", 5, "a", "b", False, None),
        ("event", "copied", {"source": "a"}),
    ]
    with pytest.raises(AssertionError):
        recorder.agrees("four")


def test_what_finishing_a_directory_needs_survives_being_packed(root: Folder) -> None:
    folder = Folders(root).at(way("a"), is_new=True)
    source, made = os.stat("s/a"), os.stat("d/a")
    record = marshal.loads(
        marshal.dumps(pack_filled(Filled(Entry(root, "a"), folder, source, Made(made, True, 0o22))))
    )
    again = unpack_filled(record, folder)
    assert again.source == source
    assert again.source.st_mtime_ns == source.st_mtime_ns
    assert again.made.status == made
    assert (again.made.is_new, again.made.withheld, again.made.mode) == (
        True,
        0o22,
        stat.S_IMODE(made.st_mode),
    )
    assert (again.entry.source, again.entry.destination) == ("s/a", "d/a")


def test_what_follows_each_other_is_put_together() -> None:
    recorder = Recorder(Heard())
    recorder.take_lines(b"one\n")
    recorder.take_lines(b"two\n")
    recorder.take_encoded({"started": 1}, b"{1}\n")
    recorder.take_encoded({"copied": 1}, b"{2}\n")
    recorder.take_encoded({"started": 1}, b"{3}\n")
    recorder.warn("three")
    recorder.take_encoded({"copied": 1}, b"{4}\n")
    recorder.take_lines(b"four\n")
    assert joined(recorder.events) == [
        b"one\ntwo\n",
        ("encoded", {"started": 2, "copied": 1}, b"{1}\n{2}\n{3}\n"),
        ("warn", "three"),
        ("encoded", {"copied": 1}, b"{4}\n"),
        b"four\n",
    ]
    assert joined([]) == []

"""What those who share the work make of answers that they seldom get."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pycp import system
from pycp.engine.file_copy import FileCopy
from pycp.errors import CopyError
from pycp.run import ranges
from pycp.run.hands import ForkedHands, Lost
from pycp.run.lending import Asking
from pycp.run.level import Level, Place
from pycp.run.one_range import carry_out_range
from pycp.run.one_read import SharedSource, say
from pycp.run.queue import InTurn, Queue
from pycp.run.ranges import LargeEntry, Ranges
from pycp.run.recorder import Recorder, replay
from pycp.run.share import LARGE_BYTES, Watch
from pycp.run.telling import AsItComes, InOrder
from pycp.run.unit import ALL, FIRST, Folders
from pycp.run.walk import Walk
from pycp.system.folder import Directory, Folder, identity
from pycp.system.worker import Worker
from pycp.values import BLOCK, BYTES
from tests.unit.rooms import Heard, job, opened_folder


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Folder]:
    """Return the folder of two directories, in each of which there is a file of two blocks."""
    monkeypatch.chdir(tmp_path)
    for side in "sd":
        Path(side).mkdir()
        Path(side, "f").write_bytes(b"f" * 2 * BLOCK)
    folder = opened_folder()
    yield folder
    folder.close()


class Gone:
    """A channel to somebody who is gone."""

    def send(self, *_message: object) -> None:
        """Fail."""
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    send_bytes = send


def test_who_is_gone_is_found_out_elsewhere_or_ends_what_is_done_for_him() -> None:
    gone: Any = Gone()
    Asking(gone, SimpleNamespace()).send("more")  # type: ignore[arg-type]
    with pytest.raises(EOFError):
        say(gone, "more")
    hands = ForkedHands.__new__(ForkedHands)
    worker: Any = Worker(0, gone, None)
    hands._held, hands._next, hands._slots, hands._most = {worker: []}, 0, 1, 1
    assert hands.give(b"unit") == 1
    assert hands._held == {worker: [1]}


def test_where_no_process_can_be_had_units_come_back(
    root: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is no room for their counts, or none can be forked."""

    def fail(*_words: object) -> None:
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr("pycp.run.hands.start", fail)
    for has_room in (False, True):
        walk: Any = SimpleNamespace(job=job(jobs=2))
        hands = ForkedHands(walk, root, 2)
        hands.slots = 2
        if not has_room:
            walk.job.tally.spare.clear()
        assert [hands.give(b"unit"), hands.give(b"unit")] == [1, 2]
        taken = [(ticket, lost.how) for ticket, lost in hands.take(wait=True)]  # type: ignore[union-attr]
        assert taken == [(1, "none could be started"), (2, "none could be started")]
        assert hands.slots == 0


def test_a_directory_that_is_gone_has_nothing_left(root: Folder) -> None:
    """It was to be listed, or a large file in it to be copied, when it came to that."""
    work = job()
    heard: Any = work.report
    root.source_directory.parent = Directory(None, "", None)
    root.close()
    os.rename("s", "elsewhere")
    filled: Any = SimpleNamespace(
        folder=root, depth=0, is_redone=False, entry=SimpleNamespace(source="s")
    )
    walk: Any = SimpleNamespace(job=work)
    level = Level(filled, iter(()))
    Walk.list_closed(walk, level)
    assert list(level.entries) == []
    settled: list[Any] = []
    large = Ranges(walk, Folders(root), Leaving(), lambda: None, settled.append)  # type: ignore[arg-type]
    large.copy(filled, LargeEntry(root, "f"), None)
    assert settled == [filled]
    assert heard.words == ["cannot access 's': No such file or directory"] * 2


def test_the_first_difference_of_all_ranges_counts(leaving: Ranges) -> None:
    for difference, may_be_begun in ((5, True), (9, True), (2, True), (7, False)):
        leaving.take_in((0, True, None, (difference, may_be_begun)))
    assert (leaving._round.difference, leaving._round.may_be_begun) == (2, False)


def test_of_what_is_read_for_all_each_takes_what_it_wants(file: FileCopy) -> None:
    """It has ten bytes more than another one, which the first piece is for."""
    said: list[object] = []
    heard = iter(
        [(1, "piece", 0, 0, 10), (1, "piece", 1, 10, 5), (0, "piece", 0, 5, 5), (1, "end", 0)]
    )
    channel: Any = SimpleNamespace(receive=lambda: next(heard), send=said.append)
    teller: Any = SimpleNamespace(tell=lambda: None)
    handover: Any = None
    slots = [memoryview(b"0123456789"), memoryview(b"abcde")]
    source = SharedSource(channel, handover, slots, teller)
    assert list(source._pieces(file, 12, False)) == [(12, b"cde")]
    assert said[1:] == [("written",), ("written",)]


def test_names_that_wait_in_no_order_come_all_at_once() -> None:
    in_turn = InTurn(AsItComes(job()))
    filled: Any = "directory"
    names = [(filled, name, None) for name in "ab"]
    for name in names:
        in_turn.add(name)
    assert in_turn.next() == names
    assert in_turn.next() == []


def test_events_in_words_count_as_what_waits_to_be_told() -> None:
    work = job()
    work.report.verbose = True
    told = InOrder(work)
    place = Place()
    told._left.append(Place())  # what is not known yet, and comes first
    told.take([("part", 0), b"line\n", ("encoded", {"copied": 1}, b"words")], [place])
    assert told._held == len(b"line\nwords")


def test_what_a_lost_process_had_is_told() -> None:
    error = Lost("killed by signal 9", "").error("d/f")
    told = "cannot copy 'd/f': the process copying it ended: killed by signal 9"
    assert (str(error), error.filename) == (told, "d/f")


def test_what_another_process_told_is_told_here() -> None:
    recorder = Recorder(Heard())
    recorder.take_encoded({"copied": 2}, b"lines")
    recorder.warn("beware")
    recorder.copied("name", "digest")
    heard = Recorder(Heard())
    replay(recorder.events, heard, heard.copied)
    assert heard.events == recorder.events


def test_what_waits_when_all_is_given_up_is_closed(root: Folder) -> None:
    filled: Any = SimpleNamespace(folder=root, depth=0)
    deep: Any = SimpleNamespace(folder=root, depth=10_000)
    handed_back = SimpleNamespace(has_sets_in_turn=False)
    walk: Any = SimpleNamespace(
        job=job(), memory=SimpleNamespace(copied=()), hand_back=lambda: handed_back
    )
    queue = Queue(walk, filled, AsItComes(walk.job), False, False)
    for each in (filled, deep):
        queue.put(Level(each, iter([("f", 0)])))
    assert queue
    assert (len(queue.levels), len(queue.own)) == (1, 1)
    queue.close()
    assert not root.source_directory.is_open
    assert [list(level.entries) for level in (*queue.levels, *queue.own[0])] == [[], []]


def test_many_names_or_bytes_are_shared_and_many_links_are_not() -> None:
    memory = SimpleNamespace(copied=(), linked=0)
    walk: Any = SimpleNamespace(memory=memory, met=0, job=job())
    watch = Watch(walk, 0, 100)
    assert not watch.is_time()
    walk.met = 101
    assert watch.is_time()
    memory.linked = 60
    assert not watch.is_time()
    walk.job.tally.own[BYTES] += LARGE_BYTES + 1
    assert watch.is_time()


def test_what_has_no_place_in_what_is_told_comes_first(root: Folder) -> None:
    told = InOrder(job())
    filled: Any = SimpleNamespace(folder=root, depth=0)
    known, unknown = (Level(filled, iter(()), Place()) for _ in range(2))
    assert told.next([known, Level(filled, iter(()))]) == 1
    assert told.next([known, unknown]) == 1
    assert known.place is not None
    told._left.append(known.place)
    assert told.next([known, unknown]) == 0


def test_what_has_no_place_is_told_at_once_but_not_while_something_is_noted() -> None:
    work = job()
    heard: Any = work.report
    told = InOrder(work)
    told.take([("part", 0), ("warn", "first")], [None])
    told.take([("warn", "second")], [])
    told.record()
    told._recorder.warn("third")
    told.flush()
    assert heard.words == ["first", "second"]
    told.recorded(None)
    assert heard.words == ["first", "second", "third"]


def carried_out(root: Folder, how: str = "", is_local: bool = True, **other: Any) -> Any:
    """Return what comes of the range of the file."""
    wanted = {
        "way": (),
        "name": "f",
        "new_name": "f",
        "source": identity(os.stat("s/f")),
        "destination": identity(os.stat("d/f")),
        "how": how,
        "start": 0,
        "end": 2 * BLOCK,
        **other,
    }
    return carry_out_range(job(), Folders(root), tuple(wanted.values()), is_local)


def test_a_range_of_another_file_is_left_to_others(root: Folder) -> None:
    nothing = (0, False, None, (-1, True))
    before = os.listdir("/proc/self/fd")
    assert carried_out(root, destination=identity(os.stat("s/f"))) == nothing
    assert carried_out(root, name="missing") == nothing
    assert os.listdir("/proc/self/fd") == before


def test_a_range_that_cannot_be_copied_is_told(
    root: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert carried_out(root) == (2 * BLOCK, True, None, (-1, True))
    monkeypatch.setattr(system, "flush", failing)
    assert carried_out(root)[2] is None, "who has the rest sees what is not on disk as well"
    _copied, is_whole, failure, _found = carried_out(root, is_local=False)
    assert is_whole
    assert failure[0] == "error writing 'd/f': Input/output error"
    monkeypatch.setattr(system, "close", closing_badly)
    assert carried_out(root)[2][0] == "failed to close 'd/f': Input/output error"


@pytest.mark.parametrize(
    ("theirs", "first", "as_a_whole"),
    [
        (b"f" * 2 * BLOCK, (-1, True), (-1, True)),
        (b"f" * BLOCK + b"x" * BLOCK, (BLOCK, False), (BLOCK, False)),
        (b"f" * BLOCK + bytes(BLOCK), (BLOCK, False), (BLOCK, True)),
        (bytes(10) + b"f" * (2 * BLOCK - 10), (0, False), (0, True)),
        (bytes(2 * BLOCK), (0, False), (0, True)),
    ],
)
def test_zeros_may_be_still_to_come(
    root: Folder, theirs: bytes, first: tuple[int, bool], as_a_whole: tuple[int, bool]
) -> None:
    Path("d/f").write_bytes(theirs)
    assert carried_out(root, FIRST)[3] == first
    assert carried_out(root, ALL)[3] == as_a_whole


class Leaving:
    """Hands that go before they have begun anything."""

    slots = 1
    reruns = False


@pytest.fixture
def leaving(root: Folder, monkeypatch: pytest.MonkeyPatch) -> Ranges:
    """Return the ranges of somebody who loses all hands."""
    monkeypatch.setattr(ranges, "LEAST", BLOCK)
    walk: Any = SimpleNamespace(job=job())
    hands: Any = Leaving()

    def leave() -> None:
        hands.slots = 0

    return Ranges(walk, Folders(root), hands, leave, lambda _filled: None)


@pytest.fixture
def file(root: Folder) -> Iterator[FileCopy]:
    """Return a copy of the file, of which there is nothing yet."""
    os.truncate("d/f", 0)
    fds = os.open("s/f", os.O_RDONLY), os.open("d/f", os.O_RDWR)
    entry = LargeEntry(root, "f")
    entry.name_operands("s/f", "d/f")
    made = FileCopy(entry, fds[0], os.fstat(fds[0]), fds[1])
    made.destination = os.fstat(fds[1])
    yield made
    for fd in fds:
        os.close(fd)


def test_who_has_lost_all_hands_copies_and_compares_alone(leaving: Ranges, file: FileCopy) -> None:
    leaving.share(file)
    assert file.start == BLOCK  # the last block is left
    assert Path("d/f").read_bytes() == b"f" * BLOCK
    Path("d/f").write_bytes(b"x" * 2 * BLOCK)
    sides = file.source, os.stat("d/f")
    entry: Any = file.entry
    assert leaving._compare(entry, *sides, True) is None, "there is nobody to help"
    leaving._hands.slots = 1
    assert leaving._compare(entry, *sides, True) == (0, False)
    assert leaving._compare(entry, *sides, True) == (0, False), "it is known"


def test_a_range_that_fails_fails_the_file_and_one_that_is_short_begins_it_again(
    leaving: Ranges, file: FileCopy, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.entry.source_name = "missing"
    Path("d/f").write_bytes(b"x")
    entry: Any = file.entry
    assert leaving._compare(entry, file.source, file.source, False) is None
    leaving._hands.slots = 1
    leaving.share(file)
    assert file.start == 0
    assert Path("d/f").read_bytes() == b""
    file.entry.source_name = "f"
    monkeypatch.setattr(system, "close", closing_badly)
    leaving._hands.slots = 1
    with pytest.raises(CopyError, match="failed to close 'd/f': Input/output error"):
        leaving.share(file)
    leaving._out = 2
    leaving.lose(Lost("lost"))
    assert str(leaving._round.failure) == "failed to close 'd/f': Input/output error"


def closing_badly(fd: int) -> None:
    """Close, and fail."""
    os.close(fd)
    failing(fd)


def failing(_fd: int) -> None:
    """Fail to flush."""
    raise OSError(errno.EIO, os.strerror(errno.EIO))

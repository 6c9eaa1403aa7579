"""What single functions of those who share the work make of what they are seldom given."""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pycp.engine import temporary
from pycp.engine.attributes import Made
from pycp.engine.directory import Filled
from pycp.engine.file_copy import FileCopy
from pycp.entries import Decision, Tally
from pycp.errors import CopyError
from pycp.plan.links import Memory
from pycp.report.lines import Lines
from pycp.run import hands, large
from pycp.run.hands import ForkedHands
from pycp.run.level import Level, Place
from pycp.run.new_files import NewFiles
from pycp.run.one_read import ENOUGH, SharedSource, Teller
from pycp.run.tee import Tee
from pycp.run.telling import InOrder
from pycp.run.visit import Visitor
from pycp.run.walk import Walk
from pycp.system.folder import Folder
from pycp.system.worker import EXHAUSTED, Worker
from pycp.values import REGULAR
from tests.unit.rooms import Heard, entry, job, opened_folder

IO = "Input/output error"
EIO = OSError(errno.EIO, os.strerror(errno.EIO))


def raising(error: BaseException) -> Callable[..., Any]:
    """Return a function that fails."""

    def fail(*_words: Any, **_more: Any) -> Any:
        raise error

    return fail


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in "ab":
        Path(name).write_text(name)
    for name in "sd":
        Path(name).mkdir()


@pytest.fixture
def walk() -> Walk:
    """Return a walk that keeps sets of hard links."""
    return Walk(Visitor(job(preserve_links=True), True))


def filled() -> Filled:
    """Return a directory that was copied, and is closed."""
    folder = opened_folder()
    folder.close()
    return Filled(entry("s", "d"), folder, os.stat("s"), Made(os.stat("d"), False, 0))


def words_of(walk: Walk) -> list[str]:
    """Return what a walk told."""
    report = walk.job.report
    assert isinstance(report, Heard)
    return report.words


def test_what_cannot_be_looked_at_is_handed_to_nobody(walk: Walk) -> None:
    walk.memory.elsewhere = {(1, 1)}
    assert not walk.hand_back().take(entry("missing", "b"), filled(), REGULAR)
    walk.memory.foreign = frozenset({(1, 1)})
    assert not walk.hand_back().take(entry("missing", "b"), filled(), REGULAR)
    assert walk.hand_back().names == []


def test_a_directory_that_cannot_be_gone_back_to_is_told_and_left(
    walk: Walk, monkeypatch: pytest.MonkeyPatch
) -> None:
    done, above = Level(filled(), iter(())), Level(filled(), iter([("f", REGULAR)]))
    monkeypatch.setattr(Folder, "reopen", raising(EIO))
    monkeypatch.setattr(walk, "settle", lambda _filled: None)
    walk._leave(done, above)
    assert words_of(walk) == [f"cannot access 's': {IO}"]
    assert list(above.entries) == []


def test_temporary_names_that_cannot_be_removed_are_told(
    walk: Walk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(temporary, "remove_left", raising(EIO))
    walk._remove_left(filled())
    assert words_of(walk) == []
    walk.left_by = ["dead"]
    walk._remove_left(filled())
    assert words_of(walk) == [f"cannot clean up 'd': {IO}"]


def test_a_directory_that_cannot_be_listed_again_is_told(
    walk: Walk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walk, "_list", raising(CopyError("not to be listed")))
    monkeypatch.setattr(Folder, "find", lambda _folder: None)
    level = Level(filled(), iter(()))
    level.is_unlisted = True
    walk.list_closed(level)
    assert words_of(walk) == ["not to be listed"]
    assert not level.is_unlisted


def test_what_is_gone_when_it_is_to_be_remembered_cannot_be_met() -> None:
    visitor = Visitor(job(), True)
    visitor._remember(entry("a", "missing"), Decision("regular", os.stat("a"), False))
    memory = Memory()
    NewFiles(job(), memory)._remember(entry("missing", "b"), "missing")
    assert not memory.has_made("b", os.stat("b"))


@pytest.mark.parametrize("words", ["exhausted", "killed"])
def test_a_worker_without_memory_ends_all_and_another_one_only_itself(
    monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    counts = SimpleNamespace(folder=None, name="f")
    gone = Worker(0, SimpleNamespace(receive=raising(EOFError())), None)  # type: ignore[arg-type]
    monkeypatch.setattr(gone, "end", lambda: EXHAUSTED if words == "exhausted" else words)
    mine: Any = ForkedHands.__new__(ForkedHands)
    mine._lost, mine._held, mine._tokens, mine._most = [], {gone: [7]}, {gone: "token"}, 2
    mine._tally, mine._counts = SimpleNamespace(tick=None, spare=[]), {gone: counts}
    monkeypatch.setattr(hands, "ready", lambda *_words: [gone])
    if words == "exhausted":
        with pytest.raises(MemoryError):
            mine.take(True)
    else:
        ((ticket, lost),) = mine.take(True)
        assert (ticket, lost.how, lost.token, mine._most) == (7, "killed", "token", 1)
    assert mine._tally.spare == [counts]


def test_a_large_file_is_copied_by_one_process_if_there_can_be_no_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(large, "_local_hands", raising(EIO))
    fds = os.open("a", os.O_RDONLY), os.open("b", os.O_RDWR)
    file = FileCopy(entry("a", "b"), fds[0], os.fstat(fds[0]), fds[1])
    file.destination = os.fstat(fds[1])
    large.share_locally(Visitor(job(), False), 3, file)
    assert file.start == 0, "nothing is copied yet"
    for fd in fds:
        os.close(fd)


def test_much_that_happens_is_told_before_a_file_is_read() -> None:
    told: list[Any] = []
    teller = Teller(Lines("pycp"), "d", Tally(), told.append)
    for number in range(ENOUGH):
        teller.line(str(number))
    assert [len(events) for events in told] == [ENOUGH]


def test_a_reader_that_is_gone_ends_who_hands_a_file_over() -> None:
    said: list[Any] = []
    channel: Any = SimpleNamespace(send=said.append)
    channel.receive = lambda: (said[-1][1][0], "hand over")
    handover: Any = SimpleNamespace(give=raising(EIO))
    teller = Teller(Lines("pycp"), "d", Tally(), lambda _events: None)
    shared = SharedSource(channel, handover, [], teller)
    fd = os.open("a", os.O_RDONLY)
    file = FileCopy(entry("a", "b"), fd, os.fstat(fd), -1)
    with pytest.raises(EOFError):
        list(shared._pieces(file, 1, False))
    os.close(fd)


@pytest.mark.parametrize("name", ["a", "missing"])
def test_a_file_comes_where_its_own_number_says_if_that_is_known(name: str) -> None:
    nobody: Any = SimpleNamespace()
    teller = Teller(Lines("pycp"), "d", Tally(), lambda _events: None)
    shared = SharedSource(nobody, nobody, [], teller)
    shared._looks_again = True
    fd = os.open("b", os.O_RDONLY)
    file = FileCopy(entry(name, "b"), fd, os.fstat(fd), -1)
    file.entry.is_operand = False
    assert shared._position(file) == (0, os.stat("a" if name == "a" else "b").st_ino)
    os.close(fd)


def test_a_destination_whose_process_is_gone_is_found_out_later() -> None:
    report = Heard()
    report.tally.provide(1)
    gone: Any = SimpleNamespace(send=raising(BrokenPipeError()))
    worker: Any = Worker(0, gone, None)
    destination: Any = SimpleNamespace()
    tee: Any = Tee([destination], report)
    tee._start = lambda one, _counts: tee._by_worker.update({worker: one})
    assert tee.start()
    assert tee._by_worker == {worker: destination}


def test_what_was_noted_before_an_interruption_is_told_without_its_marks(walk: Walk) -> None:
    told = InOrder(walk.job)
    told.begin(walk, [Level(filled(), iter(()))])
    told.record()
    told._recorder.warn("noted")
    told._recorder.handed_back(0)
    told.end()
    assert words_of(walk) == ["noted"]


def test_what_is_left_to_tell_in_the_end_is_told(walk: Walk) -> None:
    work = walk.job
    notes: list[tuple[str, str]] = []
    work.manifest = lambda name, digest: notes.append((name, digest))
    told = InOrder(work)
    told.begin(walk, [Level(filled(), iter(()))])
    assert work.manifest == told._recorder.copied
    place = Place()
    place.items = [("warn", "late")]
    told._left.append(place)
    told.end()
    assert words_of(walk) == ["late"]
    work.manifest("name", "digest")
    assert notes == [("name", "digest")]

"""The bar of --progress: it moves with the copy, is true at the end, and garbles nothing."""

import ctypes
import os
import re
import signal
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from pycp.report import progress
from pycp.run import pace, share
from pycp.system import counts
from tests.features.progress import hold
from tests.features.progress.terminal import Gate, Terminal

BIG = 4 * hold.STEP
PR_SET_CHILD_SUBREAPER = 36
"""Option of prctl(2)."""
PERCENT = re.compile(r"(\d+)%")


def make_files(directory: Path, count: int, size: int = 100) -> None:
    directory.mkdir()
    for number in range(count):
        (directory / f"f{number:03}").write_bytes(b"x" * size)


@pytest.fixture
def big(tmp_path: Path) -> Path:
    (tmp_path / "big").write_bytes(os.urandom(BIG))
    return tmp_path


@pytest.fixture
def gate() -> Gate:
    return Gate()


def test_the_bar_moves_inside_a_file_that_the_kernel_copies(big: Path, gate: Gate) -> None:
    terminal = Terminal(["-g", "big", "copy"], big, partial(hold.steps_of_big_files, gate))
    for step, percent in enumerate((0, 24, 48, 72)):  # the file itself counts as a little work
        line = terminal.until_shown(rf" {percent}% .*  0/1 file  .*  big$")
        assert line.startswith("[" + "#" * (12 * percent // 100)), step
        gate.let()
    gate.let(2)
    assert terminal.end() == 0
    assert re.fullmatch(
        r"\[#{12}\]  100%  1\.0 MB  1 file  .*/s  in \d+ s", terminal.screen.lines[-2]
    )
    assert terminal.screen.lines[-1] == ""
    assert (big / "copy").read_bytes() == (big / "big").read_bytes()


def test_the_copy_goes_on_while_the_sources_are_walked(big: Path, gate: Gate) -> None:
    walk = Gate()

    def before() -> None:
        hold.walk(walk)
        hold.steps_of_big_files(gate)

    terminal = Terminal(["-g", "big", "copy"], big, before)
    gate.let(2)
    line = terminal.until_shown(r"524/524\+ kB  0/0\+ files .*  big$")
    assert "%" not in line
    assert (big / "copy").stat().st_size == 2 * hold.STEP
    walk.let()
    terminal.until_shown(" 48% .* 524 kB/1.0 MB  0/1 file ")
    gate.let(3)
    assert terminal.end() == 0


def test_a_walk_that_never_ends_holds_nobody_up(big: Path, gate: Gate) -> None:
    def before() -> None:
        hold.walk(Gate())
        hold.steps_of_big_files(gate)

    terminal = Terminal(["-g", "big", "copy"], big, before)
    terminal.until_shown(r"0/0\+ files")
    gate.let(5)
    assert terminal.end() == 0
    assert terminal.screen.lines[-1] == ""


@pytest.mark.parametrize("jobs", [1, 3])
def test_files_and_bytes_of_all_processes_are_shown(jobs: int, tmp_path: Path, gate: Gate) -> None:
    make_files(tmp_path / "s", 60)

    def before() -> None:
        hold.each_file(gate)
        share.MUCH = -1  # so that the coordinator copies nothing itself

    words = ["-rg", f"--jobs={jobs}", "s", "d"]
    terminal = Terminal(words, tmp_path, before)
    before_this = 0
    for done, size in {1: "100 B/6.0 kB", 7: "700 B/6.0 kB", 40: "4.0/6.0 kB"}.items():
        gate.let(done - before_this)
        before_this = done
        terminal.until_shown(rf"  {size}  {done}/60 files  .*  s/f\d\d\d$")
    gate.let(20)
    assert terminal.end() == 0
    assert "  100%  6.0 kB  60 files  " in terminal.screen.lines[-2]


def test_workers_that_count_in_turn_use_the_same_lanes(tmp_path: Path) -> None:
    for name in "abc":
        make_files(tmp_path / name, 30)
    (tmp_path / "d").mkdir()
    words = ["-rg", "--progress=always", "--jobs=2", "a", "b", "c", "d"]
    terminal = Terminal(words, tmp_path)
    assert terminal.end() == 0
    assert "  100%  9.0 kB  90 files  " in terminal.screen.lines[-2]


def test_lines_of_every_kind_stay_whole(tmp_path: Path) -> None:
    make_files(tmp_path / "s", 30)
    for number in range(0, 30, 3):
        path = tmp_path / f"s/f{number:03}"
        path.unlink()
        path.mkdir()
    make_files(tmp_path / "d", 30)  # where a directory cannot be put in place of a file

    terminal = Terminal(["-rvgT", "s", "d"], tmp_path, hold.impatient)
    assert terminal.end() == 1
    for number in range(30):
        name = f"f{number:03}"
        line = (
            f"'s/{name}' -> 'd/{name}'"
            if number % 3
            else f"pycp: cannot overwrite non-directory 'd/{name}' with directory 's/{name}'"
        )
        assert terminal.screen.lines.count(line) == 1, line


def test_what_failed_keeps_the_bar_from_its_end(tmp_path: Path, gate: Gate) -> None:
    make_files(tmp_path / "s", 4)
    (tmp_path / "d").mkdir()
    (tmp_path / "d/s").mkdir()
    (tmp_path / "d/s/f001").mkdir()
    terminal = Terminal(["-rg", "s", "d"], tmp_path, partial(hold.each_file, gate))
    terminal.until_shown("0/4 files")
    gate.let(4)
    assert terminal.end() == 1
    assert " 75%  300/400 B  3/4 files " in terminal.output.splitlines()[-1]
    assert terminal.screen.lines[-1] == ""


def test_a_question_waits_undisturbed(tmp_path: Path) -> None:
    make_files(tmp_path / "s", 2)
    make_files(tmp_path / "d", 2)
    held_back = Gate()

    def before() -> None:
        hold.impatient()
        write = progress.Painter._write

        def note(painter: progress.Painter, data: bytes) -> None:
            write(painter, data)
            if painter._shared[progress.HELD]:
                held_back.arrive()

        progress.Painter._write = note  # type: ignore[assignment, method-assign]

    words = ["-ig", "s/f000", "s/f001", "d"]
    terminal = Terminal(words, tmp_path, before)
    for name, answer in (("f000", "y"), ("f001", "n")):
        question = f"pycp: overwrite 'd/{name}'? "
        terminal.until_shown(re.escape(question))
        held_back.expect(5)
        assert terminal.screen.lines[-1] == question
        terminal.type(f"{answer}\n")
    assert terminal.end() == 1
    assert terminal.screen.lines[:2] == [
        f"pycp: overwrite 'd/f00{n}'? {a}" for n, a in ("0y", "1n")
    ]


WIDTHS = {
    80: r"^\[-{12}\]    0%  ETA --:--:--  0 B/1.0 MB  0/1 file  0 B/s  big$",
    30: r"^  0%  ETA --:--:--  0 B/s$",
    12: r"^  0%$",
    200: r"^\[-{30}\]    0%  ETA --:--:--  0 B/1.0 MB  0/1 file  0 B/s  big$",
    20: r"^  0%  ETA --:--:--$",
    50: r"^\[-{7}\]    0%  ETA --:--:--  0 B/1.0 MB  0 B/s$",
}


def test_the_bar_follows_the_width_of_the_window(big: Path, gate: Gate) -> None:
    terminal = Terminal(["-g", "big", "copy"], big, partial(hold.steps_of_big_files, gate))
    for columns, shown in WIDTHS.items():
        terminal.resize(columns)
        terminal.until_shown(shown)
        terminal.screen.columns = columns
    gate.let(5)
    assert terminal.end() == 0


@pytest.mark.parametrize("words", [["--verify"], ["--verify", "-r"]], ids=["file", "tree"])
def test_a_copy_that_is_read_back_says_so_and_moves(
    words: list[str], tmp_path: Path, gate: Gate
) -> None:
    (tmp_path / "s").mkdir()
    (tmp_path / "s/big").write_bytes(os.urandom(BIG))
    terminal = Terminal(
        ["-gT", *words, "s" if "-r" in words else "s/big", "copy"],
        tmp_path,
        partial(hold.reading_back, gate),
    )
    for percent in (65, 74, 82, 90):  # copying and flushing are two thirds
        terminal.until_shown(f" {percent}%  ETA .*  checking  1.0 MB .*")
        gate.let(2)
    gate.let(2)  # the ends of the files
    assert terminal.end() == 0
    assert "  100%  1.0 MB  1 file  " in terminal.screen.lines[-2]


def test_a_copy_that_is_flushed_says_so(big: Path, gate: Gate) -> None:
    terminal = Terminal(["-g", "--durable", "big", "copy"], big, partial(hold.flushing, gate))
    terminal.until_shown(" 49%  ETA .*  flushing  1.0 MB .*")
    gate.let(2)
    assert terminal.end() == 0


def test_what_is_compared_to_be_gone_on_with_moves_the_bar(big: Path, gate: Gate) -> None:
    (big / "copy").write_bytes((big / "big").read_bytes()[: 2 * hold.STEP])
    terminal = Terminal(["-g", "--resume", "big", "copy"], big, partial(hold.reading_back, gate))
    for percent in (0, 24):
        terminal.until_shown(f" {percent}%  ETA .*  checking  .*/1.0 MB .*")
        gate.let(2)
    gate.let(2)
    assert terminal.end() == 0
    assert (big / "copy").read_bytes() == (big / "big").read_bytes()


@pytest.mark.parametrize("name", ["e\x1b[31mvil\r\n\t", "long" * 60, "\udcff", "\u0301x", "…" * 80])
def test_any_name_is_shown_without_harm(name: str, tmp_path: Path, gate: Gate) -> None:
    (tmp_path / name).write_bytes(bytes(range(1, 256)) * 2000)
    terminal = Terminal(["-g", name, "copy"], tmp_path, partial(hold.steps_of_big_files, gate))
    terminal.until_shown(r"  0/1 file  .*/s  \S")
    gate.let(3)
    assert terminal.end() == 0


def test_a_quick_copy_shows_nothing(big: Path) -> None:
    terminal = Terminal(["-g", "big", "copy"], big)
    assert terminal.end() == 0
    assert terminal.output == ""


@pytest.mark.parametrize("words", [["-g", "--progress=never"], ["--progress=always", "--dry-run"]])
def test_no_bar_where_none_is_wanted(words: list[str], big: Path) -> None:
    terminal = Terminal([*words, "big", "copy"], big, hold.impatient)
    assert terminal.end() == 0
    assert "%" not in terminal.output


def test_a_terminal_that_cannot_erase_gets_lines(big: Path) -> None:
    terminal = Terminal(
        ["--progress=always", "big", "copy"], big, hold.impatient, environment={"TERM": "dumb"}
    )
    assert terminal.end() == 0
    assert "\x1b" not in terminal.output
    assert re.fullmatch(r"pycp: 1 file, 1\.0 MB copied in .*/s", terminal.screen.lines[-2])


@pytest.mark.parametrize(
    "number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL], ids=str
)
def test_a_copy_that_is_killed_leaves_a_clean_line_and_no_process(
    number: int, big: Path, gate: Gate
) -> None:
    terminal = Terminal(["-g", "big", "copy"], big, partial(hold.steps_of_big_files, gate))
    terminal.until_shown("0/1 file")
    terminal.kill(number)
    assert terminal.end() == -number
    assert terminal.screen.lines[-1] == ""
    says_so = number in (signal.SIGINT, signal.SIGTERM)
    assert "0/1 file" in terminal.screen.lines[-3 if says_so else -2]


@pytest.fixture
def init() -> Iterator[Callable[[], str]]:
    """Be who processes are left to, and return a function that tells which were."""
    become = ctypes.CDLL(None).prctl
    children = Path(f"/proc/self/task/{os.getpid()}/children")
    before = set(children.read_text().split())
    assert become(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0
    yield lambda: " ".join(set(children.read_text().split()) - before)
    become(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
    for pid in set(children.read_text().split()) - before:
        os.waitpid(int(pid), 0)


@pytest.mark.parametrize("is_stopped", [False, True], ids=["drawing", "stopped"])
@pytest.mark.parametrize("walks", [False, True], ids=["walked", "walking"])
def test_nobody_else_has_to_wait_for_a_process(
    is_stopped: bool, walks: bool, big: Path, gate: Gate, init: Callable[[], str]
) -> None:
    walk = Gate()

    def before() -> None:
        if walks:
            hold.walk(walk)
        hold.steps_of_big_files(gate)
        progress.LAST_PICTURE = 0.5

    terminal = Terminal(["-g", "big", "copy"], big, before)
    terminal.until_shown(r"0/0\+ files" if walks else "0/1 file")
    if is_stopped:
        terminal.stop()
    gate.let(5)
    assert terminal.end() == 0
    assert init() == ""


def test_ctrl_c_ends_the_copy_and_the_bar(big: Path, gate: Gate) -> None:
    terminal = Terminal(["-g", "big", "copy"], big, partial(hold.steps_of_big_files, gate))
    terminal.until_shown("0/1 file")
    terminal.type("\x03")
    assert terminal.end() == -signal.SIGINT
    assert terminal.screen.lines[-1] == ""


@pytest.mark.parametrize("when", [lambda: None, hold.impatient], ids=["waiting", "drawing"])
def test_a_painter_that_dies_harms_nothing(when: Callable[[], None], big: Path) -> None:
    def before() -> None:
        when()
        show = progress.Bar.__init__

        def shoot(bar: progress.Bar, *arguments: object) -> None:
            show(bar, *arguments)  # type: ignore[arg-type]
            os.kill(bar._painter.pid, signal.SIGKILL)

        progress.Bar.__init__ = shoot  # type: ignore[assignment, method-assign]

    terminal = Terminal(["-g", "big", "copy"], big, before)
    assert terminal.end() == 0
    assert (big / "copy").read_bytes() == (big / "big").read_bytes()


def test_without_a_process_for_it_the_copy_goes_on(big: Path) -> None:
    def before() -> None:
        def refuse(*_arguments: object) -> None:
            raise BlockingIOError

        vars(progress)["start"] = refuse

    terminal = Terminal(["-g", "big", "copy"], big, before)
    assert terminal.end() == 0
    assert (big / "copy").exists()


def test_a_long_name_is_told_by_its_end() -> None:
    lane = counts.new_counts()
    lane.name = "a" * 5000 + "end"
    assert lane.name.endswith("aend")
    assert len(lane.name) == counts.NAME_BYTES


def test_the_patience_is_a_second_and_the_pictures_are_some_in_a_second() -> None:
    assert progress.PATIENCE == 1
    assert 0.1 <= progress.DRAWING_INTERVAL <= 0.2
    assert progress.LINE_INTERVAL == 1
    assert pace.LONGEST <= 0.2  # how old the name a worker told may be

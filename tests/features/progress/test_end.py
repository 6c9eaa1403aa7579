"""The end: what --stats and a finished --resume say, and what Ctrl-C leaves on a terminal."""

import os
import re
import signal
from functools import partial
from pathlib import Path

import pytest

from pycp.__main__ import install_main
from pycp.run import share
from pycp.system import ending
from tests.features.progress import hold
from tests.features.progress.terminal import Gate, Terminal
from tests.programs import Programs

WIDE = 200
"""Columns for a line to stay one."""


@pytest.fixture(name="source")
def linked(source: Path) -> Path:
    os.link(source / "s/a", source / "s/h")
    return source


@pytest.fixture
def gate() -> Gate:
    return Gate()


def stats(text: str, program: str = "pycp") -> str:
    """Return what the line of --stats says, times and rates left out."""
    found = re.fullmatch(rf"{program}: (.*)\n", text)
    assert found, text
    return re.sub(r"copied in \d\.\d\d s, [\d.]+ k?B/s", "copied", found[1])


@pytest.mark.parametrize("jobs", [1, 3])
@pytest.mark.parametrize("json", ["", "--json=j"])
def test_stats_tell_what_was_done(json: str, jobs: int, source: Path, run_pycp: Programs) -> None:
    done = run_pycp.run(f"-a --reflink=never --stats {json} -j{jobs} s d", str(source))
    assert (done.status, done.stdout) == (0, "")
    expected = "4 files, 10 B copied; 0 reflinked, 1 linked, 0 skipped, 0 failed"
    assert stats(done.stderr) == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("-n --stats s/a s/d/b t", "0 files, 0 B copied; 0 reflinked, 0 linked, 2 skipped, 0"),
        ("-l --stats s/a s/d/b u", "2 files, 0 B copied; 0 reflinked, 2 linked, 0 skipped, 0"),
        ("-r --stats --exclude=b s v", "3 files, 8 B copied; 0 reflinked, 0 linked, 1 skipped, 0"),
        ("-r --stats --dry-run s w", "4 files would be copied; 0 linked, 0 skipped, 0"),
    ],
)
def test_stats_tell_what_was_not(
    words: str, expected: str, source: Path, run_pycp: Programs
) -> None:
    for name in "tu":
        (source / name).mkdir()
    for name in "ab":
        (source / f"t/{name}").touch()
    done = run_pycp.run(f"--reflink=never {words}", str(source))
    assert (done.status, stats(done.stderr)) == (0, f"{expected} failed")


def test_stats_count_failures_that_were_told(source: Path, run_pycp: Programs) -> None:
    done = run_pycp.run("--stats s/a missing s/d .", str(source))
    assert done.status == 1
    last = done.stderr.splitlines(keepends=True)[-1]
    assert stats(last).endswith("0 skipped, 2 failed")
    assert done.stderr.count("\n") == 3


def test_stats_say_nothing_of_a_mistake_in_the_words(source: Path, run_pycp: Programs) -> None:
    done = run_pycp.run("--stats s/a", str(source))
    assert (done.status, "copied in" in done.stderr) == (1, False)


def test_install_has_stats_too(source: Path, run_pycp: Programs) -> None:
    done = run_pycp.run("--stats s/a s/d/b .", str(source), program="pyinstall")
    assert stats(done.stderr, "pyinstall").startswith("2 files, 10 B copied; ")


def test_a_finished_copy_says_that_nothing_was_left_to_do(source: Path, run_pycp: Programs) -> None:
    words = "-aTv --resume s d"
    assert "nothing was left" not in run_pycp.run(words, str(source)).stdout
    for options in ("", "--dry-run "):
        done = run_pycp.run(options + words, str(source))
        assert done.stdout.endswith("nothing was left to do: 4 files are there\n")
    assert run_pycp.run("-aT --resume s d", str(source)).stdout == ""
    (source / "d/a").unlink()
    assert "nothing was left" not in run_pycp.run(words, str(source)).stdout
    (source / "s/empty/one").mkdir(parents=True)
    for options in ("--dry-run ", ""):
        assert "nothing was left" not in run_pycp.run(options + words, str(source)).stdout


def test_what_was_read_back_is_said_to_be_verified(source: Path, run_pycp: Programs) -> None:
    (source / "s/big").write_bytes(b"b" * 300_000)
    done = run_pycp.run("-rv -j1 --verify s d", str(source))
    names = [line for line in done.stdout.splitlines() if line.startswith("verified")]
    assert sorted(names) == [f"verified 'd/{name}'" for name in ("a", "big", "d/b", "h")]
    assert run_pycp.run("-r --verify s e", str(source)).stdout == ""
    done = run_pycp.run("-v --verify s/a f", str(source), program="pyinstall")
    assert done.stdout == "'s/a' -> 'f'\nverified 'f'\n"


def end_by(number: int, terminal: Terminal) -> None:
    """Press Ctrl-C, or send another signal."""
    if number == signal.SIGINT:
        terminal.type("\x03")
    else:
        terminal.kill(number)


BOTH = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["int", "term"])


@BOTH
@pytest.mark.parametrize("jobs", [1, 3])
def test_a_tree_that_is_ended_tells_how_to_go_on(
    jobs: int, number: int, tmp_path: Path, gate: Gate
) -> None:
    (tmp_path / "a b").mkdir()
    for name in range(30):  # so that each process has more of them than may pass the gate
        (tmp_path / f"a b/{name}").write_text("1234")

    def before() -> None:
        hold.each_file(gate)
        share.MUCH = -1  # so that the coordinator copies nothing itself

    words = ["-r", f"-j{jobs}", "a b", "copy"]
    terminal = Terminal(words, tmp_path, before, columns=WIDE)
    gate.let(3)
    gate.expect(3 + jobs)  # all but the coordinator wait, if there are several
    end_by(number, terminal)
    assert terminal.end() == -number
    shown = [line for line in terminal.screen.lines if line and line != "^C"]
    assert len(shown) == 1
    assert re.fullmatch(
        rf"pycp: interrupted after 3 files, 12 B(, at 'a b/\d+')?;"
        rf" to go on: pycp --resume -r -j{jobs} 'a b' copy",
        shown[0],
    )
    assert terminal.screen.lines[-1] == ""


@BOTH
def test_it_stands_below_the_bar(number: int, tmp_path: Path, gate: Gate) -> None:
    (tmp_path / "big").write_bytes(os.urandom(4 * hold.STEP))
    terminal = Terminal(["-g", "big", "copy"], tmp_path, partial(hold.steps_of_big_files, gate))
    gate.let(2)
    terminal.until_shown(" 48% ")
    end_by(number, terminal)
    assert terminal.end() == -number
    assert " 48% " in terminal.screen.lines[-3]
    assert terminal.screen.lines[-2:] == ["pycp: interrupted after 0 files, 524 kB, at 'big'", ""]


@pytest.mark.parametrize("words", [["-rb"], ["-ri"], ["-r", "--remove-destination"]], ids=str)
def test_what_resume_cannot_be_added_to_is_told_without(
    words: list[str], tmp_path: Path, gate: Gate
) -> None:
    (tmp_path / "s").mkdir()
    (tmp_path / "s/f").write_bytes(os.urandom(2 * hold.STEP))
    before = partial(hold.steps_of_big_files, gate)
    terminal = Terminal([*words, "s", "d"], tmp_path, before)
    gate.expect()
    terminal.kill(signal.SIGTERM)
    assert terminal.end() == -signal.SIGTERM
    assert terminal.screen.lines[0] == "pycp: interrupted after 0 files, 0 B, at 's/f'"


def test_resume_is_named_once(tmp_path: Path, gate: Gate) -> None:
    (tmp_path / "s").mkdir()
    (tmp_path / "s/f").touch()
    words = ["--resume", "-rT", "--bwlimit=1G", "--exclude=*.o", "./s", "d"]
    terminal = Terminal(words, tmp_path, partial(hold.each_file, gate), columns=WIDE)
    gate.expect()
    terminal.kill(signal.SIGTERM)
    assert terminal.end() == -signal.SIGTERM
    told = terminal.screen.lines[0].partition("; to go on: ")[2]
    assert told == "pycp --resume -rT --bwlimit=1G '--exclude=*.o' ./s d"


def test_a_plain_copy_ends_in_silence(tmp_path: Path, gate: Gate) -> None:
    (tmp_path / "big").write_bytes(os.urandom(2 * hold.STEP))
    before = partial(hold.steps_of_big_files, gate)
    for main in (None, install_main):
        extra = {} if main is None else {"main": main}
        terminal = Terminal(["big", "copy"], tmp_path, before, **extra)  # type: ignore[arg-type]
        gate.expect()
        terminal.kill(signal.SIGTERM)
        assert terminal.end() == -signal.SIGTERM
        assert terminal.output == ""


def test_temporary_names_are_removed_first(tmp_path: Path, gate: Gate) -> None:
    (tmp_path / "s").mkdir()
    (tmp_path / "s/big").write_bytes(os.urandom(4 * hold.STEP))
    (tmp_path / "d").mkdir()
    (tmp_path / "d/big").write_text("old")
    terminal = Terminal(
        ["-rT", "--atomic", "s", "d"],
        tmp_path,
        partial(hold.steps_of_big_files, gate),
        columns=WIDE,
    )
    gate.let()
    gate.expect(2)
    terminal.kill(signal.SIGTERM)
    assert terminal.end() == -signal.SIGTERM
    assert "interrupted after 0 files, 262 kB" in terminal.screen.lines[0]
    assert os.listdir(tmp_path / "d") == ["big"]
    assert (tmp_path / "d/big").read_text() == "old"


def test_a_forked_process_has_nothing_to_do_at_the_end_of_the_other() -> None:
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        ending.BeforeTheEnd(lambda: None)
        inner = os.fork()
        if inner == 0:
            os.write(writing, f"{len(ending._actions)} {len(ending._armed)}".encode())
        else:
            os.waitpid(inner, 0)
        os._exit(0)
    os.waitpid(pid, 0)
    assert os.read(reading, 9) == b"0 0"
    os.close(reading)
    os.close(writing)

"""SIGUSR1: one line that tells how far the copy is, and the copy goes on."""

import os
import re
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from pycp.__main__ import install_main
from pycp.run import share
from pycp.system.posix import ASKING
from tests.features.progress import hold
from tests.features.progress.terminal import Gate, Terminal
from tests.programs import CHECKOUT, Programs

LINE = r"pycp: {} copied in \d+ s, [\d.]+ k?M?B/s, now at '{}'"


@pytest.fixture
def gate() -> Gate:
    return Gate()


def test_it_is_told_at_these_signals() -> None:
    assert signal.SIGUSR1 in ASKING
    assert (getattr(signal, "SIGINFO", None) in ASKING) == hasattr(signal, "SIGINFO")


@pytest.mark.parametrize("options", [[], ["-p", "--progress=never"]])
def test_a_big_file_tells_how_far_it_is(options: list[str], tmp_path: Path, gate: Gate) -> None:
    (tmp_path / "big").write_bytes(os.urandom(3 * hold.STEP))
    terminal = Terminal([*options, "big", "copy"], tmp_path, partial(hold.steps_of_big_files, gate))
    for number, size in enumerate(("0 B", "262 kB", "524 kB", "786 kB")):
        gate.expect()
        terminal.kill(signal.SIGUSR1)
        shown = terminal.until_line(number)
        assert re.fullmatch(LINE.format(f"0 files, {size}", "big"), shown)
        gate.let()
    assert terminal.end() == 0
    assert (tmp_path / "copy").read_bytes() == (tmp_path / "big").read_bytes()


def test_one_process_answers_for_all(tmp_path: Path, gate: Gate) -> None:
    (tmp_path / "s").mkdir()
    for number in range(20):
        (tmp_path / f"s/f{number:02}").write_text("x")

    def before() -> None:
        hold.each_file(gate)
        share.MUCH = -1  # so that the coordinator copies nothing itself

    terminal = Terminal(["-r", "-j3", "s", "d"], tmp_path, before)
    gate.let(7)
    gate.expect(7 + 3)  # three workers wait
    os.killpg(terminal.pid, signal.SIGUSR1)
    shown = terminal.until_line(0)
    assert re.fullmatch(LINE.format("7 files, 7 B", r"s/f\d\d"), shown)
    gate.let(20)
    assert terminal.end() == 0
    assert terminal.screen.lines == [shown, ""]
    assert len(list((tmp_path / "d").iterdir())) == 20


def test_in_a_tree_the_file_is_named_by_its_whole_name(tmp_path: Path, gate: Gate) -> None:
    (tmp_path / "s/d").mkdir(parents=True)
    (tmp_path / "s/d/f").write_text("x")
    (tmp_path / "s/d/g").write_text("x")

    def before() -> None:
        hold.each_file(gate)

    terminal = Terminal(["-rj1", "s", "d"], tmp_path, before)
    gate.let()
    gate.expect(2)
    terminal.kill(signal.SIGUSR1)
    assert re.fullmatch(LINE.format("1 file, 1 B", "s/d/[fg]"), terminal.until_line(0))
    gate.let()
    assert terminal.end() == 0


def test_the_bar_makes_room_for_the_line(tmp_path: Path, gate: Gate) -> None:
    (tmp_path / "big").write_bytes(os.urandom(3 * hold.STEP))
    terminal = Terminal(["-g", "big", "copy"], tmp_path, partial(hold.steps_of_big_files, gate))
    terminal.until_shown("0/1 file")
    terminal.kill(signal.SIGUSR1)
    assert re.fullmatch(LINE.format("0 files, 0 B", "big"), terminal.until_line(0))
    terminal.until_shown("0/1 file")
    gate.let(4)
    assert terminal.end() == 0


def test_install_tells_it_too(tmp_path: Path, gate: Gate) -> None:
    (tmp_path / "big").write_bytes(os.urandom(3 * hold.STEP))
    before = partial(hold.steps_of_big_files, gate)
    terminal = Terminal(["big", "copy"], tmp_path, before, main=install_main)
    gate.expect()
    terminal.kill(signal.SIGUSR1)
    assert " 0 files, 0 B copied in " in terminal.until_line(0)
    gate.let(4)
    assert terminal.end() == 0


@pytest.mark.parametrize(
    ("code", "lines"),
    [("os.kill(os.getpid(), signal.SIGUSR1)", 2), ("import pycp.report.signals", 0)],
    ids=["answering", "loading"],
)
def test_a_signal_while_modules_are_loaded_does_no_harm(code: str, lines: int) -> None:
    """It comes while what tells it is being loaded, for an answer to another one or otherwise."""
    program = [
        *("import os, signal, sys",),
        f"sys.path.insert(0, {str(CHECKOUT)!r})",
        *("from pycp import __main__", "__main__._start('pycp')", "class Sender:"),
        "    def find_spec(self, name, *_more):",
        "        if name == 'pycp.report.status': os.kill(os.getpid(), signal.SIGUSR1)",
        *("sys.meta_path.insert(0, Sender())", code, "print('done')"),
    ]
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(program)], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, "done\n")
    assert len(done.stderr.splitlines()) == lines
    assert done.stderr.count(" 0 files, 0 B copied in ") == lines


def test_who_ignores_the_signal_is_not_disturbed(tmp_path: Path, gate: Gate) -> None:
    (tmp_path / "big").write_bytes(os.urandom(3 * hold.STEP))

    def before() -> None:
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)
        hold.steps_of_big_files(gate)

    terminal = Terminal(["big", "copy"], tmp_path, before)
    gate.expect()
    terminal.kill(signal.SIGUSR1)
    gate.let(4)
    assert terminal.end() == 0
    assert terminal.output == ""


def test_a_program_that_is_run_gets_the_signal_as_ever(tmp_path: Path, run_pycp: Programs) -> None:
    strip = tmp_path / "strip"
    strip.write_text("#!/bin/sh\ngrep -E '^Sig(Ign|Cgt|Blk)' /proc/self/status >&2\n")
    strip.chmod(0o755)
    (tmp_path / "a").write_text("a")
    words = ["-s", "--strip-program=./strip", "a", "b"]
    done = run_pycp.run(words, str(tmp_path), program="pyinstall")
    masks = [int(line.split()[1], 16) for line in done.stderr.splitlines()]
    assert (done.status, len(masks)) == (0, 3)
    assert not any(mask & 1 << signal.SIGUSR1 - 1 for mask in masks)


@pytest.mark.parametrize("descriptor", ["closed", "full"])
def test_a_line_that_cannot_be_written_changes_nothing(
    descriptor: str, tmp_path: Path, gate: Gate
) -> None:
    (tmp_path / "big").write_bytes(os.urandom(3 * hold.STEP))

    def before() -> None:
        hold.steps_of_big_files(gate)
        if descriptor == "closed":
            os.close(2)
        else:
            os.dup2(os.open("/dev/full", os.O_WRONLY), 2)

    terminal = Terminal(["big", "copy"], tmp_path, before)
    gate.expect()
    terminal.kill(signal.SIGUSR1)
    gate.let(4)
    assert terminal.end() == 0
    assert (tmp_path / "copy").stat().st_size == 3 * hold.STEP

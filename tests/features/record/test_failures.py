"""What cannot be recorded or undone is told, and never passed over."""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import pycp
from pycp import system
from pycp.cli.install import parse_install
from pycp.errors import CopyError
from pycp.report.json_lines import JsonLines
from pycp.run import recording
from pycp.run.as_root import AsRoot
from pycp.run.install import run_install
from tests.features.record.places import BELOW, RECORD, made
from tests.features.record.places import here as here  # a fixture

IO = "Input/output error"


def fail_for(monkeypatch: pytest.MonkeyPatch, call: str, is_it: Callable[..., bool]) -> None:
    """Have a call fail where it is made for one thing."""
    original = getattr(system, call)

    def fail(*words: Any, **more: Any) -> Any:
        if is_it(words[0]):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return original(*words, **more)

    monkeypatch.setattr(system, call, fail)


def is_record(fd: object) -> bool:
    return isinstance(fd, int) and os.readlink(f"/proc/self/fd/{fd}").endswith("/rec")


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ("flush", f"failed to sync 'rec': {IO}"),
        ("close", f"error writing 'rec': {IO}"),
        ("write", f"error writing 'rec': {IO}"),
    ],
)
def test_a_record_that_may_be_lost_is_told(
    monkeypatch: pytest.MonkeyPatch, call: str, words: str
) -> None:
    fail_for(monkeypatch, call, is_record)
    with pytest.raises(pycp.CopyFailed) as problem:
        pycp.install("a", "r/a", durable=True, **BELOW)
    assert str(problem.value.errors[0]) == words
    monkeypatch.undo()
    for number in map(int, os.listdir("/proc/self/fd")):
        if os.path.exists(f"/proc/self/fd/{number}") and is_record(number):
            os.close(number)


def test_events_are_not_written_to_a_record_by_another_name() -> None:
    Path("link").symlink_to("rec")
    options, operands = parse_install(["--json=link", "--record=rec", "a", "r"], {}, print)
    with pytest.raises(CopyError, match="'rec' cannot be the record, as events are written to it"):
        run_install(options, operands, JsonLines("pyinstall", options, operands))
    assert not os.listdir("r")


def test_a_directory_that_cannot_be_looked_at_is_told(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_for(monkeypatch, "open", lambda path: path == f"{here}/r/d")
    with pytest.raises(pycp.CopyFailed) as problem:
        pycp.install("a", "r/d/a", make_parents=True, **BELOW)
    assert [str(error) for error in problem.value.errors] == [f"cannot record 'r/d': {IO}"]
    assert made(RECORD) == ["d/a"]


def test_directories_above_the_root_are_not_recorded() -> None:
    pycp.install("a", "n/r/d/a", make_parents=True, record=RECORD, record_root="n/r")
    assert made(RECORD) == ["d", "d/a"]


@pytest.mark.parametrize("is_named", [True, False])
def test_a_directory_that_is_elsewhere_by_now_is_told_if_it_was_named(is_named: bool) -> None:
    def refuse(*_words: object, **_more: object) -> None:
        raise CopyError("it is not below")

    record: Any = SimpleNamespace(path_of=refuse)
    if is_named:
        with pytest.raises(CopyError, match="it is not below"):
            recording._record_directory(record, "r", True, True)
    else:
        recording._record_directory(record, "r", True, False)


def test_a_directory_on_the_way_that_cannot_be_looked_at_is_told(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("r/d").mkdir()
    fail_for(monkeypatch, "stat", lambda path: path == f"{here}/r/d")
    with pytest.raises(pycp.CopyFailed, match=f"cannot record 'd': {IO}"):
        pycp.install("a", "r/d/a", unprivileged=True, **BELOW)
    assert made(RECORD) == []


def test_a_backup_that_cannot_be_looked_at_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("r/a").write_text("old")
    fail_for(monkeypatch, "stat", lambda path: path == "r/a~")
    with pytest.raises(pycp.CopyFailed, match=f"cannot record 'r/a': {IO}"):
        pycp.install("a", "r/a", backup="simple", **BELOW)
    assert (Path("r/a").read_text(), Path("r/a~").read_text()) == ("a", "old")
    assert made(RECORD) == []


def test_lines_that_make_no_sense_say_nothing_of_directories() -> None:
    known = AsRoot(b"./x type=dir mode=zz\n./d type=dir mode=2755 uid=1 gid=2\n")
    assert list(known._directories) == ["d"]


def test_a_file_that_cannot_be_read_is_not_undone(monkeypatch: pytest.MonkeyPatch) -> None:
    pycp.install(["a", "b"], "r", **BELOW)
    fail_for(monkeypatch, "read", lambda fd: os.readlink(f"/proc/self/fd/{fd}").endswith("/r/a"))
    with pytest.raises(pycp.CopyFailed, match=f"/r/a': {IO}"):
        pycp.undo(RECORD)
    assert os.listdir("r") == ["a"]


@pytest.mark.parametrize("dry_run", [True, False])
def test_of_two_backups_of_one_name_the_later_is_put_back_and_taken_away(dry_run: bool) -> None:
    Path("r/a").write_text("lost when the second is kept")
    pycp.install("a", "r/a", backup="simple", **BELOW)
    pycp.install("b", "r/a", backup="simple", **BELOW)
    told: list[tuple[str, str | None]] = []
    pycp.undo(
        RECORD, dry_run=dry_run, on_event=lambda event: told.append((event.kind, event.destination))
    )
    name = f"{os.getcwd()}/r/a"
    assert [each for each in told if each[1]] == [("restored", name), ("removed", name)]
    assert sorted(os.listdir("r")) == (["a", "a~"] if dry_run else [])

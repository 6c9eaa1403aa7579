"""The private directory that a file is stripped in."""

import errno
import os
from pathlib import Path

import pytest

import pycp
from pycp import system
from pycp.engine.job import Job
from pycp.engine.strip import strip_copy
from pycp.entries import Entry, Outcome
from pycp.errors import CopyError
from pycp.options import CopyOptions
from pycp.report.lines import Lines
from pycp.system.folder import Directory, Folder


def test_a_directory_that_cannot_be_opened_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: object, **_words: object) -> int:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(system, "open", refuse)
    directory = Directory(None, "", None)
    entry = Entry(Folder(None, directory, directory, False), "made")
    with pytest.raises(CopyError, match="Too many open files"):
        strip_copy(Job(CopyOptions(), Lines("pyinstall")), entry, Outcome(), "strip", "")
    assert os.listdir(tmp_path) == []


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the directory for temporary files; work in another that holds something to install."""
    (tmp_path / "room").mkdir()
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setenv("TMPDIR", str(tmp_path / "room"))
    Path("a").write_text("12345")
    Path("c").write_text("12345")
    return tmp_path / "room"


def program(text: str) -> str:
    """Write a shell script to strip with; return its name."""
    Path("st").write_text(f"#!/bin/sh\n{text}\n")
    Path("st").chmod(0o755)
    return "./st"


def test_the_program_works_where_nobody_else_may_look(room: Path) -> None:
    script = program('exec >told; dirname "$1"; stat -c "%a %n" "$1" "${1%/*}"')
    pycp.install("a", "b", strip=True, strip_program=script)
    place, *modes = Path("told").read_text().splitlines()
    assert os.path.dirname(place) == str(room)
    assert modes == [f"600 {place}/b", f"700 {place}"]
    assert os.listdir(room) == []


def test_whatever_the_program_leaves_beside_is_removed(room: Path) -> None:
    script = program('mkdir -p "$1.d/e" "$1.f"; echo > "$1.d/e/f"; ln -s / "$1.l"; echo > "$1"')
    pycp.install("a", "b", strip=True, strip_program=script)
    assert Path("b").read_text() == "\n"
    assert os.listdir(room) == []


def test_bytes_are_counted_once(room: Path) -> None:
    events: list[pycp.Event] = []
    summary = pycp.install(
        "a", "b", strip=True, strip_program=program('echo >> "$1"'), on_event=events.append
    )
    assert (summary.bytes, os.stat("b").st_size) == (5, 6)
    assert [event.bytes for event in events if event.kind == "copied"] == [5]


def test_a_second_name_of_another_file_keeps_its_mode(room: Path) -> None:
    Path("victim").write_text("V")
    script = program(f'ln -f "{Path("victim").resolve()}" "$1"')
    os.chmod("victim", 0)
    if os.geteuid() == 0:
        pycp.install("a", "b", strip=True, strip_program=script)
    else:
        with pytest.raises(pycp.CopyFailed, match="cannot strip 'b': Permission denied"):
            pycp.install("a", "b", strip=True, strip_program=script)
        assert not os.path.exists("b")
    assert os.stat("victim").st_mode & 0o777 == 0


def test_what_cannot_be_removed_ends_everything(
    room: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlink = system.unlink

    def refuse(name: str, *, dir_fd: int | None = None) -> None:
        if os.listdir(room):
            unlink(name, dir_fd=dir_fd)
        else:
            raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(system, "unlink", refuse)
    os.mkdir("d")
    with pytest.raises(pycp.CopyFailed) as caught:
        pycp.install(["a", "c"], "d", strip=True, strip_program="false")
    assert [str(error) for error in caught.value.errors] == [
        "strip process terminated abnormally",
        "cannot unlink 'd/a': Operation not permitted",
    ]
    assert os.listdir("d") == ["a"]


def test_a_directory_that_is_not_ours_is_not_used(
    room: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody puts a directory of his own in the place of the one just made."""
    make = system.mkdir

    def make_open(name: str, mode: int) -> None:
        make(name, mode)
        os.chmod(name, 0o777)

    monkeypatch.setattr(system, "mkdir", make_open)
    with pytest.raises(pycp.CopyFailed) as caught:
        pycp.install("a", "b", strip=True, strip_program=program('echo >> "$1"'))
    assert str(caught.value) == (
        f"cannot strip 'b': cannot make a private directory in '{room}': Operation not permitted"
    )
    assert (caught.value.filename, caught.value.filename2) == ("b", str(room))
    assert not os.path.exists("b")
    assert os.listdir(room) == []

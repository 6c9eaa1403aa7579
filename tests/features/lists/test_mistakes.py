"""What is wrong with a list, or beside it, is told with its place; the rest is copied."""

import os
from pathlib import Path

import pytest

from pycp.cli.cp import parse_cp
from pycp.errors import CopyError, UsageError
from pycp.plan.source_lists import LONGEST
from tests.features.lists.test_sources import run


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkdir("d")
    for name in ("a", "b", "it's a list"):
        Path(name).write_text(name)


@pytest.mark.parametrize("install", [False, True])
@pytest.mark.parametrize(
    ("option", "text", "message"),
    [
        ("--files0-from", "a\0\0b\0", "list:2: invalid zero-length file name"),
        ("--files0-from", "\0a\0b", "list:1: invalid zero-length file name"),
        ("--files-from", "a\n\nb\n", "list:2: invalid zero-length file name"),
        ("--files-from", "a\nb\n\n", "list:3: invalid zero-length file name"),
        (
            "--files-from",
            "a\nx\0y\nb\n",
            "list:2: a NUL byte in a file name; such a list is for --files0-from",
        ),
        ("--files-from", f"a\n{'x' * 3 * LONGEST}\nb\n", "list:2: File name too long"),
    ],
)
def test_a_name_that_is_none_is_told_with_its_place(
    option: str, text: str, message: str, install: bool
) -> None:
    Path("list").write_text(text)
    assert run(f"{option}=list d", install=install) == [message]
    assert sorted(os.listdir("d")) == ["a", "b"]


def test_standard_input_is_told_as_a_hyphen() -> None:
    told = run("--files0-from=- d", stdin=b"a\0\0b\0")
    assert told == ["-:2: invalid zero-length file name"]


def test_a_name_nobody_could_keep_takes_no_memory() -> None:
    Path("list").write_bytes(b"x" * 50)
    with open("list", "ab") as file:
        file.truncate(200 * 2**20)  # a hole: one NUL byte after the other, and no newline
    import tracemalloc

    tracemalloc.start()
    told = run("--files-from=list d")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert told == ["list:1: File name too long"]
    assert peak < 4 * 2**20


@pytest.mark.parametrize("install", [False, True])
@pytest.mark.parametrize(
    ("words", "error", "message"),
    [
        (
            "--files0-from=list a d",
            UsageError,
            "extra operand 'a'\nfile operands cannot be combined with --files0-from",
        ),
        (
            "--files-from=list -t d a",
            UsageError,
            "extra operand 'a'\nfile operands cannot be combined with --files-from",
        ),
        (
            "--files-from=list",
            UsageError,
            "missing operand: the directory where the listed sources go",
        ),
        ("--files-from=none d", CopyError, "cannot open 'none' for reading: No such file or"),
        ("--files-from=a e", CopyError, "target 'e': No such file or directory"),
        ("--files-from=a b", CopyError, "target 'b': Not a directory"),
        ("--files-from=a -T d", CopyError, "cannot combine a list of sources and --no-target"),
        ("--files-from=- --files0-from=- d", UsageError, "standard input can be read as one list"),
        ("--files-from=b --manifest=b d", CopyError, "'b' cannot be read as a list and be the man"),
    ],
)
def test_mistakes_of_the_command_line(
    words: str, error: type[CopyError], message: str, install: bool
) -> None:
    Path("list").write_text("a\n")
    with pytest.raises(error) as caught:
        run(words, install=install)
    assert str(caught.value).startswith(message)
    assert type(caught.value) is error
    assert os.listdir("d") == [] and Path("b").read_text() == "b"


@pytest.mark.parametrize(
    "words",
    [
        "-i --files-from=- d",
        "-r --exclude-from=- --files-from=- d",
        "--cluster=mpi --files-from=list d",
    ],
)
def test_what_cannot_go_with_a_list_is_refused(words: str) -> None:
    with pytest.raises(UsageError):
        parse_cp(words.split(), {}, print)


def test_questions_are_asked_where_the_list_is_a_file() -> None:
    options, _ = parse_cp(["-i", "--files-from=list", "d"], {}, print)
    assert options.overwrite == "ask"
    options, _ = parse_cp(["-i", "-n", "--files-from=-", "d"], {}, print)
    assert options.overwrite == "never"


def test_a_list_that_is_a_directory_cannot_be_read() -> None:
    assert run("--files-from=d d") == ["d: read error: Is a directory"]


def test_the_place_is_quoted_if_need_be() -> None:
    Path("it's a list").write_text("\n")
    parsed, words = parse_cp(["--files-from=it's a list", "d"], {}, print)
    from pycp.run.serial import run_serial
    from tests.unit.rooms import Heard

    report = Heard()
    run_serial(parsed, words, report)
    assert report.words == ['"it\'s a list":1: invalid zero-length file name']

"""--record: a line for each thing that was made, and for nothing else."""

import errno
import json
import os
import stat
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import pycp
from pycp import system
from pycp.__main__ import install_main
from pycp.report.record import RecordFile
from tests.features.events.test_json import SCHEMA
from tests.features.record.places import BELOW, RECORD, found, last, lines_of, made, sha256
from tests.features.record.places import here as here  # a fixture
from tests.forked import run
from tests.programs import Result


def install(words: str, **setting: Any) -> Result:
    """Run the command, with a record of what is below r."""
    return run(
        install_main, ["--record=rec", "--record-root=r", *words.split()], os.getcwd(), **setting
    )


def test_a_line_tells_how_the_finished_file_is() -> None:
    os.utime("a", ns=(1, 1234567890123456789))
    assert install("-p -m 2750 a r/a").status == 0
    status = os.stat("r/a")
    line = last(RECORD, "a")
    assert (line.type, line.mode, line.uid, line.gid) == (
        "file",
        stat.S_IMODE(status.st_mode),
        os.geteuid(),
        os.getegid(),
    )
    assert line.mode == 0o2750
    assert (line.size, line.time_ns) == (1, 1234567890123456789)
    assert line.sha256 == sha256(Path("r/a"))
    assert b" time=1234567890.123456789 " in RECORD.read_bytes()


@pytest.mark.parametrize("options", ["", "--atomic", "--durable", "--bwlimit=1G", "-b", "--verify"])
def test_the_digest_is_that_of_the_file(options: str) -> None:
    Path("a").write_bytes(b"x" * 300_000)
    assert install(f"{options} a b r").status == 0
    assert made(RECORD) == ["a", "b"]
    for name in "ab":
        assert last(RECORD, name).sha256 == sha256(Path("r", name))


def test_a_stripped_file_is_recorded_as_it_is_then() -> None:
    Path("strip").write_text("#!/bin/sh\necho stripped > $1\n")
    os.chmod("strip", 0o755)
    assert install(f"-s --strip-program={os.getcwd()}/strip a r").status == 0
    line = last(RECORD, "a")
    assert (line.size, line.sha256) == (9, sha256(Path("r/a")))


def test_many_files_of_one_call_are_recorded_too() -> None:
    Path("s").mkdir()
    names = [f"{number:03}" for number in range(100)]
    for name in names:
        Path("s", name).write_text(name)
    assert pycp.install([f"s/{name}" for name in names], "r", **BELOW).files == 100
    assert made(RECORD) == names
    assert all(last(RECORD, name).sha256 == sha256(Path("r", name)) for name in names)


def test_the_manifest_has_its_own_digest() -> None:
    pycp.install("a", "r/a", manifest="m", digest="md5", **BELOW)
    assert Path("m").read_text() == "0cc175b9c0f1b6a831c399e269772661  r/a\n"
    assert last(RECORD, "a").sha256 == sha256(Path("r/a"))


def test_each_directory_that_was_made_has_a_line() -> None:
    Path("r/old").mkdir()
    assert install("-d -m 700 r/x/y r/old").status == 0
    assert install("-D a r/old/u/v/a").status == 0
    assert install("-D -t r/t/t a").status == 0
    assert made(RECORD) == ["x", "x/y", "old/u", "old/u/v", "old/u/v/a", "t", "t/t", "t/t/a"]
    assert found(RECORD) == ["", "old"]
    assert [last(RECORD, path).mode for path in ("x", "x/y", "old", "t/t")] == [
        0o755,
        0o700,
        0o700,
        0o755,
    ]


def test_names_lead_to_the_files_whatever_way_they_were_named() -> None:
    Path("r/real").mkdir()
    Path("r/real/deep").mkdir()
    Path("r/way").symlink_to("real/deep")
    Path("root").symlink_to("r")
    pycp.install("a", "r/way/../x", record=RECORD, record_root="root")
    pycp.install("a", "./r//way/y", record=RECORD, record_root=os.path.abspath("r/."))
    pycp.install("r/way/new", directory=True, **BELOW)
    os.chdir("r/way")
    pycp.install("../../../a", "z", record="../../../rec", record_root="../../")
    os.chdir("../../..")
    assert made(RECORD) == ["real/x", "real/deep/y", "real/deep/new", "real/deep/z"]
    assert all(Path("r", path).exists() for path in made(RECORD))


def test_without_a_root_names_start_at_the_root_of_all(here: Path) -> None:
    pycp.install("a", "r/a", record=RECORD)
    assert made(RECORD) == [str(here.resolve() / "r/a")[1:]]


def test_what_is_outside_is_not_installed() -> None:
    for words in ("a out", "-d new r/../new2", "-D a new3/x", "-D -t new4 a", "-d ."):
        for option in ("", "--dry-run "):
            result = install(option + words)
            assert (result.status, result.stdout) == (1, "")
            assert "cannot record" in result.stderr
            assert ", which is not below '" in result.stderr
    assert sorted(os.listdir()) == ["a", "b", "r", "rec"]
    assert made(RECORD) == []


def test_the_root_is_no_file() -> None:
    for dry_run in (True, False):
        with pytest.raises(pycp.CopyFailed, match="cannot record 'new'"):
            pycp.install("a", "new", record="record", record_root="new", dry_run=dry_run)
    assert not os.path.lexists("new")


def test_what_fails_has_no_line_and_the_rest_has() -> None:
    Path("r/b").mkdir()
    assert install("a b none r").status == 1
    assert made(RECORD) == ["a"]
    assert install("-d r/a/x r/y").status == 1
    assert made(RECORD) == ["a", "y"]
    Path("r/y/b/c").mkdir(parents=True)
    assert install("-D b r/y/b/c").status == 0
    assert install("-D none r/p/q/none").status == 1
    assert made(RECORD) == ["a", "y", "y/b/c/b", "p", "p/q"]


def test_a_file_that_needs_no_installing_was_found() -> None:
    assert install("-C -m 644 a r/a").status == 0
    assert install("-C -m 644 a r/a").status == 0
    assert made(RECORD) == ["a"]
    assert found(RECORD) == ["", "a"]
    assert last(RECORD, "a").sha256 == sha256(Path("r/a"))


def test_a_backup_is_known_by_name_size_and_time() -> None:
    Path("r/a").write_text("old one")
    os.utime("r/a", ns=(5, 7))
    assert install("--backup=numbered a r").status == 0
    kept = last(RECORD, "a").backup
    assert kept is not None
    assert (kept.name, kept.type, kept.size, kept.time_ns) == ("a.~1~", "file", 7, 7)


def test_a_dry_run_records_nothing() -> None:
    assert install("--dry-run -d r/x").status == 0
    assert not RECORD.exists()
    assert install("--unprivileged --dry-run -o 0 -D a r/x/a").status == 0
    assert not RECORD.exists()


@pytest.mark.parametrize("text", ["all:\n\tinstall\n", "x"])
def test_no_other_file_is_added_to(text: str) -> None:
    RECORD.write_text(text)
    result = install("a r")
    assert (result.status, result.stderr) == (1, "pycp: 'rec' is not a record\n")
    assert RECORD.read_text() == text
    assert not os.listdir("r")


def test_a_record_has_one_root() -> None:
    pycp.install("a", "r/a", **BELOW)
    Path("s").mkdir()
    with pytest.raises(pycp.CopyFailed, match=r"records what is below '.*/r', not '.*/s'"):
        pycp.install("a", "s/a", record=RECORD, record_root="s")
    assert not os.listdir("s")


@pytest.mark.parametrize("place", ["r", "/dev/null", "none/rec"])
def test_nothing_is_installed_if_the_record_cannot_be_kept(place: str) -> None:
    with pytest.raises(pycp.CopyFailed):
        pycp.install("a", "r/a", record=place)
    assert not os.listdir("r")


def test_the_record_is_not_installed_over() -> None:
    RECORD.write_text("")
    pycp.install("a", "r/a", **BELOW)
    before = RECORD.read_bytes()
    os.link("rec", "r/rec")
    for source, destination in (("a", "r/rec"), ("rec", "r/new")):
        with pytest.raises(pycp.CopyFailed, match="as it is the record"):
            pycp.install(source, destination, **BELOW)
    assert RECORD.read_bytes() == before


@pytest.mark.parametrize("words", ["--manifest=rec a r", "--json=rec a r", "--manifest=link a r"])
def test_no_other_output_empties_the_record(words: str) -> None:
    pycp.install("a", "r/a", **BELOW)
    Path("link").symlink_to("rec")
    before = RECORD.read_bytes()
    assert install(words).status == 1
    assert RECORD.read_bytes() == before
    assert run(install_main, ["--undo=rec", "--json=link"], os.getcwd()).status == 1
    assert RECORD.read_bytes() == before
    assert Path("r/a").exists()


@pytest.mark.parametrize("other", ["--manifest=rec", "--json=rec"])
def test_a_new_record_is_no_other_output_as_well(other: str) -> None:
    assert install(f"{other} a r").status == 1
    assert not os.listdir("r")


def test_a_half_line_that_a_crash_left_ends_before_the_next() -> None:
    pycp.install("a", "r/a", **BELOW)
    with RECORD.open("ab") as file:
        file.write(b"./half type=fi")
    pycp.install("b", "r/b", **BELOW)
    assert RECORD.read_bytes().splitlines()[-2] == b"./half type=fi"
    assert last(RECORD, "b").size == 2


def test_a_line_that_does_not_fit_leaves_the_record_as_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pycp.install("a", "r/a", **BELOW)
    before = RECORD.read_bytes()
    write = system.write
    written: list[int] = []

    def full(fd: int, data: bytes) -> int:
        if os.fstat(fd).st_ino != RECORD.stat().st_ino:
            return write(fd, data)
        if written:
            raise OSError(errno.ENOSPC, "")
        written.append(write(fd, data[:10]))
        return written[0]

    monkeypatch.setattr(system, "write", full)
    with pytest.raises(pycp.CopyFailed, match="error writing 'rec': No space left on device"):
        pycp.install("b", "r/b", **BELOW)
    assert written == [10]
    assert RECORD.read_bytes() == before


def test_many_processes_write_whole_lines() -> None:
    """Each opens the record for itself, also while it is new, and adds lines of many sizes."""
    children = []
    for number in range(8):
        pid = os.fork()
        if not pid:
            try:
                for each in range(40):
                    record = RecordFile("rec", 0o666, "/r")
                    record.add(b"./%d-%d type=file link=%s\n" % (number, each, b"x" * each * 99))
                    record.close()
                os._exit(0)
            finally:
                os._exit(1)
        children.append(pid)
    assert [os.waitpid(pid, 0)[1] for pid in children] == [0] * 8
    text = RECORD.read_bytes()
    assert text.count(b"#mtree") == 1
    lines = lines_of(RECORD)
    assert len(lines) == 8 * 40
    assert {(line.path, len(line.link or "")) for line in lines} == {
        (f"{number}-{each}", each * 99) for number in range(8) for each in range(40)
    }


def test_a_durable_record_is_flushed_after_the_files(monkeypatch: pytest.MonkeyPatch) -> None:
    flushed, flush = [], system.flush

    def watch(fd: int) -> None:
        flush(fd)
        flushed.append((os.fstat(fd).st_ino, os.fstat(fd).st_size))

    monkeypatch.setattr(system, "flush", watch)
    pycp.install(["a", "b"], "r", durable=True, **BELOW)
    files = [os.stat(name).st_ino for name in ("r/a", "r/b", "r", "rec", ".")]
    assert [number for number, _ in flushed] == files
    assert flushed[3][1] == RECORD.stat().st_size
    flushed.clear()
    pycp.install("a", "r/c", durable=True, **BELOW)
    files = [os.stat(name).st_ino for name in ("r/c", "r", "rec")]
    assert [number for number, _ in flushed] == files, "its name is no new one"


def test_the_mode_of_a_new_record_goes_by_the_umask() -> None:
    assert install("a r", umask=0o027).status == 0
    assert stat.S_IMODE(RECORD.stat().st_mode) == 0o640


def test_owner_and_set_id_bits_are_recorded_in_place_of_being_set() -> None:
    assert install("--unprivileged -o 1 -g 2 -m 6751 a r").status == 0
    assert install("--unprivileged -D b r/d/b").status == 0
    assert install("--unprivileged -d -o 3 -m 2770 r/e r/d").status == 0
    Path("r/made").mkdir(0o755)
    assert install("--unprivileged b r/made").status == 0
    me = (os.geteuid(), os.getegid())
    for name, mode in (("a", 0o751), ("d/b", 0o755), ("e", 0o770), ("d", 0o770)):
        status = os.stat(f"r/{name}")
        assert (stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid) == (mode, *me)
    recorded = {
        line.path: (line.uid, line.gid, line.mode) for line in lines_of(RECORD) if line.path
    }
    assert recorded == {
        "a": (1, 2, 0o6751),
        "d": (3, 0, 0o2770),
        "d/b": (0, 0, 0o755),
        "e": (3, 0, 0o2770),
        "made": (0, 0, 0o755),
        "made/b": (0, 0, 0o755),
    }
    assert last(RECORD, "a").mode == 0o6751


def test_what_root_would_make_below_a_set_group_id_directory_has_its_group() -> None:
    commands = (
        "-d -g 7 -m 2770 ROOT/d",
        "-d ROOT/d/e/f",
        "-D a ROOT/d/e/g/a",
        "-d -m 755 ROOT/d/e/h",
        "-d -m u=rwx,go= ROOT/d/e/i",
        "-d -m 755 -g 8 ROOT/d/e/f",
        "-g 9 a b ROOT/d/e/f",
        "-d ROOT/d/x",
        "-d ROOT/d",
    )
    for command in commands:
        assert install("--unprivileged " + command.replace("ROOT", "r")).status == 0
    facts = {
        line.path: (line.gid, line.mode, Path("r", line.path).is_dir())
        for line in lines_of(RECORD)
        if line.path
    }
    assert facts == {
        "d": (7, 0o755, True),
        **dict.fromkeys(("d/e", "d/e/g", "d/e/h"), (7, 0o2755, True)),
        "d/e/f": (8, 0o755, True),
        "d/e/i": (7, 0o2700, True),
        "d/e/g/a": (7, 0o755, False),
        **dict.fromkeys(("d/e/f/a", "d/e/f/b"), (9, 0o755, False)),
        "d/x": (7, 0o755, True),
    }
    if os.geteuid() == 0:
        for command in commands:
            subprocess.run(["install", *command.replace("ROOT", "roots").split()], check=True)
        for path in Path("roots").rglob("*"):
            status = path.stat()
            expected = (status.st_gid, stat.S_IMODE(status.st_mode), path.is_dir())
            assert facts[str(path.relative_to("roots"))] == expected


def test_set_id_bits_that_are_not_set_make_no_file_the_same() -> None:
    for _ in range(2):
        assert install("--unprivileged -C -m 4755 a r").status == 0
    assert made(RECORD) == ["a", "a"]


def test_events_tell_what_is_recorded() -> None:
    Path("r/a").write_text("old")
    result = install("--json -b -D -m 640 a r/a")
    assert result.status == 0
    events = [json.loads(line) for line in result.stdout.splitlines()]
    for event in events:
        jsonschema.Draft202012Validator(SCHEMA).validate(event)
    (event,) = [event for event in events if event["event"] == "recorded"]
    line = last(RECORD, "a")
    assert line.time_ns is not None
    assert {name: event[name] for name in ("destination", "recorded_as", "mode", "made")} == {
        "destination": "r/a",
        "recorded_as": "./a",
        "mode": "0640",
        "made": True,
    }
    assert (event["sha256"], event["size"], event["backup"]) == (line.sha256, 1, "r/a~")
    assert event["time"] == f"{line.time_ns // 10**9}.{line.time_ns % 10**9:09d}"
    result = install("--json -d r/x")
    (event,) = [
        event
        for event in map(json.loads, result.stdout.splitlines())
        if event["event"] == "recorded"
    ]
    assert (event["recorded_as"], event["type"], event["made"]) == ("./x", "directory", True)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--unprivileged", "a", "r"], "--unprivileged needs --record"),
        (["--record-root=r", "a", "r"], "--record-root needs --record"),
        (["--undo=rec", "-m", "644"], "--undo installs nothing, and takes no options that do"),
        (["--undo=rec", "--record=x"], "--undo installs nothing, and takes no options that do"),
        (["--undo=rec", "a\n"], "extra operand 'a'$'\\n'"),
    ],
)
def test_options_that_mean_nothing_together(words: list[str], message: str) -> None:
    result = run(install_main, words, os.getcwd())
    assert result.status == 1
    assert result.stderr == f"pycp: {message}\nTry 'pycp --help' for more information.\n"


def test_what_took_the_place_of_a_new_file_is_not_recorded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It comes between the last step of installing and the look that finds the name."""
    look = system.stat

    def swap(path: Any, **names: Any) -> os.stat_result:
        if str(path).endswith("/r/a") and not os.path.exists("r/aside"):
            os.rename("r/a", "r/aside")
            Path("r/a").symlink_to("aside")
        return look(path, **names)

    monkeypatch.setattr(system, "stat", swap)
    with pytest.raises(pycp.CopyFailed, match="'r/a', as it was replaced while being installed"):
        pycp.install(["a", "b"], "r", **BELOW)
    assert Path("r/a").is_symlink()
    assert made(RECORD) == ["b"]

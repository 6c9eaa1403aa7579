"""What is told of several destinations: lines, events, digests and how far it has come."""

import errno
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import pycp
from pycp import system
from tests import forked
from tests.features.events.test_json import events_of
from tests.features.tee.places import DESTINATIONS, MIB, run
from tests.programs import CHECKOUT, Programs


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """Return a place with a large and a small file in `s`, and three destinations."""
    for name in ("s", *DESTINATIONS):
        (tmp_path / name).mkdir()
    (tmp_path / "s/big").write_bytes(os.urandom(5 * MIB + 7))
    (tmp_path / "s/small").write_text("small")
    return tmp_path


def test_events_say_which_destination_they_are_about(here: Path) -> None:
    (here / "b/s").mkdir()
    (here / "b/s/small").write_text("newer")
    done = run("-rn --json --tee=b --tee=c s s/none a", here)
    events = events_of(done.stdout)
    assert (events[0]["event"], events[-1]["event"]) == ("begin", "summary")
    told = sorted(
        (event["event"], event["destination"])
        for event in events[1:-1]
        if event["event"] != "progress"  # one each second
    )
    expected = [("skipped", "b/s/small"), ("directory", "b/s")]
    expected += [("failed", name) for name in DESTINATIONS]
    expected += [("directory", f"{name}/s") for name in "ac"]
    for kind in ("started", "copied"):
        expected += [(kind, f"{name}/s/big") for name in DESTINATIONS]
        expected += [(kind, f"{name}/s/small") for name in "ac"]
    assert told == sorted(expected)
    summary = events[-1]
    assert (summary["copied"], summary["skipped"], summary["failed"]) == (5, 1, 3)
    assert summary["bytes"] == 3 * (5 * MIB + 7) + 2 * 5


def test_a_full_disk_is_told_with_its_destination(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(system, "NEW_FILE_FLAGS", 0)  # which makes each of them fail
    done = run("--json --tee=b s/small a", here)
    failed = [json.loads(line) for line in done.stdout.splitlines() if '"failed"' in line][:2]
    assert sorted((event["destination"], event["path"]) for event in failed) == [
        ("a", "a/small"),
        ("b", "b/small"),
    ]


def test_a_failure_that_undoes_a_backup_is_told_once(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "a/small").write_text("old")

    def fail(*_arguments: object) -> int:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(system, "write", fail)
    done = run("-b --json --tee=b s/small a", here)
    events = events_of(done.stdout)
    told = sorted(event["path"] for event in events if event["event"] == "failed")
    assert (told, events[-1]["failed"]) == (["a/small", "b/small"], 2)
    assert (here / "a/small").read_text() == "old"


@pytest.mark.parametrize("options", ["-a", "-a --verify", "-a --bwlimit=1G"])
def test_each_destination_gets_a_manifest(options: str, here: Path) -> None:
    done = run(f"{options} --manifest=sums --tee=b --tee=c s a", here)
    assert (done.status, done.stderr) == (0, "")
    for name in DESTINATIONS:
        checked = subprocess.run(
            ["b2sum", "-c", f"{name}/sums"], cwd=here, capture_output=True, text=True, check=True
        )
        assert sorted(checked.stdout.splitlines()) == [f"{name}/s/big: OK", f"{name}/s/small: OK"]


def test_the_manifest_of_a_new_name_is_beside_it(here: Path) -> None:
    assert run("-a --manifest=sums --tee=b s a/new", here).status == 0
    assert (here / "a/sums").read_text().count("a/new/") == 2
    assert (here / "b/sums").read_text().count("b/s/") == 2


def test_progress_counts_what_was_read_and_what_was_written(here: Path) -> None:
    done = run("-a --progress=always --tee=b --tee=c s a", here)
    last = done.stderr.splitlines()[-1]  # there are more if it takes a second
    assert last.startswith("pycp: 6 files, 16 MB written, 5.2 MB read in ")


def test_storage_is_shared_where_it_can_be(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def reflink(destination_fd: int, source_fd: int, _offset: int = 0) -> int:
        if "/b/" not in os.readlink(f"/proc/self/fd/{destination_fd}"):
            return 95  # EOPNOTSUPP
        os.pwrite(destination_fd, b"shared", 0)
        return 0

    monkeypatch.setattr(system, "reflink", reflink)
    done = run("-a --json --tee=b --tee=c s a", here)
    methods = {
        event["destination"]: event["method"]
        for event in map(json.loads, done.stdout.splitlines())
        if event["event"] == "copied"
    }
    assert methods == {
        f"{name}/s/{file}": "reflink" if name == "b" else "loop"
        for name in DESTINATIONS
        for file in ("big", "small")
    }
    assert (here / "b/s/big").read_bytes() == b"shared"


def test_a_server_copies_by_itself_what_is_on_it(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "s/hole").touch()
    os.truncate(here / "s/hole", MIB)
    monkeypatch.setattr("pycp.system.mounts.has_copying_server", lambda _device: True)
    done = run("-a --json --tee=b s a", here)
    methods = {
        event["destination"]: event["method"]
        for event in map(json.loads, done.stdout.splitlines())
        if event["event"] == "copied"
    }
    assert (methods["a/s/big"], methods["b/s/big"]) == ("offload", "offload")
    assert methods["b/s/small"] == "loop"
    assert (here / "b/s/big").read_bytes() == (here / "s/big").read_bytes()
    assert (here / "b/s/hole").read_bytes() == bytes(MIB)


def test_patterns_from_standard_input_hold_everywhere(here: Path) -> None:
    done = forked.run_ours(["-a", "--exclude-from=-", "--tee=b", "s", "a"], str(here), stdin="big")
    assert (done.status, done.stderr) == (0, "")
    assert [os.listdir(here / name / "s") for name in "ab"] == [["small"], ["small"]]


def test_a_pipe_is_read_once(here: Path) -> None:
    text = "what comes through a pipe\n" * 1000
    script = ["sh", "-c", f"cat | {sys.executable} -m pycp --tee=b --tee=c /dev/stdin a"]
    subprocess.run(
        script,
        cwd=here,
        input=text,
        text=True,
        check=True,
        env=os.environ | {"PYTHONPATH": str(CHECKOUT)},
    )
    assert all((here / name / "stdin").read_text() == text for name in DESTINATIONS)


def test_python_copies_to_several_directories(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(here)
    events: list[pycp.Event] = []
    summary = pycp.copy("s/big", "a", tee=["b", "c"], on_event=events.append)
    assert (summary.files, summary.bytes) == (3, 3 * (5 * MIB + 7))
    copied = sorted(event.destination or "" for event in events if event.kind == "copied")
    assert copied == ["a/big", "b/big", "c/big"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGINT])
def test_who_ends_the_command_ends_all_of_it(
    number: signal.Signals, here: Path, run_pycp: Programs
) -> None:
    with subprocess.Popen(
        [f"{run_pycp.path}/pycp", "-a", "--atomic", "--bwlimit=1M", "--tee=b", "s", "a"],
        cwd=here,
        stderr=subprocess.PIPE,
    ) as process:
        while not any((here / name / "s").exists() for name in "ab"):
            time.sleep(0.01)
        process.send_signal(number)
        process.wait()
        assert process.stderr is not None
        assert process.stderr.read() == b""  # which also waits for all who hold it
    left = [path.name for name in "ab" for path in (here / name).rglob("*") if path.is_file()]
    assert set(left) <= {"big", "small"}

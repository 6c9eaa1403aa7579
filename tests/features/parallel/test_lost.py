"""What a process had begun when it was killed is gone on with, whoever does it and however deep."""

import json
import os
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest

from pycp.run import pace, share, tree, worker
from tests.forked import run_ours

CONTENTS = b"0123456789" * 1000


@pytest.mark.parametrize("own", [0.0, 10.0], ids=["a step at a time", "at once"])
@pytest.mark.parametrize("options", ["-r", "-a", "-rn", "-ru", "-an", "-au"])
def test_the_coordinator_goes_on_with_all_that_a_lost_unit_had_begun(
    options: str, own: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The only worker makes two levels and half a file, and is killed: nobody else is left."""

    def begin_and_die(_server: worker.Server, *unit: Any) -> "worker.Answer":
        begun = Path("d/a/b/c")
        begun.mkdir(parents=True, exist_ok=True)
        for name in ("file", "other"):
            (begun / name).write_bytes(CONTENTS[:5000])
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError(unit)

    monkeypatch.setattr(worker.Server, "carry_out", begin_and_die)
    monkeypatch.setattr("pycp.system.worker.most_workers", lambda: 1)
    monkeypatch.setattr(pace, "OWN", own)
    monkeypatch.setattr(tree, "LARGE", 1)
    inner = tmp_path / "s/a/b/c"
    inner.mkdir(parents=True)
    (inner / "file").write_bytes(CONTENTS)
    os.link(inner / "file", inner / "other")
    done = run_ours([options, "-j2", "-T", "s", "d"], str(tmp_path))
    for name in ("file", "other"):
        copied = tmp_path / "d/a/b/c" / name
        assert (copied.read_bytes(), copied.stat().st_nlink) == (CONTENTS, 1 + ("a" in options))
    assert (done.status, done.stdout, done.stderr) == (0, "", "")


def test_events_tell_what_a_lost_unit_had_completed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def complete_and_die(_server: worker.Server, *unit: Any) -> "worker.Answer":
        shutil.copytree("s/a", "d/a", dirs_exist_ok=True)
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError(unit)

    monkeypatch.setattr(worker.Server, "carry_out", complete_and_die)
    monkeypatch.setattr("pycp.system.worker.most_workers", lambda: 1)
    monkeypatch.setattr(tree, "LARGE", 1)
    inner = tmp_path / "s/a/b"
    inner.mkdir(parents=True)
    (inner / "file").write_bytes(CONTENTS)
    done = run_ours(["-a", "--json=events", "-j2", "-T", "s", "d"], str(tmp_path))
    assert (done.status, done.stdout, done.stderr) == (0, "", "")
    events = [json.loads(line) for line in (tmp_path / "events").read_bytes().splitlines()]
    made = {
        event["destination"]: event["made"] for event in events if event["event"] == "directory"
    }
    assert made == {"d": True, "d/a": True, "d/a/b": True}
    (copied,) = [event for event in events if event["event"] == "copied"]
    assert (copied["destination"], copied["method"], copied["bytes"]) == ("d/a/b/file", "none", 0)


def die_once(monkeypatch: pytest.MonkeyPatch, has_died: Path) -> None:
    """Have one process be killed when it has carried out a unit, and the coordinator only wait."""
    monkeypatch.setattr(share, "MUCH", -1.0)
    carry_out = worker.Server.carry_out

    def carry_out_and_die(server: worker.Server, *unit: Any) -> "worker.Answer":
        answer = carry_out(server, *unit)
        if not has_died.exists():
            has_died.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    monkeypatch.setattr(worker.Server, "carry_out", carry_out_and_die)


def test_what_waited_for_its_turn_was_not_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is there is like what an interrupted copy leaves, but that it has two names."""
    die_once(monkeypatch, tmp_path / "died")
    for name in ("s", "d"):
        (tmp_path / name).mkdir()
    for number in range(20):
        there = tmp_path / f"d/{number}"
        (tmp_path / f"s/{number}").write_bytes(CONTENTS)
        (tmp_path / f"s/{number}").chmod(0o444)
        if number % 2:
            os.link(tmp_path / f"d/{number - 1}", there)
        else:
            there.write_bytes(CONTENTS)
            there.chmod(0o644)
    assert run_ours(["-r", "-j3", "-T", "s", "d"], str(tmp_path)).status == 0
    assert (tmp_path / "died").exists()
    found = {path.stat().st_mode & 0o777: path.stat().st_nlink for path in tmp_path.glob("d/*")}
    assert found == {0o644: 2}


@pytest.mark.parametrize("options", ["-rl", "-rln", "-rluP", "-rs", "-rsn", "-rds"])
def test_links_that_a_lost_unit_had_made_are_not_made_again(
    options: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    die_once(monkeypatch, tmp_path / "died")
    (tmp_path / "s").mkdir()
    for number in range(20):
        (tmp_path / f"s/{number}").write_bytes(CONTENTS)
    done = run_ours([options, "-j3", "-T", str(tmp_path / "s"), "d"], str(tmp_path))
    assert (tmp_path / "died").exists()
    assert (done.status, done.stdout, done.stderr) == (0, "", "")
    assert all(
        os.path.samefile(tmp_path / f"d/{number}", tmp_path / f"s/{number}") for number in range(20)
    )

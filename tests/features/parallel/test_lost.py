"""What a process had begun when it was killed is gone on with, whoever does it and however deep."""

import json
import os
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest

from pycp.run import coordinator, tree, worker
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
        (begun / "file").write_bytes(CONTENTS[:5000])
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError(unit)

    monkeypatch.setattr(worker.Server, "carry_out", begin_and_die)
    monkeypatch.setattr("pycp.system.worker.most_workers", lambda: 1)
    monkeypatch.setattr(coordinator, "OWN", own)
    monkeypatch.setattr(tree, "LARGE", 1)
    inner = tmp_path / "s/a/b/c"
    inner.mkdir(parents=True)
    (inner / "file").write_bytes(CONTENTS)
    done = run_ours([options, "-j2", "-T", "s", "d"], str(tmp_path))
    assert (tmp_path / "d/a/b/c/file").read_bytes() == CONTENTS
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

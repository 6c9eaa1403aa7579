"""Several processes copy into what is there: all is as one process would leave it, and tell it."""

import json
import os
import random
import time
from pathlib import Path

import pytest

from pycp.run import queue
from tests.features.parallel.test_order import limit
from tests.forked import run_ours, run_theirs
from tests.listing import listing

DAY_NS = 24 * 3600 * 10**9


def make(top: Path, seed: int) -> None:
    """Make a source `s`, and `a` and `b` with the same old files; both have many links."""
    chance = random.Random(seed)
    directories = ["."]
    for number in range(9):
        directories.append(f"{chance.choice(directories)}/d{number}")
    for name in directories:
        (top / "s" / name).mkdir(parents=True)
        if chance.random() < 0.7:
            for side in "ab":
                (top / side / name).mkdir(parents=True, exist_ok=True)
    files: list[str] = []
    old: list[str] = []
    now = time.time_ns()
    for number in range(90):
        name = f"{chance.choice(directories)}/f{number}"
        if files and chance.random() < 0.4:
            os.link(top / "s" / chance.choice(files), top / "s" / name)
        else:
            (top / "s" / name).write_bytes(b"%d " % number * chance.randrange(3000))
        files.append(name)
        if chance.random() < 0.5 and (top / "a" / name).parent.is_dir():
            kind = chance.random()
            other = chance.choice(old) if old else ""
            age = chance.choice((-DAY_NS, DAY_NS))
            for side in "ab":
                there = top / side / name
                if other and kind < 0.5:
                    os.link(top / side / other, there)
                else:
                    there.write_text("old")
                    os.utime(there, ns=(now + age, now + age))
            old.append(name)


@pytest.mark.parametrize("limits", ["no time", "nothing may wait"])
@pytest.mark.parametrize(
    "options", ["-r", "-a", "-rp", "-ru", "-au", "-af", "-al", "-rn", "-a --remove-destination"]
)
def test_names_of_one_file_are_copied_as_one_process_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: str, limits: str
) -> None:
    limit(monkeypatch, limits)
    if limits == "nothing may wait":
        monkeypatch.setattr(queue, "MOST_IN_TURN", 3)
    seed = len(options)
    make(tmp_path, seed)
    since_ns = time.time_ns()
    theirs = run_theirs([*options.split(), "-vT", "s", "a"], str(tmp_path))
    ours = run_ours([*options.split(), "-vT", "-j3", "s", "b"], str(tmp_path))
    assert listing(str(tmp_path / "b"), since_ns) == listing(str(tmp_path / "a"), since_ns), seed
    assert ours.status == theirs.status
    assert ours.stderr.replace("b/", "a/") == theirs.stderr
    assert ours.stdout.replace("'b/", "'a/") == theirs.stdout


@pytest.mark.parametrize("options", ["-r", "-a"])
def test_lines_are_not_needed_for_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: str
) -> None:
    limit(monkeypatch, "no time")
    make(tmp_path, 1)
    since_ns = time.time_ns()
    for words in ([options, "-T", "s", "a"], [options, "-T", "-j3", "--json=events", "s", "b"]):
        assert run_ours(words, str(tmp_path)).status == 0
    assert listing(str(tmp_path / "b"), since_ns) == listing(str(tmp_path / "a"), since_ns)
    told = [json.loads(line) for line in (tmp_path / "events").read_text().splitlines()]
    sources = [event["source"] for event in told if event["event"] == "copied"]
    assert len(set(sources)) == len(sources) == 90


def test_directories_that_may_be_the_same_are_copied_by_one_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(monkeypatch, "no time")
    for number in range(6):
        for name in ("one/two", "three"):
            (tmp_path / f"s/{number}/{name}").mkdir(parents=True)
            (tmp_path / f"s/{number}/{name}/f").write_text(f"{number} {name}")
        for side in "ab":
            (tmp_path / side / "0").mkdir(parents=True, exist_ok=True)
            if number:
                (tmp_path / f"{side}/{number}").symlink_to("0")
    options = ["-rvT", "--keep-directory-symlink", "--copy-contents"]
    told = []
    for jobs, side in (("-j1", "a"), ("-j3", "b")):
        done = run_ours([*options, jobs, "s", side], str(tmp_path))
        told.append((done.status, done.stderr, done.stdout.replace(f"'{side}/", "'d/")))
    assert told[0] == told[1]
    assert told[0][0] == 0
    for name in ("one/two", "three"):
        assert (tmp_path / f"b/3/{name}/f").read_text() == (tmp_path / f"a/3/{name}/f").read_text()

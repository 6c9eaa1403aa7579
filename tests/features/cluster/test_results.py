"""What other machines copy is what one process copies: trees, failures, lines, events, digests."""

import json
import os
import subprocess
import time
from pathlib import Path

import pytest

from tests.features.cluster.engines import RANKS, Dask, run_alone, run_mpi
from tests.listing import listing

pytestmark = pytest.mark.slow

TIMES = ("seconds", "time", "bytes_per_second")
Done = subprocess.CompletedProcess[str]


@pytest.fixture(params=["mpi", "dask"])
def engine(request: pytest.FixtureRequest) -> "Dask | None":
    return request.getfixturevalue("dask") if request.param == "dask" else None


def run_cluster(engine: "Dask | None", *arguments: str, cwd: Path) -> Done:
    return engine.run(*arguments, cwd=cwd) if engine else run_mpi(*arguments, cwd=cwd)


def events(file: Path) -> list[str]:
    """Return the events of a run, in any order, without what is its own."""
    found = []
    for line in file.read_text().splitlines():
        event = json.loads(line)
        if event["event"] == "progress":
            continue  # which come with the time, not with the files
        if event["event"] in ("start", "end", "summary"):
            event = {"event": event["event"], "failed": event.get("failed")}
        found.append(json.dumps({k: v for k, v in event.items() if k not in TIMES}, sort_keys=True))
    return sorted(found)


def same(engine: "Dask | None", sources: Path, *arguments: str) -> tuple[Done, Done]:
    """Copy alone and by a cluster, each into a `d` of its own; check that the trees are equal."""
    since = time.time_ns()
    before = sources / "before"
    results = []
    lists = []
    for number in range(2):
        if before.exists():
            subprocess.run(["cp", "-a", before, sources / "d"], check=True)
        if number:
            results.append(run_cluster(engine, *arguments, cwd=sources))
        else:
            results.append(run_alone(*arguments, cwd=sources))
        lists.append(listing(str(sources / "d"), since))
        (sources / "d").rename(sources / f"d{number}")
    alone, cluster = results
    assert lists[1] == lists[0], cluster
    assert sorted(cluster.stderr.splitlines()) == sorted(alone.stderr.splitlines())
    assert sorted(cluster.stdout.splitlines()) == sorted(alone.stdout.splitlines())
    assert bool(cluster.returncode) == bool(alone.returncode)
    return alone, cluster


def test_everything_is_kept_and_told(engine: "Dask | None", sources: Path) -> None:
    for number in range(0, 40, 7):
        (sources / f"before/s/d{number % 5}/e{number}/f3").mkdir(parents=True)
    (sources / "before/s/d1/old").write_text("stays")
    alone, _cluster = same(engine, sources, "-av", "s", "t", "d")
    assert (alone.returncode, len(alone.stderr.splitlines())) == (1, 6)


def test_events_and_digests_are_those_of_one_process(engine: "Dask | None", sources: Path) -> None:
    words = ["-a", "--json=events", "--manifest=SUMS", "--verify", "-T", "s", "d"]
    found = []
    for number in range(2):
        done = (
            run_cluster(engine, *words, cwd=sources) if number else run_alone(*words, cwd=sources)
        )
        assert (done.returncode, done.stderr) == (0, "")
        sums = sorted((sources / "SUMS").read_text().splitlines())
        found.append((events(sources / "events"), sums))
        (sources / "d").rename(sources / f"d{number}")
    (alone, sums), (cluster, cluster_sums) = found
    kinds = {json.loads(line)["event"] for line in alone}
    assert {"copied", "directory"} <= kinds
    assert len(sums) > 240
    assert cluster_sums == sums
    assert sorted(map(without_method, cluster)) == sorted(map(without_method, alone))


@pytest.mark.parametrize("words", ["--context=u:r:given_t:s0", "--preserve=context"])
def test_other_machines_tell_the_labels_they_give(words: str, sources: Path) -> None:
    label = words.partition("=")[2] if "given" in words else "u:r:source_t:s0"
    shims = {f"SHIM_{rank}": "labels=u:r:source_t:s0" for rank in range(RANKS)}
    done = run_mpi("-r", words, "--json=events", "-T", "s", "d", cwd=sources, env=shims)
    assert done.returncode == 0, done.stderr
    told = [json.loads(line) for line in events(sources / "events")]
    made = [event["context"] for event in told if event["event"] in ("copied", "directory")]
    assert (set(made), len(made) > 240) == ({label}, True)


def without_method(line: str) -> tuple[object, ...]:
    """Leave out which name of a set of links was met first, and so was copied."""
    event = json.loads(line)
    if "one" in event.get("source", ""):
        event = {key: event[key] for key in ("event", "source", "destination")}
    return tuple(sorted((key, str(value)) for key, value in event.items()))


@pytest.mark.parametrize(
    "arguments",
    [
        ["-r", "--exclude=f1", "--exclude=/d2/", "s", "d"],
        ["-rL", "--durable", "s", "d"],
        ["-au", "-T", "s", "d"],
    ],
    ids=["exclude", "follow", "update"],
)
def test_options_mean_the_same(arguments: list[str], sources: Path) -> None:
    (sources / "s/pipe").unlink()
    if "-au" in arguments:
        (sources / "before/d0/e0").mkdir(parents=True)
        for name in ("f0", "f1", "new"):
            (sources / "before/d0/e0" / name).write_text("newer")
        os.utime(sources / "before/d0/e0/f1", (1, 1))
    alone, _cluster = same(None, sources, *arguments)
    assert alone.returncode == 0


def test_a_tree_is_met_again_in_another(sources: Path) -> None:
    (sources / "before").mkdir()
    alone, _cluster = same(None, sources, "-a", "-t", "d", "s/d1", "s")
    assert "will not create hard link 'd/s/d1' to directory 'd/d1'" in alone.stderr


def test_no_link_that_an_operand_brought_is_followed_for_the_next(sources: Path) -> None:
    for number in range(30):
        for name in "ab":
            (sources / f"{name}/x/d{number}").mkdir(parents=True)
        (sources / f"a/x/d{number}/l").symlink_to("../outside")
        (sources / f"b/x/d{number}/l").write_text("through")
    (sources / "before").mkdir()
    alone, _cluster = same(None, sources, "-r", "-t", "d", "a/x", "b/x")
    assert alone.stderr.count("through just-created symlink") == 30


def test_a_tree_with_nothing_in_it_is_copied(engine: "Dask | None", sources: Path) -> None:
    closed = sources / "s/closed"
    closed.chmod(0o700)
    (closed / "inside").unlink()
    closed.chmod(0o500)
    alone, _cluster = same(engine, sources, "-av", "s/closed", "d")
    assert alone.stdout == "'s/closed' -> 'd'\n"

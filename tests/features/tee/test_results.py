"""Each destination is what a run of its own would have made of it."""

import os
import re
import time
from pathlib import Path

import pytest

from tests.features.tee.places import DESTINATIONS, build, filled, keep, restore, run
from tests.needs import tracing
from tests.programs import Programs

ALIKE = [
    "-r",
    "-a",
    "-au",
    "-rn",
    "-a --update=none-fail",
    "-a --backup=numbered",
    "-a --sparse=always",
    "-a --sparse=never",
    "-rL",
    "-a --parents",
    "-a --atomic --durable",
    "-a --verify",
    "-a --resume",
    "-al",
    "-a --attributes-only",
    "-a --remove-destination",
    "-a --exclude=big --exclude=e",
    "-a --bwlimit=1G",
    "-a --dry-run",
    "-a -j3",
]


@pytest.mark.one_of(2)
@pytest.mark.parametrize("options", ALIKE)
def test_every_destination_is_as_if_it_were_the_only_one(options: str, tmp_path: Path) -> None:
    since_ns = time.time_ns()
    build(tmp_path)
    keep(tmp_path)
    done = run(f"-v {options} --tee=b --tee=c s s/small a", tmp_path)
    made = filled(tmp_path, since_ns)
    restore(tmp_path)
    expected = [run(f"-v {options} s s/small {name}", tmp_path) for name in DESTINATIONS]
    assert done.status == max(one.status for one in expected)
    lines = [line for one in expected for line in one.stdout.splitlines()]
    assert sorted(done.stdout.splitlines()) == sorted(lines)
    failures = [line.split(": ", 1)[1] for one in expected for line in one.stderr.splitlines()]
    said = done.stderr.splitlines()
    assert len(said) == len(failures)
    assert all(any(line.endswith(failure) for failure in failures) for line in said)
    assert made == filled(tmp_path, since_ns)


def test_a_destination_may_be_a_new_name(tmp_path: Path) -> None:
    build(tmp_path)
    assert run("-a --tee=b s a/new", tmp_path).status == 0
    assert (tmp_path / "a/new/big").read_bytes() == (tmp_path / "b/s/big").read_bytes()


def test_the_first_destination_may_come_before_the_sources(tmp_path: Path) -> None:
    build(tmp_path)
    assert run("--tee b -t a --tee=c s/big s/small", tmp_path).status == 0
    assert all(len(list((tmp_path / name).glob("[bs][im]*"))) == 2 for name in DESTINATIONS)


def test_the_files_of_a_vast_directory_are_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pycp.engine.listing.CHUNK", 4)  # so that they are not sorted all at once
    (tmp_path / "s").mkdir()
    (tmp_path / "a").mkdir()
    (tmp_path / "b/s").mkdir(parents=True)
    for number in range(100):
        (tmp_path / f"s/{number}").write_bytes(b"x" * 1000)
        if not number % 7:
            (tmp_path / f"b/s/{number}").write_text("old")
    done = run("-an --progress=always --tee=b s a", tmp_path)
    assert (done.status, done.stdout) == (0, "")
    assert ", 185 kB written, 100 kB read in " in done.stderr


@pytest.mark.parametrize("options", ["-a", "-rn", "-a --sparse=never"])
def test_a_source_is_read_once(options: str, tmp_path: Path, run_pycp: Programs) -> None:
    tracing()
    build(tmp_path)
    calls = "read,readv,pread64,preadv,preadv2,copy_file_range,sendfile,splice"
    command = f"strace -ff -y -o log -e trace={calls} pycp {options} --tee=b --tee=c s a"
    assert run_pycp.run(f"$ {command}", str(tmp_path)).status == 0
    text = "".join(path.read_text() for path in tmp_path.glob("log.*"))  # one of each process
    read: dict[str, int] = {}
    for name, count in re.findall(r"\(\d+<.*?/s/([^>]*)>.* = (\d+)$", text, re.M):
        read[name] = read.get(name, 0) + int(count)
    keeps_links = "a" in options
    stored = os.stat(tmp_path / "s/hole").st_size if "never" in options else 4096
    for names in (["small"], ["empty"], ["zeros"], ["d/e/x"], ["hole"], ["big", "d/hard"]):
        size = stored if names == ["hole"] else os.stat(tmp_path / "s" / names[0]).st_size
        times = 1 if keeps_links else len(names)
        assert sum(read.get(name, 0) for name in names) == times * size, names

"""Large files, each copied in ranges by all machines: whole in the end, short until then."""

import os
import time
from pathlib import Path

import pytest

from tests.features.cluster.engines import RANKS, Dask, run_mpi
from tests.listing import listing
from tests.tree import build, directory, file, symlink

pytestmark = pytest.mark.slow

SPEC = {
    "s": directory(age=-100),
    "s/full": file(bytes(range(256)) * 9000, mode=0o640, age=-70),
    "s/hole": file(b"begin", pieces={400_000: b"x" * 300_001}, size=3_000_000, age=-50),
    "s/hole at the end": file(b"y" * 900_000, size=1_500_000, age=-40),
    "s/small": file("small", age=-30),
    "s/link": symlink("full"),
}
LARGE = "large=1000000"


@pytest.fixture(name="sources")
def large(tmp_path: Path) -> Path:
    """Make a tree with large files, as far as these tests go."""
    root = tmp_path / "large"
    build(str(root), SPEC, (os.geteuid(), os.getegid()))
    return root


def shims(sources: Path, *more: str) -> dict[str, str]:
    """Have rank 0 take files for large, and each other rank tell what it copies."""
    ranks = {f"SHIM_{rank}": f"ranges={sources}/by{rank}" for rank in range(1, RANKS)}
    return {"SHIM_0": ",".join((LARGE, *more)), **ranks}


def told(sources: Path) -> list[list[str]]:
    """Return the ranges that each rank copied, and forget them."""
    found = []
    for path in sorted(sources.glob("by*")):
        found.append(path.read_text().splitlines())
        path.unlink()
    return found


def listed(root: Path) -> list[str]:
    return listing(str(root), time.time_ns())


@pytest.mark.parametrize("option", ["-a", "--sparse=never", "--verify"])
def test_a_large_file_is_copied_by_all(sources: Path, option: str) -> None:
    done = run_mpi("-rT", option, "--preserve", "s", "d", cwd=sources, env=shims(sources))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert sum(len(by) > 1 for by in told(sources)) == RANKS - 1
    done = run_mpi("-rT", option, "--preserve", "s", "alone", cwd=sources)
    assert (done.returncode, told(sources)) == (0, [])
    assert listed(sources / "d") == listed(sources / "alone")


def test_operands_that_are_large_files_are_copied_by_all(sources: Path) -> None:
    env = shims(sources)
    (sources / "d").mkdir()
    done = run_mpi("-av", "s/full", "s/hole", "s/small", "s/link", "d", cwd=sources, env=env)
    lines = [f"'s/{name}' -> 'd/{name}'" for name in ("full", "hole", "small", "link")]
    assert (done.returncode, done.stdout.splitlines(), done.stderr) == (0, lines, "")
    assert all(len(by) > 1 for by in told(sources))
    done = run_mpi("-av", "full", "../new", cwd=sources / "s", env=env)
    assert (done.returncode, done.stdout, done.stderr) == (0, "'full' -> '../new'\n", "")
    assert all(told(sources))
    (sources / "s/hole at the end").unlink()
    assert set(listed(sources / "d")[1:]) == set(listed(sources / "s")[1:])
    assert (sources / "new").read_bytes() == (sources / "s/full").read_bytes()


@pytest.mark.parametrize("option", ["-a", "-au", "-an"])
def test_a_file_begun_by_ranks_that_died_is_short_and_gone_on_with(
    sources: Path, option: str
) -> None:
    env = shims(sources)
    env |= {f"SHIM_{rank}": f"{env[f'SHIM_{rank}']},die=4" for rank in range(1, RANKS)}
    done = run_mpi("-aT", "s", "d", cwd=sources, env=env)
    assert done.returncode != 0
    begun = [path for path in sorted(sources.glob("d/[fh]*")) if path.stat().st_size]
    sizes = [(path.stat().st_size, (sources / "s" / path.name).stat().st_size) for path in begun]
    assert any(size < whole for size, whole in sizes)
    told(sources)
    done = run_mpi(f"{option}T", "--resume", "s", "d", cwd=sources, env=shims(sources))
    assert (done.returncode, done.stderr) == (0, "")
    assert any(told(sources))
    assert listed(sources / "d") == listed(sources / "s")


def begin(sources: Path) -> dict[str, bytes]:
    """Leave what an interrupted copy by ranges may; return what is to be in the end."""
    whole = {path.name: path.read_bytes() for path in (sources / "s").glob("[fh]*")}
    (sources / "d").mkdir()
    for name, data in whole.items():
        begun = bytearray(data[: len(data) * 3 // 4 // 4096 * 4096])
        begun[204_800:409_600] = bytes(204_800)
        with (sources / "d" / name).open("wb") as file:
            file.truncate(len(begun))
            for at in range(0, len(begun), 4096):
                if any(begun[at : at + 4096]):
                    file.seek(at)
                    file.write(begun[at : at + 4096])
    return whole


@pytest.mark.parametrize(("option", "how"), [("-a", "first"), ("-au", "all"), ("-an", "all")])
def test_what_there_is_of_a_large_file_is_compared_by_all(
    sources: Path, option: str, how: str
) -> None:
    begin(sources)
    done = run_mpi(f"{option}T", "--resume", "s", "d", cwd=sources, env=shims(sources))
    assert (done.returncode, done.stderr) == (0, "")
    compared = [sum(line.startswith(how) for line in by) for by in told(sources)]
    assert len(compared) == RANKS - 1
    assert all(compared)
    assert listed(sources / "d") == listed(sources / "s")


def test_what_is_another_file_is_left_alone(sources: Path) -> None:
    begin(sources)
    with (sources / "d/full").open("r+b") as file:
        file.seek(1_000_000)
        file.write(b"other")
    other = (sources / "d/full").read_bytes()
    done = run_mpi("-anT", "--resume", "s", "d", cwd=sources, env=shims(sources))
    assert (done.returncode, done.stderr) == (0, "")
    assert (sources / "d/full").read_bytes() == other
    assert (sources / "d/hole").read_bytes() == (sources / "s/hole").read_bytes()


def test_what_some_cannot_read_is_compared_by_who_can(sources: Path) -> None:
    whole = begin(sources)
    unreadable = "unreadable="
    env = {**shims(sources), "SHIM_1": unreadable, "SHIM_2": unreadable}
    done = run_mpi("-auT", "--resume", "s", "d", cwd=sources, env=env)
    assert (done.returncode, done.stderr) == (0, "")
    assert {name: (sources / "d" / name).read_bytes() for name in whole} == whole


def test_a_range_that_cannot_be_written_fails_the_file_once(sources: Path) -> None:
    env = shims(sources)
    env |= {f"SHIM_{rank}": f"full={rank}" for rank in range(1, RANKS)}
    done = run_mpi("-aT", "s", "d", cwd=sources, env=env)
    assert done.returncode == 1
    assert sorted(done.stderr.splitlines()) == [
        *(
            f"pycp: error copying 's/{name}' to 'd/{name}': No space left on device"
            for name in ("full", "hole at the end", "hole")
        ),
        "pycp: error writing 'd/small': No space left on device",
    ]
    for name in ("full", "hole", "hole at the end"):
        assert (sources / "d" / name).stat().st_size < (sources / "s" / name).stat().st_size


def test_what_some_cannot_open_is_copied_by_who_has_it_open(sources: Path) -> None:
    done = run_mpi("-aT", "s", "d", cwd=sources, env={**shims(sources), "SHIM_2": "unwritable="})
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert len(told(sources)) == RANKS - 2
    assert listed(sources / "d") == listed(sources / "s")


def test_what_is_done_by_a_dask_cluster_is_the_same(dask: Dask, sources: Path) -> None:
    done = dask.run("-aT", "s", "d", cwd=sources, env={"SHIM_0": LARGE})
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert listed(sources / "d") == listed(sources / "s")

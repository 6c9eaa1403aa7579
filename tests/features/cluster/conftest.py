"""A Dask cluster for the room, and trees that hold everything."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import tree
from tests.features.cluster.engines import Dask

SHARED = Path("/dev/shm")
"""Where MPICH has the memory that ranks of one machine share."""


@pytest.fixture(scope="package")
def dask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dask]:
    cluster = Dask(tmp_path_factory.mktemp("dask"))
    yield cluster
    cluster.stop()


@pytest.fixture(scope="package", autouse=True)
def no_shared_memory_left() -> Iterator[None]:
    """Remove the memory that ranks shared which were killed, once no process has it mapped."""
    before = set(SHARED.glob("mpich_shm_*"))
    yield
    made = {str(path) for path in SHARED.glob("mpich_shm_*") if path not in before}
    for maps in Path("/proc").glob("[0-9]*/maps"):
        try:
            made -= {line.split(maxsplit=5)[-1] for line in maps.read_text().splitlines()}
        except OSError:
            pass  # it has ended, or is somebody else's
    for path in made:
        Path(path).unlink(missing_ok=True)


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """Make two trees below a directory, `s` and `t`, that share a set of hard links."""
    spec: dict[str, tree.Node] = {
        "s/hole": tree.file(b"begin", pieces={300_000: b"middle"}, size=1_000_000, age=-50),
        "s/listed": tree.file("l", xattrs=tree.acl("u::rw- u:1001:r-- g::r-- m::r-- o::---")),
        "s/marked": tree.file("m", 0o640, xattrs={"user.mark": b"1"}, age=-7),
        "s/setid": tree.file("x", 0o6755),
        "s/pipe": tree.fifo(0o600, age=-3),
        "s/closed": tree.directory(0o500, age=-9),
        "s/closed/inside": tree.file("in", 0o400),
        "s/empty": tree.directory(0o1777, age=-11),
    }
    for number in range(40):
        inner = f"s/d{number % 5}/e{number}"
        spec[inner] = tree.directory(0o750 if number % 2 else 0o755, age=-number)
        for name in range(6):
            spec[f"{inner}/f{name}"] = tree.file(f"{number} {name}", age=-number * name)
        spec[f"{inner}/link"] = tree.symlink("f0", age=-number)
        spec[f"{inner}/one{number % 3}"] = (
            tree.file(f"shared {number}") if number < 3 else tree.hard_link(first(number % 3))
        )
    spec["t/u/again"] = tree.hard_link(first(0))
    spec["t/u/other"] = tree.hard_link(first(1))
    if os.geteuid() == 0:
        spec["s/foreign"] = tree.file("f", owner=(1234, 4321))
    root = tmp_path / "w"
    tree.build(str(root), spec, (os.geteuid(), os.getegid()))
    return root


def first(number: int) -> str:
    return f"s/d{number}/e{number}/one{number}"


Listing = Callable[[Path], list[str]]

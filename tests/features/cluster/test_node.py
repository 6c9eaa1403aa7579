"""What a node does with requests, in this process: each once, and after a second look."""

import errno
import marshal
import os
from pathlib import Path
from typing import Any

import pytest

from pycp import values
from pycp.cli.cp import parse_cp
from pycp.cli.install import parse_install
from pycp.cluster import node, proof
from pycp.cluster.nodes import Nodes
from pycp.errors import CopyError, UsageError
from pycp.report.lines import Lines
from pycp.run import ranges
from pycp.run.hands import Lost
from pycp.run.serial import run_serial
from pycp.system import folder
from pycp.values import BLOCK
from tests.listing import listing


class Here:
    """Carries requests to this process, each twice; the first answer counts."""

    unit_cost = 0.0002
    knows_nodes = True

    def __init__(self) -> None:
        self.nodes = [0]
        self.answers: list[tuple[int, bytes | Lost]] = []
        self.second: list[str] = []

    def send(self, _node: int, ticket: int, request: bytes) -> None:
        self.answers.append((ticket, node.carry_out(request)))
        self.second.append(marshal.loads(node.carry_out(request))[1])

    def receive(self, wait: bool) -> list[tuple[int, bytes | Lost]]:
        taken, self.answers = self.answers, []
        return taken

    def cancel(self) -> None: ...

    def close(self, status: int) -> None: ...


def copy(root: Path, carrier: Here, *words: str) -> list[str]:
    """Copy a tree with a node that is this process; return what went wrong."""
    said: list[str] = []
    report = Lines("pycp")
    report.say = said.append  # type: ignore[assignment, method-assign]
    options, operands = parse_cp([*words] or ["-aT", f"{root}/s", f"{root}/d"], {}, said.append)
    nodes = Nodes(carrier)
    try:
        run_serial(options, operands, report, nodes)
    finally:
        nodes.end(0)
    return said


@pytest.fixture(name="sources")
def lone(sources: Path) -> Path:
    """Leave out what shares files with the other tree."""
    for name in ("again", "other"):
        (sources / "t/u" / name).unlink()
    return sources


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof, "AGAIN", 0)
    monkeypatch.setattr(node, "PAUSE", 0)
    monkeypatch.setattr(folder, "PAUSE", 0)


def test_work_that_comes_twice_is_done_once(sources: Path) -> None:
    carrier = Here()
    assert copy(sources, carrier) == []
    assert carrier.second[0] == ""
    assert set(carrier.second[1:]) == {"the same work came twice"}
    assert listing(str(sources / "d"), 1 << 62) == listing(str(sources / "s"), 1 << 62)


def test_a_directory_that_looks_old_is_looked_at_once_more(
    sources: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[str] = []
    is_same = proof._is_same

    def see_old(place: "proof.Place", devices: Any) -> bool:
        looks.append(place[0])
        return looks.count(place[0]) > 1 and is_same(place, devices)

    monkeypatch.setattr(proof, "_is_same", see_old)
    assert copy(sources, Here()) == []
    assert sorted(looks) == sorted([f"{sources}/{name}" for name in "ds"] * 2)


def test_a_directory_that_looks_other_twice_is_another(
    sources: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = listing(str(sources), 0)
    monkeypatch.setattr(proof, "_is_same", lambda *_place: False)
    with pytest.raises(CopyError, match="is not the same directory as here"):
        copy(sources, Here())
    assert listing(str(sources), 0) == before


@pytest.mark.parametrize("code", [errno.ENOENT, errno.ESTALE])
def test_a_tree_that_another_machine_has_just_made_is_looked_for_once_more(
    sources: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    looks: list[str] = []
    module: Any = node
    probe = module.probe

    def not_yet(path: str) -> Any:
        looks.append(path)
        return probe(path) if looks.count(path) > 1 else OSError(code, os.strerror(code))

    monkeypatch.setattr(node, "probe", not_yet)
    assert copy(sources, Here()) == []
    assert listing(str(sources / "d"), 1 << 62) == listing(str(sources / "s"), 1 << 62)
    assert looks.count(f"{sources}/d") == 2


class Losing(Here):
    """Loses what it is asked for once it has proved itself; not the first units, if so asked."""

    def __init__(self, kept: int = 0) -> None:
        super().__init__()
        self.kept = kept

    def send(self, node: int, ticket: int, request: bytes) -> None:
        _key, _setup, _ticket, _tree, unit = marshal.loads(request)
        if unit and not self.kept:
            self.answers.append((ticket, Lost("killed")))
        else:
            self.kept -= bool(unit)
            super().send(node, ticket, request)


@pytest.fixture
def large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make files that are taken for large in the working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(values, "LARGE_FILE", 4 * BLOCK)
    monkeypatch.setattr(ranges, "LEAST", BLOCK)
    (tmp_path / "s").mkdir()
    (tmp_path / "s/a").write_bytes(bytes(range(256)) * 100)
    (tmp_path / "s/b").write_bytes(b"b" * 5 * BLOCK)
    return tmp_path


ONE = "cannot copy '{}': the process copying it ended: killed"


def test_operands_that_are_large_are_copied_in_ranges(large: Path) -> None:
    carrier = Here()
    Path("d").mkdir()
    assert copy(large, carrier, "-p", "s/a", "s/b", "d") == []
    assert len(carrier.second) > 3, "the proof, and ranges of both"
    assert listing("d", 1 << 62)[1:] == listing("s", 1 << 62)[1:]
    os.link("s/b", "other name")
    many = len(carrier.second)
    for words in (["s/b", "c"], ["--atomic", "s/a", "c"], ["--parents", "s/a", "d"]):
        assert copy(large, carrier, *words) == []
        many += 1
        assert len(carrier.second) == many, "what is not shared is only proved to be possible"


def test_operands_that_are_large_fail_as_others_do(large: Path) -> None:
    told = "cannot create regular file 'gone/a': No such file or directory"
    assert copy(large, Here(), "s/a", "gone/a") == [told]
    assert "No such file or directory" in copy(large, Here(), "gone", "d")[0]


@pytest.mark.parametrize("kept", [0, 1])
def test_a_range_that_is_lost_again_and_again_fails_the_file(large: Path, kept: int) -> None:
    assert copy(large, Losing(kept), "s/a", "d") == [ONE.format("s/a")]
    assert os.stat("d").st_size < os.stat("s/a").st_size, "what is not whole is short"


def test_names_that_are_lost_again_and_again_are_told(sources: Path) -> None:
    told = copy(sources, Losing())
    assert ONE.format(f"{sources}/s/hole") in told
    assert not (sources / "d/hole").exists()
    for kept in range(3, 100):  # on a busy machine little is done by a unit
        told = copy(sources, Losing(kept))
        assert told and all(line.endswith("ended: killed") for line in told)
        if (sources / "d/d0/e0").exists():
            break
    modes = [os.stat(sources / side / "d0/e0").st_mode for side in "sd"]
    assert modes[0] == modes[1], "what others could not finish is finished here"


class Moving(Here):
    """Has a directory moved away once it is there; perhaps all nodes go with it."""

    def __init__(self, moved: Path, stays: bool) -> None:
        super().__init__()
        self.moved, self.stays, self.has_moved = moved, stays, False

    def send(self, node: int, ticket: int, request: bytes) -> None:
        _key, _setup, _ticket, _tree, unit = marshal.loads(request)
        if unit and self.moved.exists():
            self.moved.rename(self.moved.with_name("away"))
            self.has_moved = True
        if self.has_moved and not self.stays:
            self.answers.append((ticket, Lost("killed")))
        else:
            super().send(node, ticket, request)

    def receive(self, wait: bool) -> list[tuple[int, bytes | Lost]]:
        if self.has_moved and not self.stays:
            self.nodes.clear()
        return super().receive(wait)


@pytest.mark.parametrize("stays", [True, False])
def test_a_directory_that_goes_meanwhile_is_told(sources: Path, stays: bool) -> None:
    """By the node that is sent there, and by the coordinator, who is left alone."""
    told = copy(sources, Moving(sources / "d/d0", stays))
    assert any("/d0" in line for line in told), told
    assert (sources / "d/d1/e1/f1").read_text() == "1 1"


def test_sets_of_links_of_two_operands_stay_sets(sources: Path) -> None:
    os.link(sources / "s/d0/e0/one0", sources / "t/u/again")
    (sources / "d").mkdir()
    assert copy(sources, Here(), "-a", *(f"{sources}/{name}" for name in "std")) == []
    made = [os.stat(sources / "d" / name) for name in ("s/d0/e0/one0", "t/u/again")]
    assert made[0].st_ino == made[1].st_ino


class Leaving(Losing):
    """Is gone when something is lost."""

    def receive(self, wait: bool) -> list[tuple[int, bytes | Lost]]:
        came = super().receive(wait)
        if any(isinstance(answer, Lost) for _ticket, answer in came):
            self.nodes.clear()
        return came


def test_ranges_that_are_left_are_copied_here(large: Path) -> None:
    assert copy(large, Leaving(1), "-p", "s/a", "d") == []
    assert Path("d").read_bytes() == Path("s/a").read_bytes()


FACTS = ("pycp 1 in Python 3.11", 5, 6, (6, 7), 0o22)


@pytest.mark.parametrize(
    ("place", "value", "words"),
    [
        (0, "pycp 1 in Python 3.12", "program pycp 1 in Python 3.12, but pycp 1 in Python 3.11"),
        (1, 0, "user 0, but 5"),
        (2, 0, "group 0, but 6"),
        (3, (6,), "groups (6,), but (6, 7)"),
        (4, 0o77, "umask 0077, but 0022"),
    ],
)
def test_what_a_node_has_otherwise_is_told(place: int, value: object, words: str) -> None:
    here: Any = [*FACTS]
    here[place] = value
    assert proof.difference(tuple(here), FACTS) == f"{words} where the copy was started"
    assert proof.difference(FACTS, FACTS) == ""


def test_there_is_no_cluster_that_installs() -> None:
    with pytest.raises(UsageError):
        parse_install(["--cluster=mpi", "s", "d"], {}, print)

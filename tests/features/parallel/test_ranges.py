"""Large files that local processes copy in ranges, because calls keep them waiting."""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pycp import values
from pycp.run import coordinator, large, one_range, queue, ranges, share
from tests import forked, listing
from tests.programs import Result
from tests.tree import build, directory, file, remove

LARGE = file(b"large", pieces={30_000: b"x" * 30_000}, size=70_000)
SPEC = {
    "a": directory(),
    "a/large": LARGE,
    "b": directory(),
    "b/1": file("1"),
    "b/large": LARGE,
    "b/below": directory(),
    "b/below/large": LARGE,
    "d": directory(),
}


@pytest.fixture
def root(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Make trees with what counts as large here, where everything counts as waiting."""
    monkeypatch.setattr(values, "LARGE_FILE", 20_000)
    monkeypatch.setattr(ranges, "LEAST", 4096)
    monkeypatch.setattr(share, "MUCH", -1.0)
    place = tempfile.mkdtemp(prefix="pycp-", dir=forked.MEMORY)
    build(f"{place}/tree", SPEC, (os.geteuid(), os.getegid()))
    yield Path(place, "tree")
    remove(place)


def note_ranges(monkeypatch: pytest.MonkeyPatch, notes: Path) -> None:
    carry_out_range = one_range.carry_out_range

    def noted(*arguments: object) -> object:
        with notes.open("a") as stream:
            print(arguments[2], file=stream)
        return carry_out_range(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(one_range, "carry_out_range", noted)


@pytest.mark.parametrize("operands", [["a", "b"], ["b", "a"], ["b"]])
def test_large_files_of_all_operands_are_whole(
    root: Path, tmp_path: Path, operands: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    note_ranges(monkeypatch, tmp_path / "notes")
    done = forked.run_ours(["-a", "-j2", *operands, "d"], str(root))
    assert done == Result(0, "", "")
    for operand in operands:
        future_ns = 2 << 60
        copied = listing.listing(str(root / "d" / operand), future_ns)
        assert copied == listing.listing(str(root / operand), future_ns)
    assert len((tmp_path / "notes").read_text().splitlines()) > 4


@pytest.mark.parametrize(("option", "how"), [("-a", "first"), ("-au", "all"), ("-an", "all")])
def test_what_there_is_of_a_large_file_is_compared_by_several(
    root: Path, tmp_path: Path, option: str, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    note_ranges(monkeypatch, tmp_path / "notes")
    begun = []
    for path in (root / "b").rglob("*"):
        if path.is_file() and path.stat().st_size > values.LARGE_FILE:
            copy = root / "d" / path.relative_to(root)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes()[: path.stat().st_size // 8192 * 4096])
            begun.append((path, copy))
    assert begun
    done = forked.run_ours([option, "-j2", "--resume", "b", "d"], str(root))
    assert (done.status, done.stdout.count("continued '")) == (0, len(begun)), done
    assert f"'{how}'" in (tmp_path / "notes").read_text()
    for path, copy in begun:
        assert copy.read_bytes() == path.read_bytes()


@pytest.mark.parametrize("jobs", ["-j3", "-j1"])
@pytest.mark.parametrize(
    "operands", [["a/large", "d"], ["-T", "a/large", "d/new"], ["-r", "a", "d"]]
)
def test_a_large_file_that_comes_first_is_shared_if_several_processes_are_asked_for(
    root: Path,
    tmp_path: Path,
    jobs: str,
    operands: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    note_ranges(monkeypatch, tmp_path / "notes")
    assert forked.run_ours([jobs, *operands], str(root)) == Result(0, "", "")
    made = next(path for path in (root / "d").rglob("*") if path.is_file())
    assert made.read_bytes() == (root / "a/large").read_bytes()
    assert made.stat().st_blocks == (root / "a/large").stat().st_blocks
    assert (tmp_path / "notes").exists() == (jobs == "-j3")


@pytest.mark.parametrize(("option", "how"), [("-p", "first"), ("-uP", "all"), ("-n", "all")])
def test_what_there_is_of_a_large_operand_is_compared_by_several(
    root: Path, tmp_path: Path, option: str, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    note_ranges(monkeypatch, tmp_path / "notes")
    data = (root / "a/large").read_bytes()
    (root / "d/large").write_bytes(data[:32768])
    done = forked.run_ours([option, "-j2", "--resume", "a/large", "d"], str(root))
    assert (done.status, done.stderr) == (0, ""), done
    assert done.stdout == "continued 'd/large' at byte 32768\n"
    assert (root / "d/large").read_bytes() == data
    notes = (tmp_path / "notes").read_text()
    assert f"'{how}'" in notes
    assert "'', 32768," in notes


@pytest.mark.parametrize(("waits", "is_shared"), [(True, True), (False, False)])
def test_a_large_file_is_shared_by_itself_if_its_beginning_was_waited_for(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, waits: bool, is_shared: bool
) -> None:
    monkeypatch.setattr(large, "BEGINNING", 8192)
    monkeypatch.setattr(share, "is_mostly_waiting", lambda *_times: waits)
    note_ranges(monkeypatch, tmp_path / "notes")
    assert forked.run_ours(["-p", "a/large", "d"], str(root)) == Result(0, "", "")
    assert (root / "d/large").read_bytes() == (root / "a/large").read_bytes()
    assert (tmp_path / "notes").exists() == is_shared
    if is_shared:
        assert "'', 8192," in (tmp_path / "notes").read_text()


def test_a_disk_is_left_to_one_process_unless_several_are_asked_for(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(large, "_is_served", lambda _file: False)
    monkeypatch.setattr(share, "is_mostly_waiting", lambda *_times: True)
    note_ranges(monkeypatch, tmp_path / "notes")
    assert forked.run_ours(["a/large", "d"], str(root)) == Result(0, "", "")
    assert not (tmp_path / "notes").exists()
    assert forked.run_ours(["-j2", "a/large", "d/2"], str(root)) == Result(0, "", "")
    assert (tmp_path / "notes").exists()


def test_a_fifo_gets_a_large_file_from_one_process(root: Path) -> None:
    os.mkfifo(root / "fifo")
    fd = os.open(root / "fifo", os.O_RDONLY | os.O_NONBLOCK)
    try:
        fcntl.fcntl(fd, fcntl.F_SETPIPE_SZ, 1 << 17)  # all of it finds room
        assert forked.run_ours(["-j3", "a/large", "fifo"], str(root)) == Result(0, "", "")
        assert os.read(fd, 1 << 17) == (root / "a/large").read_bytes()
    finally:
        os.close(fd)


@pytest.mark.parametrize("how", [[], ["--resume"]])
def test_without_descriptors_for_others_one_process_copies_a_large_file(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: list[str]
) -> None:
    monkeypatch.setattr("pycp.system.worker.most_workers", lambda: -10)
    note_ranges(monkeypatch, tmp_path / "notes")
    (root / "d/large").write_bytes(b"large")
    assert forked.run_ours(["-j3", *how, "a/large", "d"], str(root)).status == 0
    assert (root / "d/large").read_bytes() == (root / "a/large").read_bytes()
    assert not (tmp_path / "notes").exists()


def test_nothing_is_copied_in_turn_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It could be another name of that very file."""
    copy_in_turn = coordinator.Coordinator._copy_in_turn

    def noted(self: coordinator.Coordinator, names: "list[Any]") -> bool:
        with (tmp_path / "notes").open("a") as notes:
            print(bool(self.ranges.tasks), *(name[1] for name in names), file=notes)
        return copy_in_turn(self, names)

    monkeypatch.setattr(coordinator.Coordinator, "_copy_in_turn", noted)
    monkeypatch.setattr(queue, "MOST_IN_TURN", 0)
    monkeypatch.setattr(values, "LARGE_FILE", 20_000)
    monkeypatch.setattr(ranges, "LEAST", 4096)
    monkeypatch.setattr(share, "MUCH", -1.0)
    for name in "sd":
        (tmp_path / name).mkdir()
    for name in "abc":
        (tmp_path / "s" / name).touch()
    by_number = sorted((tmp_path / "s").iterdir(), key=lambda path: path.stat().st_ino)
    for path, name in zip(by_number, ("first", "link", "large"), strict=True):
        path.rename(tmp_path / "s" / name)  # in the order in which they are met
    (tmp_path / "s/link").write_bytes(b"x" * 100)
    (tmp_path / "s/large").write_bytes(b"y" * 50_000)
    (tmp_path / "d/link").symlink_to("large")
    (tmp_path / "d/large").touch()
    assert forked.run_ours(["-rT", "-j2", "s", "d"], str(tmp_path)) == Result(0, "", "")
    notes = (tmp_path / "notes").read_text().splitlines()
    assert "False link" in notes
    assert not [line for line in notes if line.startswith("True")]

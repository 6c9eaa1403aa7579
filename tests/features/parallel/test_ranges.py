"""Large files that local processes copy in ranges, because calls keep them waiting."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from pycp.run import range_copy, ranges, share
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
    monkeypatch.setattr(ranges, "LARGE", 20_000)
    monkeypatch.setattr(ranges, "LEAST", 4096)
    monkeypatch.setattr(share, "MUCH", -1.0)
    place = tempfile.mkdtemp(prefix="pycp-", dir=forked.MEMORY)
    build(f"{place}/tree", SPEC, (os.geteuid(), os.getegid()))
    yield Path(place, "tree")
    remove(place)


def note_ranges(monkeypatch: pytest.MonkeyPatch, notes: Path) -> None:
    carry_out_range = range_copy.carry_out_range

    def noted(*arguments: object) -> object:
        with notes.open("a") as stream:
            print(arguments[2], file=stream)
        return carry_out_range(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(range_copy, "carry_out_range", noted)


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
        if path.is_file() and path.stat().st_size > ranges.LARGE:
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

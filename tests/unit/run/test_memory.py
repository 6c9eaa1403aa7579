"""What a run remembers of the links it makes, and that it is nothing where nobody can ask."""

from pathlib import Path
from typing import Any

import pytest

from pycp import system
from pycp.engine import listing
from pycp.options import CopyOptions
from pycp.plan.operands import resolve
from pycp.run import walk
from pycp.run.serial import Copying, run_serial
from tests.unit.rooms import Heard, job


def memory_after(operands: list[str], **options: Any) -> bool:
    """Copy operands into a directory; return whether a link that was made is remembered."""
    made = job(recursive=True, dereference="never", **options)
    resolved = resolve(made.options, operands, made.report.failed)
    runner = Copying(made, resolved.has_company)
    for entry in resolved.entries():
        runner.copy_operand(entry)
    return runner.visitor.memory.has_made_symlink


@pytest.fixture(autouse=True)
def links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make two trees of links, and a place for them."""
    monkeypatch.chdir(tmp_path)
    for name in ("a", "b", "d"):
        Path(name).mkdir()
    for number in range(20):
        Path(f"a/l{number}").symlink_to("x")
        Path(f"b/f{number}").touch()


@pytest.mark.parametrize(
    ("operands", "options", "expected"),
    [
        (["a", "b", "d"], {}, True),
        (["a", "d"], {}, False),
        (["a", "n"], {}, False),
        (["b", "b", "d"], {}, False),
        (["a", "b", "d"], {"backup": "simple"}, False),
        (["a", "b", "d"], {"symbolic_link": True}, False),
    ],
)
def test_links_are_remembered_if_there_is_company(
    operands: list[str], options: dict[str, Any], expected: bool
) -> None:
    assert memory_after(operands, **options) == expected


def test_files_below_operands_cost_no_look_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []
    stat = system.stat

    def noted(name: str, **more: Any) -> Any:
        looked.append(name)
        return stat(name, **more)

    monkeypatch.setattr(system, "stat", noted)
    memory_after(["b", "a", "d"])
    assert not [name for name in looked if name.startswith("f")]


def test_a_copy_into_itself_is_no_cycle_of_links_whatever_the_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Numbers of new directories are not in the order they were made in on every file system."""
    listed = listing.list_source

    def backwards(job: Any, filled: Any, copied: Any) -> Any:
        count, entries, is_vast = listed(job, filled, copied)
        names = sorted(entries)
        # In the copy, the directory that was made last comes first.
        return count, iter(names[::-1] if filled.depth > 1 else names), is_vast

    monkeypatch.setattr(walk, "list_source", backwards)
    for name in ("a", "b", "d"):
        for link in Path(name).iterdir():
            link.unlink()
    Path("f2/c").mkdir(parents=True)
    report = Heard()
    run_serial(CopyOptions(recursive=True, dereference="never"), [".", "f2/c"], report)
    assert report.words == ["cannot copy a directory, '.', into itself, 'f2/c/.'"]

"""What progress costs the process that copies: nothing that grows with the tree."""

from collections import Counter
from pathlib import Path

import pytest

from tests.trust.trace import trace

pytestmark = pytest.mark.slow

COUNTED = ("openat", "read", "write", "poll")
FORKS = ("fork", "vfork", "clone", "clone3")


def calls(words: str, files: int, directory: Path, names: tuple[str, ...]) -> Counter[str]:
    """Count these system calls of the copying process for a tree of so many files."""
    directory.mkdir()
    (directory / "s").mkdir()
    for number in range(files):
        (directory / f"s/f{number}").write_text("x")
    made = trace(f"pycp -j1 {words} s d", directory, ",".join({*names, *FORKS}))
    # What it forked may be the first to call, and the first to end a fork of its own.
    forked = {call.result.split()[0] for call in made if call.name in FORKS}
    return Counter(call.name for call in made if str(call.pid) not in forked)


@pytest.mark.parametrize("option", ["-r", "-a"])
def test_no_file_takes_a_call_more(option: str, tmp_path: Path) -> None:
    added: list[dict[str, int]] = []
    for words in (option, f"{option} --progress=always"):
        few = calls(words, 50, tmp_path / f"few{len(added)}", COUNTED)
        many = calls(words, 150, tmp_path / f"many{len(added)}", COUNTED)
        added.append({name: many[name] - few[name] for name in COUNTED})
    assert added[0]["openat"] == 200
    assert added[0] == added[1]


def test_without_the_option_there_is_no_other_process(tmp_path: Path) -> None:
    assert not calls("-r --progress=never", 5, tmp_path / "t", FORKS)
    assert calls("-r --progress=always", 5, tmp_path / "u", FORKS)

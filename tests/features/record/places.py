"""What tests of records look at: the lines of one, and a tree in words."""

import hashlib
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from pycp.report.mtree import Line, understood

RECORD = Path("rec")
BELOW: dict[str, Any] = {"record": RECORD, "record_root": "r"}
"""Arguments that have what is installed below `r` recorded."""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have two files to install, and a directory for them."""
    monkeypatch.chdir(tmp_path)
    Path("a").write_text("a")
    Path("b").write_text("bb")
    Path("r").mkdir()
    return tmp_path


def lines_of(record: Path) -> list[Line]:
    """Return what the lines of a record say; none may be damaged."""
    text = record.read_bytes()
    assert text.startswith(b"#mtree\n")
    assert text.endswith(b"\n")
    return [understood(line) for line in text.splitlines() if not line.startswith(b"#")]


def made(record: Path) -> list[str]:
    """Return the names of what a record says was made, in its order."""
    return [line.path for line in lines_of(record) if not line.is_found]


def found(record: Path) -> list[str]:
    """Return the names of what a record says was there."""
    return [line.path for line in lines_of(record) if line.is_found]


def last(record: Path, path: str) -> Line:
    """Return the last line about a name."""
    return [line for line in lines_of(record) if line.path == path][-1]


def sha256(path: Path) -> str:
    """Return the digest of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def state(root: Path) -> dict[str, tuple[object, ...]]:
    """Describe all below a root; of directories neither times nor sizes, which entries change."""
    described: dict[str, tuple[object, ...]] = {}
    for directory, directories, files in os.walk(root):
        for name in directories + files:
            path = Path(directory, name)
            status = path.lstat()
            held: object = None
            if stat.S_ISLNK(status.st_mode):
                held = os.readlink(path)
            elif stat.S_ISREG(status.st_mode):
                held = (path.read_bytes(), status.st_mtime_ns)
            described[str(path.relative_to(root))] = (
                oct(status.st_mode),
                status.st_uid,
                status.st_gid,
                held,
            )
    return described

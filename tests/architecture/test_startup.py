"""A copy loads the modules written here and no other: start-up time, measured without a clock."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# The site module is left out (-S), so that what it loads hides nothing from the count.
RUNNER = """
import os, sys
sys.path.insert(0, sys.argv[1])
sys.argv = sys.argv[2:]
before = set(sys.modules)
import pycp.__main__
main = pycp.__main__.cp_main if sys.argv[0] == "pycp" else pycp.__main__.install_main
status = main()
loaded = sorted(set(sys.modules) - before)
import json
print(json.dumps([status, loaded]))
"""

COMMON = [
    "errno",
    "pycp",
    "pycp.__main__",
    "pycp.errors",
    "pycp.options",
    "pycp.quoting",
    "pycp.system",
    "pycp.values",
]
LOADED = {
    "pycp a b": [*COMMON],
    "pycp -r d e": [*COMMON],
    "pyinstall a b": [*COMMON],
}
HEAVY = {
    *("argparse", "click", "collections", "contextlib", "dataclasses", "enum", "functools"),
    *("locale", "logging", "pathlib", "re", "shutil", "signal", "subprocess", "tempfile"),
    *("threading", "typing", "xattr"),
}


@pytest.mark.parametrize("command", LOADED)
def test_a_copy_loads_what_is_written_here(command: str, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    (tmp_path / "d").mkdir()
    (tmp_path / "d/f").write_text("f")
    done = subprocess.run(
        [sys.executable, "-IS", "-c", RUNNER, str(ROOT), *command.split()],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == [0, sorted(LOADED[command])]


@pytest.mark.parametrize("command", LOADED)
def test_the_list_names_nothing_heavy(command: str) -> None:
    assert not HEAVY & set(LOADED[command])

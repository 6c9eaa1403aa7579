"""The differential suite of cp once more, with three processes copying every tree."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_three_processes_do_what_gnu_does() -> None:
    command = [sys.executable, "-m", "pytest", "-q", "--no-header", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, "tests/gnu", "--ignore=tests/gnu/install"],
        cwd=ROOT,
        env=os.environ | {"PYCP_JOBS": "3"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-20_000:]
    assert " passed" in done.stdout

"""Which lines of pycp the tests run, in all their processes: `python -m tests.coverage [WORD...]`.

The words go to pytest. What one call measures is added to what others did: `coverage erase` begins
anew. Tests that count modules, calls or time may fail meanwhile, for measuring has all of these.
"""

import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

from coverage import Coverage

from tests.scratch import own_directory

ROOT = Path(__file__).parent.parent
SHOWN = ("engine", "run", "system")
"""Rooms whose lines without a test are named."""


def measure(words: list[str]) -> None:
    """Run pytest with these words and add the lines it ran to `.coverage`."""
    with tempfile.TemporaryDirectory(dir=own_directory()) as place:
        os.chmod(place, 0o1777)  # tests run as several users
        # Watching each line once, as 3.12 and later can, costs nearly nothing.
        core = {"COVERAGE_CORE": "sysmon"} if sys.version_info >= (3, 12) else {}
        environ = {**os.environ, **core, "PYCP_COVERAGE": f"{place}/.coverage"}
        pytest = ["run", "-m", "pytest", "-q", "-p", "no:cacheprovider", *words]
        for line in (pytest, ["combine", "-q", "--append", f"--data-file={ROOT}/.coverage", place]):
            subprocess.run([sys.executable, "-m", "coverage", *line], cwd=ROOT, env=environ)


def report() -> None:
    """Print how many lines of each room were run, and which were not in those that matter most."""
    coverage = Coverage(data_file=str(ROOT / ".coverage"), config_file=str(ROOT / "pyproject.toml"))
    coverage.load()
    rooms: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for path in sorted((ROOT / "pycp").rglob("*.py")):
        name = path.relative_to(ROOT / "pycp")
        _, lines, _, missing, text = coverage.analysis2(str(path))
        room = name.parts[0] if len(name.parts) > 1 else "(top)"
        rooms[room][0] += len(lines)
        rooms[room][1] += len(missing)
        if missing and room in SHOWN:
            print(f"pycp/{name}: {text}")
    for room, (all_lines, missed) in sorted(rooms.items()):
        share = 100 * (1 - missed / all_lines) if all_lines else 100
        print(f"{room:12} {all_lines:5} lines, {missed:4} never run, {share:6.2f} %")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        measure(sys.argv[1:])
    report()

"""A copy loads the modules written here and no other: start-up time, measured without a clock."""

import compileall
import json
import shutil
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
print(json.dumps([status, loaded, sorted(before)]))
"""

COMMON = [
    "errno",
    "fcntl",
    "gc",
    "pycp",
    "pycp.__main__",
    "pycp.engine",
    "pycp.engine.contents",
    "pycp.engine.data",
    "pycp.engine.entry",
    "pycp.engine.file_copy",
    "pycp.engine.job",
    "pycp.engine.tell",
    "pycp.engine.write",
    "pycp.entries",
    "pycp.errors",
    "pycp.options",
    "pycp.plan",
    "pycp.plan.decide",
    "pycp.plan.links",
    "pycp.plan.operands",
    "pycp.quoting",
    "pycp.report",
    "pycp.report.lines",
    "pycp.run",
    "pycp.system",
    "pycp.system.folder",
    "pycp.system.linux",
    "pycp.system.posix",
    "pycp.values",
]
LOADED = {
    "pycp a b": [
        *COMMON,
        "pycp.engine.regular",
        "pycp.run.serial",
        "pycp.run.visit",
    ],
    "pycp -r d e": [
        *COMMON,
        "itertools",
        "pycp.checks",
        "pycp.cli",
        "pycp.cli.cp",
        "pycp.cli.cp_rows",
        "pycp.cli.parse",
        "pycp.cli.shared",
        "pycp.cli.table",
        "pycp.engine.attributes",
        "pycp.engine.directory",
        "pycp.engine.pinned",
        "pycp.engine.links",
        "pycp.engine.listing",
        "pycp.engine.short",
        "pycp.engine.short_directory",
        "pycp.engine.short_links",
        "pycp.engine.short_regular",
        "pycp.engine.xattrs",
        "pycp.run.level",
        "pycp.run.serial",
        "pycp.run.share",
        "pycp.run.tree",
        "pycp.run.visit",
        "pycp.run.walk",
        "pycp.system.xattr_os",
    ],
    "pyinstall a b": [
        *COMMON,
        "pycp.engine.install",
        "pycp.engine.installed",
        "pycp.engine.regular",
        "pycp.plan.modes",
        "pycp.run.install",
    ],
    "pyinstall -m 755 a b": [
        *COMMON,
        "pycp.checks",
        "pycp.cli",
        "pycp.cli.install",
        "pycp.cli.parse",
        "pycp.cli.shared",
        "pycp.cli.table",
        "pycp.engine.install",
        "pycp.engine.installed",
        "pycp.engine.regular",
        "pycp.plan.modes",
        "pycp.run.install",
    ],
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
    require_loaded(command, done.stdout)


def require_loaded(command: str, output: str) -> None:
    """Fail unless RUNNER said what is written here, but for what this Python has loaded itself.

    Releases that fix os.path.realpath have errno.
    """
    status, loaded, before = json.loads(output)
    assert (status, loaded) == (0, sorted(set(LOADED[command]) - set(before)))


@pytest.mark.parametrize("command", LOADED)
def test_the_list_names_nothing_heavy(command: str) -> None:
    assert not HEAVY & set(LOADED[command])


SCRIPTS = """
import sys, types
text = open(sys.argv[1]).read().replace("leave(", "told = (")
sys.argv[1:2] = []
__file__ = "/bin/pycp"
exec(text)
ours = {name: module for name, module in sys.modules.items() if name.partition(".")[0] == "pycp"}
assert len(ours) > 20 and told == 0, (len(ours), told)
for name in sorted(ours):
    if type(ours[name].__loader__).__name__ != "Compiled":
        print(name)
"""


@pytest.mark.parametrize("command", ["pycp", "pyinstall"])
def test_a_command_looks_nowhere_else_for_its_modules(command: str, tmp_path: Path) -> None:
    site = tmp_path / "site"
    shutil.copytree(ROOT / "pycp", site / "pycp", ignore=shutil.ignore_patterns("__pycache__"))
    assert compileall.compile_dir(site, quiet=2, workers=1)
    (tmp_path / "a").write_text("a")
    script = str(ROOT / "pycp/scripts" / command)
    done = subprocess.run(
        [sys.executable, "-S", "-c", SCRIPTS, script, "a", "b"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split() == ["pycp", "pycp.finder"]

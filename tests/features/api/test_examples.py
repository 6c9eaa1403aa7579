"""What the documentation of the Python interface says holds: examples and types."""

import doctest
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import pycp
import pycp.api
import pycp.shutil

REPOSITORY = Path(pycp.__file__).parents[1]
CLIENT = """
from pathlib import Path

import pycp
from pycp import shutil


def hear(event: pycp.Event) -> None:
    if event.kind == "copied" and event.bytes is not None:
        print(event.source, event.bytes + 1)


def main() -> int:
    try:
        summary: pycp.Summary = pycp.copy(
            [Path("a"), b"b", "c"], "d", recursive=True, preserve=["mode", "links"], on_event=hear
        )
        pycp.install("a", Path("b"), mode=0o644, owner="root")
    except pycp.CopyFailed as failure:
        errors: tuple[pycp.CopyError, ...] = failure.errors
        return len(errors) + failure.summary.failed
    name: str = shutil.copytree("a", "b", ignore=shutil.ignore_patterns("*.o"))
    try:
        shutil.copy2("a", name)
    except shutil.SameFileError:
        shutil.rmtree(name)
    return summary.files
"""
MISTAKES = """
import pycp

pycp.copy(1, "b")
pycp.copy("a", "b", preserve=["modes"])
pycp.copy("a", "b", recursiv=True)
pycp.install("a", "b", mode=[1])
pycp.copy("a", "b").files = 3
pycp.copy("a", "b", on_event=lambda event: event.sauce)
"""


@pytest.mark.parametrize(
    "module", [pycp, pycp.api, pycp.shutil], ids=lambda module: module.__name__
)
def test_the_examples_are_true(
    module: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos/cat.jpg").write_text("cat")
    (tmp_path / "photos/dog.jpg").write_text("dog")
    monkeypatch.chdir(tmp_path)
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0


def mypy(path: Path) -> list[str]:
    """Check a program of a user strictly; return what is said of it."""
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", path.name]
    done = subprocess.run(
        [*command, "--cache-dir=/dev/null", "--no-error-summary"],
        cwd=path.parent,
        env=os.environ | {"MYPYPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
    )
    assert done.stderr == ""
    return [line for line in done.stdout.splitlines() if line.startswith(path.name)]


@pytest.mark.slow
def test_a_program_of_a_user_passes_the_type_checker(tmp_path: Path) -> None:
    path = tmp_path / "client.py"
    path.write_text(CLIENT)
    assert mypy(path) == []


@pytest.mark.slow
def test_the_type_checker_finds_mistakes(tmp_path: Path) -> None:
    path = tmp_path / "client.py"
    path.write_text(MISTAKES)
    found = {int(line.split(":")[1]) for line in mypy(path)}
    assert found == set(range(4, 10))


def test_every_public_name_has_a_docstring_and_is_there() -> None:
    for name in pycp.__all__:
        assert getattr(pycp, name).__doc__
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        pycp.nothing  # type: ignore[attr-defined]  # noqa: B018


def test_the_package_alone_imports_nothing_of_the_interface() -> None:
    code = "import sys, pycp; print([name for name in sys.modules if name.startswith('pycp')])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True
    )
    assert done.stdout == "['pycp']\n"

"""The single file: what it does with a bare Python, and what it loads."""

import subprocess
import sys
from importlib import util
from pathlib import Path

import pytest

from pycp.cli import pyz
from tests.project.test_startup import LOADED, ROOT, RUNNER, require_loaded

BARE = (sys.executable, "-IS")
"""A Python that finds no package but its own library."""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make it by the documented command."""
    path = tmp_path_factory.mktemp("pyz") / "pycp.pyz"
    done = subprocess.run(
        [sys.executable, "-m", "pycp.cli.pyz", path], cwd=ROOT, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return path


def run(*words: str | Path, cwd: Path) -> tuple[int, str, str]:
    done = subprocess.run([*BARE, *words], cwd=cwd, capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "a").write_text("a")
    (tmp_path / "d").mkdir()
    (tmp_path / "d/f").write_text("f")
    return tmp_path


def test_it_copies(file: Path, here: Path) -> None:
    assert run(file, "-v", "a", "b", cwd=here) == (0, "'a' -> 'b'\n", "")
    assert (here / "b").read_text() == "a"
    assert run(file, "gone", "b", cwd=here) == (
        1,
        "",
        "pycp.pyz: cannot stat 'gone': No such file or directory\n",
    )


@pytest.mark.parametrize("name", ["pyinstall", "pyinstall.pyz", "install", "ginstall"])
def test_it_installs_under_that_name(name: str, file: Path, here: Path) -> None:
    (here / name).symlink_to(file)
    assert run(here / name, "-m", "600", "a", "b", cwd=here) == (0, "", "")
    assert (here / "b").stat().st_mode & 0o777 == 0o600


def test_it_brings_what_options_need(file: Path, here: Path) -> None:
    assert run(file, "-r", "--exclude=f", "d", "e", cwd=here) == (0, "", "")
    assert (here / "e").is_dir() and not (here / "e/f").exists()
    status, stdout, stderr = run(file, "--help", cwd=here)
    assert (status, stderr) == (0, "") and stdout.startswith("Usage: pycp.pyz ")
    assert run(file, "-rg", "--progress=always", "d", "g", cwd=here)[0] == 0
    done = subprocess.run(
        [*BARE, "-c", "import sys; sys.path.insert(0, sys.argv[1]); import click", file],
        capture_output=True,
    )
    assert done.returncode == 0


def test_it_runs_by_itself(file: Path, here: Path) -> None:
    assert file.read_bytes().startswith(b"#!/usr/bin/env python3\n")
    assert file.stat().st_mode & 0o111
    done = subprocess.run([file, "a", "b"], cwd=here, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("command", LOADED)
def test_it_loads_what_an_installed_command_does(command: str, file: Path, here: Path) -> None:
    status, stdout, stderr = run("-c", RUNNER, file, *command.split(), cwd=here)
    assert (status, stderr) == (0, "")
    require_loaded(command, stdout)


def test_it_holds_bytecode(file: Path, here: Path) -> None:
    words = (
        "import sys; sys.path.insert(0, sys.argv[1]); import pycp.errors as it; print(it.__file__)"
    )
    assert run("-c", words, file, cwd=here)[1] == f"{file}/pycp/errors.pyc\n"


def test_another_version_of_python_goes_by_the_sources(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(util, "MAGIC_NUMBER", b"else")
    (here / "pycp.pyz").write_bytes(pyz.archive())
    assert run("pycp.pyz", "-v", "a", "b", cwd=here) == (0, "'a' -> 'b'\n", "")


@pytest.mark.parametrize("words", [[], ["--help"], ["a", "b"]])
def test_what_it_is_made_by_wants_one_name(words: list[str], here: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pycp.cli.pyz", *words], cwd=here, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "usage: python -m pycp.cli.pyz FILE\n"

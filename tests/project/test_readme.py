"""The README's commands do what it says, and CI runs the one that tests."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def command(section: str, number: int = 0) -> str:
    """Return a block of shell in a section, which is one line."""
    text = README.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    (line,) = text.split("```sh\n")[number + 1].partition("\n```")[0].splitlines()
    return line


def test_ci_runs_the_readmes_test_line() -> None:
    line = command("Test")
    assert line.endswith("python -m pytest -n logical --dist worksteal")
    assert (ROOT / ".ci/run").read_text().splitlines()[-1] == line
    assert os.access(ROOT / ".ci/run", os.X_OK)


def test_nobody_is_told_to_install_by_a_name_we_do_not_own() -> None:
    for path in (ROOT / "README.md", ROOT / "tests/README.md", *(ROOT / "man").glob("*.1")):
        text = path.read_text().replace("\\-", "-")
        assert not re.search(r"(pip|pipx|tool) install (-\S+ )*[\"']?pycp\b", text), path


def test_the_page_is_short() -> None:
    assert len(README.splitlines()) < 200


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Copy what a build reads, so that the install line finds a checkout of its own."""
    directory = tmp_path / "checkout"
    ignored = shutil.ignore_patterns(".*", "__pycache__", "tests")
    shutil.copytree(ROOT, directory, ignore=ignored)
    return directory


def run_the_debian_line(
    checkout: Path, place: Path, python: str
) -> tuple[subprocess.CompletedProcess[str], str]:
    """Run it with a home in this place and a script for python3; return what apt-get was asked."""
    stand_ins, asked = place / "bin", place / "asked"
    stand_ins.mkdir()
    (place / "home").mkdir()
    # The only step not taken: an ordinary user cannot install Debian's packages, and CI just did.
    asked.touch()
    stand_in = {"apt-get": f'echo "$@" >>{asked}', "sudo": '"$@"', "python3": python}
    for name, script in stand_in.items():
        (stand_ins / name).write_text(f"#!/bin/sh\n{script}\n")
        (stand_ins / name).chmod(0o755)
    done = subprocess.run(
        ["sh", "-c", command("Install", 1)],
        cwd=checkout,
        env=os.environ | {"HOME": f"{place}/home", "PATH": f"{stand_ins}:{os.environ['PATH']}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return done, asked.read_text()


def test_the_debian_line_asks_for_nothing_that_is_there(tmp_path: Path) -> None:
    made = f'[ "$1" = -c ] || {{ echo "$@"; exit 3; }}; exec {sys.executable} "$@"'
    done, asked = run_the_debian_line(tmp_path, tmp_path, made)
    assert (done.returncode, asked) == (3, "")
    assert done.stdout == f"-m venv {tmp_path}/home/.local/share/pycp\n"


@pytest.mark.slow
def test_the_debian_line_installs_and_copies(checkout: Path, tmp_path: Path) -> None:
    python = f'[ "$1" = -c ] && exit 1; exec {sys.executable} "$@"'
    done, asked = run_the_debian_line(checkout, tmp_path, python)
    home = tmp_path / "home"
    assert done.returncode == 0, done.stdout
    assert asked == "update\ninstall -y python3-venv\n"
    assert done.stdout.endswith(f"'README.md' -> '{home}/pycp-README.md'\n")
    assert (home / "pycp-README.md").read_text() == README
    bin_directory = home / ".local/share/pycp/bin"
    assert os.access(bin_directory / "pyinstall", os.X_OK)
    # The examples that follow on the page use it, and need a package of its own for it.
    words = [f"{bin_directory}/pycp", "--exclude=*.md", "LICENSE", "README.md", str(home)]
    assert subprocess.run(words, cwd=checkout).returncode == 0
    assert (home / "LICENSE").is_file() and not (home / "README.md").exists()


def test_the_newcomer_finds_on_the_page_what_it_types() -> None:
    from tests.newcomer import ways

    assert [way.user for way in ways()] == ["root", "reader", "reader", "reader"]


def test_the_newcomer_says_why_there_is_no_machine(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    from tests import newcomer

    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert newcomer.main() == 1
    assert "only root can make a machine" in capfd.readouterr().err
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert newcomer.main() == 1
    assert "apt-get install debootstrap" in capfd.readouterr().err

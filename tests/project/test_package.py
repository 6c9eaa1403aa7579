"""What is shipped, and what lies at the top of the checkout."""

import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import pycp

ROOT = Path(__file__).parents[2]
TOP_LEVEL = {"CHANGELOG.md", "LICENSE", "README.md", "man", "pycp", "pyproject.toml", "tests"}
SCRIPTS = {"pycp", "pyinstall"}


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel and the source archive."""
    directory = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(directory)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return directory


@pytest.fixture
def wheel(dist: Path) -> zipfile.ZipFile:
    """Open the wheel."""
    (path,) = dist.glob("*.whl")
    return zipfile.ZipFile(path)


def sources() -> set[str]:
    return {str(path.relative_to(ROOT)) for path in (ROOT / "pycp").rglob("*.py")}


def test_the_wheel_holds_the_package_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    names = {name for name in wheel.namelist() if name.startswith("pycp/")}
    assert names == sources() - {"pycp/cli/manual.py"} | {
        "pycp/py.typed",
        "pycp/report/events.schema.json",
    }
    others = {name.partition("/")[0].rpartition(".")[2] for name in set(wheel.namelist()) - names}
    assert others == {"data", "dist-info"}


def test_the_wheel_holds_the_commands_as_scripts_of_our_own(wheel: zipfile.ZipFile) -> None:
    scripts = [info for info in wheel.infolist() if "/scripts/" in info.filename]
    assert {info.filename.rpartition("/")[2] for info in scripts} == SCRIPTS
    for info in scripts:
        assert wheel.read(info).startswith(b"#!python\n")
        assert info.external_attr >> 16 & 0o777 == 0o755
    assert not [name for name in wheel.namelist() if name.endswith("entry_points.txt")]


def test_the_wheel_holds_manuals_and_completions_where_they_are_looked_for(
    wheel: zipfile.ZipFile,
) -> None:
    shared = {name.partition("/data/")[2] for name in wheel.namelist() if "/data/" in name}
    assert shared == {
        "share/man/man1/pycp.1",
        "share/man/man1/pyinstall.1",
        "share/bash-completion/completions/pycp",
        "share/bash-completion/completions/pyinstall",
        "share/zsh/site-functions/_pycp",
        "share/zsh/site-functions/_pyinstall",
        "share/fish/vendor_completions.d/pycp.fish",
        "share/fish/vendor_completions.d/pyinstall.fish",
    }


def test_the_source_archive_holds_the_checkout(dist: Path) -> None:
    (path,) = dist.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    top_level = {name.partition("/")[0] for name in names}
    assert top_level <= TOP_LEVEL | {"PKG-INFO", ".gitignore"}
    assert top_level >= {name for name in TOP_LEVEL if (ROOT / name).is_file()}
    assert sources() <= names
    assert not [name for name in names if name.endswith(".pyc")]


PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]


@pytest.mark.parametrize("line", [*PROJECT["dependencies"], *EXTRAS["dev"], *EXTRAS["bench"]])
def test_no_new_release_of_others_turns_the_suite_red(line: str) -> None:
    """What it is run with has an upper bound, and is within it here."""
    wanted = Requirement(line)
    assert any(bound.operator in ("<", "==", "~=") for bound in wanted.specifier), line
    assert wanted.specifier.contains(metadata.version(wanted.name)), line


def test_the_changelog_and_the_manuals_know_the_version_and_its_day() -> None:
    headings = re.findall(r"^## \[(\S+)\] - (\S+)$", (ROOT / "CHANGELOG.md").read_text(), re.M)
    assert headings[0][0] == pycp.__version__
    for name in ("pycp", "pyinstall"):
        first = (ROOT / f"man/{name}.1").read_text().splitlines()[0]
        assert f'{headings[0][1]} "pycp-coreutils {pycp.__version__}"' in first


def test_the_top_level_holds_only_what_it_should() -> None:
    assert {name for name in os.listdir(ROOT) if not name.startswith(".")} <= TOP_LEVEL

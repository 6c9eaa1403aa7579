"""The README's examples are run, and print what the README shows."""

import doctest
import os
import re
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from tests import needs
from tests.programs import Programs
from tests.project.test_readme import README, ROOT


def blocks(language: str) -> list[str]:
    """Return the README's code blocks in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make what the examples copy, in a directory where nothing else is."""
    for name in ("photos/beach.jpg", "photos/2026/moon.jpg", "prog", "app.conf"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{name}\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(script: str, programs: Programs, home: Path) -> str:
    """Run a line of shell as a reader would; return all it prints."""
    done = subprocess.run(
        ["bash", "-c", script],
        env={"PATH": f"{programs.path}:/usr/bin:/bin", "HOME": str(home), "LC_ALL": "C"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return done.stdout


def comparable(output: str) -> list[str]:
    """Return lines without what no two runs share: times, and the order in a directory."""
    return sorted(re.sub(r'("seconds": )[\d.]+', r"\1…", output).splitlines())


@pytest.mark.parametrize("block", blocks("console"), ids=lambda block: block.splitlines()[0][2:])
def test_an_example_prints_what_is_shown(block: str, run_pycp: Programs, here: Path) -> None:
    steps = re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE)
    assert steps
    for script, shown in steps:
        assert comparable(run(script, run_pycp, here)) == comparable(shown), script


def test_there_are_examples() -> None:
    assert len(blocks("console")) >= 4


def test_the_makefile_installs_and_uninstalls(run_pycp: Programs, here: Path) -> None:
    (makefile,) = blocks("make")
    (here / "Makefile").write_text(makefile)
    done = run("make install DESTDIR=root 2>&1", run_pycp, here)
    assert (here / "root/etc/app.conf").stat().st_mode & 0o777 == 0o644, done
    assert "./etc/app.conf type=file" in (here / "install.mtree").read_text()
    done = run("make uninstall 2>&1", run_pycp, here)
    assert list((here / "root").iterdir()) == [], done
    assert not (here / "install.mtree").exists()


def test_the_makefile_puts_back_what_it_installed_over_twice(
    run_pycp: Programs, here: Path
) -> None:
    (here / "Makefile").write_text(blocks("make")[0])
    old = here / "root/etc/app.conf"
    old.parent.mkdir(parents=True)
    old.write_text("old")
    done = run("for i in 1 2; do make install DESTDIR=root; done 2>&1", run_pycp, here)
    assert old.read_text() == "app.conf\n", done
    done = run("make uninstall 2>&1", run_pycp, here)
    assert (old.read_text(), os.listdir(old.parent)) == ("old", ["app.conf"]), done


def test_what_the_makefile_installed_is_packed(run_pycp: Programs, here: Path) -> None:
    needs.command("bsdtar", "libarchive-tools")
    (here / "Makefile").write_text(blocks("make")[0])
    (command,) = re.findall("`([^`]*bsdtar[^`]*)`", README)
    done = run(f"make install DESTDIR=root && {command}", run_pycp, here)
    with tarfile.open(here / "root.tar") as tar:
        packed = tar.extractfile("./etc/app.conf")
        assert packed and packed.read() == b"app.conf\n", done


def test_python_says_what_is_shown(here: Path) -> None:
    found = doctest.DocTestFinder(exclude_empty=False)
    (session,) = blocks("pycon")
    test = doctest.DocTestParser().get_doctest(session, {}, "README", None, None)
    assert found and test.examples
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    assert runner.run(test).failed == 0


def test_a_program_reads_the_events(run_pycp: Programs, here: Path) -> None:
    (script,) = blocks("python")
    (here / "script.py").write_text(script)
    done = run("python3 script.py", run_pycp, here)
    assert done == "photos/2026/moon.jpg\nphotos/beach.jpg\n" or sorted(done.splitlines()) == [
        "photos/2026/moon.jpg",
        "photos/beach.jpg",
    ]


def test_pictures_are_there() -> None:
    for name in re.findall(r"!\[[^]]*\]\(([^)]+)\)", README):
        assert (ROOT / name).is_file(), name


def test_the_examples_need_no_more_than_the_set_up_installs() -> None:
    for tool in ("bash", "make", "python3"):
        assert shutil.which(tool), tool
    assert os.access("/usr/bin/b2sum", os.X_OK)

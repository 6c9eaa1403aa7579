"""File systems that give one file another number at each look (some FUSE) are written to as by GNU.

Nothing tells there whether a name stands for the same file still.
"""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from pycp import system
from pycp.__main__ import cp_main, install_main
from tests import tree
from tests.forked import run
from tests.fuse import mounted
from tests.programs import Programs, Result
from tests.trust.shifting import pretended

DEEP = "/".join("d" * 40)
SPEC = tree.nodes(f"o s/d/f s/g s/{DEEP}/f other")
FOUND = tree.nodes("f s/d/f g")


@pytest.fixture(scope="module")
def mount() -> Iterator[tuple[Path, Path]]:
    """Return a directory, and where it is mounted with shifting numbers."""
    with tempfile.TemporaryDirectory(prefix="pycp-shifting-") as name:
        below, place = Path(name, "below"), Path(name, "place")
        below.mkdir()
        place.mkdir()
        with mounted("tests.trust.shifting", below, place):
            yield below, place


@pytest.fixture(params=["pretended", "mounted"])
def here(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """Return a directory with sources, and what is to be written over in `m`."""
    here = tmp_path / "here"
    owner = (os.geteuid(), os.getegid())
    tree.build(str(here), SPEC, owner)
    if request.param == "pretended":
        tree.build(str(here / "m"), FOUND, owner)
        pretended(monkeypatch, here / "m")
        yield here
        return
    below, place = request.getfixturevalue("mount")
    tree.build(str(below / "t"), FOUND, owner)
    (here / "m").symlink_to(place / "t")
    yield here
    tree.remove(str(below / "t"))


def copied(here: Path, words: str) -> Result:
    """Run one of the commands, named by its first word."""
    program, *arguments = words.split()
    return run(cp_main if program == "pycp" else install_main, arguments, str(here))


@pytest.mark.parametrize(
    "words",
    [
        "pycp o m/f",
        "pycp -p o m/f",
        "pycp -f o m/f",
        "pycp -b o m/f",
        "pycp --remove-destination o m/f",
        "pycp --resume o m/f",
        "pycp --verify o m/f",
        "pycp --manifest=manifest o m/f",
        "pycp --atomic o m/f",
        "pycp --atomic -b o m/f",
        "pyinstall o m/f",
        "pyinstall -b o m/f",
        "pyinstall --atomic o m/f",
    ],
)
def test_a_file_is_written_over(here: Path, words: str) -> None:
    result = copied(here, words)
    assert (result.status, result.stderr) == (0, "")
    assert (here / "m/f").read_text() == "o"
    assert ((here / "m/f~").exists(), "-b" in words) in ((True, True), (False, False))


def test_a_file_that_is_installed_already_gets_its_times(here: Path) -> None:
    (here / "m/f").write_text("o")
    (here / "m/f").chmod(0o755)
    result = copied(here, "pyinstall -Cp o m/f")
    assert (result.status, result.stderr) == (0, "")
    assert (here / "m/f").stat().st_mtime == (here / "o").stat().st_mtime


@pytest.mark.parametrize(
    "words", ["-r", "-a", "-aj3", "-r --atomic", "-r --resume", "-rn", "--parents -a s/d/f"]
)
def test_a_tree_is_copied_over_a_tree(here: Path, words: str) -> None:
    source = "" if "--parents" in words else "s"
    result = copied(here, f"pycp {words} {source} m")
    assert (result.status, result.stderr) == (0, "")
    assert (here / "m/s/d/f").read_text() == "s/d/f"
    assert (here / f"m/s/{DEEP}/f").exists() == bool(source)


def test_a_source_is_taken_for_replaced_as_by_gnu(here: Path, run_gnu: Programs) -> None:
    ours = copied(here, "pycp m/f n")
    assert ours.status == 1
    assert ours.stderr == "pycp: skipping file 'm/f', as it was replaced while being copied\n"
    if (here / "m").is_symlink():  # to what is mounted
        theirs = run_gnu.run("m/f n", str(here))
        assert (theirs.status, theirs.stderr) == (ours.status, ours.stderr)


@pytest.mark.parametrize("words", ["m/f m/f", "-f m/f m/f", "--remove-destination m/f m/f"])
def test_a_file_is_not_lost_by_copying_it_onto_itself(here: Path, words: str) -> None:
    assert copied(here, f"pycp {words}").status == 1
    assert (here / "m/f").read_text() == "f"


@pytest.mark.parametrize("words", ["-r m/s/. m/s/d", "-r s/. m/s", "-a m m/s"])
def test_a_copy_into_itself_ends(here: Path, words: str) -> None:
    copied(here, f"pycp {words}")
    depth = max(str(path).count("/") for path in (here / "m").rglob("*"))
    assert depth < str(here).count("/") + 50


@pytest.mark.parametrize("here", ["pretended"], indirect=True)
@pytest.mark.parametrize("words", ["o m/f", "--atomic o m/f", "-p o m/f"])
def test_another_file_system_is_noticed_all_the_same(
    here: Path, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain_open = system.open

    def swapped(name: str, flags: int, *more: int, **others: int) -> int:
        if name == "m/f" and not flags & system.O_DIRECTORY:
            os.unlink(here / "m/f")
            os.symlink("../other", here / "m/f")
        return plain_open(name, flags, *more, **others)

    monkeypatch.setattr(system, "open", swapped)
    result = copied(here, f"pycp {words}")
    assert result.status == 1
    assert result.stderr == "pycp: not writing to 'm/f', as it was replaced while being copied\n"
    assert (here / "other").read_text() == "other"


@pytest.mark.parametrize("here", ["pretended"], indirect=True)
def test_a_relative_link_is_made_here(here: Path) -> None:
    result = run(cp_main, ["-s", "f", "n"], str(here / "m"))
    assert (result.status, result.stderr) == (0, "")
    assert os.readlink(here / "m/n") == "f"

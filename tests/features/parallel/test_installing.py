"""Many files for one directory are installed by several processes, as one would install them."""

import os
import shutil
import signal
import stat
from pathlib import Path
from typing import Any

import pytest

from pycp.__main__ import install_main
from pycp.engine import rate
from pycp.plan.operands import MANY
from pycp.run import siblings, worker
from tests.child import execute
from tests.forked import run
from tests.programs import ORACLES, Result

NAMES = [f"m{number}" for number in range(4 * MANY)]


@pytest.fixture(autouse=True)
def few_are_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(siblings, "LARGE", 1)


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "s").mkdir()
    for name in NAMES:
        (tmp_path / "s" / name).write_text(name * 10)
    (tmp_path / "s/below").mkdir()
    return tmp_path


def fill(target: Path) -> None:
    """Make a target with things that are to be replaced, and some that cannot be."""
    target.mkdir()
    (target / "m3").write_text("old")
    os.chmod(target / "m3", 0o444)
    (target / "m5").symlink_to("m3")
    (target / "m9").write_text("old")
    os.link(target / "m9", target / "other")


def install(here: Path, words: list[str], is_ours: bool) -> tuple[Result, dict[str, Any]]:
    """Install into a new target, and return what came of it."""
    fill(here / "t")
    if is_ours:
        result = run(install_main, words, str(here))
    else:
        result = run(lambda: execute(ORACLES["pyinstall"]), words, str(here))
    there = {}
    for path in sorted((here / "t").iterdir()):
        status = path.lstat()
        text = path.read_text() if stat.S_ISREG(status.st_mode) else ""
        owner = status.st_uid, status.st_gid
        there[path.name] = oct(status.st_mode), owner, status.st_nlink, text
    shutil.rmtree(here / "t")
    return result, there


@pytest.mark.parametrize(
    "options", ["", "-v", "-m 640", "-p", "-bv", "-D", "-o 1 -g 2", "-C", "--verify"]
)
def test_what_is_installed_is_what_gnu_installs(options: str, here: Path) -> None:
    if "-o" in options and os.geteuid() != 0:
        pytest.skip("only root can give files away")
    words = [*options.split(), "-t", "t", *(f"s/{name}" for name in NAMES), "s/below"]
    theirs, expected = install(here, [word for word in words if word != "--verify"], False)
    ours, found = install(here, words, True)
    assert found == expected
    assert (ours.status, ours.stdout) == (theirs.status, theirs.stdout)
    assert ours.stderr == theirs.stderr and theirs.status == 1


def test_others_have_a_share(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    carry_out = worker.Server.carry_out

    def noted(server: worker.Server, *unit: Any) -> "worker.Answer":
        with (here / "notes").open("a") as stream:
            print(len(unit[2]), file=stream)
        return carry_out(server, *unit)

    monkeypatch.setattr(worker.Server, "carry_out", noted)
    ours, found = install(here, ["-m", "600", *(f"s/{name}" for name in NAMES), "t"], True)
    assert ours == Result(0, "", "")
    assert len(found) == len(NAMES) + 1
    assert (here / "notes").read_text()


@pytest.mark.parametrize("option", ["-b", "--backup=numbered", "--bwlimit=9M"])
def test_what_goes_by_one_order_is_for_one_process(
    option: str, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One file may have the name of another one's backup, and what was begun is not kept as one."""
    monkeypatch.setattr(worker.Server, "carry_out", lambda *_unit: os.abort())
    monkeypatch.setattr(rate.Pace, "is_shared", False)
    ours, found = install(here, [option, *(f"s/{name}" for name in NAMES), "t"], True)
    assert ours == Result(0, "", "")
    assert len(found) == len(NAMES) + 1 + (3 if "backup" in option or option == "-b" else 0)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_what_a_lost_process_had_is_installed_again(
    moment: str, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    carry_out = worker.Server.carry_out

    def die_once(server: worker.Server, *unit: Any) -> "worker.Answer":
        if not (here / "died").exists():
            (here / "died").touch()
            if moment == "after":
                carry_out(server, *unit)
            os.kill(os.getpid(), signal.SIGKILL)
        return carry_out(server, *unit)

    monkeypatch.setattr(worker.Server, "carry_out", die_once)
    words = ["-v", "-m", "640", *(f"s/{name}" for name in NAMES), "t"]
    theirs, expected = install(here, words, False)
    ours, found = install(here, words, True)
    assert (here / "died").exists()
    assert found == expected
    assert (ours.status, ours.stderr) == (0, "")
    lines = [line for line in ours.stdout.splitlines() if not line.startswith("removed")]
    assert lines == [line for line in theirs.stdout.splitlines() if not line.startswith("removed")]


def test_each_file_is_explained_however_many_there_are(here: Path) -> None:
    words = ["--debug", *(f"s/{name}" for name in NAMES), "t"]
    ours, found = install(here, words, True)
    assert (ours.status, ours.stderr, len(found)) == (0, "", len(NAMES) + 1)
    assert ours.stdout.count("copy offload: ") == len(NAMES)

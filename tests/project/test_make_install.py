"""A package installed by `make install`, once with GNU install and once with pyinstall."""

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.case import Who
from tests.comparison import Comparison
from tests.gnu.install.case import BOTH
from tests.listing import listing
from tests.programs import Programs
from tests.tree import BASE_NS, remove

PROJECT = Path(__file__).parent / "example"
MAKE = "$ make --no-print-directory INSTALL=pyinstall "

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not here")


@pytest.fixture(params=BOTH)
def who(request: pytest.FixtureRequest) -> Who:
    """Return who builds and installs."""
    person: Who = request.param
    if person == "root" and os.geteuid() != 0:
        pytest.skip("only root can install as root")
    return person


@pytest.fixture
def build(comparison: Comparison, who: Who) -> Iterator[str]:
    """Return a copy of the project that its builder owns and has built."""
    root = comparison.root
    shutil.copytree(PROJECT, root)
    comparison.gnu.run("$ make all", root)
    for directory, _, names in os.walk(root):
        for path in (directory, *(os.path.join(directory, name) for name in names)):
            os.chown(path, *comparison.owner(who))
            os.chmod(path, 0o755 if path == directory else 0o664)
            os.utime(path, ns=(BASE_NS, BASE_NS))
    yield root
    remove(root)


def installed(
    comparison: Comparison,
    programs: Programs,
    build: str,
    who: Who,
    *commands: str,
    umask: int = 0o022,
) -> list[str]:
    """Run make; return what stands below DESTDIR, in words without the name of DESTDIR."""
    start_ns = time.time_ns()
    owner = comparison.owner(who) if os.geteuid() == 0 else None
    for command in commands:
        result = programs.run(
            f"{MAKE}DESTDIR={build}/root {command}", build, owner=owner, umask=umask
        )
        assert result.status == 0, result.stdout + result.stderr
        assert result.stderr == ""
    lines = listing(f"{build}/root", start_ns)
    shutil.rmtree(f"{build}/root")
    return lines


@pytest.mark.one_of(3)
@pytest.mark.slow
@pytest.mark.parametrize(
    "commands",
    [
        ["install"],
        ["install", "install"],
        ["-j4 install"],
        ["-j4 install", "-j4 install"],
        ["prefix=/usr sysconfdir=/etc localstatedir=/var install"],
        ["INSTALL='pyinstall -p' COMPARE= install"],
        ["install-strip"],
        ["INSTALL='pyinstall --strip-program=true' 2>/dev/null install-strip"],
    ],
    ids=" then ".join,
)
def test_both_install_the_same_tree(
    comparison: Comparison, build: str, who: Who, commands: list[str]
) -> None:
    gnu, ours = (
        installed(comparison, by, build, who, *commands) for by in (comparison.gnu, comparison.pycp)
    )
    assert len(gnu) > 40
    assert ours == gnu


@pytest.mark.slow
@pytest.mark.parametrize("umask", [0, 0o077])
def test_the_umask_plays_no_part(comparison: Comparison, build: str, who: Who, umask: int) -> None:
    gnu = installed(comparison, comparison.gnu, build, who, "install", umask=0o022)
    assert installed(comparison, comparison.pycp, build, who, "install", umask=umask) == gnu


@pytest.mark.parametrize("who", ["root"], indirect=True)
def test_root_gives_files_away(comparison: Comparison, build: str, who: Who) -> None:
    command = "OWNER='-o daemon -g 77' install"
    gnu, ours = (
        installed(comparison, by, build, who, command) for by in (comparison.gnu, comparison.pycp)
    )
    assert sum("1:77" in line for line in ours) == 2
    assert ours == gnu

"""Any mode of any words means what GNU install makes of it, on files and on directories."""

import os
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pycp.errors import CopyError
from pycp.options import InstallOptions
from pycp.report.lines import Lines
from pycp.run.install import run_install
from tests import extent

ORACLE = "/usr/bin/install"

pytestmark = pytest.mark.skipif(not os.path.exists(ORACLE), reason="GNU install is not here")

OCTAL = st.one_of(
    st.integers(0, 0o7777).flatmap(
        lambda number: st.integers(1, 6).map(lambda width: f"{number:0{width}o}")
    ),
    st.text("01234567", min_size=1, max_size=6),
)
WORD = st.one_of(
    st.text("rwxXst", max_size=4), st.sampled_from("ugo"), st.text("rwxXstugo7", max_size=3), OCTAL
)
ACTION = st.builds("{}{}".format, st.sampled_from("+-="), WORD)
WHO = st.one_of(st.just(""), st.text("ugoa", max_size=3))
CLAUSE = st.builds("{}{}".format, WHO, st.lists(ACTION, min_size=1, max_size=3).map("".join))
CLAUSES = st.lists(CLAUSE, min_size=1, max_size=4).map(",".join)
NOISE = st.text("ugoarwxXst+-=,0178 ;é", max_size=8)
MODES = st.one_of(OCTAL, CLAUSES, CLAUSES, CLAUSES, NOISE)
UMASKS = st.sampled_from([0, 0o022, 0o027, 0o077, 0o777])


Outcome = str | tuple[int, ...]
Program = Callable[[str, list[str], int], bool]


def gnu(mode: str, words: list[str], umask: int) -> bool:
    """Run GNU install; return whether it accepts the mode."""
    command = [ORACLE, "-m", mode, *words]
    done = subprocess.run(command, capture_output=True, umask=umask, check=False)
    assert done.returncode == 0 or b"invalid mode" in done.stderr
    return done.returncode == 0


def ours(mode: str, words: list[str], umask: int) -> bool:
    """Do the same in this process."""
    is_directory = words[0] == "-d"
    options = InstallOptions(mode=mode, directory=is_directory)
    report = Lines("pyinstall")
    before = os.umask(umask)
    try:
        run_install(options, words[is_directory:], report)
    except CopyError as error:
        assert "invalid mode" in str(error)
        return False
    finally:
        assert os.umask(before) == umask
    assert not report.has_failed
    return True


def outcome(program: Program, directory: Path, mode: str, present: int, umask: int) -> Outcome:
    """Return the modes of a file, a new directory, an old one, and one that inherits."""
    file, new, old, above = (str(directory / name) for name in ("file", "new", "old", "above"))
    for path, bits in ((old, present), (above, 0o2755)):
        os.mkdir(path)
        os.chmod(path, bits)
    inheriting = f"{above}/inheriting"
    for words in (["/dev/null", file], ["-d", new, old, inheriting]):
        if not program(mode, words, umask):
            return "refused"
    return tuple(stat.S_IMODE(os.stat(path).st_mode) for path in (file, new, old, inheriting))


@settings(
    deadline=None, max_examples=extent.number(80, 150), suppress_health_check=list(HealthCheck)
)
@given(MODES, st.integers(0, 0o7777), UMASKS)
@example("u=rwx,g=u-w,o=", 0o6751, 0o077)
@example("+X,u+x,+X", 0o7777, 0)
@example("ug+s,u=,g-s", 0o7777, 0o777)
def test_a_mode_means_what_gnu_makes_of_it(
    tmp_path_factory: pytest.TempPathFactory, mode: str, present: int, umask: int
) -> None:
    results = [
        outcome(program, tmp_path_factory.mktemp("modes"), mode, present, umask)
        for program in (ours, gnu)
    ]
    assert results[0] == results[1]

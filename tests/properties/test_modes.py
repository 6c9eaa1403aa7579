"""Any mode of any words means what GNU install makes of it, on files and on directories."""

import os
import stat
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pycp.errors import CopyError
from pycp.plan.modes import resolve_mode

ORACLE = "/usr/bin/install"
SET_ID = 0o6000
REFUSED = "refused"

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


def gnu(directory: Path, mode: str, present: int, umask: int) -> str | tuple[int, ...]:
    """Return the modes GNU gives a file, a new directory, an old and an inheriting one."""
    names = {name: directory / name for name in ("file", "new", "old", "above")}
    for path in (names["old"], names["above"]):
        path.mkdir()
    names["old"].chmod(present)
    names["above"].chmod(0o2755)
    names["inheriting"] = names.pop("above") / "inheriting"
    source = directory / "source"
    source.touch()
    paths = [str(path) for name, path in names.items() if name != "file"]
    for words in ([str(source), str(names["file"])], ["-d", *paths]):
        done = subprocess.run(
            [ORACLE, "-m", mode, *words], capture_output=True, umask=umask, check=False
        )
        if b"invalid mode" in done.stderr:
            return REFUSED
        assert done.returncode == 0, done.stderr
    order = ("file", "new", "old", "inheriting")
    return tuple(stat.S_IMODE(names[name].stat().st_mode) for name in order)


def ours(mode: str, present: int) -> str | tuple[int, ...]:
    """Return the same by our reading of the mode."""
    try:
        wanted, changed = resolve_mode(mode, True)
        made = wanted & ~SET_ID
        old = (present & ~changed | wanted & changed for present in (made, present, made | 0o2000))
        return (resolve_mode(mode, False)[0], *old)
    except CopyError:
        return REFUSED


@settings(deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))
@given(MODES, st.integers(0, 0o7777), UMASKS)
@example("u=rwx,g=u-w,o=", 0o6751, 0o077)
@example("+X,u+x,+X", 0o7777, 0)
@example("ug+s,u=,g-s", 0o7777, 0o777)
def test_a_mode_means_what_gnu_makes_of_it(
    tmp_path_factory: pytest.TempPathFactory, mode: str, present: int, umask: int
) -> None:
    if not os.geteuid() == 0:
        present |= 0o700  # its owner must be able to come back into it
    directory = tmp_path_factory.mktemp("modes")
    assert ours(mode, present) == gnu(directory, mode, present, umask)

"""Whatever became of the files of a copy, resuming makes it whole."""

import dataclasses
import os
import shutil
import tempfile
import time
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests import extent, tree
from tests.apart import run_ours
from tests.forked import MEMORY
from tests.listing import listing

PAGE = 4096
PLACES = (0, 1, PAGE - 1, PAGE, PAGE + 1, 5 * PAGE, 40 * PAGE)
CONTENTS = bytes(range(1, 256)) * 650
"""Without zeros, which could be holes as well."""

sizes = st.one_of(st.sampled_from(PLACES), st.integers(0, len(CONTENTS)))
files = st.builds(
    lambda size, start, end: tree.file(
        pieces={0: CONTENTS[:size], start: CONTENTS[start:end]}, size=max(size, start, end)
    ),
    sizes,
    sizes,
    sizes,
)
changes = st.tuples(
    st.sampled_from(("cut", "grow", "write", "remove", "link", "mode", "touch", "empty")),
    st.integers(0, 3),
    sizes,
)


def spoil(path: Path, other: Path, how: str, where: int) -> None:
    """Do something to a file of the copy."""
    if not path.exists():
        return
    path.chmod(0o644)
    if how == "cut":
        os.truncate(path, min(where, path.stat().st_size))
    elif how == "grow":
        os.truncate(path, path.stat().st_size + where)
    elif how == "write":
        with path.open("r+b") as file:
            file.seek(where)
            file.write(b"spoilt")
    elif how == "remove":
        path.unlink()
    elif how == "link":
        path.unlink()
        if other.exists():
            path.hardlink_to(other)
    elif how == "mode":
        path.chmod(0o600)
    elif how == "touch":
        path.touch()
    else:
        path.write_bytes(b"")


@settings(max_examples=extent.number(30, 60), deadline=None)
@given(
    made=st.lists(files, min_size=4, max_size=4),
    has_links=st.booleans(),
    spoilt=st.lists(changes, min_size=1, max_size=5),
    options=st.sampled_from(
        ("-a", "-a --sparse=always", "-rp --preserve=links", "-a --reflink=never")
    ),
)
def test_any_change_to_the_copy_is_healed(
    made: list[tree.Node],
    has_links: bool,
    spoilt: list[tuple[str, int, int]],
    options: str,
) -> None:
    place = Path(tempfile.mkdtemp(prefix="pycp-heal-", dir=MEMORY))
    try:
        # Who gives a file the size and time of another source is trusted.
        spec = {f"s/{age}": dataclasses.replace(node, age=age) for age, node in enumerate(made)}
        if has_links:
            spec["s/3"] = tree.hard_link("s/0")
        root = str(place / "tree")
        tree.build(root, spec, (os.geteuid(), os.getegid()))
        words = [*options.split(), "-T", "s"]
        for name in ("whole", "D"):
            assert run_ours([*words, name], root).status == 0
        for how, number, where in spoilt:
            spoil(Path(root, "D", str(number)), Path(root, "D", str((number + 1) % 4)), how, where)
        done = run_ours([*words, "D", "--resume"], root)
        assert (done.status, done.stderr) == (0, "")
        now = time.time_ns()
        assert listing(f"{root}/D", now) == listing(f"{root}/whole", now)
    finally:
        shutil.rmtree(place)

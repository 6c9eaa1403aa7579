"""Whatever the tree and the options: pycp does what GNU cp does, and what a copy should do."""

import difflib
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from pycp.__main__ import cp_main
from tests import extent, listing, tree
from tests.apart import run_ours
from tests.comparison import shown_result
from tests.forked import MEMORY
from tests.gnu import strategies
from tests.gnu.differences import DIFFERENCES
from tests.gnu.in_short import cp_in_short
from tests.gnu.known_differences import as_new, as_old, known_difference
from tests.gnu.observe import INSIDE, Seen, built, observed, run_by, shown
from tests.gnu.strategies import IS_ROOT, Run
from tests.programs import Result
from tests.tree import Node

EXAMPLES = int(os.environ.get("PYCP_EXAMPLES") or extent.number(100, 400))
EXPLORES = "PYCP_EXPLORE" in os.environ
"""Draw other examples each time; without it the same ones, so that nothing fails by chance."""
SETTINGS = settings(
    max_examples=EXAMPLES,
    derandomize=not EXPLORES,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
FEWER = settings(SETTINGS, max_examples=max(EXAMPLES // 10, 15 if EXAMPLES >= 100 else 5))


@pytest.fixture(scope="module")
def root() -> Iterator[str]:
    """Return the name of the tree, which is made anew for each run."""
    place = tempfile.mkdtemp(prefix="pycp-", dir=MEMORY)
    os.chmod(place, 0o755)
    yield f"{place}/tree"
    tree.remove(place)


@SETTINGS
@given(run=strategies.runs(), main=st.sampled_from((cp_in_short, cp_main)))
def test_any_run_ends_as_with_gnu(run: Run, main: Callable[[], int], root: str) -> None:
    """Status, stdout, stderr and the tree are the same, or one of DIFFERENCES says why not."""
    gnu, ours = observed(run, root, None), observed(run, root, main)
    in_order = gnu.in_order and ours.in_order
    before, after = lines(as_new(run, gnu), in_order), lines(as_old(ours), in_order)
    if before == after and gnu.result.status >= 0:
        return
    name = known_difference(run, root, gnu, ours)
    if name:
        assert name in DIFFERENCES
        event(name)
        return
    difference = difflib.unified_diff(before, after, "(GNU)", "(pycp)", "", "", 0, "")
    pytest.fail("\n".join([shown(run), *difference]), pytrace=False)


def lines(seen: Seen, in_order: bool) -> list[str]:
    return [*shown_result(seen.result, sort=not in_order), *seen.files]


@FEWER
@given(spec=strategies.trees(most=40), umask=st.sampled_from(strategies.UMASKS))
def test_a_large_tree_is_walked_in_the_order_of_gnu(
    spec: Mapping[str, Node], umask: int, root: str
) -> None:
    """Each line of -v, each message and each file is the same."""
    run = Run(strategies.without_zeros(spec), ["-Rv"], [".", "../copy"], umask=umask)
    gnu, ours = observed(run, root, None), observed(run, root, cp_main)
    in_order = gnu.in_order and ours.in_order
    assert lines(ours, in_order) == lines(gnu, in_order), shown(run)


@FEWER
@given(spec=strategies.trees(most=20), is_root=st.booleans())
def test_an_archive_is_equal_and_copying_again_changes_nothing(
    spec: Mapping[str, Node], is_root: bool, root: str
) -> None:
    """Kinds, modes, owners, times, sizes, contents, attributes and sets of links arrive."""
    run = Run(spec, ["-a"], [".", "../copy"], is_root=is_root and IS_ROOT)
    if not run.is_root:
        run = replace(run, spec={name: replace(node, owner=None) for name, node in spec.items()})
    with built(run, root):
        here = os.path.join(root, INSIDE)
        copy = os.path.join(here, "../copy")
        future_ns = 2 * time.time_ns()  # nothing is "now": times are shown as they are
        copies = []
        for _time in ("first", "second"):
            done = run_ours([*run.options, "-T", *run.operands], here, owner=run_by(run))
            if done.status != 0:
                assert not run.is_root, done.stderr
                event("not everything can be copied")
                return
            assert done.stderr == ""
            copies.append(stable(listing.listing(copy, future_ns)))
        # Last, since an ordinary user opens each directory to look into it.
        assert copies == [stable(listing.listing(here, future_ns))] * 2


def stable(files: list[str]) -> list[str]:
    """Leave out where large files are stored: a hole smaller than a block is not kept."""
    return [re.sub(r"crc \w+  stored: .*?  mtime", "mtime", line) for line in files]


@FEWER
@given(
    node=st.one_of(strategies.sparse_files(), st.binary(max_size=300).map(tree.file)),
    times=st.sampled_from((1, 2, 500, 1500)),
    old=st.sampled_from((None, tree.file("old contents"), tree.file(size=1 << 20))),
    how=st.lists(
        st.sampled_from(("--sparse=always", "--sparse=never", "--reflink=never", "-a", "-R", "-f"))
    ),
)
def test_bytes_arrive_equal(
    node: Node, times: int, old: Node | None, how: list[str], root: str
) -> None:
    """Whatever way they take."""
    run = Run({"a": replace(node, data=node.data * times)} | ({"b": old} if old else {}), (), ())
    with built(run, root):
        here = os.path.join(root, INSIDE)
        assert run_ours([*how, "a", "b"], here, owner=run_by(run)) == Result(0, "", "")
        with open(f"{here}/a", "rb") as source, open(f"{here}/b", "rb") as copy:
            assert source.read() == copy.read()

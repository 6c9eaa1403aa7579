"""Whatever the tree and the options: a dry run says what the real run then says, and changes
nothing."""

import difflib
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from stat import S_IFDIR, S_IFREG

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import extent, listing, needs, tree
from tests.apart import run_ours
from tests.comparison import shown_result
from tests.forked import MEMORY
from tests.gnu import strategies
from tests.gnu.observe import INSIDE, built, run_by, shown
from tests.gnu.strategies import HERE, Run
from tests.programs import Result
from tests.tree import Node

EXAMPLES = int(os.environ.get("PYCP_EXAMPLES") or extent.number(100, 300))
SETTINGS = settings(
    max_examples=EXAMPLES,
    derandomize="PYCP_EXPLORE" not in os.environ,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def root() -> Iterator[str]:
    """Return the name of the tree, which is made anew for each run."""
    place = tempfile.mkdtemp(prefix="pycp-", dir=MEMORY)
    os.chmod(place, 0o755)
    yield f"{place}/tree"
    tree.remove(place)


@st.composite
def harder_runs(draw: st.DrawFn) -> tuple[Run, dict[str, str]]:
    """Draw a run, perhaps one that names a source twice or resumes, and which files are protected.

    What is protected is a file or directory of the tree, with the letter chattr(1) has for how.
    """
    run = draw(strategies.runs())
    operands, options = list(run.operands), list(run.options)
    if draw(st.integers(0, 3)) == 0 and len(operands) > 1:
        sources = operands[:-1] if not run.has("-t") else operands
        word = draw(st.sampled_from(sources))
        operands.insert(0, draw(st.sampled_from((word, f"./{word}" if word[:1] != "$" else word))))
    if draw(st.integers(0, 5)) == 0:
        options.append("--resume")
    protected = {}
    if PROTECTS and draw(st.integers(0, 2)) == 0:
        names = [name for name, node in run.spec.items() if node.kind in (S_IFREG, S_IFDIR)]
        for name in draw(st.lists(st.sampled_from(names), max_size=3)):
            protected[name] = draw(st.sampled_from("ia"))
    return replace(run, operands=operands, options=options), protected


def chattr(change: str, *names: str) -> int:
    """Set or clear how files are protected; return the exit status."""
    return subprocess.run(["chattr", change, "--", *names]).returncode


PROTECTS = not needs.why_not_protected(MEMORY)


@contextmanager
def protecting(names: Mapping[str, str], root: str) -> Iterator[None]:
    """Protect files of a tree for a while."""
    try:
        for name, letter in names.items():
            assert not chattr(f"+{letter}", os.path.join(root, INSIDE, name))
        yield
    finally:
        for name, letter in names.items():
            chattr(f"-{letter}", os.path.join(root, INSIDE, name))


@SETTINGS
@given(drawn=harder_runs())
def test_a_dry_run_says_what_the_real_run_says_and_changes_nothing(
    drawn: tuple[Run, dict[str, str]], root: str
) -> None:
    """Lines, messages, questions and status; contents, attributes and times of last access.

    What a umask that forbids the owner himself makes of the rest is not foreseen.
    Whether extended attributes can be set, only setting them shows; and only making a directory
    inside its own source shows where the listing of that will have it.
    """
    run, protected = drawn
    spec = {name: replace(node, xattrs=lists(node)) for name, node in run.spec.items()}
    run = replace(run, spec=spec, umask=run.umask & 0o077)
    # Resuming reads what it compares, and of others' files that shows.
    is_unseen = not run.has("--resume") or not any(node.owner for node in spec.values())
    with built(run, root), protecting(protected, root):
        start_ns = time.time_ns()
        listing.listing(root, start_ns)  # sets the times of last access that any look sets
        before = listing.listing(root, start_ns, atimes=is_unseen)
        dry = done(run, root, "--dry-run")
        after = listing.listing(root, start_ns, atimes=is_unseen)
        real = done(run, root, "-v")
    assert after == before, shown(run)
    real_lines, dry_lines = (
        shown_result(result, sort="into itself" in real.stderr) for result in (real, dry)
    )
    if dry_lines != real_lines:
        difference = difflib.unified_diff(
            real_lines, dry_lines, "(real run)", "(dry run)", "", "", 0, ""
        )
        pytest.fail("\n".join([shown(run), f"{protected=}", *difference]), pytrace=False)


def lists(node: Node) -> dict[str, bytes]:
    """Return the access control lists of a file."""
    return {name: value for name, value in node.xattrs.items() if name.startswith("system.")}


def done(run: Run, root: str, option: str) -> Result:
    """Run the command with one more option."""
    run = replace(run, options=[*run.options, option])
    here = os.path.join(root, INSIDE)
    return run_ours(
        [word.replace(HERE, here) for word in run.words],
        here,
        stdin=run.stdin,
        umask=run.umask,
        env=run.env,
        owner=run_by(run),
    )

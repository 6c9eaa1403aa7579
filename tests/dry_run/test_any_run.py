"""Whatever the tree and the options: a dry run says what the real run then says, and changes
nothing."""

import difflib
import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings

from tests import listing, tree
from tests.forked import MEMORY, run_ours
from tests.programs import Result
from tests.properties import strategies
from tests.properties.observe import INSIDE, built, run_by, shown
from tests.properties.strategies import HERE, Run
from tests.twins import shown_result

EXAMPLES = int(os.environ.get("PYCP_EXAMPLES") or 300)
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


@SETTINGS
@given(run=strategies.runs())
def test_a_dry_run_says_what_the_real_run_says_and_changes_nothing(run: Run, root: str) -> None:
    """Lines, messages, questions and status; contents, attributes and times of last access.

    What a umask that forbids the owner himself makes of the rest is not foreseen.
    Whether extended attributes can be set, only setting them shows; and only making a directory
    inside its own source shows where the listing of that will have it.
    """
    spec = {name: replace(node, xattrs={}) for name, node in run.spec.items()}
    run = replace(run, spec=spec, umask=run.umask & 0o077)
    with built(run, root):
        start_ns = time.time_ns()
        listing.listing(root, start_ns)  # sets the times of last access that any look sets
        before = listing.listing(root, start_ns, atimes=True)
        dry = done(run, root, "--dry-run")
        after = listing.listing(root, start_ns, atimes=True)
        real = done(run, root, "-v")
    assert after == before, shown(run)
    real_lines, dry_lines = (
        shown_result(result, sort="into itself" in real.stderr) for result in (real, dry)
    )
    if dry_lines != real_lines:
        difference = difflib.unified_diff(
            real_lines, dry_lines, "(real run)", "(dry run)", "", "", 0, ""
        )
        pytest.fail("\n".join([shown(run), *difference]), pytrace=False)


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

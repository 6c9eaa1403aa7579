"""Whatever the tree and the options: pycp does what GNU cp does, and what a copy should do."""

import difflib
import os
import re
import shlex
import signal
import stat
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from tests import listing, tree
from tests.differential.differences import DIFFERENCES
from tests.forked import MEMORY, run_ours, run_theirs
from tests.programs import Result
from tests.properties import strategies
from tests.properties.strategies import HERE, IS_ROOT, Run
from tests.tree import Node
from tests.twins import ORDINARY_ID, shown_result

EXAMPLES = int(os.environ.get("PYCP_EXAMPLES") or (2000 if "CI" in os.environ else 300))
EXPLORES = "PYCP_EXPLORE" in os.environ
"""Draw other examples each time; without it the same ones, so that nothing fails by chance."""
SETTINGS = settings(
    max_examples=EXAMPLES,
    derandomize=not EXPLORES,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
FEWER = settings(SETTINGS, max_examples=max(EXAMPLES // 10, 30))


@pytest.fixture(scope="module")
def root() -> Iterator[str]:
    """Return the name of the tree, which is made anew for each run."""
    place = tempfile.mkdtemp(prefix="pycp-", dir=MEMORY)
    os.chmod(place, 0o755)
    yield f"{place}/tree"
    tree.remove(place)


INSIDE = "w/w/w"
"""Where the command runs: what leads up from there, by a link and "..", is still compared."""


def inside(spec: Mapping[str, Node]) -> dict[str, Node]:
    """Return the same tree a little lower."""
    return {
        os.path.join(INSIDE, name): replace(node, data=os.fsencode(INSIDE) + b"/" + node.data)
        if not node.kind
        else node
        for name, node in spec.items()
    }


def observed(run: Run, root: str, is_ours: bool) -> tuple[Result, list[str], bool]:
    """Build the tree, run the command there, and describe what is left."""
    owner = (0, 0) if run.is_root else (ORDINARY_ID, ORDINARY_ID)
    try:
        in_order = tree.build(root, inside(run.spec), owner if IS_ROOT else me())
        start_ns = time.time_ns()
        result = (run_ours if is_ours else run_theirs)(
            [word.replace(HERE, os.path.join(root, INSIDE)) for word in run.words],
            os.path.join(root, INSIDE),
            stdin=run.stdin,
            umask=run.umask,
            env=run.env,
            seconds=3,
            owner=owner if IS_ROOT else None,
        )
        return result, listing.listing(root, start_ns), in_order
    finally:
        tree.remove(root)


def me() -> tree.Owner:
    return os.geteuid(), os.getegid()


def shown(run: Run) -> str:
    """Describe a run as somebody would type it."""
    line = shlex.join(["pycp", *run.words])
    for name, value in run.env.items():
        line = f"{name}={shlex.quote(value)} {line}"
    if run.stdin:
        line = f"printf {run.stdin!r} | {line}"
    if run.umask != 0o022:
        line = f"umask {run.umask:03o}; {line}"
    whole = f"{'#' if run.is_root else '$'} {line}    # in a tree of: {tree.described(run.spec)}"
    return os.fsencode(whole).decode("utf-8", "backslashreplace")


HERE_ONLY = ("copied into itself by a symlink", "special bits of a destination")
PROMPT = re.compile(r"pycp: (?:overwrite|replace|unwritable) [^?]*\? ")
OVER_DIRECTORY = re.compile(r"(cannot overwrite directory .* with non-directory) .*")
SAME_FILE = re.compile(r"pycp: (.*) are the same file\n")


def expected_of(run: Run, gnu: Result) -> Result:
    """Return what 9.11 would show where 9.1 differs in the status alone ("declined prompt")."""
    answers = run.stdin.splitlines()
    asked = len(PROMPT.findall(gnu.stderr))
    answers += [""] * (asked - len(answers))
    if any(answer[:1] not in ("y", "Y") for answer in answers[:asked]):
        return replace(gnu, status=1)
    return gnu


def as_old(ours: Result) -> Result:
    """Word our result as 9.1 would ("file over directory")."""
    return replace(ours, stderr=OVER_DIRECTORY.sub(r"\1", ours.stderr))


def names_of(files: list[str], having: str = "") -> set[str]:
    return {line.split("  ")[0] for line in files if having in line}


def excuse(run: Run, root: str, gnu: Result, files: list[str], ours: Result, our: list[str]) -> str:
    """Return which of DIFFERENCES explains that two results are not alike, or nothing."""
    backs_up = run.has("-b", "--backup", "-S.bak")
    lost = names_of(our) - names_of(files)
    if backs_up and "cannot overwrite" in gnu.stderr:
        return "kind conflict with backup"
    if run.has("-u") and names_of(files, " links: ") - names_of(our, " links: "):
        return "update links what is not older"
    if "for reading: " in gnu.stderr and (lost or "removed" in gnu.stdout):
        return "source opened before removing"
    if backs_up and "might destroy source" in ours.stderr:
        return "backup through a symlink"
    in_working_directory = {os.path.join(INSIDE, os.path.basename(name)) for name in lost}
    if backs_up and lost and in_working_directory <= names_of(files):
        return "backup in an unreadable directory"
    if "into itself" in ours.stderr and (
        "File name too long" in gnu.stderr or "will not create hard link" in gnu.stderr
    ):
        return "copied into itself by a symlink"
    if without_special_bits(files, our) == our:
        return "special bits of a destination"
    if run.has("--remove-destination") and any(
        SAME_FILE.findall(ours.stderr)
    ) and is_one_entry(run, root, ours):
        return "source removed as destination"
    return ""


def without_special_bits(files: list[str], our: list[str]) -> list[str]:
    """Return GNU's files, those with the special bits of ours that have more of them."""
    result = []
    for line, other in zip(files, our, strict=False):
        name, kind, mode, *rest = line.split("  ")
        result.append("  ".join([name, kind, other.split("  ")[2][:1] + mode[1:], *rest]))
    return result if len(files) == len(our) else files


def is_one_entry(run: Run, root: str, ours: Result) -> bool:
    """Tell whether what ours calls one file is one directory entry by two names."""
    tree.build(root, inside(run.spec), me())
    try:
        for text in SAME_FILE.findall(ours.stderr):
            one, _and, other = shlex.split(text)
            if entry(root, one) == entry(root, other):
                return True
        return False
    finally:
        tree.remove(root)


def entry(root: str, name: str) -> str:
    here = os.path.join(root, INSIDE)
    head, _, last = os.path.join(here, name.replace(HERE, here)).rstrip("/").rpartition("/")
    return os.path.join(os.path.realpath(head), last)


@SETTINGS
@given(run=strategies.runs())
def test_any_run_ends_as_with_gnu(run: Run, root: str) -> None:
    """Status, stdout, stderr and the tree are the same."""
    gnu, files, gnu_in_order = observed(run, root, is_ours=False)
    ours, our_files, our_in_order = observed(run, root, is_ours=True)
    if gnu.status == -signal.SIGALRM and "into itself" in ours.stderr:
        event("copied into itself by a symlink")
        return
    assert gnu.status != -signal.SIGALRM, f"takes too long: {shown(run)}"
    sort = not (gnu_in_order and our_in_order)
    before = [*shown_result(expected_of(run, gnu), sort=sort), *files]
    after = [*shown_result(as_old(ours), sort=sort), *our_files]
    if before != after:
        name = excuse(run, root, gnu, files, ours, our_files)
        if name:
            assert name in DIFFERENCES or name in HERE_ONLY
            event(name)
            return
        difference = difflib.unified_diff(before, after, "(GNU)", "(pycp)", "", "", 0, "")
        pytest.fail("\n".join([shown(run), *difference]), pytrace=False)

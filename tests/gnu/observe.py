"""Run a drawn command line in a drawn tree, ours or GNU's, and see what is left."""

import fcntl
import os
import shlex
import stat
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial

from tests import apart, listing, tree
from tests.gnu.strategies import HERE, IS_ROOT, Run
from tests.programs import ORDINARY_ID, Result
from tests.tree import Node

INSIDE = "w/w/w"
"""Where the command runs: what leads up from there, by a link and "..", is still compared."""
SECONDS = 30
"""How long a run may take; most take some milliseconds."""
PIPE_BYTES = 1 << 20


@dataclass(frozen=True)
class Seen:
    """What one run showed and left."""

    result: Result
    files: list[str]
    in_order: bool
    """GNU's order of entries could be foreseen."""

    def names(self, having: str = "") -> set[str]:
        """Return the names of files whose line holds these words."""
        return {line.split("  ")[0] for line in self.files if having in line}

    def with_stderr(self, stderr: str) -> "Seen":
        """Return the same with other messages."""
        return replace(self, result=replace(self.result, stderr=stderr))


def observed(run: Run, root: str, main: Callable[[], int] | None) -> Seen:
    """Build the tree, run `main` or GNU's program there, and describe what is left."""
    program = partial(apart.run_ours, main=main) if main else apart.run_theirs
    here = os.path.join(root, INSIDE)
    with built(run, root) as in_order:
        start_ns = time.time_ns()
        result = program(
            [word.replace(HERE, here) for word in run.words],
            here,
            stdin=run.stdin,
            umask=run.umask,
            env=run.env,
            owner=run_by(run),
            seconds=SECONDS,
        )
        return Seen(result, listing.listing(root, start_ns), in_order)


@contextmanager
def built(run: Run, root: str) -> Iterator[bool]:
    """Make a run's tree for a while; give whether its inodes are in the order of the spec."""
    streams: list[int] = []
    spec = inside(run.spec)
    try:
        in_order = tree.build(root, spec, owner(run))
        streams += opened_streams(root, spec)
        yield in_order
    finally:
        for stream in streams:
            os.close(stream)
        tree.remove(root)


def owner(run: Run) -> tree.Owner:
    if not IS_ROOT:
        return os.geteuid(), os.getegid()
    return (0, 0) if run.is_root else (ORDINARY_ID, ORDINARY_ID)


def run_by(run: Run) -> tree.Owner | None:
    """Return whom to run as; None is whoever runs the suite."""
    return owner(run) if IS_ROOT else None


def inside(spec: Mapping[str, Node]) -> dict[str, Node]:
    """Return the same tree a little lower."""
    return {
        os.path.join(INSIDE, name): replace(node, data=os.fsencode(INSIDE) + b"/" + node.data)
        if not node.kind
        else node
        for name, node in spec.items()
    }


def opened_streams(root: str, spec: Mapping[str, Node]) -> Iterator[int]:
    """Open both ends of each FIFO, so that a copy onto it need not wait for a reader."""
    for name, node in spec.items():
        if node.kind == stat.S_IFIFO:
            stream = os.open(os.path.join(root, name), os.O_RDWR | os.O_NONBLOCK)
            fcntl.fcntl(stream, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
            yield stream


def entry(root: str, name: str) -> str:
    """Return an operand's directory entry: links on the way resolved, the last one not."""
    here = os.path.join(root, INSIDE)
    head, _, last = os.path.join(here, name.replace(HERE, here)).rstrip("/").rpartition("/")
    return os.path.join(os.path.realpath(head), last)


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

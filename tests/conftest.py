"""Fixtures of the whole suite: trees, both programs, and the comparison of the two."""

import gc
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, settings

from pycp.system import worker
from tests import extent
from tests import tree as trees
from tests.case import SameAsGnu
from tests.comparison import Comparison
from tests.programs import ENGINE, EVERY, ORACLES, Programs

ALWAYS, ONE_CASE_OF = 2, 16
"""Cases of each test that a quick run takes: these, and one of so many."""
runs: list[int] = []
"""Commands that an engine was given."""


# On a busy machine drawing takes long as well.
settings.register_profile("here", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("here")
# Thousands of processes import the same modules: each would compile them anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False


def pytest_configure() -> None:
    """Have signals do what they do, even if whoever started the suite ignored some (nohup)."""
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    if "PYTEST_XDIST_WORKER" in os.environ:
        forget_listener()


def forget_listener() -> None:
    """Have the thread in which xdist listens not count, or no test here would see pycp fork.

    It holds nothing that a forked process could need.
    """
    tests = os.getpid()
    count = worker.threads
    worker.threads = lambda: count()[os.getpid() == tests :]


def pytest_collection_finish() -> None:
    """Have the garbage collector leave all tests alone, here and in what is forked from here."""
    gc.collect()
    gc.freeze()


def pytest_report_header() -> list[str]:
    """Name the versions of GNU's programs, whose words change between releases."""
    lines = []
    for path in ORACLES.values():
        first = subprocess.run([path, "--version"], capture_output=True, text=True, check=True)
        lines.append(f"oracle: {path}: {first.stdout.splitlines()[0]}")
    return lines


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell how much of a session was for an engine."""
    if runs:
        terminalreporter.write_line(f"{ENGINE} was given {sum(runs)} commands")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what does not depend on an engine if one is tested; else what takes too long."""
    if ENGINE:
        kept = for_engine(items)
    elif extent.IS_QUICK:
        kept = for_quick_run(items)
    else:
        kept = for_usual_run(items)
    chosen = set(kept)
    config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
    items[:] = kept


def for_engine(items: list[pytest.Item]) -> list[pytest.Item]:
    """Return the tests of cases that may copy a tree, one of EVERY."""
    shared = []
    for item in items:
        callspec = getattr(item, "callspec", None)
        case = callspec and callspec.params.get("case")
        if case is not None and case.may_recurse:
            shared.append(item)
    return shared[::EVERY]


def for_quick_run(items: list[pytest.Item]) -> list[pytest.Item]:
    """Leave out slow tests, and most cases of a test that has many."""
    quick = [item for item in items if item.get_closest_marker("slow") is None]
    chosen: set[pytest.Item] = set()
    for name, alike in by_test(quick).items():
        if alike[0].get_closest_marker("shares_cases"):
            name = name.partition("::")[0]
        chosen.update(extent.spread(alike, name, 4 * (ALWAYS + len(alike) // ONE_CASE_OF)))
        chosen.update(item for item in alike if item.get_closest_marker("quick"))
    return [item for item in items if item in chosen]


def for_usual_run(items: list[pytest.Item]) -> list[pytest.Item]:
    """Leave out cases of the tests that say so; a thorough run has them all."""
    chosen: set[pytest.Item] = set()
    for alike in by_test(items).values():
        mark = alike[0].get_closest_marker("one_of")
        chosen.update(extent.some(alike, lambda item: item.nodeid, mark.args[0] if mark else 1))
    return [item for item in items if item in chosen]


def by_test(items: list[pytest.Item]) -> dict[str, list[pytest.Item]]:
    """Return the cases of each test."""
    cases: dict[str, list[pytest.Item]] = {}
    for item in items:
        cases.setdefault(item.nodeid.partition("[")[0], []).append(item)
    return cases


@pytest.fixture(scope="session")
def comparison() -> Iterator[Comparison]:
    """Install both programs for the session."""
    made = Comparison.set_up()
    yield made
    if ENGINE:
        runs.append(made.runs)
    made.tear_down()


@pytest.fixture
def same_as_gnu(comparison: Comparison) -> SameAsGnu:
    """Return the check that ours does in a tree what GNU's does in a copy of it."""
    return comparison.compare


@pytest.fixture
def tree(comparison: Comparison) -> Iterator[Callable[[trees.Spec], str]]:
    """Return a function that builds one tree and returns its root."""

    def build(spec: trees.Spec) -> str:
        trees.build(comparison.root, spec, (os.geteuid(), os.getegid()))
        return comparison.root

    yield build
    if os.path.lexists(comparison.root):
        trees.remove(comparison.root)


@pytest.fixture
def run_pycp(comparison: Comparison) -> Programs:
    """Return our programs."""
    return comparison.pycp


@pytest.fixture
def run_gnu(comparison: Comparison) -> Programs:
    """Return GNU's programs."""
    return comparison.gnu

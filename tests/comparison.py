"""Run one command on two copies of a tree, GNU's program in one and ours in the other, and compare.

The copies stand at the same place one after the other, so that every name, relative or
absolute, is the same for both; and each program is found in PATH under our name, so that
messages differ only where the programs do.
"""

import difflib
import os
import re
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pytest

from pycp.__main__ import cp_main, install_main
from tests import apart, extent, listing, needs, tree
from tests.case import ANYTHING, Case, Who, shortened, shown
from tests.child import execute
from tests.features.cluster.engines import Dask, sit
from tests.gnu.differences import DIFFERENCES
from tests.memory import MEMORY
from tests.programs import (
    ENGINE,
    ORDINARY_ID,
    SECONDS,
    Programs,
    Result,
    install_oracle,
    install_ours,
    install_sharing,
    words,
)

SHOWN_LINES = 60
"""How much of a difference is shown."""
ASKS_FOR_MORE = re.compile("LC_|LOCPATH|LANG|PYTHON")
"""Names of variables that Python or the C library looks at when it starts."""
REBUILDS = 12
"""How often a tree is built again before its order is taken as it comes."""
MAINS = {"pycp": cp_main, "pyinstall": install_main}
ONE_STARTED_OF = 24
"""Our program is started by its script in one case of so many, and called in a child in others."""
JOBS = 3
"""Processes that copy each tree when a case has agreed for one."""
ONE_SHARED_OF = 4 if extent.IS_QUICK else 1 if extent.IS_THOROUGH else 3
"""Several processes try one case of so many."""


@dataclass(frozen=True)
class Comparison:
    """A place for trees that every user can reach, and the programs to compare in it."""

    place: Path
    """Where the programs are."""
    around: Path
    """Where the tree of a case is made."""
    gnu: Programs
    pycp: Programs
    sharing: Programs
    """Ours with several processes."""
    clusters: tuple[Dask, ...] = ()

    @classmethod
    def set_up(cls) -> "Comparison":
        """Make the places and install both programs."""
        above = ("/tmp", for_trees())
        place, around = (Path(tempfile.mkdtemp(prefix="pycp-tests-", dir=name)) for name in above)
        for directory in (place, around):
            directory.chmod(0o755)
        gnu, ours = install_oracle(place / "gnu"), install_ours(place / "our")
        made = cls(place, around, gnu, ours, install_sharing(place / "sharing", ours, JOBS))
        if ENGINE == "dask":
            owners = {made.owner("root"), made.owner("user")}
            return replace(made, clusters=tuple(sit(place / "our", owner) for owner in owners))
        return made

    def tear_down(self) -> None:
        """Remove everything again."""
        for cluster in self.clusters:
            cluster.stop()
        tree.remove(str(self.place))
        tree.remove(str(self.around))

    @property
    def compared(self) -> str:
        """Name the top of the tree of a case."""
        return str(self.around / "tree")

    @property
    def root(self) -> str:
        """Name the top of the one tree of another test, on disk."""
        return str(self.place / "tree")

    @property
    def runs(self) -> int:
        """Count the commands that an engine was given."""
        return len((self.place / "our/sitting").read_bytes().splitlines())

    def owner(self, who: Who) -> tree.Owner:
        """Return user and group id of somebody who takes part in a test."""
        if os.geteuid() != 0:
            return os.geteuid(), os.getegid()
        return (0, 0) if who == "root" else (ORDINARY_ID, ORDINARY_ID)

    def compare(self, case: Case) -> None:
        """Fail the test with a difference if ours does not do what GNU's or the case says."""
        for _try in range(case.tries - 1):
            try:
                return self.compare_once(case)
            except pytest.fail.Exception:
                continue
        self.compare_once(case)

    def compare_once(self, case: Case) -> None:
        """Run both programs and compare."""
        if os.geteuid() != 0:
            if "root" in case.who:
                pytest.skip("what root does only root can show")
            if case.groups:
                pytest.skip("only root can choose the groups of a run")
            if any(node.needs_root for node in tree.nodes(case.spec).values()):
                pytest.skip("only root can make this tree")
        if case.command[:2] == "# ":
            needs.mounting()
        assert case.differs in DIFFERENCES or not case.differs, f"unknown: {case.differs}"
        assert case.differs or case.like is None
        by_gnu = case if case.like is None else replace(case, command=case.like)
        gnu, gnu_files, gnu_in_order = self.observe(self.gnu, by_gnu)
        print(shown(case), *shown_result(gnu), *gnu_files, sep="\n  ")
        expected = Result(
            gnu.status if case.status is None else case.status,
            gnu.stdout if case.stdout is None else case.stdout,
            gnu.stderr if case.stderr is None else case.stderr,
        )
        if not case.differs:
            require_same(
                case, "(the case says)", "(GNU does)", expected, gnu, sort=not gnu_in_order
            )
        expected_by = "(GNU)" if not case.differs else f"(GNU 9.11: {case.differs})"
        for ours, name in self.ours(case):
            result, files, in_order = self.observe(ours, case)
            require_same(
                case,
                expected_by,
                name,
                expected,
                result,
                gnu_files,
                files,
                sort=ours is self.sharing or bool(ENGINE) or not (gnu_in_order and in_order),
            )

    def ours(self, case: Case) -> Iterator[tuple[Programs, str]]:
        """Yield each of our programs that a case is for, and what it is called in a failure."""
        yield self.pycp, "(pycp)"
        is_other = bool(ENGINE) or "PYCP_UNDER_TEST" in os.environ
        if case.program != "pycp" or not case.may_recurse or is_other:
            return
        if extent.is_chosen((case.name, case.who, case.command), ONE_SHARED_OF):
            yield self.sharing, f"(pycp --jobs={JOBS})"

    def observe(self, programs: Programs, case: Case) -> tuple[Result, list[str], bool]:
        """Build the case's tree, run its command there, and describe what is left."""
        owner = self.owner("root" if "root" in case.who else "user")
        in_order = self.build(case.spec, owner)
        try:
            start_ns = time.time_ns()
            self.shell(case.before)
            result = self.run(programs, case, owner)
            return result, listing.listing(self.compared, start_ns, atimes=case.atimes), in_order
        finally:
            try:
                self.shell(case.after)
            finally:
                tree.remove(self.compared)

    def run(self, programs: Programs, case: Case, owner: tree.Owner) -> Result:
        """Run the command of a case, as the shell would find it in the PATH of one maker."""
        name, *others = words(case.command, case.program)
        main: Callable[[], int] = partial(execute, name)
        if programs is not self.gnu and may_be_called(case):
            main = MAINS[name]
            if programs is self.sharing:
                others.insert(0, f"--jobs={JOBS}")
        path = f"{programs.path}:/usr/bin:/bin:/usr/sbin:/sbin"
        result = apart.run(
            main,
            others,
            self.compared,
            name=name,
            stdin=case.stdin,
            umask=case.umask,
            env={"PATH": path, "LC_ALL": case.locale} | dict(case.env),
            owner=owner if os.geteuid() == 0 else None,
            groups=case.groups,
        )
        if result.status == -signal.SIGALRM:
            pytest.fail(f"{shown(case)} takes more than {SECONDS} s", pytrace=False)
        return result

    def build(self, spec: tree.Spec, owner: tree.Owner) -> bool:
        """Build a tree, and tell whether its inode numbers rise in the order of the spec.

        Another process that frees inodes may spoil the order; then the tree is built again,
        beside the one that keeps those inodes taken.
        """
        spoilt: list[str] = []
        try:
            while (
                not (in_order := tree.build(self.compared, spec, owner)) and len(spoilt) < REBUILDS
            ):
                spoilt.append(f"{self.compared}{len(spoilt)}")
                os.rename(self.compared, spoilt[-1])
        finally:
            for root in spoilt:
                tree.remove(root)
        return in_order

    def shell(self, script: str) -> None:
        """Run a part of a case's setting."""
        if script:
            subprocess.run(["sh", "-ec", script], cwd=self.compared, check=True, timeout=SECONDS)


def for_trees() -> str:
    """Return where trees are made: in memory if that does what a disk does; thorough runs, on disk.

    In memory a tree costs a third, and inode numbers rise in the order in which files are made.
    """
    is_enough = needs.why_not_like_a_disk(MEMORY) == ""
    return MEMORY if is_enough and not (extent.IS_THOROUGH or ENGINE) else "/tmp"


def may_be_called(case: Case) -> bool:
    """Tell whether a new interpreter would do nothing else than one that runs already."""
    is_plain = case.locale in ("C", "C.UTF-8") and not any(map(ASKS_FOR_MORE.match, case.env))
    is_command = not isinstance(case.command, str) or case.command[:2] not in ("$ ", "# ")
    if not is_plain or not is_command or ENGINE or "PYCP_UNDER_TEST" in os.environ:
        return False
    # Help is drawn by a package that whoever runs the command need not be able to read.
    asks_for_help = any(word[:3] == "--h" for word in words(case.command))
    return not asks_for_help and not (extent.IS_THOROUGH or extent.is_chosen(case, ONE_STARTED_OF))


def require_same(
    case: Case,
    expected_by: str,
    actual_by: str,
    expected: Result,
    actual: Result,
    expected_files: Sequence[str] = (),
    actual_files: Sequence[str] = (),
    *,
    sort: bool,
) -> None:
    """Fail with the command line and a difference unless both are alike.

    With `sort`, lines of output may come in any order: the tree could not be built in the
    order in which GNU would walk it.
    """
    if expected.stdout is ANYTHING:
        actual = replace(actual, stdout=ANYTHING)
    if expected.stderr is ANYTHING:
        actual = replace(actual, stderr=ANYTHING)
    before = [*shown_result(expected, sort=sort), *expected_files]
    after = [*shown_result(actual, sort=sort), *actual_files]
    if before != after:
        lines = difflib.unified_diff(before, after, expected_by, actual_by, "", "", 0, "")
        difference = [shortened(line) for line in lines][:SHOWN_LINES]
        pytest.fail("\n".join([shown(case), *difference]), pytrace=False)


def shown_result(result: Result, *, sort: bool = False) -> list[str]:
    """Describe a result, one line for the status and one for each line printed."""
    lines = [f"status {result.status}"]
    for stream, text in [("stdout", result.stdout), ("stderr", result.stderr)]:
        parts = text.splitlines(keepends=True)
        lines += [f"{stream}  {part!a}" for part in (sorted(parts) if sort else parts)]
    return lines

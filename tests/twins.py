"""Run one command in twin trees, GNU's program in the first and ours in the second, and compare.

The twins stand at the same place one after the other, so that every name, relative or
absolute, is the same for both; and each program is found in PATH under our name, so that
messages differ only where the programs do.
"""

import compileall
import difflib
import os
import shlex
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import pytest

from tests import tree
from tests.differential.differences import DIFFERENCES

CHECKOUT = Path(__file__).parent.parent
ORACLES = {"pycp": "/bin/cp", "pyinstall": "/usr/bin/install"}
ORDINARY_ID = 54321
"""User and group id of the ordinary user when root runs the suite; it needs no account."""
SECONDS = 30

Who = Literal["root", "user"]


class Anything(str):
    """Stand for output that is not compared."""


ANYTHING = Anything("(not compared)\n")


@dataclass(frozen=True)
class Case:
    """One command, the tree it runs in, and what is known beforehand of the outcome.

    What GNU does on this machine is the expectation. A status or text given here must be
    GNU's as well, so that a case cannot succeed for the wrong reason, unless `differs` names
    the entry of DIFFERENCES that makes the oracle wrong: then what is given replaces GNU's.
    """

    name: str
    """The situation, in words; becomes the test's id."""
    command: str | Sequence[str]
    """Words after the program name.

    A string that begins with "$ " is a shell script, and one with "# " a shell script of root
    whose mounts vanish with it.
    """
    spec: tree.Spec = ""
    status: int | None = 0
    """None leaves it to GNU."""
    stdout: str | None = None
    stderr: str | None = None
    differs: str = ""
    like: str | None = None
    """With `differs`: a command, as above, whose tree (and texts, if not given) GNU's stands for."""
    who: tuple[Who, ...] = ()
    stdin: str = ""
    umask: int = 0o022
    before: str = ""
    """Shell script run beforehand in each tree, with all the rights of the suite."""
    after: str = ""
    """Shell script that undoes what would keep the tree from being removed."""
    env: Mapping[str, str] = field(default_factory=dict)
    locale: str = "C"
    atimes: bool = False
    """Compare access times too; reading a source changes its own."""
    tries: int = 1
    """Greater where the kernel's choices decide the outcome: one try must agree."""
    groups: tuple[int, ...] = ()
    """Further groups of the ordinary user."""
    program: str = "pycp"


SameAsGnu = Callable[[Case], None]
"""The type of the fixture `same_as_gnu`."""


def cases(*entries: Case, who: tuple[Who, ...] = ("user",)) -> pytest.MarkDecorator:
    """Parametrize a test by cases; `who` runs those that do not say it themselves.

    The status of a case for both is the ordinary user's; GNU says how root fares.
    """
    parameters = []
    for entry in entries:
        people = entry.who or (("root",) if entry.command[:2] == "# " else who)
        for person in people:
            one = replace(entry, who=(person,))
            words = entry.name.replace(" ", "_")
            if person == "root":
                words += "-as_root"
                if len(people) > 1 and not entry.differs:
                    one = replace(one, status=None)
            parameters.append(pytest.param(one, id=words))
    return pytest.mark.parametrize("case", parameters)


@dataclass(frozen=True)
class Result:
    """What one run showed: exit status and both streams, undecodable bytes as surrogates."""

    status: int
    stdout: str
    stderr: str


@dataclass(frozen=True)
class Programs:
    """Where one maker's programs are, and how to run them."""

    path: str

    def run(
        self,
        command: str | Sequence[str],
        cwd: str,
        *,
        program: str = "pycp",
        owner: tree.Owner | None = None,
        groups: Sequence[int] = (),
        stdin: str = "",
        umask: int = 0o022,
        env: Mapping[str, str] | None = None,
        locale: str = "C",
    ) -> Result:
        """Run one command as `owner`, or as whoever runs the suite."""
        changes = (
            {"user": owner[0], "group": owner[1], "extra_groups": list(groups)} if owner else {}
        )
        done = subprocess.run(
            words(command, program),
            cwd=cwd,
            input=os.fsencode(stdin),
            capture_output=True,
            umask=umask,
            env={"PATH": f"{self.path}:/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": locale}
            | dict(env or {}),
            timeout=SECONDS,
            check=False,
            **changes,
        )
        return Result(done.returncode, os.fsdecode(done.stdout), os.fsdecode(done.stderr))


def words(command: str | Sequence[str], program: str = "pycp") -> list[str]:
    """Return the argument vector of a command written as in `Case.command`."""
    if not isinstance(command, str):
        return [program, *command]
    if command.startswith("$ "):
        return ["sh", "-c", command[2:]]
    if command.startswith("# "):
        return ["unshare", "-m", "sh", "-c", command[2:]]
    return [program, *shlex.split(command)]


def install_oracle(directory: Path) -> Programs:
    """Make GNU's programs known by our names."""
    directory.mkdir()
    for ours, gnu in ORACLES.items():
        (directory / ours).symlink_to(gnu)
    return Programs(str(directory))


def install_ours(directory: Path) -> Programs:
    """Install the checkout where every user can run it; PYCP_UNDER_TEST names another program."""
    directory.mkdir()
    other = os.environ.get("PYCP_UNDER_TEST")
    if other:
        (directory / "pycp").symlink_to(other)
        return Programs(str(directory))
    library = directory / "lib"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(CHECKOUT / "pycp", library / "pycp", ignore=ignored)
    # A user who may not write here would compile everything again at every start.
    compileall.compile_dir(library, quiet=1)
    for path in [library, *library.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    for script in (CHECKOUT / "pycp/scripts").iterdir():
        if script.name in ORACLES:
            lines = script.read_text().splitlines(keepends=True)
            assert lines[0].startswith("#!")
            lines[0] = f"#!{interpreter()}\nimport sys; sys.path.insert(0, {str(library)!r})\n"
            launcher = directory / script.name
            launcher.write_text("".join(lines))
            launcher.chmod(0o755)
    return Programs(str(directory))


def interpreter() -> str:
    """Return this Python, or the system's where an ordinary user cannot reach this one."""
    path = Path(sys.executable)
    reachable = all(parent.stat().st_mode & stat.S_IXOTH for parent in path.resolve().parents)
    return str(path) if reachable else "/usr/bin/python3"


@dataclass(frozen=True)
class Twins:
    """A place for trees that every user can reach, and the programs to compare in it."""

    place: Path
    gnu: Programs
    pycp: Programs

    @classmethod
    def set_up(cls) -> "Twins":
        """Make the place and install both programs."""
        place = Path(tempfile.mkdtemp(prefix="pycp-tests-", dir="/tmp"))
        place.chmod(0o755)
        return cls(place, install_oracle(place / "gnu"), install_ours(place / "our"))

    def tear_down(self) -> None:
        """Remove everything again."""
        tree.remove(str(self.place))

    @property
    def root(self) -> str:
        """Name the top of the tree under test."""
        return str(self.place / "tree")

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
                pytest.skip("only root can run this case")
            if any(node.needs_root for node in tree.nodes(case.spec).values()):
                pytest.skip("only root can make this tree")
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
            require_same(case, "(the case says)", "(GNU does)", expected, gnu, sort=not gnu_in_order)
        ours, our_files, our_in_order = self.observe(self.pycp, case)
        require_same(
            case,
            "(GNU)" if not case.differs else f"(GNU 9.11: {case.differs})",
            "(pycp)",
            expected,
            ours,
            gnu_files,
            our_files,
            sort=not (gnu_in_order and our_in_order),
        )

    def observe(self, programs: Programs, case: Case) -> tuple[Result, list[str], bool]:
        """Build the case's tree, run its command there, and describe what is left."""
        owner = self.owner("root" if "root" in case.who else "user")
        tree.build(self.root, case.spec, owner)
        try:
            in_order = tree.in_order(self.root, case.spec)
            start_ns = time.time_ns()
            self.shell(case.before)
            result = programs.run(
                case.command,
                self.root,
                program=case.program,
                owner=owner if os.geteuid() == 0 else None,
                groups=case.groups,
                stdin=case.stdin,
                umask=case.umask,
                env=case.env,
                locale=case.locale,
            )
            return result, tree.listing(self.root, start_ns, atimes=case.atimes), in_order
        finally:
            self.shell(case.after)
            tree.remove(self.root)

    def shell(self, script: str) -> None:
        """Run a part of a case's setting."""
        if script:
            subprocess.run(["sh", "-ec", script], cwd=self.root, check=True, timeout=SECONDS)


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
        difference = list(difflib.unified_diff(before, after, expected_by, actual_by, "", "", 0, ""))
        pytest.fail("\n".join([shown(case), *difference]), pytrace=False)


def shown_result(result: Result, *, sort: bool = False) -> list[str]:
    """Describe a result, one line for the status and one for each line printed."""
    lines = [f"status {result.status}"]
    for stream, text in [("stdout", result.stdout), ("stderr", result.stderr)]:
        parts = text.splitlines(keepends=True)
        lines += [f"{stream}  {ascii(part)}" for part in (sorted(parts) if sort else parts)]
    return lines


def shown(case: Case) -> str:
    """Describe a case as somebody would type it."""
    line = shlex.join(map(shortened, words(case.command, case.program)))
    if case.umask != 0o022:
        line = f"umask {case.umask:03o}; {line}"
    for name, value in case.env.items():
        line = f"{name}={shlex.quote(value)} {line}"
    if case.stdin:
        line = f"printf {shlex.quote(shortened(case.stdin))} | {line}"
    if case.before:
        line = f"{case.before}; {line}"
    prompt = "#" if "root" in case.who else "$"
    whole = f"{prompt} {line}    # in a tree of: {tree.described(case.spec)}"
    return os.fsencode(whole).decode("utf-8", "backslashreplace")


def shortened(text: str) -> str:
    """Cut a word whose length alone matters."""
    return text if len(text) < 200 else f"{text[:40]}...({len(text)} characters)"

"""One case of the comparison with GNU: a command, a tree, and what is known of the outcome."""

import os
import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import pytest

from tests import tree
from tests.programs import words

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
    """With `differs`: a command, as above, that does with GNU's 9.1 what is expected of ours."""
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
    quick: bool = False
    """A quick run takes it, whatever others it takes."""

    @property
    def may_recurse(self) -> bool:
        """Return whether the command may copy a tree."""
        words = self.command.split() if isinstance(self.command, str) else self.command
        return any(RECURSES.match(word) for word in words)


RECURSES = re.compile(r"-\w*[aRr]|--[ar]")
differences_used = {""}
"""Names of DIFFERENCES that any case refers to."""

SameAsGnu = Callable[[Case], None]
"""The type of the fixture `same_as_gnu`."""


def cases(*entries: Case, who: tuple[Who, ...] = ("user",)) -> pytest.MarkDecorator:
    """Parametrize a test by cases; `who` runs those that do not say it themselves.

    The status of a case for both is the ordinary user's; GNU says how root fares.
    """
    parameters = []
    for entry in entries:
        differences_used.add(entry.differs)
        people = entry.who or (("root",) if entry.command[:2] == "# " else who)
        for person in people:
            one = replace(entry, who=(person,))
            words = entry.name.replace(" ", "_")
            if person == "root":
                words += "-as_root"
                if len(people) > 1 and not entry.differs:
                    one = replace(one, status=None)
            marks = (pytest.mark.quick,) if entry.quick else ()
            parameters.append(pytest.param(one, id=words, marks=marks))
    return pytest.mark.parametrize("case", parameters)


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
    return text if len(text) < 400 else f"{text[:200]}...({len(text)} characters)"

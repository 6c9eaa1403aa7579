"""-m on files and directories: every row of section 12 of the specification, by both programs."""

from dataclasses import replace

import pytest

from tests.case import Case, SameAsGnu, cases
from tests.gnu.install.case import install
from tests.mode_table import REJECTED, ROWS
from tests.tree import directory, file

MASKS = (0o022, 0o077, 0)
TREE = {
    "s": file("s", 0o6777),
    "X": directory(0o6751),
    "above": directory(0o2755),
    "old": file("old", 0o7777),
}
NAMES = "F old N X above/G"
COMMAND = (
    "$ pyinstall {m} s F; pyinstall {m} s old; pyinstall -d {m} N X above/G; "
    f"stat -c '%a %n' {NAMES}"
)


def table_case(text: str | None, modes: list[int], umask: int) -> Case:
    """Return the case of one row: a file, one that replaces another, and three directories."""
    file, new, existing, inheriting = (f"{mode:o}" for mode in modes)
    listed = zip((file, file, new, existing, inheriting), NAMES.split(), strict=True)
    return install(
        f"{text} under {umask:03o}",
        COMMAND.format(m="" if text is None else f"-m '{text}'"),
        TREE,
        umask=umask,
        stdout="".join(f"{mode} {name}\n" for mode, name in listed),
    )


@cases(*(table_case(text, modes, MASKS[n % 3]) for n, (text, *modes) in enumerate(ROWS)))
def test_the_table(case: Case, same_as_gnu: SameAsGnu) -> None:
    """The umask takes turns: it plays no part."""
    same_as_gnu(case)


@pytest.mark.parametrize("form", [[], ["-d"]], ids=["file", "directory"])
@cases(*(install(repr(text), ["-m", text, "s", "new"], "s", status=1) for text in REJECTED))
def test_what_is_no_mode(case: Case, form: list[str], same_as_gnu: SameAsGnu) -> None:
    """It is refused before anything is made."""
    same_as_gnu(replace(case, command=[*form, *case.command]))

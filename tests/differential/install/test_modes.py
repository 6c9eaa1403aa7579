"""-m on files and directories: every row of section 12 of the specification, by both programs."""

import pytest

from tests.case import Case, SameAsGnu, cases
from tests.differential.install.case import install
from tests.mode_table import REJECTED, ROWS
from tests.tree import directory, file

MASKS = (0o022, 0o077, 0)
TREE = {
    "s": file("s", 0o6777),
    "X": directory(0o6751),
    "above": directory(0o2755),
    "old": file("old", 0o7777),
}
COMMAND = (
    "$ pyinstall {m} s F; pyinstall {m} s old; pyinstall -d {m} N X above/G; "
    "stat -c '%a %n' F old N X above/G"
)


@cases(
    *(
        install(
            f"{row[0]} under {mask:03o}",
            COMMAND.format(m="" if row[0] is None else f"-m '{row[0]}'"),
            TREE,
            umask=mask,
            stdout="{1:o} F\n{1:o} old\n{2:o} N\n{3:o} X\n{4:o} above/G\n".format(*row),
        )
        for row, mask in zip(ROWS, MASKS * len(ROWS), strict=False)
    )
)
def test_the_table(case: Case, same_as_gnu: SameAsGnu) -> None:
    """The umask takes turns: it plays no part."""
    same_as_gnu(case)


@pytest.mark.parametrize("form", [[], ["-d"]], ids=["file", "directory"])
@cases(*(install(repr(text), ["-m", text, "s", "new"], "s", status=1) for text in REJECTED))
def test_what_is_no_mode(case: Case, form: list[str], same_as_gnu: SameAsGnu) -> None:
    """It is refused before anything is made."""
    from dataclasses import replace

    same_as_gnu(replace(case, command=[*form, *case.command]))

"""Every promise of the README has tests, and those that tests/README.md names are there."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
SECTION = README.partition("\n## What pycp promises\n")[2].partition("\n## ")[0]
CONTRIBUTING = (ROOT / "tests/README.md").read_text()
TABLE = CONTRIBUTING.partition("\n## Which test shows which promise\n")[2].partition("\n## ")[0]
SHOWN_BY = re.findall(r"^\|.*\| `(.+)::(.+)` \|$", TABLE, re.MULTILINE)


@cache
def functions_in(path: str) -> set[str]:
    """Return the names of the functions of a test module."""
    module = ast.parse((ROOT / "tests" / path).read_text())
    return {node.name for node in module.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize(("path", "test"), SHOWN_BY, ids=str)
def test_the_test_of_a_promise_is_there(path: str, test: str) -> None:
    assert Path(path).name.startswith("test_")
    assert test.startswith("test_")
    assert test in functions_in(path)


def test_every_promise_has_a_row() -> None:
    in_short, in_full = (
        re.findall(r"^- \*\*(.+)\.\*\*", text, re.MULTILINE) for text in (SECTION, TABLE)
    )
    rows = re.findall(r"^\| (\w.+?) \| `", TABLE, re.MULTILINE)
    assert in_short == in_full == rows
    assert len(SHOWN_BY) == TABLE.count("::") > len(rows)

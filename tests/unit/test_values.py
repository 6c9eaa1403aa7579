"""The numbers that stand for kinds and counts."""

import ast
from pathlib import Path

import pycp.values


def test_no_name_stands_for_two_numbers() -> None:
    assert pycp.values.__file__ is not None
    tree = ast.parse(Path(pycp.values.__file__).read_text())
    names = [
        name.id
        for statement in tree.body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        for name in ast.walk(target)
        if isinstance(name, ast.Name) and name.id != "TYPE_CHECKING"
    ]
    assert len(names) > 20
    assert sorted(set(names)) == sorted(names)

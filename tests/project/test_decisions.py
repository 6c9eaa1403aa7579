"""A decision is a verdict: nobody changes it, and what happens is noted in an outcome."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from pycp.entries import Decision

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "pycp").rglob("*.py"))


def changes(tree: ast.AST) -> Iterator[str]:
    """Yield each attribute of something named a decision that is set or deleted."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
            owner = ast.unparse(node.value).rpartition(".")[2].strip("_")
            if owner == "decision":
                yield f"{node.lineno}: {ast.unparse(node)}"


def test_changes_of_every_kind_are_seen() -> None:
    code = "decision.a = 1; self._decision.b += 1; x, decision.c = 1, 2; del decision.d"
    assert len(list(changes(ast.parse(f"{code}; outcome.e = decision.f")))) == 4


@pytest.mark.parametrize("path", SOURCES, ids=[str(path.relative_to(ROOT)) for path in SOURCES])
def test_no_module_changes_a_decision(path: Path) -> None:
    assert list(changes(ast.parse(path.read_text()))) == []


def test_the_type_checker_knows_every_attribute_to_be_final() -> None:
    source = (ROOT / "pycp/entries.py").read_text()
    assert "from typing import Final as Fixed\n" in source
    classes = [node for node in ast.parse(source).body if isinstance(node, ast.ClassDef)]
    (decision,) = (node for node in classes if node.name == "Decision")
    final = {
        node.target.attr
        for node in ast.walk(decision)
        if isinstance(node, ast.AnnAssign)
        and isinstance(node.target, ast.Attribute)
        and ast.unparse(node.annotation) == "Fixed"
    }
    assert final == set(Decision.__slots__)

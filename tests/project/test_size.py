"""A module is read at one go."""

from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "pycp"
MODULES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=[str(path.relative_to(PACKAGE)) for path in MODULES])
def test_a_module_has_at_most_350_lines(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 350

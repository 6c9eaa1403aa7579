"""What there is to copy."""

from pathlib import Path

import pytest


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Make a small tree, and return what it is in."""
    (tmp_path / "s/d").mkdir(parents=True)
    (tmp_path / "s/a").write_text("1234")
    (tmp_path / "s/d/b").write_text("567890")
    (tmp_path / "s/l").symlink_to("a")
    return tmp_path

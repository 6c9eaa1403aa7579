"""The list of differences and the cases that show them belong together."""

from importlib import import_module
from pathlib import Path

from tests.case import differences_used
from tests.gnu.differences import DIFFERENCES


def test_every_difference_is_shown_by_a_case() -> None:
    """A difference that no case refers to is gone, or was never tested."""
    here = Path(__file__).parent
    for path in here.rglob("test_*.py"):
        parts = path.relative_to(here).with_suffix("").parts
        import_module(".".join(["tests.gnu", *parts]))
    assert set(DIFFERENCES) == differences_used - {""}

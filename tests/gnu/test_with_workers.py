"""Each case of cp is tried by one process, and by three where it may copy a tree."""

from dataclasses import replace

import pytest

from tests import comparison as comparison_module
from tests import tree
from tests.case import Case
from tests.comparison import Comparison
from tests.programs import Programs, Result


class Spoilt(Comparison):
    """One in which several processes end with another status."""

    def run(self, programs: Programs, case: Case, owner: tree.Owner) -> Result:
        result = super().run(programs, case, owner)
        return replace(result, status=9) if programs is self.sharing else result


@pytest.fixture
def spoilt(comparison: Comparison, monkeypatch: pytest.MonkeyPatch) -> Spoilt:
    """Return such a comparison, for all cases."""
    monkeypatch.setattr(comparison_module, "ONE_SHARED_OF", 1)
    return Spoilt(
        comparison.place,
        comparison.around,
        comparison.gnu,
        comparison.pycp,
        comparison.sharing,
    )


def test_what_only_three_processes_do_otherwise_fails(spoilt: Spoilt) -> None:
    case = Case("a tree", "-r s d", "s/f", who=("user",))
    with pytest.raises(pytest.fail.Exception, match=r"pycp --jobs=3(.|\n)*\+status 9"):
        spoilt.compare(case)


def test_one_file_is_not_copied_by_several_processes(spoilt: Spoilt) -> None:
    spoilt.compare(Case("a file", "a b", "a", who=("user",)))

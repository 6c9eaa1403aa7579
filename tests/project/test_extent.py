"""What is left out of a run that is not thorough is the same each time, and is shared out."""

import pytest

from tests import extent

MOMENTS = range(1, 101)


@pytest.fixture
def usual(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the usual extent, whatever the extent of this run."""
    monkeypatch.setattr(extent, "IS_QUICK", False)
    monkeypatch.setattr(extent, "IS_THOROUGH", False)


@pytest.mark.usefixtures("usual")
def test_tests_of_one_kind_take_other_moments_each() -> None:
    taken = [extent.spread(MOMENTS, f"test {number}", 12) for number in range(100)]
    assert {len(part) for part in taken} <= {11, 12}
    assert {moment for part in taken for moment in part} == set(MOMENTS)
    assert taken[7] == extent.spread(MOMENTS, "test 7", 12)


@pytest.mark.usefixtures("usual")
def test_few_moments_are_all_taken() -> None:
    assert extent.spread(MOMENTS[:12], "test", 12) == MOMENTS[:12]


@pytest.mark.usefixtures("usual")
def test_some_cases_are_drawn_from_all_kinds() -> None:
    cases = [f"{number} {who}" for number in range(20) for who in ("root", "user")]
    drawn = extent.some(cases, str, 2)
    assert len(drawn) == 20
    assert {case.partition(" ")[2] for case in drawn} == {"root", "user"}
    assert drawn == extent.some(cases, str, 2)
    assert len(extent.some(cases[:1], str, 2)) == 1


@pytest.mark.usefixtures("usual")
def test_a_thorough_run_takes_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extent, "IS_THOROUGH", True)
    assert extent.spread(MOMENTS, "test", 12) == MOMENTS
    assert all(extent.is_chosen(moment, 8) for moment in MOMENTS)
    assert extent.some(MOMENTS, str, 2) == MOMENTS
    assert extent.number(10, 100) == 100

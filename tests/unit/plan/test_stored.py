"""Texts kept by numbers, as a dict would keep them."""

import random

import pytest

from pycp.errors import CopyError
from pycp.plan.links import Copies
from pycp.plan.stored import Stored
from tests.unit.run.test_link_sets import folder

TEXTS = ["", "/", "1.2/name", "new\nline", "caf\u00e9", "\udcc3\udca9", "1/0f/", "\U0001f4be"]


def test_it_knows_what_a_dict_would() -> None:
    drawn = random.Random(7)
    stored, known = Stored(), dict[int, str]()
    numbers = [drawn.getrandbits(drawn.choice((4, 12, 64))) for _ in range(3000)]
    for number in [*numbers, 0x0, 0xF, 0x10F, 2**64 - 1]:
        stored[number] = known[number] = drawn.choice(TEXTS) + str(drawn.getrandbits(9))
        other = drawn.choice(numbers)
        assert (other in stored) == (other in known)
        assert stored.get(other) == known.get(other)
        if drawn.random() < 0.4:
            assert stored.pop(other, None) == known.pop(other, None)
        assert len(stored) == len(known)
    assert {number: stored.get(number) for number in known} == known
    assert len(known) > 1500


def test_texts_of_a_half_of_names_that_are_no_text_stay_as_they_are() -> None:
    stored = Stored()
    for number, text in enumerate(TEXTS):
        stored[number] = text
        stored[number + 16] = text[::-1]
    assert [stored.get(number) for number in range(len(TEXTS))] == TEXTS


def test_copies_that_are_known_stay_known_when_they_are_stored() -> None:
    copied, place = Copies(), folder()
    copied.add((1, 2), place, "before")
    copied.store()
    copied.store()
    copied.add((1, 3), place, "after")
    assert copied.place((1, 2)) == (place, "before")
    assert copied.place((1, 3)) == (place, "after")
    assert 2 in copied.files_on(1)
    copied.await_names((1, 2), 2)
    for left in (1, 0):
        assert copied.place((1, 2)) == (place, "before")
        copied.count_off((1, 2))
        assert ((1, 2) in copied) == bool(left)
    copied.count_off((1, 3))  # nothing is known of its names
    assert copied.place((1, 3)) == (place, "after")


def test_a_file_that_cannot_be_written_is_a_failure_that_is_told() -> None:
    stored = Stored()
    stored._database.execute("PRAGMA max_page_count = 3")
    with pytest.raises(CopyError, match=r"cannot remember files of several names: .*full"):
        for number in range(10_000):
            stored[number] = "name"

"""Marks know what was added and nothing else."""

import random

from pycp.plan.marks import EMPTY, FIRST_SIZE, Marks


def test_they_know_what_a_set_knows() -> None:
    marks, known = Marks(), set()
    chance = random.Random(7)
    for _ in range(5 * FIRST_SIZE):
        text = str(chance.randrange(10 * FIRST_SIZE))
        assert (text in marks) == (text in known)
        marks.add(text)
        known.add(text)
        assert text in marks
    assert len(marks) == len(known)
    assert "" not in marks


def test_the_table_stays_within_its_bounds() -> None:
    marks = Marks()
    for number in range(3 * FIRST_SIZE):
        marks.add(str(number))
    assert marks._table.nbytes <= 16 * 2 * 4 * len(marks) // 3
    assert sum(mark != EMPTY for mark in marks._table[::2]) == len(marks)

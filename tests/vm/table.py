"""The answers of one run counted, and drawn as a table: file system by feature."""

import json
from collections.abc import Iterator
from string import ascii_letters

from tests.vm.differences import reason

FAULT = "!"
SAME, REFUSED, ABSENT = "=", "x", "."


class Answers:
    """What was found, a question at a time."""

    def __init__(self) -> None:
        self.same = self.meant = self.failed = 0
        self.seconds: dict[str, float] = {}
        """How long each part took."""
        self._counts: dict[str, list[int]] = {}
        """What is the same, meant and failed, by room."""
        self._rooms: dict[str, dict[str, dict[str, set[str]]]] = {}
        """Marks by room, file system and feature."""
        self._reasons: dict[str, str] = {}
        """Letter of each reason why an answer differs."""

    def add(self, line: str, is_verbose: bool) -> Iterator[str]:
        """Count one answer; yield what is to be told of it."""
        found = json.loads(line)
        gnu, ours = found["gnu"], found["ours"]
        room = found["room"] if found["place"] else f"labels {found['mode']}"
        self.seconds[room] = self.seconds.get(room, 0) + found["seconds"]
        title = f"{found['mode']} {found['name']}"
        why = "" if gnu == ours else reason(found["name"], gnu, ours)
        if found["place"]:
            place = found["place"] + (" enforcing" if found["mode"] == "enforcing" else "")
            row = self._rooms.setdefault(room, {}).setdefault(place, {})
            row.setdefault(found["feature"], set()).add(self._mark(gnu, ours, why))
        counts = self._counts.setdefault(room, [0, 0, 0])
        counts[0 if gnu == ours else 1 if why else 2] += 1
        if gnu == ours:
            self.same += 1
            if is_verbose:
                yield f"same    {title}"
            return
        self.meant += bool(why)
        self.failed += not why
        yield f"better  {title}: {why}" if why else f"FAILED  {title}"
        if is_verbose or not why:
            yield from (f"    GNU   {each}" for each in gnu)
            yield from (f"    ours  {each}" for each in ours)

    def _mark(self, gnu: list[str], ours: list[str], why: str) -> str:
        if gnu == ours:
            return SAME if "status 0" in gnu else REFUSED
        if not why:
            return FAULT
        return self._reasons.setdefault(why, ascii_letters[len(self._reasons)])

    def counts(self) -> Iterator[str]:
        """Yield a line for each room."""
        for room, (same, meant, failed) in self._counts.items():
            yield f"{room}: {same} as GNU, {meant} on purpose not, {failed} failed"

    def tables(self) -> Iterator[str]:
        """Yield the lines of a table for each room, and of what stands in them."""
        for rows in self._rooms.values():
            yield from _table(rows)
            yield ""
        if self._rooms:
            yield f"{SAME} as GNU; {REFUSED} fails as GNU does; {ABSENT} not asked; {FAULT} fault;"
            yield from (f"{letter} {why}" for why, letter in self._reasons.items())


def _table(rows: dict[str, dict[str, set[str]]]) -> Iterator[str]:
    features = list(dict.fromkeys(feature for row in rows.values() for feature in row))
    first = max(map(len, rows))
    yield " ".join([" " * first, *features])
    for place, row in rows.items():
        marks = (
            "".join(sorted(row.get(feature, ABSENT))).ljust(len(feature)) for feature in features
        )
        yield " ".join([place.ljust(first), *marks]).rstrip()

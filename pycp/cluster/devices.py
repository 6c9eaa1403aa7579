"""Device numbers of two machines, which need not be equal where the file system is the same.

Identities travel with the numbers of the coordinator. A node knows those of the operands' roots
once it has proved that they are the same, and those of what is mounted below when it is first sent
there. A number it cannot translate it sends as a negative one, for the coordinator to look up.
"""

from pycp import system

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pycp.run.unit import Identity, Part, Place, Step, Way
    from pycp.run.worker import Answer

UNKNOWN = -1
"""The device of something that cannot be here."""


class Devices:
    """Which device here is which of the coordinator's: never two the same."""

    def __init__(self) -> None:
        self._here: dict[int, int] = {}
        self._there: dict[int, int] = {}

    def bind(self, there: int, here: int) -> bool:
        """Note that two numbers mean one device; return False if one of them means another."""
        return self._here.setdefault(there, here) == here and (
            self._there.setdefault(here, there) == there
        )

    def agrees(self, there: int, here: int) -> bool:
        """Return whether two numbers may mean one device."""
        return self._here.get(there, here) == here and self._there.get(here, there) == there

    def arriving(self, identity: "Identity") -> "Identity":
        """Translate what the coordinator sent."""
        return self._here.get(identity[0], UNKNOWN), identity[1]

    def leaving(self, identity: "Identity") -> "Identity":
        """Translate what is sent to the coordinator."""
        here = identity[0]
        return self._there.get(here, -1 - here), identity[1]

    def arriving_way(self, way: "Way", fds: tuple[int, int]) -> "Way":
        """Translate a way below two directories that are open; look at what is new on it."""
        steps: list[Step] = []
        path = "."
        for name, *sides in way:
            path = f"{path}/{name}"
            for fd, identity in zip(fds, sides, strict=True):
                if identity[0] not in self._here:
                    self._look(fd, path, identity)
            source, destination = sides
            steps.append((name, self.arriving(source), self.arriving(destination)))
        return tuple(steps)

    def _look(self, fd: int, path: str, there: "Identity") -> None:
        try:
            here = system.stat(path, dir_fd=fd)
        except OSError:
            return  # going there will tell
        if here.st_ino == there[1] and self.agrees(there[0], here.st_dev):
            self.bind(there[0], here.st_dev)

    def leaving_answer(self, answer: "Answer") -> "tuple[Answer, bool]":
        """Translate an answer; return it, and whether it has numbers to look up."""
        events, wall, waited, done, opened, members, firsts, links, came = answer
        found: list[Any] = [
            (above, (step[0], self.leaving(step[1]), self.leaving(step[2])), *rest)
            for above, step, *rest in opened
        ]
        names = [
            (above, name, self.leaving(identity) if count > 0 else identity, count)
            for above, name, identity, count in members
        ]
        copies = [
            (self.leaving(identity), _moved(place, self.leaving)) for identity, place in firsts
        ]
        has_unknown = any(step[1][0] < 0 or step[2][0] < 0 for _above, step, *_rest in found)
        has_unknown |= any(identity[0] < 0 for _above, _name, identity, _count in names)
        made = [self.leaving(link) for link in links]
        return (events, wall, waited, done, found, names, copies, made, came), has_unknown


def _moved(place: "Place", translated: "Callable[[Identity], Identity]") -> "Place":
    way, name, digest = place
    steps = tuple((step, translated(source), translated(copy)) for step, source, copy in way)
    return steps, name, digest


class Lookup:
    """The coordinator's side: finds the numbers that one node could not translate."""

    def __init__(self) -> None:
        self._devices = Devices()

    def complete(
        self, answer: "Answer", parts: "list[Part]", status: "Callable[[int, str], Identity]"
    ) -> "Answer":
        """Return an answer with the coordinator's numbers only.

        `status` returns the identity of a path below the source (0) or destination (1).
        """
        events, wall, waited, done, opened, members, firsts, links, came = answer
        ways = ["/".join([".", *(step[0] for step in part[0])]) for part in parts]
        paths: list[str] = []
        found: list[Any] = []
        for above, step, *rest in opened:
            name, *sides = step
            path = f"{ways[~above] if above < 0 else paths[above]}/{name}"
            paths.append(path)
            source, copy = (
                self._known(identity, lambda path=path, side=side: status(side, path))  # type: ignore[misc]
                for side, identity in enumerate(sides)
            )
            found.append((above, (name, source, copy), *rest))
        names = []
        for above, name, identity, count in members:
            path = f"{ways[~above] if above < 0 else paths[above]}/{name}"
            names.append((above, name, self._known(identity, lambda p=path: status(0, p)), count))  # type: ignore[misc]
        copies = [(identity, _moved(place, self._plain)) for identity, place in firsts]
        made = [self._plain(link) for link in links]
        return events, wall, waited, done, found, names, copies, made, came

    def _known(self, identity: "Identity", look: "Callable[[], Identity]") -> "Identity":
        if identity[0] >= 0:
            return identity
        known = self._devices.leaving(identity)
        if known[0] == -1 - identity[0]:  # it was not met before
            here = look()
            if here[1] == identity[1] and self._devices.agrees(identity[0], here[0]):
                self._devices.bind(here[0], identity[0])
        return self._plain(identity)

    def _plain(self, identity: "Identity") -> "Identity":
        return identity if identity[0] >= 0 else self._devices.leaving(identity)

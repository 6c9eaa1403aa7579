"""The directories of a tree that nobody works on, with those of their entries still to come."""

from operator import length_hint

from pycp.run.level import Opened
from pycp.run.worker import DEEP

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pycp.engine.directory import Filled
    from pycp.run.level import Level
    from pycp.run.walk import Walk


class Queue:
    """Levels that wait, newest last, so that they stay few."""

    def __init__(self, walk: "Walk", root: "Filled") -> None:
        self._walk = walk
        self._root = root
        self.levels: list[Level] = []
        self.own: list[list[Level]] = []
        """Levels for this process alone, each with those below it."""

    def __bool__(self) -> bool:
        return bool(self.levels or self.own)

    def put(self, level: "Level") -> None:
        """Queue a level that is closed."""
        if level.filled.depth < DEEP:
            self.levels.append(level)
        else:
            self.own.append([level])

    def put_all(self, stack: "list[Level]") -> None:
        """Queue levels one below the other; the deepest stay together, for the way is long."""
        shallow = [level for level in stack if level.filled.depth < DEEP]
        for level in shallow:
            if level.filled is not self._root:
                level.filled.folder.close()
        self.levels += shallow
        if len(shallow) < len(stack):
            self.own.append(stack[len(shallow) :])

    def list(self, level: "Level") -> None:
        """List a directory that is closed; failures are told."""
        with Opened(self._walk.job, level.filled) as is_open:
            if is_open:
                self._walk.list_again(level)

    def names(self, levels: int, most: int) -> int:
        """Return how many names the newest of the levels have left, `most` where nobody knows."""
        return sum(length_hint(level.entries, most) for level in self.levels[-levels:])

    def close(self) -> None:
        """Give up what waits."""
        for level in sum(self.own, self.levels):
            level.entries = iter(())  # whoever was listing closes the directory
            level.filled.folder.close()

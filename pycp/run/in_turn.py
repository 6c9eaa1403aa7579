"""Names that are copied one after the other, as one process would, while nobody else copies."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pycp.run.level import Place
    from pycp.run.link_sets import Name
    from pycp.run.telling import AsItComes

MOST = 10_000
"""Names that wait before no others are met until those whose turn it is are copied."""


class InTurn:
    """The names that wait for their turn; without an order it is that in which they came."""

    def __init__(self, order: "AsItComes") -> None:
        self._order = order
        self._names: dict[Place | Name, Name] = {}
        """By their places, if there is an order."""

    def add(self, name: "Name") -> None:
        """Let a name wait."""
        self._names[name[2] or name] = name

    @property
    def is_full(self) -> bool:
        """Return whether too many wait."""
        return len(self._names) > MOST

    def all(self) -> "list[Name]":
        """Return all that wait, which do no longer; nothing else is left to be copied."""
        ranks: dict[Place | Name, int] = {}
        if self._names:
            ranks = {place: rank for rank, place in enumerate(self._order.unknown())}
        names = sorted(self._names.items(), key=lambda item: ranks.get(item[0], -1))
        self._names = {}
        return [name for _place, name in names]

    def next(self) -> "list[Name]":
        """Return those that nothing precedes, which wait no longer."""
        if not self._order.is_ordered:
            return self.all()
        names = []
        for place in self._order.unknown():
            name = self._names.pop(place, None)
            if name is None:
                break
            names.append(name)
        return names

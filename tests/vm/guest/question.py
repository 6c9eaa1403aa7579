"""One question: a command, what is there before it, and what is looked at after."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Question:
    """One command, asked twice: of GNU's program and of ours."""

    room: str
    before: str
    """Name of the preparation, in `ask` or, for files systems, in `odd`."""
    command: str
    looks: tuple[str, ...]
    """What is looked at afterwards; all below it if the name ends with a slash."""
    is_confined: bool = False
    """Asked by a user whom the policy does not let do everything."""
    place: str = ""
    """File system that it is about."""
    feature: str = ""
    """What it asks of the file system, a column of the table."""
    meanwhile: str = ""
    """What happens to the file system while the command runs, a name in `troubles`."""
    uid: int = 0
    """Who asks."""

    @property
    def name(self) -> str:
        rest = f"{self.before or '-'}: {self.command}"
        if not self.place:
            return f"{self.room} {rest}"
        return f"{self.room} {self.place} {self.feature} {rest}"

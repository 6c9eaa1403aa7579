"""The options of a command as rows of data, and the look-ups getopt_long makes in them.

Everything reads the same table: the parser, the help, the completion and the manual. In a row's
help the words before the first semicolon must do alone: completion shows no more.
"""

from pycp.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    Fields = Mapping[str, object]
    Groups = Mapping[str, tuple["Option", ...]]


class UnknownOptionError(UsageError):
    """A long option that the table does not have."""

    def __init__(self, word: str, table: "Table") -> None:
        super().__init__(f"unrecognized option '{word}'")
        self.word = word
        self.table = table

    def likely_name(self) -> str | None:
        """Return the long name that looks most like the one typed, None if none does."""
        from difflib import get_close_matches

        names = [name[2:] for name in self.table.options if name.startswith("--")]
        matches = get_close_matches(self.word[2:].partition("=")[0], names, 1)
        return f"--{matches[0]}" if matches else None


class Option:
    """One row: what an option is called, what it takes and what it sets.

    `names` are its letters, its long name, then old spellings that the help leaves out.
    `value` is "" (takes none), "=WORD" (needs one) or "[=WORD]" (the long name may take one).
    `field` receives the value; one of `choices` if there are any (synonyms share a string).
    `each` makes the value a comma list: what every keyword in it sets.
    `sets` is what the option sets when it comes without a value, `field` to True unless said.
    `collects` makes `field` a list to which each value is added, with this word before it.
    `warning` is said where files have no SELinux labels, and the option has no effect, when it
    comes with all it may take.
    """

    __slots__ = (
        "choices",
        "collects",
        "each",
        "field",
        "help",
        "names",
        "sets",
        "value",
        "warning",
    )

    def __init__(
        self,
        *names: str,
        value: str = "",
        field: str = "",
        sets: "Fields | None" = None,
        choices: tuple[str, ...] = (),
        each: "Mapping[str, Fields] | None" = None,
        collects: str = "",
        warning: str = "",
        help: str = "",
    ) -> None:
        self.names = names
        self.value = value
        self.field = field
        self.sets = sets or ({field: True} if field else {})
        self.choices = choices
        self.each = each
        self.collects = collects
        self.warning = warning
        self.help = help

    @property
    def needs_value(self) -> bool:
        """Tell whether the option cannot come without a value."""
        return self.value.startswith("=")

    @property
    def shown_names(self) -> list[str]:
        """Return the letters and the first long name."""
        letters = [name for name in self.names if len(name) == 2]
        return letters + [name for name in self.names if len(name) > 2][:1]


class Table:
    """The rows of one command in their groups, with the texts its help begins with."""

    def __init__(
        self,
        usage: tuple[str, ...],
        summary: str,
        gnu_names: str,
        groups: "Groups",
        most_used: str = "",
    ) -> None:
        self.usage = usage
        self.summary = summary
        self.gnu_names = gnu_names
        """GNU's long names, in the order in which an ambiguity is told."""
        self.groups = groups
        self.most_used = most_used
        """What most people need, by one name each; the help begins with these."""
        self.rows = [option for group in groups.values() for option in group]
        self.options = {name: option for option in self.rows for name in option.names}

    def full_name(self, word: str) -> str:
        """Return the long name that `--PREFIX` or `--PREFIX=VALUE` means.

        An exact name wins, then GNU's names, so that no option of ours makes a prefix ambiguous.
        Raise UsageError if nothing begins so, or things that differ.
        """
        prefix = word.partition("=")[0]
        if prefix in self.options:
            return prefix
        gnu_names = [f"--{name}" for name in self.gnu_names.split()]
        matches = [name for name in gnu_names if name.startswith(prefix)] or [
            name for name in self.options if name.startswith(prefix)
        ]
        if not matches:
            raise UnknownOptionError(word, self)
        # getopt_long lists what differs from the first match, so other spellings of it are missing.
        first = matches[0]
        others = [name for name in matches if self.options[name] is not self.options[first]]
        if others:
            possibilities = " ".join(f"'{name}'" for name in [first, *others])
            raise UsageError(f"option '{word}' is ambiguous; possibilities: {possibilities}")
        return first

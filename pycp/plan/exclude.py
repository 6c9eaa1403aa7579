"""What --exclude leaves out: lines as in a .gitignore file of each source, the last match deciding.

The pathspec package turns a line into a regular expression, which also matches what is below a
directory. Like git we never enter an excluded directory, so a name must be matched itself.
"""

from os import fsdecode

from pycp import system
from pycp.errors import CopyError, cannot
from pycp.values import last_component

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re

    from pycp.options import Exclusion

CHUNK = 128 * 1024
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
ANY_LETTER = "[^/]"
STAR = "[^/]*"
"""What pathspec makes of ? and * in its expressions."""
IN_DIRECTORY = "ps_d"
"""Group of the slash after a directory, in the expressions of pathspec."""


class Exclusions:
    """The patterns of one run."""

    def __init__(self, rules: "tuple[tuple[Exclusion, str], ...]") -> None:
        """Take patterns, and files that hold some, in their order.

        Raise CopyError if a file cannot be read, or pathspec is not there.
        """
        import re  # pathspec does the same
        import warnings

        try:
            from pathspec import GitIgnoreSpec
        except ImportError:
            raise CopyError(
                "--exclude needs the Python package pathspec, which is not there: install it"
            ) from None
        lines: list[str] = []
        self.lines = lines
        """The patterns, those from files too."""
        for kind, text in rules:
            lines += [text] if kind == "pattern" else _lines(text)
        self._patterns: list[tuple[re.Pattern[str], bool]] = []
        """Expressions, the last one first, and whether they exclude what they match."""
        with warnings.catch_warnings(action="ignore"):
            for line in reversed(lines):
                try:
                    (pattern,) = GitIgnoreSpec.from_lines([_spelled(line)]).patterns
                except (ValueError, re.error):
                    continue  # what means nothing matches nothing in git
                if pattern.regex is not None and pattern.include is not None:
                    expression = re.compile(_decided_at_once(pattern.regex.pattern))
                    self._patterns.append((expression, pattern.include))

    def excludes(self, path: str, is_directory: bool) -> bool:
        """Return whether something is left out; `path` is relative to the source."""
        path = _without_newlines(path)
        for expression, excludes in self._patterns:
            found = expression.search(path)
            if (found or is_directory) and _matches(expression, found, path, is_directory):
                return excludes
        return False

    def excludes_operand(self, name: str, is_directory: bool) -> bool:
        """Return whether a source is left out, going by the last component of its name."""
        last = last_component(name)
        return last not in ("", ".", "..") and self.excludes(last, is_directory)


def _without_newlines(text: str) -> str:
    """Write a newline as NUL, which no name holds: regular expressions take lines apart."""
    return text.replace("\n", "\0")


def _spelled(line: str) -> str:
    """Return a line in the spelling that pathspec understands as git does."""
    if line.endswith("/**/"):  # directories in a directory, not that one itself
        line = f"{line[:-1]}/*/"
    return _without_newlines(line)


def _decided_at_once(expression: str) -> str:
    """Return an expression in which no star but the last of a component is tried at two lengths.

    What follows a star may as well be where it comes first, since another star is behind it. To
    try all lengths takes hours for some names, which may be of somebody else's choice.
    """
    first, *parts = expression.split(STAR)
    for index, part in enumerate(parts):
        is_last = index == len(parts) - 1 or "/" in part.replace(ANY_LETTER, "")
        first += STAR + part if is_last else f"(?>{STAR}?{part})"
    return first


def _matches(
    expression: "re.Pattern[str]", match: "re.Match[str] | None", path: str, is_directory: bool
) -> bool:
    """Return whether an expression, as it was found, matches a path itself, not what is above."""
    if match and not match.groupdict().get(IN_DIRECTORY):
        return True
    if not is_directory or IN_DIRECTORY not in expression.groupindex:
        return False
    # An expression that is just a slash, for any directory, would find the first one.
    for start in (0, len(path)):
        match = expression.search(f"{path}/", start)
        if match and match.end(IN_DIRECTORY) == len(path) + 1:
            return True
    return False


def _lines(name: str) -> list[str]:
    """Read the lines of a file, or of standard input for "-"."""
    try:
        fd = 0 if name == "-" else system.open(name, system.SOURCE_FLAGS)
        try:
            data = b"".join(iter(lambda: system.read(fd, CHUNK), b""))
        finally:
            if name != "-":
                system.close(fd)
    except OSError as error:
        raise cannot("read", name, error) from None
    lines = data.removeprefix(BYTE_ORDER_MARK).split(b"\n")
    return [fsdecode(line.removesuffix(b"\r")) for line in lines]

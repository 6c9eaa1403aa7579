"""What -m means: an octal number, or clauses like u=rwX,go-w applied to a mode of 0 (spec 5).

    MODE   = OCTAL | CLAUSE ("," CLAUSE)*
    CLAUSE = WHO* (OPERATOR (LETTERS | COPIED | OCTAL | nothing))+
    WHO    = u | g | o | a;  OPERATOR = + | - | =;  LETTERS = [rwxXst]+;  COPIED = u | g | o

An octal number in a clause needs an empty WHO and ends the clause. The umask plays no part: an
empty WHO is "a". Directories keep their set-id bits unless those are mentioned: by the letter s,
by an octal number after an operator or of five digits, or by one in which they are set.
"""

from pycp.errors import CopyError
from pycp.quoting import quote_word
from pycp.values import ALL_BITS, SET_ID

DEFAULT = 0o755
WHO = {"u": 0o4700, "g": 0o2070, "o": 0o1007, "a": ALL_BITS}
LETTERS = {"r": 0o444, "w": 0o222, "x": 0o111, "s": SET_ID, "t": 0o1000}
SHIFTS = {"u": 6, "g": 3, "o": 0}


def resolve_mode(text: str | None, is_directory: bool) -> tuple[int, int]:
    """Return the mode that `text` means, and which bits of an existing directory it changes.

    None stands for no -m. Raise CopyError if it is not a mode.
    """
    if text is None:
        return DEFAULT, ALL_BITS
    mode = changed = 0
    try:
        number = _octal(text)
        if number is not None:
            mentioned = SET_ID if len(text) >= 5 else number & SET_ID
            return number, ALL_BITS & ~_kept(mentioned, is_directory)
        for clause in text.split(","):
            mode, changed = _apply_clause(clause, mode, changed, is_directory)
    except ValueError:
        raise CopyError(f"invalid mode {quote_word(text)}") from None
    return mode, changed


def octal(mode: int) -> str:
    """Return a number as it is typed; raise CopyError if it is no mode."""
    if not 0 <= mode <= ALL_BITS:
        raise CopyError(f"invalid mode {quote_word(oct(mode))}")
    return f"{mode:o}"


def _apply_clause(clause: str, mode: int, changed: int, is_directory: bool) -> tuple[int, int]:
    """Return mode and changed bits after one clause; raise ValueError if it is none."""
    actions = clause.lstrip("ugoa")
    who = clause[: len(clause) - len(actions)]
    affected = 0 if who else ALL_BITS
    for letter in who:
        affected |= WHO[letter]
    if not actions:
        raise ValueError(clause)
    while actions:
        operator, actions = actions[0], actions[1:]
        rest = actions.lstrip("rwxXstugo01234567")
        word, actions = actions[: len(actions) - len(rest)], rest
        number = _octal(word)
        if number is not None:
            if who or actions:
                raise ValueError(clause)
            mentioned = SET_ID
            bits = number
        else:
            mentioned = affected & SET_ID if "s" in word else 0
            bits = affected & _bits(word, mode, is_directory)
        if operator == "+":
            mode |= bits
            changed |= bits
        elif operator == "-":
            mode &= ~bits
            changed |= bits
        elif operator == "=":
            cleared = affected & ~_kept(mentioned, is_directory)
            mode = mode & ~cleared | bits
            changed |= cleared
        else:
            raise ValueError(clause)
    return mode, changed


def _bits(word: str, mode: int, is_directory: bool) -> int:
    """Return what letters stand for in all classes, or a copied class; raise ValueError."""
    if word in SHIFTS:
        return (mode >> SHIFTS[word] & 0o7) * 0o111
    bits = 0
    for letter in word:
        if letter in LETTERS:
            bits |= LETTERS[letter]
        elif letter != "X":
            raise ValueError(word)
        elif is_directory or mode & 0o111:
            bits |= 0o111
    return bits


def _octal(word: str) -> int | None:
    """Return the value of an octal number, None if the word is none; raise ValueError."""
    if not word or word.strip("01234567"):
        return None
    number = int(word, 8)
    if number > ALL_BITS:
        raise ValueError(word)
    return number


def _kept(mentioned: int, is_directory: bool) -> int:
    """Return the bits that "=" leaves alone."""
    return SET_ID & ~mentioned if is_directory else 0

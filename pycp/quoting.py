"""Quote file names and option words for messages, byte for byte as GNU does.

A name is read as units, the characters of the user's locale: printable ones stand for themselves,
the others become escapes. A byte that is no character there decodes to a surrogate, which does
not print, so every unit is one `str` character.
"""

import os

_TAME = frozenset("'% +,-./:]_@0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_TAME_AT_THE_START = frozenset("#~")
_NEEDS_QUOTES = frozenset(" !\"$&'()*;<=>?[\\^|`:")
_LETTER_ESCAPES = dict(zip("\a\b\t\n\v\f\r", "abtnvfr", strict=True))
_COERCED_LOCALES = ("C.UTF-8", "C.utf8", "UTF-8")


def quote_name(name: str) -> str:
    """Quote a file name for a shell, always: 'a b', "it's", 'a'$'\\n''b'."""
    if needs_no_escapes(name):
        return f"'{name}'"
    units = _units(name)
    tame = units[1:] if units[:1] in _TAME_AT_THE_START else units
    if "'" in tame and all(unit in _TAME or (unit > "\x7f" and _prints(unit)) for unit in tame):
        return f'"{name}"'
    quoted = "'"
    escaping = False
    for unit in units:
        if not _prints(unit):
            quoted += _escape(unit) if escaping else "'$'" + _escape(unit)
            escaping = True
        elif unit == "'":
            quoted += "'\\''"
            escaping = False
        else:
            quoted += "''" + unit if escaping else unit
            escaping = False
    return _name(quoted + "'")


def needs_no_escapes(name: str) -> bool:
    """Return whether a file name, or part of one, only needs quotes around it."""
    return name.isascii() and name.isprintable() and "'" not in name


def quote_name_if_needed(name: str) -> str:
    """Return the name bare if a shell reads it so and it holds no colon, else quote it."""
    bare = (
        _NEEDS_QUOTES.isdisjoint(name)
        and name not in ("", "{", "}")
        and name[0] not in _TAME_AT_THE_START
        and ((name.isascii() and name.isprintable()) or all(map(_prints, _units(name))))
    )
    return name if bare else quote_name(name)


def quote_word(word: str) -> str:
    """Quote an option's value as the locale quotes words, with C escapes inside."""
    left, right = "‘’" if charset() == "utf-8" else "''"
    quoted = left
    for unit in _units(word):
        if not _prints(unit):
            quoted += _escape(unit)
        else:
            quoted += "\\" + unit if unit in ("\\", right) else unit
    return _name(quoted + right)


def charset() -> str:
    """Return the encoding, in Python's words, a C program gets from `setlocale(LC_ALL, "")`."""
    global _charset
    if not _charset:
        _charset = "ascii" if is_coerced() else _locale_charset()
    return _charset


_charset = ""


def leave_locale_alone() -> None:
    """Take the encoding of the locale as it is, in a process whose locale is not ours to set."""
    global _charset
    if not _charset:
        import _locale

        _charset = _locale.nl_langinfo(_locale.CODESET).lower()


def is_coerced() -> bool:
    """Tell whether Python met the C locale and put a UTF-8 one in its place (PEP 538)."""
    ctype = os.environ.get("LC_CTYPE")
    if ctype not in _COERCED_LOCALES or os.environ.get("LC_ALL"):
        return False
    try:
        with open("/proc/self/environ", "rb") as file:  # as it was when the process started
            return f"LC_CTYPE={ctype}".encode() not in file.read().split(b"\0")
    except OSError:
        return False


def _locale_charset() -> str:
    import _locale

    ours = _locale.setlocale(_locale.LC_ALL)
    try:
        # One category that is not installed leaves a C program with the C locale in all of them.
        _locale.setlocale(_locale.LC_ALL, "")
        codeset = _locale.nl_langinfo(_locale.CODESET).lower()
        b"?".decode(codeset)
    except (_locale.Error, LookupError):  # type: ignore[attr-defined]  # typeshed forgot Error
        return "ascii"
    finally:
        _locale.setlocale(_locale.LC_ALL, ours)
    return codeset


def _units(name: str) -> str:
    return os.fsencode(name).decode(charset(), "surrogateescape")


def _name(units: str) -> str:
    return os.fsdecode(units.encode(charset(), "surrogateescape"))


def _prints(unit: str) -> bool:
    """Tell whether the C library prints this character; it knows more than `str.isprintable`."""
    if unit.isascii() or unit.isprintable():
        return unit.isprintable()
    from unicodedata import category

    return category(unit) not in ("Cc", "Cn", "Cs", "Zl", "Zp")


def _escape(unit: str) -> str:
    if unit in _LETTER_ESCAPES:
        return "\\" + _LETTER_ESCAPES[unit]
    return "".join(f"\\{byte:03o}" for byte in unit.encode(charset(), "surrogateescape"))

"""File names in messages: section 9.4 of the specification, in both kinds of locale."""

import pytest

from tests.case import Case, SameAsGnu, cases
from tests.tree import directory

NAMES = {
    "space": "a b",
    "colon": "a:b",
    "apostrophe": "it's",
    "double quote": 'a"b',
    "both quotes": "a'b\"c",
    "apostrophe and dollar": "a'b$c",
    "apostrophe alone": "'",
    "apostrophes": "''",
    "backslash": "a\\b",
    "apostrophe and backslash": "a'\\b",
    "tab": "a\tb",
    "tab first": "\tab",
    "tab last": "ab\t",
    "newlines": "a\n\nb",
    "every escape": "\a\b\t\n\v\f\r",
    "escape character": "a\033b",
    "control and digit": "\0011",
    "delete": "a\x7fb",
    "apostrophe and tab": "it's\ta",
    "quoted tab": "'\t'",
    "apostrophe after tab": "\t'",
    "e acute": "é",
    "word with e acute": "café x",
    "e acute and apostrophe": "é'",
    "no-break space": "a\u00a0b",
    "zero width space": "a\u200bb",
    "combining mark": "e\u0301",
    "private use": "\ue000",
    "unassigned": "\u0378",
    "line separator": "a\u2028b",
    "paragraph separator": "a\u2029b",
    "right to left mark": "a\u200fb",
    "c1 control": "\u0080",
    "emoji": "😀",
    "noncharacter": "\uffff",
    "byte 255": "a\udcffb",
    "broken sequence": "a\udce2\udc82b",
    "broken sequence last": "a\udce2\udc82",
    "overlong sequence": "\udcc0\udc80",
    "surrogate": "\udced\udca0\udc80",
    "hash first": "#a",
    "hash inside": "a#b",
    "hash first and apostrophe": "#'",
    "hash inside and apostrophe": "a#'",
    "tilde first": "~a",
    "tilde inside": "a~b",
    "tilde inside and apostrophe": "a~'",
    "brace open": "{",
    "brace close": "}",
    "braces inside": "a{b}",
    "apostrophe and braces": "'{}",
    "star": "a*",
    "question mark": "a?",
    "brackets": "a[b]",
    "apostrophe and brackets": "'[]",
    "apostrophe and bracket": "']",
    "parentheses": "(a)",
    "semicolon": "a;b",
    "less and greater": "<a>",
    "bar and ampersand": "a|b&",
    "caret": "a^b",
    "backquote": "a`b",
    "equals": "a=b",
    "apostrophe and equals": "'=",
    "tame punctuation": "'%+,-.:]_@",
    "exclamation mark": "a!b",
    "apostrophe and exclamation mark": "a'!b",
    "dash": "-",
    "digits": "007",
}
LOCALES = {"c": "C", "utf-8": "C.UTF-8"}


@pytest.mark.one_of(3)
@cases(
    *(
        Case(
            f"{situation} in {label}",
            ["-v", "--", name, "d"],
            {name: "x", "d": directory()},
            locale=locale,
        )
        for situation, name in NAMES.items()
        for label, locale in LOCALES.items()
    ),
    *(
        Case(
            f"{situation} in {label} as destination",
            ["-bv", "--", "a", name],
            {"a": "A", name: "x"},
            locale=locale,
        )
        for situation, name in NAMES.items()
        for label, locale in LOCALES.items()
        if situation
        in [
            "brace open",
            "hash first",
            "tilde first",
            "e acute",
            "apostrophe",
            "tab last",
            "broken sequence last",
        ]
    ),
)
def test_always_quoted(case: Case, same_as_gnu: SameAsGnu) -> None:
    """Most messages quote a name so that a shell reads it back."""
    same_as_gnu(case)


@pytest.mark.one_of(3)
@cases(
    *(
        Case(
            f"{situation} in {label}",
            ["-s", "a", f"d/{name}"],
            {"a": "A", "d": directory()},
            status=1,
            locale=locale,
        )
        for situation, name in NAMES.items()
        for label, locale in LOCALES.items()
    ),
    *(
        Case(
            f"top {situation} in {label}",
            ["-s", "d/a", f"./{name}/x"],
            {"d/a": "A", name: directory()},
            status=1,
            locale=locale,
        )
        for situation, name in NAMES.items()
        for label, locale in LOCALES.items()
        if situation in ["brace open", "brace close", "hash first", "tilde first"]
    ),
)
def test_quoted_if_needed(case: Case, same_as_gnu: SameAsGnu) -> None:
    """Some messages quote a name only where a shell needs it."""
    same_as_gnu(case)


@pytest.mark.one_of(3)
@cases(
    *(
        Case(
            f"{situation} in {label}", [f"--sparse={name}", "a", "b"], "a", status=1, locale=locale
        )
        for situation, name in NAMES.items()
        for label, locale in LOCALES.items()
    ),
    Case("curly quotes in utf-8", ["--sparse=‘a’", "a", "b"], "a", status=1, locale="C.UTF-8"),
    Case("curly quotes in c", ["--sparse=‘a’", "a", "b"], "a", status=1),
)
def test_words(case: Case, same_as_gnu: SameAsGnu) -> None:
    """Words of the command line are quoted as the language quotes."""
    same_as_gnu(case)


@cases(
    *(
        Case(
            f"locale {locale}",
            ["-v", "é", "it's", "d"],
            {"é": "x", "it's": "y", "d": directory()},
            locale="",
            env=env,
        )
        for locale, env in {
            "by LANG": {"LANG": "C.UTF-8", "LC_ALL": ""},
            "by LC_CTYPE": {"LC_CTYPE": "C.UTF-8", "LC_ALL": ""},
            "LC_CTYPE over LANG": {"LC_CTYPE": "C.UTF-8", "LANG": "C", "LC_ALL": ""},
            "LC_ALL over LC_CTYPE": {"LC_CTYPE": "C.UTF-8", "LC_ALL": "C"},
            "none": {"LC_ALL": ""},
            "posix": {"LC_ALL": "POSIX"},
            "missing": {"LC_ALL": "xx_XX.UTF-8"},
            "other spelling": {"LC_ALL": "C.utf8"},
            "LC_MESSAGES alone": {"LC_MESSAGES": "C.UTF-8", "LC_ALL": ""},
        }.items()
    ),
    *(
        Case(
            f"words in locale {locale}", ["--sparse=é", "a", "b"], "a", status=1, locale="", env=env
        )
        for locale, env in {
            "by LANG": {"LANG": "C.UTF-8", "LC_ALL": ""},
            "by LC_CTYPE": {"LC_CTYPE": "C.UTF-8", "LC_ALL": ""},
            "none": {"LC_ALL": ""},
            "missing": {"LC_ALL": "xx_XX.UTF-8"},
        }.items()
    ),
)
def test_locales(case: Case, same_as_gnu: SameAsGnu) -> None:
    """The encoding is that of the locale asked for, if the system has it."""
    same_as_gnu(case)

"""Quoting: the table of the rules, GNU's own words for random bytes, and a shell reading back."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pycp import quoting
from tests import extent, needs

CHARSETS = {"C": "ascii", "C.UTF-8": "utf-8"}

# Pieces that rules are about: quotes, specials, escapes, whole and broken UTF-8, odd categories.
PIECES = [
    *(bytes([byte]) for byte in range(1, 256) if byte != ord("/")),
    *[b"'", b" ", b"#", b"~", b":", b"\\", b"\n", b"\t", b"\x1b", b"\x7f", b"{", b"}", b"1"] * 4,
    *[b"\xc3\xa9", b"\xe2\x82\xac", b"\xf0\x9f\x98\x80", b"e\xcc\x81", b"\xe2\x80\x99"] * 4,
    *[b"\xc2\x80", b"\xc2\xa0", b"\xe2\x80\x8b", b"\xe2\x80\xa8", b"\xe2\x80\xa9"] * 2,
    *[b"\xee\x80\x80", b"\xef\xbf\xbe", b"\xcd\xb8", b"\xe2\x82", b"\xf0\x9f\x98"] * 2,
    *[b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\xaf", b"\xff"] * 2,
]
NAMES = st.lists(st.sampled_from(PIECES), min_size=1, max_size=12).map(b"".join)
BATCHES = st.lists(NAMES.filter(lambda name: name not in (b".", b"..", b"-")), min_size=20)
ORACLE = settings(
    deadline=None,
    max_examples=extent.number(15, 40),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture(params=CHARSETS)
def locale(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Make quoting believe in a locale, and return that locale's name."""
    monkeypatch.setattr(quoting, "charset", lambda: CHARSETS[request.param])
    return str(request.param)


def quoted(quote: Callable[[str], str], name: bytes) -> bytes:
    return os.fsencode(quote(os.fsdecode(name)))


def run(command: list[bytes], locale: str, cwd: Path) -> subprocess.CompletedProcess[bytes]:
    """Run a command with PATH and the locale as its whole environment."""
    environment = {"PATH": os.environ["PATH"], "LC_ALL": locale}
    return subprocess.run(command, env=environment, cwd=cwd, capture_output=True)


def complaints(command: list[bytes], names: list[bytes], locale: str, cwd: Path) -> list[bytes]:
    """Return what a GNU command says of each name before its reason."""
    lines = run([*command, b"--", *names], locale, cwd).stderr.split(b"\n")
    return [line.rsplit(b": ", 1)[0] for line in lines[:-1]]


def is_malformed_by_old_gnu(name: bytes) -> bool:
    """Tell whether coreutils 9.1 may garble the name: it holds both a `'` and escaped bytes."""
    return b"'" in name and b"'$'" in quoted(quoting.quote_name, name.replace(b"'", b"a"))


@pytest.mark.parametrize(
    ("name", "in_c", "in_utf8"),
    [
        (b"", b"''", None),
        (b"a b", b"'a b'", None),
        (b"a:b", b"'a:b'", None),
        (b"it's", b'"it\'s"', None),
        (b"#it's", b'"#it\'s"', None),
        (b"it's#", b"'it'\\''s#'", None),
        (b"a'b\"c", b"'a'\\''b\"c'", None),
        (b"a'b$c", b"'a'\\''b$c'", None),
        (b"'", b'"\'"', None),
        (b"a\\b", b"'a\\b'", None),
        (b"a\tb", b"'a'$'\\t''b'", None),
        (b"\tab", b"''$'\\t''ab'", None),
        (b"ab\t", b"'ab'$'\\t'", None),
        (b"a\n\nb", b"'a'$'\\n\\n''b'", None),
        (b"a\033b", b"'a'$'\\033''b'", None),
        (b"\0011", b"''$'\\001''1'", None),
        (b"it's\ta", b"'it'\\''s'$'\\t''a'", None),
        (b"'\t'", b"''\\'''$'\\t'\\'''", None),
        ("é".encode(), b"''$'\\303\\251'", "'é'".encode()),
        ("café x".encode(), b"'caf'$'\\303\\251'' x'", "'café x'".encode()),
        ("é'".encode(), b"''$'\\303\\251'\\'''", '"é\'"'.encode()),
        (b"a\377b", b"'a'$'\\377''b'", None),
        (b"a\342\202b", b"'a'$'\\342\\202''b'", None),
        (b"a\342\202", b"'a'$'\\342\\202'", None),
        (b"\302\200", b"''$'\\302\\200'", None),
    ],
)
def test_a_name_is_quoted_for_a_shell(
    name: bytes, in_c: bytes, in_utf8: bytes | None, locale: str
) -> None:
    expected = in_utf8 if in_utf8 and locale == "C.UTF-8" else in_c
    assert quoted(quoting.quote_name, name) == expected


@pytest.mark.parametrize("name", [b"d/x", b"d/p~q", b"d/p{q", b"a@b", b"-", b"{}", b"a#b"])
def test_a_name_that_needs_no_quotes_stays_bare(name: bytes, locale: str) -> None:
    assert quoted(quoting.quote_name_if_needed, name) == name


@pytest.mark.parametrize(
    "name", [b"", b"{", b"}", b"#a", b"~a", b"d/a b", b"d/a:b", b"d/p'q", b"d/p?q", b"d/p\nq", b"="]
)
def test_a_name_that_needs_quotes_gets_them(name: bytes, locale: str) -> None:
    assert quoted(quoting.quote_name_if_needed, name) == quoted(quoting.quote_name, name)


@pytest.mark.parametrize(
    ("word", "in_c", "in_utf8"),
    [
        (b"it's", "'it\\'s'", "‘it's’"),
        (b"a\\b", "'a\\\\b'", "‘a\\\\b’"),
        (b"t\ab", "'t\\ab'", "‘t\\ab’"),
        ("é".encode(), "'\\303\\251'", "‘é’"),
        ("x’y".encode(), "'x\\342\\200\\231y'", "‘x\\’y’"),
        (b"\377", "'\\377'", "‘\\377’"),
        (b"", "''", "‘’"),
    ],
)
def test_a_word_gets_the_quotes_of_the_locale(
    word: bytes, in_c: str, in_utf8: str, locale: str
) -> None:
    expected = in_utf8 if locale == "C.UTF-8" else in_c
    assert quoted(quoting.quote_word, word) == expected.encode()


@ORACLE
@given(names=BATCHES)
def test_names_are_quoted_as_gnu_cp_quotes_them(
    names: list[bytes], locale: str, tmp_path: Path
) -> None:
    names = [name for name in names if not is_malformed_by_old_gnu(name)]
    told = complaints([b"/bin/cp", b"-t", b"."], names, locale, tmp_path)
    expected = [line.partition(b"cannot stat ")[2] for line in told]
    assert [quoted(quoting.quote_name, name) for name in names] == expected


@ORACLE
@given(names=BATCHES)
def test_names_are_left_bare_where_gnu_leaves_them_bare(
    names: list[bytes], locale: str, tmp_path: Path
) -> None:
    names = [name for name in names if not is_malformed_by_old_gnu(name)]
    told = complaints([b"/bin/cat"], names, locale, tmp_path)
    expected = [line.partition(b": ")[2] for line in told]
    assert [quoted(quoting.quote_name_if_needed, name) for name in names] == expected


@ORACLE
@given(names=BATCHES)
def test_words_are_quoted_as_gnu_quotes_them(
    names: list[bytes], locale: str, tmp_path: Path
) -> None:
    for name in names:
        (tmp_path / os.fsdecode(name)).touch()
    shown = run([b"ls", b"-1dU", b"--quoting-style=locale", b"--", *names], locale, tmp_path)
    assert [quoted(quoting.quote_word, name) for name in names] == shown.stdout.splitlines()


@ORACLE
@given(names=BATCHES)
def test_a_quoted_name_read_by_a_shell_is_the_name(
    names: list[bytes], locale: str, tmp_path: Path
) -> None:
    words = b" ".join(quoted(quoting.quote_name, name) for name in names)
    read = run([b"bash", b"-c", b"printf '%s\\0' " + words], locale, tmp_path)
    assert read.stdout.split(b"\0")[:-1] == names


ASK_OURSELVES = b"""
import os, sys
from pycp.quoting import quote_name, quote_word
words = [quote_name(sys.argv[1]), quote_word(sys.argv[1])]
sys.stdout.buffer.write(os.fsencode("\\n".join(words)))
"""


def ask_both(name: bytes, environment: dict[str, str], cwd: Path) -> tuple[bytes, bytes]:
    """Return GNU's two ways to quote a name in that environment, and ours."""
    stat = [b"/bin/cp", name, b"."]
    bad_option = [b"/bin/cp", b"--sparse=" + name, b".", b"."]
    ours = [os.fsencode(sys.executable), b"-c", ASK_OURSELVES, name]
    environment["PYTHONPATH"] = str(Path(quoting.__file__).parents[1])
    told = [
        subprocess.run(command, env=environment, cwd=cwd, capture_output=True)
        for command in (stat, bad_option, ours)
    ]
    name_line = told[0].stderr.partition(b"cannot stat ")[2].rsplit(b": ", 1)[0]
    word_line = told[1].stderr.partition(b"invalid argument ")[2].partition(b" for ")[0]
    return name_line + b"\n" + word_line, told[2].stdout + told[2].stderr


@pytest.mark.parametrize(
    "words",
    [
        "",
        "LANG=C",
        "LC_ALL=C",
        "LC_ALL=C.UTF-8",
        "LC_ALL=nonexistent",
        "LANG=nonexistent",
        "LC_CTYPE=C.UTF-8",
        "LC_CTYPE=C LANG=C.UTF-8",
        "LANG=C.UTF-8 LC_TIME=nonexistent",
        "PYTHONCOERCECLOCALE=0",
        "PYTHONUTF8=0",
        "PYTHONUTF8=1",
        "LC_ALL=C PYTHONUTF8=0",
        "LC_ALL=C.UTF-8 PYTHONUTF8=0",
    ],
)
def test_the_locale_is_the_one_gnu_sees(words: str, tmp_path: Path) -> None:
    environment = dict(word.split("=", 1) for word in words.split())
    expected, actual = ask_both("é".encode(), environment, tmp_path)
    assert actual == expected


def test_a_latin_locale_prints_its_own_letters(tmp_path: Path) -> None:
    locale = needs.locale(tmp_path, "en_US", "ISO-8859-15")
    environment = {"LOCPATH": str(tmp_path), "LC_ALL": locale}
    name = bytes(range(1, 256)).replace(b"/", b"").replace(b"'", b"")
    expected, actual = ask_both(name, environment, tmp_path)
    assert actual == expected

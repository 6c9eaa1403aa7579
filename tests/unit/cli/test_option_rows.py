"""The rows of both commands, and the look-ups in them."""

from collections import Counter

import pytest

from pycp.cli.cp import CP
from pycp.cli.install import INSTALL
from pycp.cli.table import Option, Table
from pycp.errors import UsageError
from pycp.options import CopyOptions, InstallOptions

TABLES = pytest.mark.parametrize("table", [CP, INSTALL], ids=["cp", "install"])
NOT_OPTION_FIELDS = {"answer", "make_backups", "control", "require_context"}

CP_LETTERS = "abdfHilLnprst:uvxPRS:TZ"
INSTALL_LETTERS = "bcCsDdg:m:o:pt:TvS:Z"
CP_SHORTEST = (
    "ar at b cop deb der f i l no-c no-d no-p no-t o pa pr rec rem ref sp st su sy t u verb vers k "
    "con h"
)
INSTALL_SHORTEST = "b g h m n o t"


def rows(table: Table) -> list[Option]:
    return [option for group in table.groups.values() for option in group]


@TABLES
def test_no_name_is_used_twice(table: Table) -> None:
    names = Counter(name for option in rows(table) for name in option.names)
    assert max(names.values()) == 1


@TABLES
def test_every_gnu_name_has_a_row(table: Table) -> None:
    assert {f"--{name}" for name in table.gnu_names.split()} <= table.options.keys()


@TABLES
def test_every_row_has_a_help_without_a_full_stop(table: Table) -> None:
    assert all(option.help and not option.help.endswith(".") for option in rows(table))


@pytest.mark.parametrize(
    ("table", "record"), [(CP, CopyOptions), (INSTALL, InstallOptions)], ids=["cp", "install"]
)
def test_every_row_sets_fields_that_exist(table: Table, record: type) -> None:
    for option in rows(table):
        each = option.each or {}
        fields = {field for sets in (option.sets, *each.values()) for field in sets}
        fields |= {option.field} - {""}
        assert fields - NOT_OPTION_FIELDS <= set(dir(record)), option.names


OWN_LETTERS = {"g", "j:"}
"""Letters of ours, none of which GNU uses."""


@pytest.mark.parametrize(
    ("table", "letters"), [(CP, CP_LETTERS), (INSTALL, INSTALL_LETTERS)], ids=["cp", "install"]
)
def test_the_letters_are_those_of_gnu_and_few_of_ours(table: Table, letters: str) -> None:
    ours = {
        name[1] + ":" * option.needs_value
        for name, option in table.options.items()
        if len(name) == 2
    }
    gnu = {
        letter + ":" * (letters[at : at + 1] == ":")
        for at, letter in enumerate(letters, 1)
        if letter != ":"
    }
    assert ours - OWN_LETTERS == gnu
    assert not OWN_LETTERS & gnu


@pytest.mark.parametrize(
    ("table", "prefixes"), [(CP, CP_SHORTEST), (INSTALL, INSTALL_SHORTEST)], ids=["cp", "install"]
)
def test_the_shortest_prefixes_of_gnu_resolve(table: Table, prefixes: str) -> None:
    for prefix in prefixes.split():
        assert table.full_name(f"--{prefix}").startswith(f"--{prefix}")


def test_an_exact_name_wins_over_a_longer_one() -> None:
    assert INSTALL.full_name("--strip") == "--strip"


def test_a_prefix_of_two_spellings_means_the_first() -> None:
    assert CP.full_name("--pa") == "--parents"
    assert CP.full_name("--path") == "--path"


@pytest.mark.parametrize(
    ("table", "word", "possibilities"),
    [
        (CP, "--re=auto", "'--recursive' '--remove-destination' '--reflink'"),
        (CP, "--de", "'--debug' '--dereference'"),
        (CP, "--p", "'--parents' '--preserve'"),
        (INSTALL, "--p", "'--preserve-timestamps' '--preserve-context'"),
        (INSTALL, "--d", "'--debug' '--directory'"),
        (INSTALL, "--co", "'--compare' '--context'"),
        (INSTALL, "--ver", "'--verbose' '--version'"),
        (INSTALL, "--str=x", "'--strip' '--strip-program'"),
    ],
)
def test_an_ambiguous_prefix_lists_what_it_may_mean(
    table: Table, word: str, possibilities: str
) -> None:
    with pytest.raises(UsageError) as caught:
        table.full_name(word)
    expected = f"option '{word}' is ambiguous; possibilities: {possibilities}"
    assert str(caught.value) == expected


def test_an_empty_name_may_mean_all_gnu_options_in_gnu_order() -> None:
    with pytest.raises(UsageError) as caught:
        CP.full_name("--=x")
    names = " ".join(f"'--{name}'" for name in CP.gnu_names.split())
    assert str(caught.value) == f"option '--=x' is ambiguous; possibilities: {names}"


def test_an_unknown_name_is_told_with_its_value() -> None:
    with pytest.raises(UsageError) as caught:
        CP.full_name("--reply=yes")
    assert str(caught.value) == "unrecognized option '--reply=yes'"


class TestOurOwnOptions:
    """Options that GNU does not have stand aside for those it has."""

    table = Table(
        ("",),
        "",
        "mode owner",
        {"": (Option("--mode"), Option("--owner"), Option("--metalog"), Option("--meta-time"))},
    )

    def test_own_name_does_not_make_a_gnu_prefix_ambiguous(self) -> None:
        assert self.table.full_name("--m") == "--mode"

    def test_own_name_matches_in_full(self) -> None:
        assert self.table.full_name("--metalog=x") == "--metalog"

    def test_own_name_matches_by_a_prefix_that_no_gnu_name_has(self) -> None:
        assert self.table.full_name("--metal") == "--metalog"

    def test_prefix_of_two_own_names_is_ambiguous(self) -> None:
        with pytest.raises(UsageError, match="'--metalog' '--meta-time'"):
            self.table.full_name("--me")

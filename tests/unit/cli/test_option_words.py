"""Reading words by getopt_long's rules, and keywords by GNU's."""

import pytest

from pycp.cli.parse import Answer, choose, parse, read_words
from pycp.cli.shared import CONTROLS
from pycp.cli.table import Option, Table
from pycp.errors import CopyError, UsageError
from pycp.quoting import quote_word

TABLE = Table(
    ("",),
    "",
    "all backup mode target-directory sparse preserve context help",
    {
        "": (
            Option("-a", "--all", field="all"),
            Option("-b", "--backup", value="[=CONTROL]", field="control"),
            Option("-m", "--mode", value="=MODE", field="mode"),
            Option("-t", "--target-directory", value="=DIRECTORY", field="target_directory"),
            Option("--sparse", value="=WHEN", field="sparse", choices=("never", "auto")),
            Option("--preserve", value="=LIST", each={"x": {"x": 1}, "yy": {"y": 2}}),
            Option("-Z", "--context", value="[=CONTEXT]", warning="no context"),
            Option("-w", warning="no warning"),
            Option("--help", sets={"answer": "help"}),
        )
    },
)


def read(*arguments: str, posixly_correct: bool = False) -> tuple[list[tuple[str, object]], str]:
    """Return (last name, value) of each option, and the operands in one string."""
    operands: list[str] = []
    words = list(read_words([*arguments], TABLE, operands, posixly_correct))
    return [(option.names[-1], value) for option, value in words], " ".join(operands)


def mistake(*arguments: str) -> str:
    with pytest.raises(UsageError) as caught:
        read(*arguments)
    return str(caught.value)


def test_options_may_follow_operands() -> None:
    assert read("x", "-a", "y", "--mode=1", "z") == ([("--all", None), ("--mode", "1")], "x y z")


def test_posixly_correct_ends_the_options_at_the_first_operand() -> None:
    words = read("-a", "x", "-a", "--", "y", posixly_correct=True)
    assert words == ([("--all", None)], "x -a -- y")


def test_two_hyphens_end_the_options() -> None:
    assert read("x", "--", "-a", "--", "--mode") == ([], "x -a -- --mode")


def test_a_lone_hyphen_and_an_empty_word_are_operands() -> None:
    assert read("-", "", "-a") == ([("--all", None)], "- ")


def test_letters_share_a_word() -> None:
    assert read("-abm644", "x") == (
        [("--all", None), ("--backup", None), ("--mode", "644")],
        "x",
    )


@pytest.mark.parametrize("words", [["-m=x"], ["-m", "=x"], ["--mode", "=x"], ["--mo==x"]])
def test_a_needed_value_is_the_rest_or_the_next_word(words: list[str]) -> None:
    assert read(*words) == ([("--mode", "=x")], "")


def test_a_needed_value_may_look_like_an_option() -> None:
    assert read("-m", "--", "--mode", "-a") == ([("--mode", "--"), ("--mode", "-a")], "")


def test_an_optional_value_never_is_the_next_word() -> None:
    assert read("--backup", "x") == ([("--backup", None)], "x")


def test_an_optional_value_after_an_equals_sign_may_be_empty() -> None:
    assert read("--backup=", "--ba=x") == ([("--backup", ""), ("--backup", "x")], "")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["-q"], "invalid option -- 'q'"),
        (["-aq"], "invalid option -- 'q'"),
        (["-a-"], "invalid option -- '-'"),
        (["-b=x"], "invalid option -- '='"),
        (["-é"], "invalid option -- '\udcc3'"),
        (["-m"], "option requires an argument -- 'm'"),
        (["x", "-am"], "option requires an argument -- 'm'"),
        (["--mo"], "option '--mode' requires an argument"),
        (["--al=x"], "option '--all' doesn't allow an argument"),
        (["--all="], "option '--all' doesn't allow an argument"),
        (["--foo=3"], "unrecognized option '--foo=3'"),
    ],
)
def test_a_mistake_is_worded_as_getopt_words_it(words: list[str], message: str) -> None:
    assert mistake(*words) == message


def test_the_last_option_wins() -> None:
    assert parse(["-m1", "--mode=2"], TABLE, {}, print) == ({"mode": "2"}, [])


def test_an_empty_posixly_correct_counts() -> None:
    assert parse(["x", "-a"], TABLE, {"POSIXLY_CORRECT": ""}, print) == ({}, ["x", "-a"])


def test_a_list_sets_what_each_of_its_words_sets() -> None:
    assert parse(["--preserve=y,x"], TABLE, {}, print) == ({"x": 1, "y": 2}, [])


def test_a_value_is_a_keyword_or_its_prefix() -> None:
    assert parse(["--sparse=n"], TABLE, {}, print) == ({"sparse": "never"}, [])


def test_a_second_target_directory_is_refused_even_if_equal() -> None:
    with pytest.raises(CopyError) as caught:
        parse(["-td", "--target-directory=d"], TABLE, {}, print)
    assert str(caught.value) == "multiple target directories specified"
    assert not isinstance(caught.value, UsageError)


def test_help_answers_at_once_after_the_warnings_before_it() -> None:
    warnings: list[str] = []
    with pytest.raises(Answer) as caught:
        parse(["--context=", "-w", "--help", "-w", "-q"], TABLE, {}, warnings.append)
    assert caught.value.kind == "help"
    assert warnings == ["no context", "no warning"]


def test_a_mistake_before_help_comes_first() -> None:
    with pytest.raises(UsageError):
        parse(["-q", "--help"], TABLE, {}, print)


def test_an_optional_value_that_is_not_given_draws_no_warning() -> None:
    warnings: list[str] = []
    parse(["-Z", "--context"], TABLE, {}, warnings.append)
    assert warnings == []


@pytest.mark.parametrize(
    ("word", "meaning"),
    [
        ("none", "none"),
        ("off", "none"),
        ("o", "none"),
        ("no", "none"),
        ("ne", "simple"),
        ("s", "simple"),
        ("ni", "existing"),
        ("e", "existing"),
        ("nu", "numbered"),
        ("t", "numbered"),
    ],
)
def test_a_keyword_may_be_a_synonym_or_a_prefix(word: str, meaning: str) -> None:
    assert choose(word, CONTROLS, "backup type") == meaning


def test_an_exact_keyword_wins_over_a_longer_one() -> None:
    assert choose("none", ("none-fail", "none"), "--update") == "none"


def test_a_prefix_of_synonyms_only_is_not_ambiguous() -> None:
    assert choose("b", ("bar baz", "quux"), "x") == "bar"


@pytest.mark.parametrize(
    ("word", "problem"),
    [("n", "ambiguous"), ("", "ambiguous"), ("x", "invalid"), ("None", "invalid")],
)
def test_no_single_keyword_lists_all_of_them(word: str, problem: str) -> None:
    with pytest.raises(UsageError) as caught:
        choose(word, CONTROLS, "backup type")
    first, *rest = str(caught.value).split("\n")
    assert first == f"{problem} argument {quote_word(word)} for {quote_word('backup type')}"
    assert rest == [
        "Valid arguments are:",
        f"  - {quote_word('none')}, {quote_word('off')}",
        f"  - {quote_word('simple')}, {quote_word('never')}",
        f"  - {quote_word('existing')}, {quote_word('nil')}",
        f"  - {quote_word('numbered')}, {quote_word('t')}",
    ]

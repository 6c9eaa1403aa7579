"""What a command line of install means: words in, InstallOptions out."""

import pytest

from pycp.cli.install import parse_install
from pycp.cli.parse import Answer
from pycp.errors import CopyError, UsageError
from pycp.options import InstallOptions


def no_warning(text: str) -> None:
    pytest.fail(f"unexpected warning: {text}")


def options_of(line: str, **environ: str) -> InstallOptions:
    return parse_install(line.split(), environ, no_warning)[0]


@pytest.mark.parametrize(
    ("line", "field", "value"),
    [
        ("-d", "directory", True),
        ("-D", "make_parents", True),
        ("-C", "compare", True),
        ("-p", "preserve_timestamps", True),
        ("-s", "strip", True),
        ("--strip", "strip", True),
        ("-v", "verbose", True),
        ("--debug", "verbose", True),
        ("--debug", "debug", True),
        ("-T", "no_target_directory", True),
        ("-t d", "target_directory", "d"),
        ("-m 644", "mode", "644"),
        ("-m=644", "mode", "=644"),
        ("-dm0700", "mode", "0700"),
        ("-m zzz -m 600", "mode", "600"),
        ("--m=", "mode", ""),
        ("-o root --o 0", "owner", "0"),
        ("-g a", "group", "a"),
        ("--strip-program=a -s", "strip_program", "a"),
        ("-bS .z", "suffix", ".z"),
        ("-S .z", "backup", "existing"),
        ("--backup=t -b", "backup", "numbered"),
        ("--backup=t --backup=", "backup", "existing"),
    ],
)
def test_an_option_sets_its_field(line: str, field: str, value: object) -> None:
    assert getattr(options_of(line), field) == value


@pytest.mark.parametrize("line", ["-c", "-Z", "--context", "-cZ"])
def test_what_is_ignored_sets_nothing(line: str) -> None:
    assert options_of(line) == InstallOptions()


@pytest.mark.parametrize(
    ("line", "is_ignored"),
    [
        ("", False),
        ("-s", False),
        ("-s --strip-program=x", False),
        ("--strip-program=x", True),
        ("--strip-program=strip", True),
    ],
)
def test_a_strip_program_without_strip_is_remembered(line: str, is_ignored: bool) -> None:
    assert options_of(line).ignores_strip_program is is_ignored


def test_the_arguments_of_a_makefile_are_read_alike() -> None:
    options, operands = parse_install(["-c", "a", "b", "-Dm755", "-t", "d"], {}, no_warning)
    assert operands == ["a", "b"]
    assert options == InstallOptions(make_parents=True, mode="755", target_directory="d")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("-ds", "the strip option may not be used when installing a directory"),
        ("-dst x -b", "the strip option may not be used when installing a directory"),
        ("-d -t x --backup=q", "target directory not allowed when installing a directory"),
        ("-t x -t x", "multiple target directories specified"),
    ],
)
def test_options_that_contradict_are_refused_in_order(line: str, message: str) -> None:
    with pytest.raises(CopyError) as caught:
        options_of(line, VERSION_CONTROL="nonsense")
    assert str(caught.value) == message
    assert not isinstance(caught.value, UsageError)


@pytest.mark.parametrize("letter", "BhlMNUfrainqx")
def test_letters_of_other_systems_are_unknown(letter: str) -> None:
    with pytest.raises(UsageError) as caught:
        options_of(f"-{letter}")
    assert str(caught.value) == f"invalid option -- '{letter}'"


def test_preserve_context_with_an_underscore_is_unknown() -> None:
    with pytest.raises(UsageError, match="unrecognized"):
        options_of("--preserve_context")


def test_selinux_warnings_come_in_the_order_of_the_words() -> None:
    warnings: list[str] = []
    line = "--preserve-context --context=x -Z --preserve-c --context"
    parse_install(line.split(), {}, warnings.append)
    absent = "WARNING: ignoring --preserve-context; this kernel is not SELinux-enabled"
    context = "warning: ignoring --context; it requires an SELinux-enabled kernel"
    assert warnings == [absent, context, absent]


@pytest.mark.parametrize("kind", ["help", "version"])
def test_help_and_version_come_before_the_checks(kind: str) -> None:
    with pytest.raises(Answer) as caught:
        options_of(f"-ds --{kind}")
    assert caught.value.kind == kind

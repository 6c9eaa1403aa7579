"""What a command line of cp means: words in, CopyOptions out."""

import pytest

from pycp.cli.cp import parse_cp
from pycp.cli.parse import Answer
from pycp.errors import CopyError, UsageError
from pycp.options import CopyOptions

DEFAULTS = {
    name: value
    for base in reversed(CopyOptions.__mro__)
    for name, value in vars(base).items()
    if not name.startswith("_") and not callable(value)
}
KEEPS_DEFAULT = {
    "preserve_mode": True,
    "preserve_ownership": True,
    "preserve_timestamps": True,
}
KEEPS_ALL = {**KEEPS_DEFAULT, "preserve_links": True, "preserve_xattr": True}
REQUIRED = {"require_preserve": True}
ARCHIVE = {
    **KEEPS_ALL,
    **REQUIRED,
    "recursive": True,
    "dereference": "never",
    "xattr_errors": "none",
}


def no_warning(text: str) -> None:
    pytest.fail(f"unexpected warning: {text}")


def meaning(line: str, **environ: str) -> dict[str, object]:
    """Return the fields that differ from their defaults."""
    options, operands = parse_cp(line.split(), environ, no_warning)
    assert operands == []
    return {
        name: getattr(options, name)
        for name, default in DEFAULTS.items()
        if getattr(options, name) != default
    }


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", {}),
        ("-f", {"force": True}),
        ("-l", {"hard_link": True}),
        ("-s", {"symbolic_link": True}),
        ("-x", {"one_file_system": True}),
        ("-v", {"verbose": True}),
        ("-T", {"no_target_directory": True}),
        ("-t d", {"target_directory": "d"}),
        ("-td", {"target_directory": "d"}),
        ("--attributes-only", {"attributes_only": True}),
        ("--copy-contents", {"copy_contents": True}),
        ("--debug", {"debug": True, "verbose": True}),
        ("--keep-directory-symlink", {"keep_directory_symlink": True}),
        ("--parents", {"parents": True}),
        ("--path", {"parents": True}),
        ("--pa", {"parents": True}),
        ("--remove-destination", {"remove_destination": True}),
        ("--strip-trailing-slashes", {"strip_trailing_slashes": True}),
        ("-Z --context", {}),
    ],
)
def test_a_switch_sets_its_field(line: str, expected: dict[str, object]) -> None:
    assert meaning(line) == expected


@pytest.mark.parametrize(
    ("line", "dereference"),
    [
        ("", "always"),
        ("-R", "never"),
        ("-r", "never"),
        ("-lR", "always"),
        ("-sR", "never"),
        ("-P", "never"),
        ("-H", "operands"),
        ("-RL", "always"),
        ("-RH", "operands"),
        ("-RLd", "never"),
        ("-dL", "always"),
        ("-aH", "operands"),
        ("-Ha", "never"),
        ("-LP", "never"),
    ],
)
def test_the_last_word_about_symbolic_links_wins(line: str, dereference: str) -> None:
    assert meaning(line).get("dereference", "always") == dereference


@pytest.mark.parametrize(
    ("line", "overwrite", "update"),
    [
        ("-i", "ask", "all"),
        ("-n", "never", "none"),
        ("-in", "never", "none"),
        ("-ni", "ask", "all"),
        ("-u", "", "older"),
        ("--update", "", "older"),
        ("--update=none-", "", "none-fail"),
        ("--update=none", "", "none"),
        ("-u --update=all", "", "all"),
        ("--update=none -u", "", "older"),
        ("-n --update=all", "never", "none"),
        ("-n --update=none-fail", "never", "none"),
        ("-u -n -i", "ask", "older"),
    ],
)
def test_no_clobber_wins_over_any_update(line: str, overwrite: str, update: str) -> None:
    options, _ = parse_cp(line.split(), {}, no_warning)
    assert (options.overwrite, options.update) == (overwrite, update)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("-p", {**KEEPS_DEFAULT, **REQUIRED}),
        ("--preserve", {**KEEPS_DEFAULT, **REQUIRED}),
        ("-d", {"dereference": "never", "preserve_links": True}),
        ("-a", ARCHIVE),
        ("--preserve=mode", {"preserve_mode": True, **REQUIRED}),
        ("--preserve=own,ti", {k: True for k in list(KEEPS_DEFAULT)[1:]} | REQUIRED),
        ("--preserve=all", {**KEEPS_ALL, **REQUIRED, "xattr_errors": "some"}),
        ("--no-preserve=mode", {"explicit_no_mode": True}),
        ("--no-preserve=all", {"explicit_no_mode": True}),
        ("--no-preserve=mode --preserve=mode", {"preserve_mode": True, **REQUIRED}),
        ("--no-preserve=mode -p", {**KEEPS_DEFAULT, **REQUIRED, "explicit_no_mode": True}),
        ("--no-preserve=mode -a", {**ARCHIVE, "explicit_no_mode": True}),
        ("-p --no-preserve=mode,own,timestamps", {**REQUIRED, "explicit_no_mode": True}),
        ("--no-preserve=context", {}),
        ("--preserve=context --no-preserve=context", REQUIRED),
    ],
)
def test_preserve_lists_add_up(line: str, expected: dict[str, object]) -> None:
    assert meaning(line) == expected


@pytest.mark.parametrize(
    ("line", "required", "errors"),
    [
        ("--preserve=xattr", True, "all"),
        ("-a --preserve=xattr", True, "all"),
        ("--preserve=xattr -a", True, "all"),
        ("--preserve=xattr,all", True, "all"),
        ("-a", False, "none"),
        ("-a --preserve=all", False, "none"),
        ("--preserve=all", False, "some"),
        ("-a --attributes-only", False, "all"),
        ("--preserve=all --attributes-only", False, "all"),
        ("--preserve=xattr --no-preserve=xattr -a", False, "none"),
        ("--preserve=xattr --no-preserve=all --preserve=all", True, "all"),
    ],
)
def test_extended_attributes_are_required_only_by_name(
    line: str, required: bool, errors: str
) -> None:
    options, _ = parse_cp(line.split(), {}, no_warning)
    assert (options.require_preserve_xattr, options.xattr_errors) == (required, errors)


@pytest.mark.parametrize(
    ("line", "reflink", "sparse"),
    [
        ("--reflink", "always", "auto"),
        ("--reflink=au", "auto", "auto"),
        ("--sparse=always", "auto", "always"),
        ("--sparse=never", "never", "never"),
        ("--reflink=auto --sparse=never", "never", "never"),
        ("--sparse=never --sparse=auto", "auto", "auto"),
        ("--reflink --reflink=never --sparse=al", "never", "always"),
    ],
)
def test_sparse_never_shares_no_storage(line: str, reflink: str, sparse: str) -> None:
    options, _ = parse_cp(line.split(), {}, no_warning)
    assert (options.reflink, options.sparse) == (reflink, sparse)


@pytest.mark.parametrize(
    ("line", "environ", "backup", "suffix"),
    [
        ("", {"VERSION_CONTROL": "t", "SIMPLE_BACKUP_SUFFIX": "x"}, "none", "~"),
        ("", {"VERSION_CONTROL": "nonsense"}, "none", "~"),
        ("-b", {}, "existing", "~"),
        ("-b", {"VERSION_CONTROL": "simple"}, "simple", "~"),
        ("-b", {"VERSION_CONTROL": ""}, "existing", "~"),
        ("-b", {"VERSION_CONTROL": "off"}, "none", "~"),
        ("--backup=nil", {"VERSION_CONTROL": "nonsense"}, "existing", "~"),
        ("--backup=", {"VERSION_CONTROL": "t"}, "numbered", "~"),
        ("--backup=t -b --backup", {}, "numbered", "~"),
        ("--backup=t --backup=", {}, "existing", "~"),
        ("--backup=t --backup=simple", {}, "simple", "~"),
        ("-S .bak", {}, "existing", ".bak"),
        ("-S=.bak", {}, "existing", "=.bak"),
        ("-b", {"SIMPLE_BACKUP_SUFFIX": ".orig"}, "existing", ".orig"),
        ("-S .bak", {"SIMPLE_BACKUP_SUFFIX": ".orig"}, "existing", ".bak"),
        ("--suffix=", {"SIMPLE_BACKUP_SUFFIX": ".orig"}, "existing", "~"),
        ("-S a/b", {"SIMPLE_BACKUP_SUFFIX": ".orig"}, "existing", "~"),
        ("-S /x", {}, "existing", "~"),
        ("-S /", {}, "existing", "~"),
        ("-S x/", {}, "existing", "x/"),
        ("-S ..", {}, "existing", ".."),
        ("-b", {"SIMPLE_BACKUP_SUFFIX": "a/b"}, "existing", "~"),
    ],
)
def test_backups_ask_the_option_then_the_environment(
    line: str, environ: dict[str, str], backup: str, suffix: str
) -> None:
    options, _ = parse_cp(line.split(), environ, no_warning)
    assert (options.backup, options.suffix) == (backup, suffix)


EXCLUSIVE = "--backup is mutually exclusive with -n or --update=none-fail"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("-ls", "cannot make both hard and symbolic links"),
        ("-lsbn --reflink --sparse=never", "cannot make both hard and symbolic links"),
        ("-bn", EXCLUSIVE),
        ("--backup=none -n", EXCLUSIVE),
        ("-S x --update=none", EXCLUSIVE),
        ("-b --update=none-fail --reflink --sparse=never", EXCLUSIVE),
        ("--backup=nonsense -n", EXCLUSIVE),
        ("--reflink --sparse=never", "--reflink can be used only with --sparse=auto"),
        ("--reflink --sparse=always -b", "--reflink can be used only with --sparse=auto"),
    ],
)
def test_options_that_contradict_are_refused_in_order(line: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_cp(line.split(), {"VERSION_CONTROL": "nonsense"}, no_warning)
    assert str(caught.value) == message


def test_an_undone_no_clobber_goes_with_backups() -> None:
    assert meaning("-bni") == {"backup": "existing", "overwrite": "ask"}


@pytest.mark.parametrize(
    ("line", "context"), [("--backup=x", "backup type"), ("-b", "$VERSION_CONTROL")]
)
def test_a_bad_backup_method_names_where_it_came_from(line: str, context: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_cp([*line.split(), "--preserve=context"], {"VERSION_CONTROL": "x"}, no_warning)
    assert context in str(caught.value).split("\n")[0]


@pytest.mark.parametrize("line", ["--preserve=context", "--preserve=con,all --no-preserve=all"])
def test_context_by_name_is_refused_without_selinux(line: str) -> None:
    with pytest.raises(CopyError) as caught:
        parse_cp(line.split(), {}, no_warning)
    expected = "cannot preserve security context without an SELinux-enabled kernel"
    assert str(caught.value) == expected
    assert not isinstance(caught.value, UsageError)


def test_each_context_with_a_value_warns_once() -> None:
    warnings: list[str] = []
    parse_cp(["--context=", "-Z", "--cont=x"], {}, warnings.append)
    expected = "warning: ignoring --context; it requires an SELinux-enabled kernel"
    assert warnings == [expected] * 2


def test_an_empty_item_of_a_list_is_ambiguous() -> None:
    with pytest.raises(UsageError, match="ambiguous argument"):
        parse_cp(["--preserve=mode,"], {}, no_warning)


@pytest.mark.parametrize("word", ["--reply=yes", "-c"])
def test_options_of_other_versions_are_unknown(word: str) -> None:
    with pytest.raises(UsageError):
        parse_cp([word], {}, no_warning)


@pytest.mark.parametrize(
    "word",
    ["--jobs=0", "--jobs=257", "--digest=none", "--digest=\udcff", "--jobs=" + "9" * 5000],
    ids=lambda word: ascii(word[:20]),
)
def test_a_value_that_means_nothing_is_refused(word: str) -> None:
    with pytest.raises(UsageError, match="invalid argument"):
        parse_cp([word], {}, no_warning)


@pytest.mark.parametrize("kind", ["help", "version"])
def test_help_and_version_come_before_the_checks(kind: str) -> None:
    with pytest.raises(Answer) as caught:
        parse_cp(["-ls", f"--{kind}"], {}, no_warning)
    assert caught.value.kind == kind


def test_operands_keep_their_order_and_spelling() -> None:
    _, operands = parse_cp(["b/", "-v", "", "-", "--", "-a"], {}, no_warning)
    assert operands == ["b/", "", "-", "-a"]

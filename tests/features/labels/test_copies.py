"""Labels of copies: made with them, set by descriptor, and nothing is lost where one is refused."""

import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

from pycp import CopyFailed, Event, copy
from pycp.cli.cp import parse_cp
from pycp.engine import pinned
from pycp.run.serial import run_serial
from tests.features.labels.kernel import Kernel, words_of

GIVEN = "u:object_r:given_t:s0"
SOURCE, POLICY = "u:object_r:source_t:s0", "u:object_r:policy_t:s0"


def cp(line: str) -> list[str]:
    return words_of(parse_cp, run_serial, line)


def tree() -> None:
    os.makedirs("d/in")
    Path("d/x").write_text("x")
    os.symlink("x", "d/link")
    os.mkfifo("d/fifo")


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        ("", "here_t"),
        ("-p", "here_t"),
        ("--preserve=context", "source_t"),
        ("-a", "source_t"),
        ("--preserve=all", "source_t"),
        ("-Z", "policy_t"),
        ("--context", "policy_t"),
        ("-a -Z", "policy_t"),
        ("-Z -a", "policy_t"),
        (f"--context={GIVEN}", "given_t"),
        (f"-a --context={GIVEN}", "source_t"),
        ("--context=", "here_t"),
        ("--preserve=context --no-preserve=context", "here_t"),
        ("--atomic -a", "source_t"),
        ("--atomic -Z", "policy_t"),
    ],
)
def test_a_new_file_is_made_with_its_label(kernel: Kernel, options: str, kind: str) -> None:
    assert cp(f"{options} a b") == []
    assert kernel.type_of("b") == kind
    assert (kernel.next, kernel.set_while_empty) == ("", [])  # it never had another one


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        ("", "old_t"),
        ("--preserve=context", "source_t"),
        ("-a", "source_t"),
        ("-Z", "policy_t"),
        ("--attributes-only -Z", "policy_t"),
        (f"--context={GIVEN}", "old_t"),
        ("-n -Z", "old_t"),
        ("--remove-destination", "here_t"),
        ("--remove-destination -Z", "policy_t"),
        (f"--remove-destination --context={GIVEN}", "given_t"),
    ],
)
def test_an_existing_file_gets_the_label_it_should_have(
    kernel: Kernel, options: str, kind: str
) -> None:
    Path("b").write_text("old")
    kernel.give("b", "old_t")
    assert cp(f"{options} a b") == []
    assert kernel.type_of("b") == kind
    assert not any(kernel.set_while_empty)  # the label comes before the old contents go


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ("--preserve=context", "failed to set the security context of 'b': Permission denied"),
        ("--preserve=context --remove-destination", "cannot create regular file 'b': Permission"),
        ("--preserve=context --atomic", "failed to set the security context of 'b': Permission"),
        ("--preserve=context -b", "cannot create regular file 'b': Permission denied"),
        (f"--context={GIVEN} --remove-destination", "cannot create regular file 'b': Permission"),
    ],
)
def test_a_refused_label_costs_no_old_contents(kernel: Kernel, options: str, told: str) -> None:
    Path("b").write_text("old")
    kernel.refused = {"u:object_r:source_t:s0", GIVEN}
    assert cp(f"{options} a b")[0].startswith(told)
    assert (Path("b").read_text(), sorted(os.listdir())) == ("old", ["a", "b"])


@pytest.mark.parametrize("options", ["-a", "--preserve=all"])
def test_a_label_that_need_not_be_kept_costs_nothing(kernel: Kernel, options: str) -> None:
    Path("b").write_text("old")
    kernel.refused = {"u:object_r:source_t:s0"}
    told = "failed to set the security context of 'b': Permission denied"
    assert cp(f"{options} a b") == ([] if options == "-a" else [told])
    assert Path("b").read_text() == "new"


def test_everything_in_a_tree_keeps_its_own_label(kernel: Kernel) -> None:
    tree()
    for number, name in enumerate(("", "/in", "/x", "/link", "/fifo")):
        kernel.give(f"d{name}", f"t{number}_t")
    assert cp("-a --jobs=1 d e") == []
    for number, name in enumerate(("", "/in", "/x", "/link", "/fifo")):
        assert kernel.type_of(f"e{name}") == f"t{number}_t"


def test_a_given_label_goes_to_everything_in_a_tree(kernel: Kernel) -> None:
    tree()
    assert cp(f"-r --context={GIVEN} --jobs=1 d e") == []
    names = ("e", "e/in", "e/x", "e/link", "e/fifo")
    assert {kernel.type_of(name) for name in names} == {"given_t"}


@pytest.mark.parametrize(("options", "kinds"), [("-a", "AB"), ("-Z", ["here_t", "policy_t"])])
def test_directories_above_are_labelled_as_well(
    kernel: Kernel, options: str, kinds: list[str]
) -> None:
    tree()
    kernel.give("d", "A")
    kernel.give("d/x", "B")
    os.mkdir("e")
    assert cp(f"--parents {options} d/x e") == []
    assert [kernel.type_of("e/d"), kernel.type_of("e/d/x")] == list(kinds)


def test_an_existing_directory_is_labelled_anew(kernel: Kernel) -> None:
    tree()
    kernel.give("d", "source_t")
    os.mkdir("e")
    assert cp("-r -T --preserve=context d e") == []
    assert kernel.type_of("e") == "source_t"


@pytest.mark.parametrize("line", ["-l a b", "-r d b", "a b", "-t e a"])
def test_an_unknown_label_is_refused_before_anything_happens(kernel: Kernel, line: str) -> None:
    tree()
    os.mkdir("e")
    before = sorted(os.walk("."))
    told = "failed to set default file creation context to 'bogus': Invalid argument"
    assert cp(f"--context=bogus {line}")[0].replace("‘", "'").replace("’", "'") == told
    assert sorted(os.walk(".")) == before


@pytest.mark.parametrize("options", ["-Z", f"--context={GIVEN}"])
def test_a_label_is_set_or_kept_but_not_both(kernel: Kernel, options: str) -> None:
    assert cp(f"{options} --preserve=context a b") == ["cannot set target context and preserve it"]
    assert cp(f"--preserve=context {options} a b") == ["cannot set target context and preserve it"]
    assert not Path("b").exists()


def test_a_source_swapped_meanwhile_lends_no_label(
    kernel: Kernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("other").write_text("other")
    kernel.give("other", "other_t")
    hold = pinned.Pinned

    def swap(*arguments: Any, **more: Any) -> Any:
        os.rename("other", "a")
        monkeypatch.setattr("pycp.engine.labels.Pinned", hold)
        return hold(*arguments, **more)

    monkeypatch.setattr("pycp.engine.labels.Pinned", swap)
    told = "skipping file 'a', as it was replaced while being copied"
    assert cp("--preserve=context a b") == [told]
    assert not Path("b").exists() and kernel.next == ""


def test_a_destination_swapped_meanwhile_gets_no_label(
    kernel: Kernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("b").write_text("old")
    Path("theirs").write_text("theirs")
    kernel.give("theirs", "theirs_t")
    relabel = kernel.set_label

    def swap(where: Any, label: str) -> None:
        os.rename("theirs", "b")
        relabel(where, label)

    monkeypatch.setattr("pycp.engine.labels.set_label", swap)
    cp("--preserve=context a b")
    assert (kernel.type_of("b"), Path("b").read_text()) == ("theirs_t", "theirs")


def test_without_the_library_there_is_a_warning(
    kernel: Kernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> None:
        raise OSError("libselinux.so.1: cannot open shared object file")

    monkeypatch.setattr("pycp.engine.labels.Policy", missing)
    told = "warning: ignoring --context: libselinux.so.1: cannot open shared object file"
    assert cp("-Z a b") == [told]
    assert Path("b").read_text() == "new"


def test_what_is_not_known_of_a_source_is_told_as_asked(
    kernel: Kernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_where: object) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pycp.engine.labels.label_of", fail)
    told = ["failed to get security context of 'a': Permission denied"]
    assert cp("-a a b") == []
    assert cp("--preserve=all a c") == told
    assert cp("--preserve=context a d") == told
    assert [Path(name).exists() for name in "bcd"] == [True, True, False]


def test_a_file_that_a_link_leads_to_keeps_its_own_label(kernel: Kernel) -> None:
    os.symlink("a", "link")
    kernel.give("link", "link_t")
    assert cp("-L --preserve=context link b") == []
    assert cp("-P --preserve=context link c") == []
    assert [kernel.type_of("b"), kernel.type_of("c")] == ["source_t", "link_t"]


def test_a_dry_run_asks_for_no_label(kernel: Kernel) -> None:
    assert cp("-a --dry-run a b") == []
    assert (kernel.asked_for, Path("b").exists()) == ([], False)


def test_python_says_it_in_its_own_words(kernel: Kernel) -> None:
    copy("a", "b", context=True)
    copy("a", "c", context=GIVEN)
    copy("a", "e", preserve="context")
    copy("a", "f", preserve=True)
    kinds = [kernel.type_of(name) for name in "bcef"]
    assert kinds == ["policy_t", "given_t", "source_t", "source_t"]
    with pytest.raises(ValueError, match="contradicts"):
        copy("a", "g", preserve=["context"], context=True)
    with pytest.raises(TypeError):
        copy("a", "g", context=3)  # type: ignore[arg-type]
    with pytest.raises(CopyFailed, match="bogus"):
        copy("a", "g", context="bogus")
    assert not Path("g").exists()


def test_python_is_told_where_there_are_no_labels(
    kernel: Kernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pycp.system.has_labels", lambda: False)
    heard: list[str] = []
    copy("a", "b", context=GIVEN, on_event=lambda event: heard.append(event.kind))
    assert "warning" in heard
    with pytest.raises(CopyFailed, match="without an SELinux-enabled kernel"):
        copy("a", "c", preserve="context")
    assert not Path("c").exists()


@pytest.mark.parametrize("more", ["", "-v", "--verify --durable", "--sparse=always"])
def test_a_file_that_is_replaced_with_a_label_is_replaced_as_ever(
    kernel: Kernel, more: str
) -> None:
    told = []
    for labels in ("", f"--context={GIVEN}", "--preserve=context"):
        Path("b").write_text("longer than the new one")
        told.append(cp(f"--remove-destination {labels} {more} a b"))
        assert (Path("b").read_text(), sorted(os.listdir())) == ("new", ["a", "b"])
    assert told[0] == told[1] == told[2]


@pytest.mark.parametrize(
    ("options", "kind"), [("-Z", "policy_t"), ("--preserve=context", "source_t")]
)
def test_each_of_many_operands_has_its_label(kernel: Kernel, options: str, kind: str) -> None:
    os.mkdir("e")
    names = [f"f{number}" for number in range(20)]
    for name in names:
        Path(name).write_text(name)
        kernel.give(name, "source_t")
        kernel.types[f"{os.getcwd()}/e/{name}"] = "policy_t"
    assert cp(f"{options} {' '.join(names)} e") == []
    assert {kernel.type_of(f"e/{name}") for name in names} == {kind}


@pytest.mark.parametrize(
    ("hands", "is_old"), [("one", False), ("one", True), ("three", False), ("others", True)]
)
@pytest.mark.parametrize(
    ("options", "made", "found"),
    [
        ({}, None, None),
        ({"preserve": "context"}, SOURCE, SOURCE),
        ({"context": True}, POLICY, POLICY),
        ({"context": GIVEN}, GIVEN, None),
        ({"context": GIVEN, "dry_run": True}, None, None),
    ],
)
def test_events_tell_the_label(
    kernel: Kernel,
    options: dict[str, Any],
    made: str | None,
    found: str | None,
    hands: str,
    is_old: bool,
) -> None:
    os.mkdir("s")
    names = ["s", *(f"s/{number}" for number in range(9))]
    for name in names:
        if name != "s":
            Path(name).write_text(name)
        kernel.give(name, "source_t")
        kernel.types[f"{os.getcwd()}/e{name[1:]}"] = "policy_t"
    if is_old:
        copy("s", "e", recursive=True)
        kernel.labels = dict.fromkeys(kernel.labels, SOURCE.replace("source", "old"))
        for name in names:
            kernel.give(name, "source_t")
    told: list[Event] = []
    more: dict[str, Any] = {"jobs": 3 if hands == "three" else 1, **options}
    with ProcessPoolExecutor(2, get_context("fork")) as pool:
        if hands == "others" and "dry_run" not in options:
            more = {"executor": pool, **options}
        copy("s", "e", recursive=True, no_target_directory=True, on_event=told.append, **more)
    heard = {event.source: event.context for event in told if event.kind in ("copied", "directory")}
    assert heard == dict.fromkeys(names, found if is_old else made)
    assert os.path.exists("e") == (is_old or "dry_run" not in options)


@pytest.mark.parametrize(
    ("options", "kinds"),
    [
        ("-a", ["source_t"] * 4),
        ("-a --verify", ["source_t"] * 4),
        ("-r -d -Z", ["policy_t"] * 4),
        (f"-r -P --context={GIVEN}", ["old_t", "old_t", "given_t", "given_t"]),
        ("-r -P", ["old_t"] * 4),
    ],
)
def test_what_is_complete_gets_the_label_it_should_have(
    kernel: Kernel, options: str, kinds: list[str]
) -> None:
    tree()
    names = ("", "/x", "/link", "/fifo")
    assert cp("-a -T d e") == []
    for name in names:
        kernel.give(f"d{name}", "source_t")
        kernel.give(f"e{name}", "old_t")
        kernel.types[f"{os.getcwd()}/e{name}"] = "policy_t"
    for is_left in (True, False):
        told = cp(f"--resume {options} -T d e")
        assert is_left or told == []
        assert [kernel.type_of(f"e{name}") for name in names] == kinds

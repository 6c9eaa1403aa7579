"""Labels of what is installed."""

import json
import os
import stat
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from pycp.cli.install import parse_install
from pycp.report import json_lines
from pycp.report.json_lines import JsonLines
from pycp.run.install import run_install
from tests.features.labels.kernel import HERE, Kernel, words_of

GIVEN = "u:object_r:given_t:s0"


def install(line: str) -> list[str]:
    return words_of(parse_install, run_install, line)


def label_of(path: str, kernel: Kernel) -> str:
    status = os.lstat(path)
    return kernel.labels.get((status.st_dev, status.st_ino), HERE)


@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize(
    ("options", "label"),
    [
        ("", "system_u:object_r:policy_t:s0"),
        ("--atomic", "system_u:object_r:policy_t:s0"),
        ("-Z", "u:object_r:policy_t:s0"),
        ("--preserve-context", "u:object_r:source_t:s0"),
        (f"--context={GIVEN}", GIVEN),
    ],
)
def test_what_is_installed_has_its_label(
    kernel: Kernel, options: str, label: str, old: bool
) -> None:
    if old:
        Path("b").write_text("old")
        kernel.give("b", "old_t")
    assert install(f"{options} a {os.getcwd()}/b") == []
    assert label_of("b", kernel) == label
    assert Path("b").read_text() == "new"


def test_an_empty_label_asks_for_none(kernel: Kernel) -> None:
    assert install(f"--context= a {os.getcwd()}/b") == []
    assert kernel.type_of("b") == "here_t"


def test_a_relative_name_is_not_looked_up_unless_asked(kernel: Kernel) -> None:
    assert install("a b") == []
    assert kernel.type_of("b") == "here_t"
    assert install("-Z a b") == []
    assert kernel.type_of("b") == "policy_t"


@pytest.mark.parametrize(
    ("options", "kind"), [("", "policy_t"), ("-Z", "old_t"), (f"--context={GIVEN}", "old_t")]
)
def test_a_file_that_is_right_is_labelled_as_if_installed(
    kernel: Kernel, options: str, kind: str
) -> None:
    Path("b").write_text("new")
    os.chmod("b", 0o755)
    kernel.give("b", "old_t")
    inode = os.stat("b").st_ino
    assert install(f"-C {options} a {os.getcwd()}/b") == []
    assert (kernel.type_of("b"), os.stat("b").st_ino) == (kind, inode)


@pytest.mark.parametrize("is_alike", [False, True])
def test_a_label_that_is_kept_counts_when_files_are_compared(
    kernel: Kernel, is_alike: bool
) -> None:
    Path("b").write_text("new")
    os.chmod("b", 0o755)
    kernel.give("b", "source_t" if is_alike else "old_t")
    inode = os.stat("b").st_ino
    assert install("-C --preserve-context a b") == []
    assert kernel.type_of("b") == "source_t"
    assert (os.stat("b").st_ino == inode) == is_alike


def test_directories_that_are_made_are_labelled(kernel: Kernel) -> None:
    here = os.getcwd()
    kernel.types = {f"{here}/p": "p_t", f"{here}/p/q": "q_t"}
    assert install(f"-d -Z {here}/p/q") == []
    assert [kernel.type_of("p"), kernel.type_of("p/q")] == ["p_t", "q_t"]
    assert install(f"-d --context={GIVEN} r/s") == []
    assert [kernel.type_of("r"), kernel.type_of("r/s")] == ["given_t", "given_t"]
    assert install("-d t") == []
    assert kernel.type_of("t") == "here_t"
    assert install(f"-D --context={GIVEN} a u/v") == []
    assert [kernel.type_of("u"), kernel.type_of("u/v")] == ["given_t", "given_t"]


def test_a_directory_that_is_there_is_labelled_by_the_policy(kernel: Kernel) -> None:
    os.mkdir("d")
    assert install("-d d") == []
    assert kernel.type_of("d") == "here_t"
    assert install("-d -Z d") == []
    assert kernel.type_of("d") == "policy_t"


@pytest.mark.parametrize("options", ["--preserve-context", f"--context={GIVEN}"])
def test_a_refused_label_leaves_the_old_file(kernel: Kernel, options: str) -> None:
    Path("b").write_text("old")
    kernel.refused = {"u:object_r:source_t:s0", GIVEN}
    assert install(f"{options} a b") == ["cannot create regular file 'b': Permission denied"]
    assert (Path("b").read_text(), sorted(os.listdir())) == ("old", ["a", "b"])


def test_a_default_label_that_is_refused_is_a_warning(kernel: Kernel) -> None:
    kernel.refused = {"system_u:object_r:policy_t:s0"}
    (told,) = install(f"a {os.getcwd()}/b")
    assert told.endswith(
        "failed to change context to system_u:object_r:policy_t:s0: Permission denied"
    )
    assert Path("b").read_text() == "new"


@pytest.mark.parametrize("options", ["-Z", f"--context={GIVEN}"])
def test_a_label_is_set_or_kept_but_not_both(kernel: Kernel, options: str) -> None:
    told = ["cannot set target context and preserve it"]
    assert install(f"{options} --preserve-context a b") == told
    assert install(f"--preserve-context {options} a b") == told


def test_an_unknown_label_is_refused_before_anything_happens(kernel: Kernel) -> None:
    for line in ("a b", "-d b", "-D a b/c"):
        assert "Invalid argument" in install(f"--context=bogus {line}")[0]
        assert not Path("b").exists()


@pytest.mark.parametrize(
    "more", ["", "--verify --durable", "-p -b", "-s --strip-program=true", "-v"]
)
def test_a_file_that_is_replaced_with_a_label_is_replaced_as_ever(
    kernel: Kernel, more: str
) -> None:
    told = []
    for labels in ("", f"--context={GIVEN}", "--preserve-context"):
        Path("b").write_text("old")
        told.append(install(f"{labels} {more} a b"))
        assert (Path("b").read_text(), stat.S_IMODE(os.stat("b").st_mode)) == ("new", 0o755)
        names = {"a", "b", "b~"} if "-b" in more else {"a", "b"}
        assert set(os.listdir()) == names
    assert told[0] == told[1] == told[2]


@pytest.mark.parametrize(
    ("options", "kind"),
    [("", "policy_t"), ("-Z", "policy_t"), ("--preserve-context", "source_t")],
)
def test_each_of_many_operands_has_its_label(kernel: Kernel, options: str, kind: str) -> None:
    os.mkdir("e")
    names = [f"f{number}" for number in range(20)]
    for name in names:
        Path(name).write_text(name)
        kernel.give(name, "source_t")
        kernel.types[f"{os.getcwd()}/e/{name}"] = "policy_t"
    assert install(f"{options} {' '.join(names)} {os.getcwd()}/e") == []
    assert {kernel.type_of(f"e/{name}") for name in names} == {kind}


@pytest.mark.parametrize(
    ("options", "label"),
    [
        ("", "system_u:object_r:policy_t:s0"),
        ("-Z", "u:object_r:policy_t:s0"),
        (f"--context={GIVEN}", GIVEN),
        ("--dry-run -Z", None),
    ],
)
def test_events_tell_the_label(
    kernel: Kernel, capfd: pytest.CaptureFixture[str], options: str, label: str | None
) -> None:
    here = os.getcwd()
    kernel.types = {f"{here}/p": "policy_t", f"{here}/p/q": "policy_t"}
    words = ["--json", "-D", *options.split(), "a", f"{here}/p/q"]
    parsed, operands = parse_install(words, {}, print)
    report = JsonLines("pyinstall", parsed, operands)
    run_install(parsed, operands, report)
    assert report.finish()
    events = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    found = {event["event"]: event.get("context") for event in events}
    assert found["copied"] == label
    assert found["directory"] == (label if options else None)  # install labels files by itself
    schema = json.loads(Path(json_lines.__file__).with_name("events.schema.json").read_text())
    for event in events:
        Draft202012Validator(schema).validate(event)

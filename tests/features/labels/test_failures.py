"""Labels that cannot be known or set: told as far as the options want to hear of it."""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pycp.cli.cp import parse_cp
from pycp.cli.install import parse_install
from pycp.engine import labels
from pycp.engine.pinned import Pinned
from pycp.options import CopyOptions
from pycp.run.install import run_install
from pycp.run.serial import run_serial
from tests.features.labels.kernel import HERE, Kernel, words_of
from tests.unit.rooms import Heard

SOURCE = "u:object_r:source_t:s0"
GIVEN = "u:object_r:given_t:s0"
DENIED = "Permission denied"


def cp(line: str) -> list[str]:
    return words_of(parse_cp, run_serial, line)


def install(line: str) -> list[str]:
    return words_of(parse_install, run_install, line)


def failing(code: int) -> Callable[..., Any]:
    def fail(*_words: object) -> Any:
        raise OSError(code, os.strerror(code))

    return fail


def look_wrong(monkeypatch: pytest.MonkeyPatch, shown: str) -> None:
    """Have something else held for what has this name."""
    is_still = Pinned.is_still
    monkeypatch.setattr(
        Pinned, "is_still", lambda held, status: held.shown != shown and is_still(held, status)
    )


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ("-a", []),
        ("--preserve=all", ["failed to set default file creation context to"]),
        ("--preserve=context", ["failed to set default file creation context to"]),
    ],
)
def test_a_label_that_the_kernel_does_not_know_is_told_as_asked(
    kernel: Kernel, options: str, told: list[str]
) -> None:
    kernel.unknown = {SOURCE}
    heard = cp(f"{options} a b")
    assert [words.partition(" ‘")[0].partition(" 'u:")[0] for words in heard] == told
    assert os.path.exists("b") == (options != "--preserve=context")


@pytest.mark.parametrize("code", [errno.EACCES, errno.ENOTSUP])
def test_a_name_that_the_policy_cannot_look_up_leaves_the_label_to_the_kernel(
    kernel: Kernel, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    monkeypatch.setattr(kernel, "label", failing(code))
    told = f"failed to set default file creation context for 'b': {DENIED}"
    assert cp("-Z a b") == ([told] if code == errno.EACCES else [])
    assert kernel.type_of("b") == "here_t"


def test_a_directory_above_that_was_replaced_lends_no_label(
    kernel: Kernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("d", "e"):
        os.mkdir(name)
    Path("d/x").touch()
    kernel.give("d", "source_t")
    kernel.give("d/x", "source_t")
    look_wrong(monkeypatch, "d")
    assert cp("--parents --preserve=context d/x e") == []
    assert [kernel.type_of("e/d"), kernel.type_of("e/d/x")] == ["here_t", "source_t"]


def test_a_directory_above_that_is_there_is_labelled_if_others_are_made(kernel: Kernel) -> None:
    os.makedirs("d/in")
    Path("d/in/x").touch()
    os.makedirs("e/d")
    kernel.types = {f"{os.getcwd()}/e/{name}": "policy_t" for name in ("d", "d/in", "d/in/x")}
    assert cp("--parents -Z d/in/x e") == []
    assert [kernel.type_of(f"e/{name}") for name in ("d", "d/in", "d/in/x")] == ["policy_t"] * 3


def test_a_directory_above_that_cannot_have_its_label_is_not_made(kernel: Kernel) -> None:
    for name in ("d", "e"):
        os.mkdir(name)
    Path("d/x").touch()
    kernel.give("d", "source_t")
    kernel.unknown = {SOURCE}
    (told,) = cp("--parents --preserve=context d/x e")
    assert told.startswith("failed to set default file creation context to")
    assert os.listdir("e") == []


def test_a_label_that_cannot_be_read_is_not_the_right_one(
    kernel: Kernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkdir("d")
    os.symlink("x", "d/link")
    assert cp(f"-r -P -T --context={GIVEN} d e") == []
    before = os.lstat("e/link").st_ino
    assert cp(f"-r -P -T --resume --context={GIVEN} d e") == []
    assert os.lstat("e/link").st_ino == before
    monkeypatch.setattr(labels, "label_of", failing(errno.EACCES))
    assert cp(f"-r -P -T --resume --context={GIVEN} d e") == ["replaced 'e/link'"]


def test_what_the_kernel_chooses_for_is_as_it_should_be(kernel: Kernel) -> None:
    os.mkdir("d")
    os.symlink("x", "d/link")
    for options in ("", "--resume"):
        assert cp(f"-r -P -T -Z {options} d f") == []
        if not options:
            before = os.lstat("f/link").st_ino
    assert os.lstat("f/link").st_ino == before


@pytest.mark.parametrize("kind", ["policy_t", ""])
def test_where_there_are_no_labels_nothing_is_told(
    kernel: Kernel, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    place = f"{os.getcwd()}/b"
    kernel.types = {place: kind}
    monkeypatch.setattr(labels, "set_label", failing(errno.ENOTSUP))
    assert install(f"a {place}") == []
    os.truncate("b", 0)
    assert cp("-Z a b") == []
    assert Path("b").read_text() == "new"
    assert kernel.type_of("b") == "here_t"


@pytest.mark.parametrize("name", ["e/.", "e/in/..", "/"])
def test_the_policy_knows_a_directory_by_its_whole_name(kernel: Kernel, name: str) -> None:
    os.makedirs("e/in")
    whole = os.path.realpath(name)
    kernel.types = {whole: "policy_t"}
    given = labels.Labels(CopyOptions(default_context=True), Heard())
    status = os.stat("e")
    fd = os.open("e", os.O_RDONLY)
    given.relabel(fd, name, status.st_mode)
    os.close(fd)
    assert kernel.type_of("e") == "policy_t"


def test_without_a_policy_files_are_installed_with_one_warning(
    kernel: Kernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkdir("e")
    Path("c").touch()
    monkeypatch.setattr(labels, "Policy", failing(errno.EACCES))
    assert install(f"a c {os.getcwd()}/e") == [f"warning: no labels are set: {DENIED}"]
    assert [kernel.type_of(f"e/{name}") for name in "ac"] == ["here_t", "here_t"]


def test_a_name_that_the_policy_cannot_look_up_is_installed_with_a_warning(
    kernel: Kernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernel, "label", failing(errno.EACCES))
    place = f"{os.getcwd()}/b"
    assert install(f"a {place}") == [f"warning: '{place}': context lookup failed: {DENIED}"]
    assert kernel.type_of("b") == "here_t"


def test_what_took_the_place_of_an_installed_file_gets_no_label(
    kernel: Kernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = f"{os.getcwd()}/b"
    Path("b").write_text("new")
    os.chmod("b", 0o755)
    look_wrong(monkeypatch, place)
    (told,) = install(f"-C a {place}")
    assert "replaced" in told
    assert kernel.labels.get((os.stat("b").st_dev, os.stat("b").st_ino), HERE) == HERE


def test_labels_that_cannot_be_read_are_not_alike(
    kernel: Kernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("b").write_text("new")
    os.chmod("b", 0o755)
    monkeypatch.setattr(labels, "label_of", failing(errno.EACCES))
    before = os.stat("b").st_ino
    held = os.open("b", os.O_RDONLY)  # so that its number is given to nothing else
    assert install("-C --preserve-context a b") == [
        f"failed to get security context of 'a': {DENIED}"
    ]
    os.close(held)
    assert os.stat("b").st_ino != before, "it is installed anew"

"""Arguments of pycp.copy and pycp.install that mean nothing are refused before anything is done."""

import inspect
import os
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import pycp
from pycp.checks import CHOICES, MOST_JOBS
from pycp.cli.cp import CP, parse_cp
from pycp.cli.shared import CONTROLS
from pycp.errors import UsageError
from tests import listing

COPY, INSTALL = "copy", "install"
FUNCTIONS: Mapping[str, Callable[..., object]] = {COPY: pycp.copy, INSTALL: pycp.install}
NO_FLAG: tuple[Any, ...] = ("yes", "", 0, 1, None, 1.0, [])
NO_TEXT = (None, True, 1, b"x", Path("x"), ["x"], "\0", "\ud800")
NO_PATH = (None, 1, 1.5, ["x"], "\0", b"\0", "\ud800")
NO_WORD = (*NO_TEXT, "", "x", "All")
NO_OWNER = (True, -1, 2**32 - 1, 2**32, 2**70, 1.0, b"root", ["root"], "\0", "\ud800")
WRONG: dict[str, tuple[Any, ...]] = {
    "sources": (None, 1, 1.5, [1], [None], ["new", 1], "\0", ["\0"], "\ud800", bytearray(b"new")),
    "destination": NO_PATH,
    "follow_symlinks": ("", "always", "never", "True", 1, 0, b"operands", ["operands"]),
    "preserve": (None, 1, "", "modes", b"mode", Path("mode"), ["mode", 1], [b"mode"], ["all", ""]),
    "context": (None, 1, 1.5, b"u:r:t:s0", ["u:r:t:s0"], "\0", "\ud800"),
    "tee": (None, 1, 1.5, [1], [None], "\0", ["\0"], "\ud800"),
    "update": NO_WORD,
    "backup": NO_WORD,
    "reflink": NO_WORD,
    "sparse": NO_WORD,
    "suffix": (*NO_TEXT, "", "/", "/x", "x/", "x/y", "../x"),
    "exclude": (None, 1, b"*.o", Path("x"), [b"*.o"], ["x", None], "\0", ["\0"], bytearray(b"x")),
    "manifest": (1, 1.5, ["x"], True, "\0", "\ud800"),
    "digest": (*NO_TEXT, "", "crc", "shake_128"),
    "bandwidth": (None, True, False, -1, 1.5, float("nan"), float("inf"), "1M", b"1"),
    "jobs": (True, False, 0, -1, MOST_JOBS + 1, 2**70, 1.5, "2", "auto", b"1", [1]),
    "executor": (1, "mpi", [print], True),
    "on_event": (1, "print", [print], True),
    "mode": (True, False, -1, 0o10000, 2**70, 1.5, b"755", "", "u=q", "8", "u", "\0", ["755"]),
    "owner": NO_OWNER,
    "group": NO_OWNER,
    "strip_program": NO_TEXT,
    "record": (1, 1.5, ["x"], True, "\0", "\ud800"),
    "record_root": (1, 1.5, ["x"], True, "\0", "\ud800", "."),
}
"""What each argument cannot be; one that is not named here is a flag."""


def arguments_of(function: str) -> list[inspect.Parameter]:
    return list(inspect.signature(FUNCTIONS[function]).parameters.values())


def is_flag(parameter: inspect.Parameter) -> bool:
    return parameter.default is False and parameter.name not in WRONG


def wrong_ones() -> Iterator[Any]:
    """Yield each wrong value of each argument of each function."""
    for function in FUNCTIONS:
        for parameter in arguments_of(function):
            values = WRONG.get(parameter.name, NO_FLAG if is_flag(parameter) else ())
            for value in values:
                if function == INSTALL and parameter.name == "destination" and value is None:
                    continue  # that is a call of its own
                word = ascii(value).replace("/", "slash")
                yield pytest.param(
                    function, parameter.name, value, id=f"{function} {parameter.name}={word}"
                )


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("new").write_text("new")
    Path("old").write_text("old")
    os.chmod("old", 0o644)
    return tmp_path


def refused(call: Callable[[], object], here: Path) -> Exception:
    """Return why a call is refused; it must not have done anything."""
    before = listing.listing(str(here), 0)
    try:
        call()
    except (ValueError, TypeError) as error:
        assert listing.listing(str(here), 0) == before
        assert str(error)
        return error
    raise AssertionError(f"not refused; there is now: {listing.listing(str(here), 0)}")


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_argument_is_tried(function: str) -> None:
    tried = [one.name for one in arguments_of(function) if one.name in WRONG or is_flag(one)]
    assert tried == [one.name for one in arguments_of(function)]


@pytest.mark.parametrize(("function", "name", "value"), list(wrong_ones()))
def test_a_wrong_value_is_refused(function: str, name: str, value: Any, here: Path) -> None:
    others = {"backup": "simple", "atomic": True, "durable": True, "manifest": "m"}
    for more in ({}, others):
        arguments: dict[str, Any] = {"sources": "new", "destination": "old", **more, name: value}
        refused(partial(FUNCTIONS[function], **arguments), here)


CLASHES: tuple[tuple[str, dict[str, Any]], ...] = (
    (COPY, {"hard_link": True, "symbolic_link": True}),
    (COPY, {"backup": "simple", "update": "none"}),
    (COPY, {"backup": "numbered", "update": "none-fail"}),
    (COPY, {"reflink": "always", "sparse": "always"}),
    (COPY, {"reflink": "always", "sparse": "never"}),
    (COPY, {"resume": True, "backup": "simple"}),
    (COPY, {"parents": True}),
    (COPY, {"sources": ["new"], "no_target_directory": True}),
    (INSTALL, {"sources": ["new"], "no_target_directory": True}),
    (INSTALL, {"compare": True, "strip": True}),
    (INSTALL, {"directory": True}),
    (INSTALL, {"destination": None}),
    (INSTALL, {"directory": True, "destination": None, "strip": True}),
    (INSTALL, {"record_root": "."}),
    (INSTALL, {"unprivileged": True}),
)


@pytest.mark.parametrize(("function", "arguments"), CLASHES, ids=str)
def test_arguments_that_exclude_each_other_are_refused(
    function: str, arguments: dict[str, Any], here: Path
) -> None:
    refused(
        lambda: FUNCTIONS[function](**{"sources": "new", "destination": "old", **arguments}), here
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sources": None}, "sources must be a path or an iterable of paths, not NoneType"),
        ({"sources": bytearray(b"new")}, "sources must be a path or an iterable of paths, not "),
        ({"tee": 1}, "tee must be a path or an iterable of paths, not int"),
        ({"exclude": None}, "exclude must be str or an iterable of str, not NoneType"),
        ({"preserve": 1}, "preserve must be str or an iterable of str, not int"),
    ],
    ids=str,
)
def test_a_refusal_tells_what_could_be_one_or_several(
    arguments: dict[str, Any], message: str, here: Path
) -> None:
    call = partial(pycp.copy, **{"sources": "new", "destination": "old", **arguments})
    assert str(refused(call, here)).startswith(message)


def test_a_refusal_names_the_arguments(here: Path) -> None:
    error = refused(lambda: pycp.copy("new", "old", hard_link=True, symbolic_link=True), here)
    assert str(error) == "hard_link=True and symbolic_link=True exclude each other"
    error = refused(lambda: pycp.copy("new", "old", recursive="no"), here)  # type: ignore[arg-type]
    assert str(error) == "recursive must be bool, not str"
    error = refused(lambda: pycp.copy("new", "old", jobs=300), here)
    assert str(error) == "jobs=300 is not from 1 to 256"


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        (COPY, {"suffix": ".bak", "backup": "simple", "atomic": True}),
        (
            COPY,
            {
                "jobs": MOST_JOBS,
                "bandwidth": 10**12,
                "digest": "SHA256",
                "manifest": "m",
                "exclude": (),
            },
        ),
        (COPY, {"exclude": ["*.o"], "preserve": {"mode": 1}, "follow_symlinks": "operands"}),
        (INSTALL, {"mode": 0o400, "suffix": "x"}),
        (INSTALL, {"mode": 0o7777, "owner": os.geteuid(), "group": os.getegid()}),
        (INSTALL, {"mode": "u=rw", "owner": str(os.geteuid()), "backup": "numbered"}),
    ],
    ids=str,
)
def test_what_is_right_is_done(function: str, arguments: dict[str, Any]) -> None:
    FUNCTIONS[function]("new", "old", **arguments)
    assert Path("old").read_text() == "new"
    if "backup" in arguments:
        (backup,) = {*os.listdir()} - {"new", "old"}
        assert Path(backup).read_text() == "old"


def test_the_command_line_has_the_same_choices() -> None:
    offered = {row.field: sorted(row.choices) for row in CP.rows if row.field in CHOICES}
    offered["backup"] = sorted(words.split()[0] for words in CONTROLS)
    assert offered == {field: sorted(words) for field, words in CHOICES.items()}


def test_the_command_line_has_the_same_limit_of_processes() -> None:
    assert parse_cp([f"-j{MOST_JOBS}"], {}, print)[0].jobs == MOST_JOBS
    with pytest.raises(UsageError):
        parse_cp([f"-j{MOST_JOBS + 1}"], {}, print)

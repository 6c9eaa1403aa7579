"""pycp.copy and pycp.install: what a program gets from them, and what they leave alone."""

import _signal  # type: ignore[import-not-found]
import _socket
import contextlib
import errno
import json
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, get_args

import jsonschema
import pytest

import pycp
from pycp.report import pulse
from pycp.report.listener import Event
from tests import extent, tree
from tests.forked import MEMORY, run
from tests.gnu.strategies import ACCESS_LISTS

SCHEMA = json.loads(files("pycp.report").joinpath("events.schema.json").read_bytes())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
MANY = 2400
"""Files enough for several processes that nobody asked for."""
SECONDS = 60
"""How long a copy may take before it counts as hanging."""
LARGE = 600
"""Files that several processes are to copy because they are asked to."""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(autouse=True)
def leaves_the_process_alone() -> Iterator[None]:
    """Compare what a library must not change, and look for what it left open."""

    def state() -> dict[str, object]:
        mask = os.umask(0)
        os.umask(mask)
        return {
            "umask": mask,
            "directory": os.getcwd(),
            "handlers": [signal.getsignal(number) for number in signal.valid_signals()],
            "blocked": signal.pthread_sigmask(signal.SIG_BLOCK, ()),
            "descriptors": sorted(os.listdir("/proc/self/fd")),
            "children": Path("/proc/self/task", str(os.getpid()), "children").read_text(),
        }

    before = state()
    yield
    assert state() == before


def make_many(name: str, count: int = MANY) -> None:
    for number in range(count // 100):
        os.makedirs(f"{name}/{number}")
        for other in range(100):
            Path(f"{name}/{number}/{other}").write_bytes(b"x" * other)


def test_one_file_goes_to_a_name_or_into_a_directory(here: Path) -> None:
    Path("a").write_text("text")
    os.mkdir("d")
    assert pycp.copy("a", "b").files == 1
    assert pycp.copy("a", "d").bytes == 4
    assert (Path("b").read_text(), Path("d/a").read_text()) == ("text", "text")
    with pytest.raises(pycp.CopyFailed, match="cannot overwrite directory 'd'"):
        pycp.copy("a", "d", no_target_directory=True)


@pytest.mark.parametrize("sources", [["a", b"b", Path("c")], ("a", "b", "c"), iter("abc")])
def test_an_iterable_goes_into_a_directory(sources: Any) -> None:
    for name in "abc":
        Path(name).write_text(name)
    os.mkdir("d")
    assert pycp.copy(sources, Path("d")).files == 3
    assert sorted(os.listdir("d")) == ["a", "b", "c"]


def test_an_iterator_is_asked_for_the_next_path_when_one_is_copied() -> None:
    os.mkdir("d")
    seen = []

    def paths() -> Iterator[Any]:
        for name in ("a", b"b"):
            seen.append(sorted(os.listdir("d")))
            Path(os.fsdecode(name)).touch()
            yield name
        yield 3

    with pytest.raises(TypeError):
        pycp.copy(paths(), "d")
    assert seen == [[], ["a"]]
    assert sorted(os.listdir("d")) == ["a", "b"]
    assert pycp.install(iter(["a", "b"]), "d").files == 2
    assert pycp.install(iter(["x/y", "z"]), directory=True).directories == 3


def test_of_an_iterable_even_one_goes_into_a_directory() -> None:
    Path("a").write_text("a")
    with pytest.raises(pycp.CopyFailed) as caught:
        pycp.copy(["a"], "b")
    assert caught.value.errno == errno.ENOENT
    assert not os.path.exists("b")
    summary = pycp.copy([], "b")
    assert (summary.files, summary.directories, summary.failed) == (0, 0, 0)


def test_a_tree_is_kept_as_archives_are() -> None:
    os.makedirs("s/d")
    Path("s/f").write_text("f")
    os.link("s/f", "s/d/g")
    os.symlink("f", "s/l")
    os.chmod("s/f", 0o640)
    os.utime("s/f", (1, 2))
    summary = pycp.copy("s", "t", recursive=True, preserve=True)
    assert (summary.files, summary.directories) == (3, 2)
    status = os.stat("t/f")
    assert (status.st_mode & 0o777, status.st_mtime, status.st_nlink) == (0o640, 2, 2)
    assert os.readlink("t/l") == "f"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({}, "file"),
        ({"follow_symlinks": False}, "link"),
        ({"recursive": True}, "link"),
        ({"recursive": True, "follow_symlinks": "operands"}, "file"),
        ({"recursive": True, "follow_symlinks": True}, "file"),
    ],
)
def test_symbolic_links_are_followed_as_asked(arguments: dict[str, Any], expected: str) -> None:
    Path("f").write_text("f")
    os.symlink("f", "l")
    pycp.copy("l", "m", **arguments)
    assert ("link" if os.path.islink("m") else "file") == expected


def test_options_of_the_command_are_arguments() -> None:
    for name in ("s/a.o", "s/b.c", "t/b.c"):
        os.makedirs(os.path.dirname(name), exist_ok=True)
        Path(name).write_text(name)
    summary = pycp.copy("s/.", "t", recursive=True, exclude="*.o", backup="numbered", atomic=True)
    assert sorted(os.listdir("t")) == ["b.c", "b.c.~1~"]
    assert (summary.files, summary.skipped) == (1, 1)
    assert pycp.copy("s/b.c", "t", update="none").skipped == 1


@pytest.mark.parametrize(
    "arguments",
    [
        {"preserve": "modes"},
        {"preserve": ["mode", "time"]},
        {"update": "newer"},
        {"backup": "always"},
        {"follow_symlinks": "never ever"},
        {"hard_link": True, "symbolic_link": True},
        {"backup": "simple", "update": "none"},
        {"reflink": "always", "sparse": "always"},
        {"jobs": 0},
        {"bandwidth": -1},
        {"digest": "sha256"},
        {"manifest": "m", "digest": "crc"},
        {"manifest": "m", "digest": "shake_128"},
        {"no_target_directory": True},
    ],
)
def test_arguments_that_make_no_sense_are_a_value_error(arguments: dict[str, Any]) -> None:
    Path("a").write_text("a")
    with pytest.raises(ValueError, match=r"\w"):
        pycp.copy(["a"], ".", **arguments)
    assert os.listdir() == ["a"]


@pytest.mark.parametrize("function", [pycp.copy, pycp.install])
def test_a_null_byte_is_a_value_error(function: Callable[..., object]) -> None:
    with pytest.raises(ValueError, match="null byte"):
        function("a\0", "b")


def test_every_failure_is_listed_and_the_rest_is_copied() -> None:
    os.mkdir("d")
    Path("a").write_text("a")
    with pytest.raises(pycp.CopyFailed) as caught:
        pycp.copy(["x", "a", "d", "y"], "d")
    error = caught.value
    assert os.listdir("d") == ["a"]
    told = [(each.errno, each.strerror, each.filename) for each in error.errors]
    missing = os.strerror(errno.ENOENT)
    assert told == [(errno.ENOENT, missing, "x"), (None, None, "d"), (errno.ENOENT, missing, "y")]
    assert (error.errno, error.filename, error.strerror) == (errno.ENOENT, "x", missing)
    assert str(error) == "cannot stat 'x': No such file or directory (and 2 more)"
    assert (error.summary.files, error.summary.failed) == (1, 3)
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.errno, again.summary) == (str(error), error.errno, error.summary)


def test_a_failure_keeps_its_destination_and_its_notes_in_another_process() -> None:
    os.mkdir("d")
    os.mkdir("e")
    with pytest.raises(pycp.CopyFailed) as caught:
        pycp.copy("x", "d", tee="e")
    caught.value.add_note("all of it")
    caught.value.errors[0].add_note("one of it")
    again = pickle.loads(pickle.dumps(caught.value))
    assert sorted(each.destination for each in again.errors) == ["d", "e"]
    assert (again.__notes__, again.errors[0].__notes__) == (["all of it"], ["one of it"])


def test_a_failure_about_two_names_tells_both() -> None:
    Path("a").write_text("a")
    with pytest.raises(pycp.CopyFailed) as caught:
        pycp.copy("a", "a")
    assert (caught.value.filename, caught.value.filename2) == ("a", "a")


def as_json(event: Event) -> dict[str, object]:
    """Return an event as --json writes it, but for names that are no Unicode."""
    details = dict(vars(event))
    return {"event": details.pop("kind"), **details}


def test_events_are_those_of_json_and_come_in_this_thread() -> None:
    os.makedirs("s/d")
    os.makedirs("t/d")
    Path("s/f").write_text("12345")
    Path("t/f").write_text("old")
    os.symlink("f", "s/l")
    os.mkfifo("s/d/p")
    events: list[Event] = []
    threads = set()

    def hear(event: Event) -> None:
        events.append(event)
        threads.add(threading.get_ident())

    with pytest.raises(pycp.CopyFailed):
        pycp.copy(["s/.", "no"], "t", recursive=True, backup="simple", on_event=hear)
    pycp.copy("s/f", "t", update="none", on_event=hear)
    pycp.install("s/f", "i/j/k", make_parents=True, on_event=hear)
    for event in events:
        VALIDATOR.validate(as_json(event))
    assert threads == {threading.get_ident()}
    assert {event.kind for event in events} == {
        *("started", "copied", "directory", "skipped", "failed"),
    }
    (copied,) = [one for one in events if (one.kind, one.destination) == ("copied", "t/./f")]
    assert (copied.bytes, copied.method, copied.backup) == (5, "loop", "t/./f~")
    with pytest.raises(AttributeError):
        copied.bytes = 6  # type: ignore[misc]
    with pytest.raises(AttributeError):
        del copied.bytes


def test_an_event_has_an_attribute_for_every_field_of_the_schema() -> None:
    fields = {"type", "source", "destination"}
    for kind in SCHEMA["oneOf"]:
        if kind["properties"]["event"]["const"] not in ("begin", "summary"):
            fields |= {name for name in kind["properties"] if not name.endswith("_base64")}
    assert fields - {"event"} == {name for name in Event.__annotations__ if name != "kind"}


def test_the_type_checker_knows_the_words_of_the_schema() -> None:
    words: dict[str, set[str]] = {}
    for properties in (
        *(kind["properties"] for kind in SCHEMA["oneOf"]),
        SCHEMA["$defs"]["copy"]["properties"],
    ):
        for name, values in properties.items():
            words.setdefault(name, set()).update(values.get("enum", ()))
    for name, annotation in Event.__annotations__.items():
        if "Literal[" in str(annotation):
            of_type, _none = get_args(eval(annotation, {"Literal": Literal}))
            assert set(get_args(of_type)) == words[name]


@pytest.mark.slow
@pytest.mark.parametrize("jobs", [1, None, 3])
def test_counts_are_true_with_and_without_workers_and_events(jobs: int | None) -> None:
    files = LARGE if jobs else MANY
    make_many("s", files)
    events: list[Event] = []
    bytes_copied = sum(range(100)) * (files // 100)
    quiet = pycp.copy("s", "t", recursive=True, jobs=jobs)
    told = pycp.copy("s", "u", recursive=True, jobs=jobs, on_event=events.append)
    again = pycp.copy("s/.", "u", recursive=True, update="none", jobs=jobs)
    expected = (files, files // 100 + 1, 0, bytes_copied)
    for summary in (quiet, told):
        assert (
            summary.files,
            summary.directories,
            summary.skipped,
            summary.bytes,
        ) == expected
    assert [event.kind for event in events].count("copied") == files
    assert (again.files, again.skipped) == (0, files)


@pytest.mark.slow
def test_progress_is_an_event_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulse, "INTERVAL", 0.0)
    make_many("s")
    events: list[Event] = []
    pycp.copy("s", "t", recursive=True, on_event=events.append)
    told = [event for event in events if event.kind == "progress"]
    assert told[-1].files == MANY
    assert {event.phase for event in told} == {"copying"}
    assert all(event.bytes <= event.bytes_found for event in told)  # type: ignore[operator]


def test_a_summary_tells_links_and_shared_storage() -> None:
    Path("s").mkdir()
    Path("s/a").write_text("a" * 10_000)
    os.link("s/a", "s/b")
    events: list[Event] = []
    summary = pycp.copy("s", "t", recursive=True, preserve=["links"], on_event=events.append)
    assert (summary.files, summary.linked) == (2, 1)
    assert summary.reflinked == [event.method for event in events].count("reflink")
    assert pycp.copy("s", "u", recursive=True, hard_link=True).linked == 2


class Enough(Exception):
    """What a listener may raise."""


@pytest.mark.slow
@pytest.mark.parametrize("error", [Enough(), BrokenPipeError(32, "gone"), KeyboardInterrupt()])
@pytest.mark.parametrize("kind", ["directory", "started", "copied", "failed"])
@pytest.mark.parametrize("jobs", [1, 2])
def test_an_exception_in_the_listener_ends_the_copy(
    error: BaseException, kind: str, jobs: int
) -> None:
    make_many("s", LARGE)
    os.mkfifo("s/p")
    os.mkdir("t")

    def hear(event: Event) -> None:
        if event.kind == kind:
            raise error

    with pytest.raises(type(error)) as caught:
        pycp.copy(["s", "missing", "s"], "t", recursive=True, jobs=jobs, on_event=hear)
    assert caught.value is error


@pytest.mark.parametrize("fields", [{"jobs": 3}, {"jobs": 3, "atomic": True}, {"dry_run": True}])
def test_an_exception_at_any_event_leaves_nothing_open(fields: dict[str, Any]) -> None:
    """Copy over what is there; the fixture compares descriptors and children."""
    for name in ("s", "t/s"):
        for number in range(8):
            os.makedirs(f"{name}/{number % 3}/d", exist_ok=True)
            Path(f"{name}/{number % 3}/d/{number}").write_text(name)
    last = 0
    left = 0

    def hear(_event: Event) -> None:
        nonlocal left
        left -= 1
        if not left:
            raise Enough

    while left <= 0:
        left = last = last + 1
        with contextlib.suppress(Enough):
            pycp.copy(["s"], "t", recursive=True, on_event=hear, **fields)
    assert last > 15


@pytest.mark.parametrize(
    ("call", "number"),
    [("fork", signal.SIGINT), ("fork", signal.SIGVTALRM), ("waitpid", signal.SIGINT)],
)
def test_an_interrupt_while_workers_start_or_end_leaves_none(
    monkeypatch: pytest.MonkeyPatch, call: str, number: signal.Signals
) -> None:
    """Interrupt as a signal does, whose handler raises; the fixture looks for children."""
    make_many("s", 200)
    plain = getattr(os, call)
    parent = os.getpid()

    def interrupted(*arguments: Any) -> Any:
        monkeypatch.setattr(os, call, plain)
        found = plain(*arguments) if call == "fork" else None
        if os.getpid() == parent:
            signal.raise_signal(number)
        return found

    monkeypatch.setattr(os, call, interrupted)
    before = signal.signal(number, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            pycp.copy("s", "t", recursive=True, jobs=3)
    finally:
        signal.signal(number, before)


def test_an_interrupt_just_before_signals_are_held_back_does_not_hold_them_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The fixture compares what is blocked."""

    def interrupted(how: int, numbers: Any) -> Any:
        found = plain(how, numbers)
        if how == signal.SIG_BLOCK and signal.SIGTERM in numbers:
            monkeypatch.setattr(_signal, "pthread_sigmask", plain)
            raise KeyboardInterrupt
        return found

    Path("a").write_text("new")
    Path("b").write_text("old")
    plain = _signal.pthread_sigmask
    monkeypatch.setattr(_signal, "pthread_sigmask", interrupted)
    with pytest.raises(KeyboardInterrupt):
        pycp.copy("a", "b", atomic=True)


@pytest.fixture
def limit() -> Iterator[None]:
    """Have SIGALRM raise, as a program does that sets itself a limit of time."""
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.usefixtures("limit")
def test_a_limit_of_time_reached_in_a_replacement_leaves_no_temporary_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from pycp import system

    def make(*words: Any, **where: Any) -> None:
        os.symlink(*words, **where)
        signal.raise_signal(signal.SIGALRM)

    Path("a").touch()
    os.symlink("old", "b")
    monkeypatch.setattr(system, "symlink", make)
    with pytest.raises(KeyboardInterrupt):
        pycp.copy("a", "b", symbolic_link=True, force=True)
    assert (sorted(os.listdir()), os.readlink("b")) == (["a", "b"], "a")


@pytest.fixture
def strip(here: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Return a strip program that takes long; nothing it works in may be left."""
    program = here / "strip.sh"
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    program.chmod(0o755)
    (here / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(here / "tmp"))
    yield str(program)
    assert os.listdir(here / "tmp") == []


@pytest.mark.usefixtures("limit")
def test_a_limit_of_time_reached_while_stripping_ends_the_program(strip: str) -> None:
    """The fixture looks for children."""
    Path("f").touch()
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    with pytest.raises(KeyboardInterrupt):
        pycp.install("f", "g", strip=True, strip_program=strip)


@pytest.mark.usefixtures("limit")
def test_a_limit_of_time_reached_as_strip_ends_is_not_told_as_a_failure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plain = os.waitpid

    def timed(pid: int, options: int) -> tuple[int, int]:
        monkeypatch.setattr(os, "waitpid", plain)
        found = plain(pid, options)
        signal.raise_signal(signal.SIGALRM)
        return found

    Path("f").touch()
    monkeypatch.setattr(os, "waitpid", timed)
    with pytest.raises(KeyboardInterrupt):
        pycp.install("f", "g", strip=True, strip_program="true")


def test_a_backup_comes_back_though_the_listener_gives_up(monkeypatch: pytest.MonkeyPatch) -> None:
    from pycp import system

    Path("a").write_text("new")
    Path("b").write_text("old")

    def fail(*_arguments: object) -> int:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    def hear(event: Event) -> None:
        if event.kind == "failed":
            raise Enough

    monkeypatch.setattr(system, "read", fail)
    with pytest.raises(Enough):
        pycp.copy("a", "b", backup="simple", on_event=hear)
    assert (Path("b").read_text(), os.path.exists("b~")) == ("old", False)


def test_a_failure_that_undoes_a_backup_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from pycp import system

    Path("a").write_text("new")
    Path("b").write_text("old")
    heard: list[str] = []

    def fail(*_arguments: object) -> int:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(system, "read", fail)
    with pytest.raises(pycp.CopyFailed) as caught:
        pycp.copy("a", "b", backup="simple", on_event=lambda event: heard.append(event.kind))
    assert str(caught.value) == "error reading 'a': Input/output error"
    assert (caught.value.summary.failed, heard.count("failed")) == (1, 1)


def test_a_rate_leaves_nothing_open() -> None:
    Path("a").write_text("a")
    before = len(os.listdir("/proc/self/fd"))
    for _number in range(3):
        pycp.copy("a", "b", bandwidth=10**9)
    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.parametrize(
    "call",
    [
        lambda: pycp.install("f", "d", owner="no such user"),
        lambda: pycp.install("f", "d", compare=True, strip=True),
        lambda: pycp.install("f", "d", record="no/record"),
        lambda: pycp.copy("d", "e", recursive=True, resume=True),
        lambda: pycp.copy("d", "e", recursive=True, resume=True, backup="simple"),
        lambda: pycp.copy("d", "e", recursive=True, resume=True, remove_destination=True, tee="t"),
    ],
)
def test_a_call_that_can_do_nothing_leaves_its_target_directory_closed(
    call: Callable[[], object],
) -> None:
    """The fixture compares descriptors."""
    for name in ("d/d", "e/d", "t"):
        os.makedirs(name)
    Path("f").touch()
    with pytest.raises((ValueError, pycp.CopyFailed)):
        call()


@pytest.mark.slow
def test_eight_threads_copy_at_once_and_none_forks() -> None:
    make_many("s", LARGE)
    forks: list[int] = []
    os.register_at_fork(before=lambda: forks.append(os.getpid()))
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for _ in range(extent.number(1, 2)):
                summary = pycp.copy("s/.", f"t{number}", recursive=True, preserve=["mode"], jobs=4)
                assert summary.files == LARGE
            pycp.install("s/1/1", f"i{number}/a/b", make_parents=True, mode=0o666)
            pycp.shutil.copytree("s", f"u{number}")
        except BaseException as error:
            failures.append(error)

    before = os.umask(0o077)
    try:
        threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        assert os.umask(before) == 0o077
    assert (failures, forks) == ([], [])
    for number in range(8):
        assert len(os.listdir(f"t{number}")) == len(os.listdir(f"u{number}")) == LARGE // 100
        assert os.stat(f"i{number}/a").st_mode & 0o777 == 0o755
        assert os.stat(f"i{number}/a/b").st_mode & 0o777 == 0o666


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077, 0o777])
def test_install_gives_the_modes_asked_for_whatever_the_umask(umask: int) -> None:
    Path("f").write_text("f")
    before = os.umask(umask)
    try:
        pycp.install("f", "a/b/f", make_parents=True, mode="u=rw,go=r")
        pycp.install(["d/e", "d/g"], directory=True, mode=0o2775)
        pycp.install("x", directory=True)
    finally:
        assert os.umask(before) == umask
    modes = {
        name: os.stat(name).st_mode & 0o7777 for name in ("a", "a/b", "a/b/f", "d", "d/e", "x")
    }
    assert modes == {
        **{"a": 0o755, "a/b": 0o755, "a/b/f": 0o644},
        **{"d": 0o755, "d/e": 0o2775, "x": 0o755},
    }


@pytest.mark.skipif(not ACCESS_LISTS, reason="the file system keeps no access control lists")
def test_install_leaves_the_modes_of_directories_to_a_default_access_list(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with tempfile.TemporaryDirectory(dir=MEMORY) as place, monkeypatch.context() as patch:
        patch.chdir(place)
        for name, value in tree.acl("u::rwx g::rx o::", "default").items():
            os.setxattr(".", name, value)
        Path("f").write_text("f")
        before = os.umask(0o077)
        try:
            pycp.install("f", "a/b/f", make_parents=True, mode=0o604)
        finally:
            os.umask(before)
        modes = [os.stat(name).st_mode & 0o777 for name in ("a", "a/b", "a/b/f")]
    assert modes == [0o750, 0o750, 0o604]


def test_install_does_its_other_steps() -> None:
    Path("f").write_text("f")
    os.utime("f", (1, 2))
    strip = Path("strip.sh")
    strip.write_text('#!/bin/sh\necho "stripped" >"$1"\n')
    strip.chmod(0o755)
    pycp.install("f", "g", preserve_timestamps=True, owner=os.geteuid(), group=os.getegid())
    assert os.stat("g").st_mtime == 2
    assert pycp.install("f", "g", compare=True, preserve_timestamps=True).skipped == 1
    pycp.install("f", "g", strip=True, strip_program=str(strip.resolve()), backup="simple")
    assert (Path("g").read_text(), Path("g~").read_text()) == ("stripped\n", "f")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"mode": "u=q"}, "invalid mode"),
        ({"mode": 0o10000}, "invalid mode"),
        ({"compare": True, "strip": True}, "mutually exclusive"),
        ({"directory": True}, "destination"),
        ({"backup": "often"}, "none of"),
    ],
)
def test_install_refuses_what_makes_no_sense(arguments: dict[str, Any], message: str) -> None:
    Path("f").write_text("f")
    with pytest.raises(ValueError, match=message):
        pycp.install("f", "g", **arguments)
    with pytest.raises(ValueError, match="destination"):
        pycp.install("f")
    assert os.listdir() == ["f"]


def test_install_lists_failures() -> None:
    with pytest.raises(pycp.CopyFailed) as caught:
        pycp.install("f", "g", owner="no such user")
    assert "invalid user" in str(caught.value)
    os.mkdir("d")
    with pytest.raises(pycp.CopyFailed) as caught:
        pycp.install(["f", "g"], "d")
    assert [error.filename for error in caught.value.errors] == ["f", "g"]


def test_nothing_is_printed_and_the_locale_stays(capfd: pytest.CaptureFixture[str]) -> None:
    import locale

    before = locale.setlocale(locale.LC_ALL)
    for name in ("n\nl", "\udcff", "é"):
        with pytest.raises(pycp.CopyFailed):
            pycp.copy(name, "b")
    assert locale.setlocale(locale.LC_ALL) == before
    assert capfd.readouterr() == ("", "")


@pytest.mark.slow
def test_a_handler_of_the_caller_does_not_run_in_workers() -> None:
    make_many("s")
    code = (
        "import os, signal, sys; sys.path.insert(0, sys.argv[1]); import pycp\n"
        "signal.signal(signal.SIGTERM, lambda *_: (os.write(1, b'handled'), os._exit(3)))\n"
        "def hear(event):\n"
        "    children = open(f'/proc/self/task/{os.getpid()}/children').read().split()\n"
        "    for pid in children: os.kill(int(pid), signal.SIGTERM)\n"
        "try: pycp.copy('s', 't', recursive=True, jobs=2, on_event=hear)\n"
        "except pycp.CopyFailed as error: print(error)\n"
        "print('ended')\n"
    )
    command = [sys.executable, "-c", code, str(Path(pycp.__file__).parents[1])]
    done = subprocess.run(command, capture_output=True, text=True)
    assert "handled" not in done.stdout
    assert (done.stdout.splitlines()[-1], done.stderr) == ("ended", "")


@pytest.mark.slow
@pytest.mark.parametrize("action", ["signal.SIG_IGN", "reap"])
def test_a_caller_that_takes_care_of_all_children_does_not_disturb(action: str) -> None:
    make_many("s")
    code = (
        "import os, signal, sys; sys.path.insert(0, sys.argv[1]); import pycp\n"
        "def reap(*_):\n"
        "    try:\n"
        "        while os.waitpid(-1, os.WNOHANG)[0]: pass\n"
        "    except ChildProcessError: pass\n"
        f"signal.signal(signal.SIGCHLD, {action})\n"
        "print(pycp.copy('s', 't', recursive=True, jobs=2).files)\n"
    )
    command = [sys.executable, "-c", code, str(Path(pycp.__file__).parents[1])]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == (f"{MANY}\n", "")


def test_a_handler_that_waits_for_all_children_does_not_keep_the_end_of_strip_from_us() -> None:
    Path("f").touch()

    def install_thrice() -> int:
        reaped: list[int] = []

        def reap(*_arguments: object) -> None:
            with contextlib.suppress(ChildProcessError):
                if pid := os.waitpid(-1, os.WNOHANG)[0]:  # 0 where another child goes on
                    reaped.append(pid)

        signal.signal(signal.SIGCHLD, reap)
        for number in range(3):
            assert pycp.install("f", f"g{number}", strip=True, strip_program="true").files == 1
        return len(reaped)

    # In a process of its own, which has no other children.
    ended = run(install_thrice, [], os.getcwd())
    assert (ended.status, ended.stderr) == (0, "")


@pytest.fixture
def hurry() -> Iterator[None]:
    """End a test that hangs."""
    signal.alarm(SECONDS)
    yield
    signal.alarm(0)


@pytest.mark.usefixtures("hurry")
def test_a_process_that_a_callback_forks_holds_no_copy_up() -> None:
    make_many("s", LARGE)
    forked: list[int] = []

    def hear(_event: Event) -> None:
        if forked:
            return
        pid = os.fork()
        if pid == 0:
            signal.alarm(SECONDS)
            while True:
                signal.pause()
        forked.append(pid)

    try:
        assert pycp.copy("s", "t", recursive=True, jobs=3, on_event=hear).files == LARGE
    finally:
        for pid in forked:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
    assert forked


@pytest.mark.slow
@pytest.mark.usefixtures("hurry")
def test_small_buffers_hold_no_copy_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def small_pair(*words: int) -> Any:
        pair = plain_pair(*words)
        for end in pair:
            end.setsockopt(_socket.SOL_SOCKET, _socket.SO_SNDBUF, 1)
        return pair

    plain_pair = _socket.socketpair
    monkeypatch.setattr(_socket, "socketpair", small_pair)
    for number in range(MANY):
        Path("s").mkdir(exist_ok=True)
        Path(f"s/{number:0200}").touch()
    events: list[Event] = []
    summary = pycp.copy("s", "t", recursive=True, jobs=3, on_event=events.append)
    assert summary.files == [event.kind for event in events].count("copied") == MANY


def test_a_manifest_is_a_file_whatever_it_is_called(here: Path) -> None:
    (here / "a").write_text("a")
    pycp.copy("a", "b", manifest="-", digest="sha256")
    assert (here / "-").read_text().endswith("  b\n")


def test_what_there_is_can_be_listed() -> None:
    assert {"copy", "install", "shutil"} <= set(dir(pycp))
    assert {"copymode", "copytree"} <= set(dir(pycp.shutil))

"""The contract with the kernel: what is asked of it, and what is never asked."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests import tree
from tests.trust.sandbox import ADVERSARY, ROOT
from tests.trust.trace import Call, descriptor_path, final_mode, trace

SOURCE = {
    **tree.nodes("s/f@0640 s/d/g s/l->f s/p| s/h=s/f s/d/deep/er/x D/"),
    "s/u": tree.file("x", 0o6755, owner=ROOT),
    "s/b": tree.file(b"b" * 300_000, 0o600, owner=ROOT, xattrs={"user.a": b"b"}),
    "s/sticky": tree.directory(0o3770, owner=ROOT),
    "s/n/x": tree.file("x", 0o604),
}
OLD = {**SOURCE, **tree.nodes("D/s/f@0666 D/s/d/g D/s/l->x D/s/p| D/s/b@0666 D/s/u")}
STRIP = tree.file('#!/bin/sh\necho stripped >> "$1"\n', 0o755, owner=ROOT)


pytestmark = pytest.mark.shares_cases  # to trace a command takes long


@dataclass(frozen=True)
class Command:
    """A command line, and the tree it runs in."""

    words: str
    spec: dict[str, tree.Node] = field(default_factory=dict)


TREES = (
    Command("pycp -r s D", SOURCE),
    Command("pycp -r s D", OLD),
    Command("pycp -r --jobs=2 s D", SOURCE),
    Command("pycp -a s D", SOURCE),
    Command("pycp -a s D", OLD),
    Command("pycp -a --jobs=2 s D", OLD),
    Command("pycp -rp s D", OLD),
    Command("pycp -ab s D", OLD),
    Command("pycp -a --remove-destination s D", OLD),
    Command("pycp -rf s D", OLD),
    Command("pycp -a --parents s/d D", SOURCE),
)
INSTALLS = (
    Command("pyinstall s/f D/n", SOURCE),
    Command("pyinstall -p -m 4755 -o 54322 s/f s/u D", SOURCE),
    Command("pyinstall -bp -g 54322 s/f D/s/f", OLD),
    Command("pyinstall -D -m 2711 -o 54322 s/f D/x/y/n", SOURCE),
    Command("pyinstall -d -m 2777 -o 54322 D/x/y", SOURCE),
    Command("pyinstall -s --strip-program=./st -m 4755 -o 54322 s/f D/n", {**SOURCE, "st": STRIP}),
)
ALL = TREES + INSTALLS


def commands(entries: tuple[Command, ...]) -> pytest.MarkDecorator:
    """Parametrize a test by commands."""
    return pytest.mark.parametrize(
        "command",
        [
            pytest.param(
                entry,
                id=entry.words.replace(" ", "_") + ("_onto_a_tree" * (entry.spec is OLD)),
                marks=(pytest.mark.quick,) if entry.words == "pycp -ab s D" else (),
            )
            for entry in entries
        ],
    )


class Tracer:
    """Traces each command once."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._traces: dict[int, tuple[Path, list[Call]]] = {}

    def __call__(self, command: Command) -> tuple[Path, list[Call]]:
        """Return where a command ran, and what it called."""
        if id(command) not in self._traces:
            if os.geteuid() and "54322" in command.words:
                pytest.skip("only root can give files away")
            root = self._place / str(len(self._traces))
            tree.build(str(root), command.spec, ADVERSARY)
            self._traces[id(command)] = root, trace(command.words, root)
        return self._traces[id(command)]


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory) -> Tracer:
    """Return what traces a command, or says what it did before."""
    return Tracer(tmp_path_factory.mktemp("traced"))


ATTRIBUTE_CALLS = re.compile(r"f?l?(chmod|chown|setxattr|removexattr)(at)?|f?utime\w*")


@commands(ALL)
def test_attributes_are_set_by_descriptor(traced: Tracer, command: Command) -> None:
    _, calls = traced(command)
    set_here = [call for call in calls if ATTRIBUTE_CALLS.fullmatch(call.name)]
    assert set_here or command.words == "pycp -r s D" or "--jobs" in command.words
    for call in set_here:
        assert not call.names, call  # but a descriptor, or its path in /proc


@commands(TREES)
def test_sources_below_an_operand_are_opened_without_following(
    traced: Tracer, command: Command
) -> None:
    root, calls = traced(command)
    opened = [call for call in opens(calls) if is_below(call, root / "s")]
    assert opened
    for call in opened:
        if "O_PATH" in call.flags:
            assert is_looked_at(call, calls), call
        else:
            assert "O_NOFOLLOW" in call.flags, call


def opens(calls: list[Call]) -> list[Call]:
    """Return the successful opens among calls."""
    return [call for call in calls if call.name == "openat" and not call.has_failed]


def is_below(call: Call, directory: Path) -> bool:
    """Tell whether a call names something below a directory."""
    return call.below == str(directory) or call.below.startswith(f"{directory}/")


def is_looked_at(opened: Call, calls: list[Call]) -> bool:
    """Tell whether the next thing done with a descriptor is to ask what it is."""
    later = [call for call in calls[calls.index(opened) + 1 :] if call.pid == opened.pid]
    number = opened.result.partition("<")[0]
    for call in later:
        if call.arguments and call.arguments[0].startswith(f"{number}<"):
            return call.name in ("newfstatat", "fstat", "statx")
        if f'"/proc/self/fd/{number}"' in call.arguments:
            return call.name in ("newfstatat", "stat", "lstat", "statx")
    return False


@commands(ALL)
def test_new_files_are_made_exclusively(traced: Tracer, command: Command) -> None:
    _, calls = traced(command)
    made = [call for call in by_ours(calls) if "O_CREAT" in flags_of(call)]
    assert made or " -d " in command.words
    for call in made:
        assert {"O_EXCL", "O_NOFOLLOW"} <= call.flags, call


def by_ours(calls: list[Call]) -> list[Call]:
    """Return the calls of the program itself, without those of a strip program."""
    others = {call.pid for call in calls if call.name == "execve"}
    return [call for call in calls if call.pid not in others]


def flags_of(call: Call) -> set[str]:
    """Return the flags of an open, nothing for any other call."""
    return call.flags if call.name == "openat" else set()


@commands(ALL)
def test_nothing_is_made_more_open_than_it_ends(traced: Tracer, command: Command) -> None:
    root, calls = traced(command)
    made = list(creations(by_ours(calls)))
    assert made
    for path, mode, call in made:
        if os.path.lexists(path) and path.startswith(str(root)):
            assert not mode & 0o077 & ~final_mode(path), call
            assert not mode & 0o6000 or call.name == "mkdirat", call  # which ignores them
    for path, mode, call in changes(by_ours(calls)):
        if os.path.lexists(path):
            assert not mode & 0o077 & ~final_mode(path), call


def creations(calls: list[Call]) -> Iterator[tuple[str, int, Call]]:
    """Yield path and mode of everything that is made; the umask is 0."""
    for call in calls:
        if call.has_failed:
            continue
        if "O_CREAT" in flags_of(call):
            yield descriptor_path(call.result), int(call.arguments[3], 8), call
        elif call.name in ("mkdirat", "mknodat"):
            mode = int(call.arguments[2].rpartition("|")[2], 8)
            yield f"{call.below}/{call.names[0]}", mode, call


def changes(calls: list[Call]) -> Iterator[tuple[str, int, Call]]:
    """Yield path and new mode of each change of a mode."""
    held: dict[tuple[int, str], str] = {}  # each process has numbers of its own
    for call in calls:
        if call.name == "openat" and not call.has_failed:
            held[call.pid, call.result.partition("<")[0]] = descriptor_path(call.result)
        elif call.name == "fchmod":
            yield descriptor_path(call.arguments[0]), int(call.arguments[1], 8), call
        elif call.name == "chmod":
            path = held[call.pid, call.arguments[0].strip('"').rpartition("/")[2]]
            yield path, int(call.arguments[1], 8), call


@commands(ALL)
def test_set_id_bits_come_after_the_owner(traced: Tracer, command: Command) -> None:
    _, calls = traced(command)
    privileged: set[str] = set()
    for call in by_ours(calls):
        if call.name == "fchmod" and int(call.arguments[1], 8) & 0o6000:
            privileged.add(descriptor_path(call.arguments[0]))
        elif call.name == "fchown":
            assert descriptor_path(call.arguments[0]) not in privileged, call
        elif call.name in ("write", "copy_file_range", "ftruncate"):
            written = call.arguments[2 if call.name == "copy_file_range" else 0]
            assert descriptor_path(written) not in privileged, call


@commands(ALL)
def test_a_group_gets_nothing_before_it_is_the_right_one(traced: Tracer, command: Command) -> None:
    _, calls = traced(command)
    ours = by_ours(calls)
    given_away = {call.below for call in ours if call.name == "fchown"}
    for path, mode, call in creations(ours):
        if path in given_away:
            assert not mode & 0o070, call


@commands(TREES)
def test_names_below_an_operand_are_single_components(traced: Tracer, command: Command) -> None:
    root, calls = traced(command)
    operands = {"D", "s", ".", ".."} | ({"s/d"} if "--parents" in command.words else set())
    for call in calls:
        for name in call.names:
            assert name in operands or (is_below(call, root) and "/" not in name), call
            assert call.below != str(root) or name in operands, call


@commands(ALL)
def test_an_old_file_is_recognised_before_it_is_written(traced: Tracer, command: Command) -> None:
    _, calls = traced(command)
    written = [
        call
        for call in opens(by_ours(calls))
        if call.flags & {"O_WRONLY", "O_RDWR"} and "O_CREAT" not in call.flags
    ]
    for call in written:
        assert "O_TRUNC" not in call.flags, call
        assert is_looked_at(call, calls), call


def test_an_old_file_is_closed_to_others_before_new_data_comes(tmp_path: Path) -> None:
    root = tmp_path / "root"
    spec = {"s": tree.file("secret", 0o600, owner=ROOT), **tree.nodes("D@0666")}
    tree.build(str(root), spec, ROOT)
    calls = trace("pycp -p s D", root)
    order = [call.name for call in calls if call.below == str(root / "D")]
    first_mode = next(call for call in calls if call.name == "fchmod")
    assert int(first_mode.arguments[1], 8) & 0o077 == 0
    assert order.index("fchmod") < order.index("write")


@commands(TREES)
def test_names_are_removed_below_a_descriptor(traced: Tracer, command: Command) -> None:
    root, calls = traced(command)
    for call in calls:
        assert call.name not in ("unlink", "rmdir", "rename"), call
        if call.name in ("unlinkat", "renameat", "renameat2"):
            assert call.below.startswith(f"{root}/D"), call


@pytest.mark.slow
@pytest.mark.parametrize(("option", "most"), [("-r", 7), ("-a", 12)])
def test_a_plain_file_costs_few_calls(tmp_path: Path, option: str, most: int) -> None:
    counts = []
    for number in (10, 30):
        root = tmp_path / str(number)
        tree.build(str(root), tree.nodes("D/ " + " ".join(f"s/{i}" for i in range(number))), ROOT)
        counts.append(len(trace(f"pycp {option} --jobs=1 s D", root)))
    assert (counts[1] - counts[0]) // 20 <= most  # one look at the clock for 16 files aside


@pytest.mark.one_of(2)
@commands(ALL)
def test_no_call_escapes_the_seam(tmp_path: Path, command: Command) -> None:
    """Two calls that name files, with no stop between them, would be a gap in the race tests."""
    if os.geteuid() and "54322" in command.words:
        pytest.skip("only root can give files away")
    root = tmp_path / "root"
    tree.build(str(root), command.spec, ADVERSARY)
    named: dict[int, Call] = {}
    for call in by_ours(trace(f"stopped {command.words}", root)):
        if call.name == "sched_yield":
            named.pop(call.pid, None)
        elif call.names:
            assert call.pid not in named, (named[call.pid], call)
            named[call.pid] = call

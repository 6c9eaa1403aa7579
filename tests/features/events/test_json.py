"""--json: each line is what the schema says, true, and all there is to know."""

import base64
import json
import os
from collections.abc import Callable
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from pycp.engine import data, verify
from pycp.entries import Tally
from pycp.options import CopyOptions
from pycp.plan.survey import survey
from pycp.report import pulse, walker
from pycp.system.counts import numbers
from pycp.values import BYTES
from tests import forked
from tests import tree as trees
from tests.programs import Programs, Result

Tree = Callable[[trees.Spec], str]
Event = dict[str, Any]

SCHEMA = json.loads(files("pycp.report").joinpath("events.schema.json").read_bytes())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
BIG = "b" * 300_000


def events_of(text: str) -> list[Event]:
    """Return what the lines hold; each must be what the schema says."""
    found = [json.loads(line) for line in text.splitlines()]
    for event in found:
        VALIDATOR.validate(event)
    assert found[0]["event"] == "begin"
    assert found[-1]["event"] == "summary"
    return found


def run(programs: Programs, command: str, root: str, **settings: Any) -> Result:
    """Run a command that begins with the program's name."""
    program, _, rest = command.partition(" ")
    return programs.run(rest, root, program=program, **settings)


def happened(result: Result, *kinds: str) -> list[Event]:
    """Return the events of some kinds."""
    return [event for event in events_of(result.stdout) if event["event"] in kinds]


def test_the_schema_is_one_and_refuses_what_it_does_not_know() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    for wrong in (
        {"event": "begin", "schema": 2, "program": "pycp"},
        {"event": "copied", "type": "file", "source": "a", "destination": "b"},
        {"event": "skipped", "source": "a", "destination": "b", "reason": "tired"},
        {"event": "failed", "message": "m", "errno": "Bad"},
        {"event": "copied", "type": "fifo", "source": "a", "destination": "b", "more": 1},
    ):
        assert not VALIDATOR.is_valid(wrong), wrong


def test_a_tree_is_told_file_by_file(tree: Tree, run_pycp: Programs) -> None:
    root = tree(
        trees.nodes("s/d/ s/l->f p|", **{"s/f": trees.file("12345"), "s/h": trees.hard_link("s/f")})
    )
    result = run(run_pycp, "pycp -a --json s p D", root)
    assert result.status == 1  # D is no directory
    os.mkdir(f"{root}/D")
    result = run(run_pycp, "pycp -a --json s p D", root)
    assert (result.status, result.stderr) == (0, "")
    copied = {event["destination"]: event for event in happened(result, "copied")}
    assert {name: event["type"] for name, event in copied.items()} in (
        {"D/s/f": "file", "D/s/h": "hardlink", "D/s/l": "symlink", "D/p": "fifo"},
        {"D/s/h": "file", "D/s/f": "hardlink", "D/s/l": "symlink", "D/p": "fifo"},
    )
    assert [event["bytes"] for event in copied.values() if event["type"] == "file"] == [5]
    assert [event["source"] for event in happened(result, "directory")] == ["s", "s/d"]
    assert all(event["made"] for event in happened(result, "directory"))
    (summary,) = happened(result, "summary")
    seconds = summary.pop("seconds")
    assert seconds >= 0
    assert summary == {
        "event": "summary",
        "copied": 4,
        "directories": 2,
        "skipped": 0,
        "warnings": 0,
        "failed": 0,
        "reflinked": summary["reflinked"],  # as the file system has it
        "linked": 1,
        "bytes": 5,
        "status": 0,
    }


@pytest.mark.slow
def test_every_file_is_started_before_it_is_copied(tree: Tree, run_pycp: Programs) -> None:
    root = tree(" ".join(f"s/{number}" for number in range(300)))
    for jobs in (1, 3):
        result = run(run_pycp, f"pycp -r --jobs={jobs} --json s D{jobs}", root)
        assert result.status == 0
        open_sources = set()
        for event in happened(result, "started", "copied"):
            if event["event"] == "started":
                open_sources.add(event["source"])
            else:
                open_sources.remove(event["source"])
        assert not open_sources
        assert len(happened(result, "copied")) == 300


@pytest.mark.parametrize(
    ("options", "method"),
    [("", "offload"), ("--reflink=never", "loop"), ("--sparse=always", "loop")],
)
def test_the_method_is_the_one_debug_tells(
    tree: Tree, run_pycp: Programs, options: str, method: str
) -> None:
    root = tree({"s": trees.file(BIG)})
    (event,) = happened(run(run_pycp, f"pycp {options} --json s D", root), "copied")
    lines = run(run_pycp, f"pycp {options} --debug s D2", root).stdout
    if "reflink: yes" in lines:
        method = "reflink"
    assert (event["method"], event["bytes"]) == (method, len(BIG))
    assert ("copy offload: yes" in lines) == (method == "offload")


@pytest.mark.parametrize(
    ("command", "stdin", "reason"),
    [
        ("pycp -n --json a b", "", "exists"),
        ("pycp --update=none --json a b", "", "exists"),
        ("pycp -u --json a b", "", "not newer"),
        ("pycp -i --json a b", "n\n", "declined"),
        ("pycp -l --json a h", "", "same"),
        ("pycp -t d --json a a", "", "repeated"),
        ("pyinstall -C -m 644 --json a b", "", "same"),
    ],
)
def test_what_is_not_copied_has_a_reason(
    tree: Tree, run_pycp: Programs, command: str, stdin: str, reason: str
) -> None:
    root = tree(
        {
            **trees.nodes("d/"),
            "a": trees.file("x", 0o644),
            "b": trees.file("x", 0o644),
            "h": trees.hard_link("a"),
        }
    )
    result = run(run_pycp, command, root, stdin=stdin)
    assert [event["reason"] for event in happened(result, "skipped")] == [reason]
    (summary,) = happened(result, "summary")
    assert summary["skipped"] == 1
    assert summary["status"] == result.status


@pytest.mark.parametrize(("options", "reason"), [("-ru", "not newer"), ("-rn", "exists")])
def test_so_has_all_that_is_not_copied_of_a_tree(
    tree: Tree, run_pycp: Programs, options: str, reason: str
) -> None:
    root = tree("s/a s/b s/c/d D/a D/b D/c/d")
    result = run(run_pycp, f"pycp {options} -T --json s D", root)
    skipped = happened(result, "skipped")
    assert [event["reason"] for event in skipped] == [reason] * 3
    assert {event["destination"] for event in skipped} == {"D/a", "D/b", "D/c/d"}


def test_failures_come_with_name_and_number(tree: Tree, run_pycp: Programs) -> None:
    root = tree("a d/a/ e/")
    result = run(run_pycp, "pycp --json a nowhere a d", root)
    assert result.status == 1
    assert happened(result, "failed") == [
        {
            "event": "failed",
            "message": "cannot overwrite directory 'd/a' with non-directory 'a'",
            "path": "d/a",
            "path2": "a",
        },
        {
            "event": "failed",
            "message": "cannot stat 'nowhere': No such file or directory",
            "path": "nowhere",
            "errno": "ENOENT",
        },
    ]
    assert [event["message"] for event in happened(result, "warning")] == [
        "warning: source file 'a' specified more than once"
    ]
    # People read the same on standard error.
    told = [event["message"] for event in happened(result, "failed", "warning")]
    assert result.stderr == "".join(f"pycp: {text}\n" for text in told)


@pytest.mark.parametrize(
    "command", ["pycp --json a nowhere/b", "pycp --json", "pycp --json a b c", "pyinstall --json a"]
)
def test_one_failure_is_one_event(tree: Tree, run_pycp: Programs, command: str) -> None:
    result = run(run_pycp, command, tree("a b c"))
    assert result.status == 1
    (failure,) = happened(result, "failed")
    assert f": {failure['message']}\n" in result.stderr
    (summary,) = happened(result, "summary")
    assert (summary["failed"], summary["status"]) == (1, 1)


def test_a_failure_with_a_backup_is_one_failure(tree: Tree, run_pycp: Programs) -> None:
    root = tree("s@0 d")
    result = run(run_pycp, "pycp -b --json s d", root, owner=user_of(root))
    (failure,) = happened(result, "failed")
    assert failure["errno"] == "EACCES"


def user_of(root: str) -> tuple[int, int] | None:
    """Give a tree to a user who may not do everything; return his numbers, None if that is us."""
    if os.geteuid():
        return None
    owner = (54321, 54321)
    os.chown(root, *owner)
    for name in os.listdir(root):
        os.chown(f"{root}/{name}", *owner)
    return owner


def test_backups_and_removals_are_told(tree: Tree, run_pycp: Programs) -> None:
    root = tree("a b c")
    result = run(run_pycp, "pycp -b --json a b", root)
    assert [event["backup"] for event in happened(result, "copied")] == ["b~"]
    result = run(run_pycp, "pycp --remove-destination --json a c", root)
    assert [event["destination"] for event in happened(result, "removed")] == ["c"]


def test_a_file_that_makes_way_for_a_hard_link_is_told(tree: Tree, run_pycp: Programs) -> None:
    root = tree("d/a d/b=d/a e/a e/b")
    result = run(run_pycp, "pycp -a --json d/. e", root)
    link = next(event for event in happened(result, "copied") if event["type"] == "hardlink")
    assert [e["destination"] for e in happened(result, "removed")] == [link["destination"]]


def test_names_of_any_bytes_survive(tree: Tree, run_pycp: Programs) -> None:
    names = [os.fsdecode(name) for name in (b"\xff", b"\xc3\xa9", b"a\xc3", b"new\nline", b'q"\\')]
    root = tree({f"s/{name}": trees.file(name) for name in names})
    result = run(run_pycp, "pycp -r --json s D", root, locale="C.UTF-8")
    found = set()
    for event in happened(result, "copied"):
        raw = os.fsencode(event["source"])
        if "source_base64" in event:
            assert base64.b64decode(event["source_base64"]) == raw
        else:
            assert raw.decode() == event["source"]
        found.add(os.fsdecode(raw))
    assert found == {f"s/{name}" for name in names}


def test_on_standard_output_events_stand_alone(tree: Tree, run_pycp: Programs) -> None:
    root = tree("a b")
    assert len(happened(run(run_pycp, "pycp -v --debug --json a b", root), "copied")) == 1
    result = run(run_pycp, "pycp -v --json=events a c", root)
    assert result.stdout == "'a' -> 'c'\n"
    with open(f"{root}/events") as written:
        assert [event["event"] for event in events_of(written.read())] == [
            "begin",
            "started",
            "copied",
            "summary",
        ]


@pytest.mark.parametrize("place", ["nowhere/events", ""])
def test_nothing_is_copied_if_events_have_no_place(
    tree: Tree, run_pycp: Programs, place: str
) -> None:
    root = tree("a")
    result = run(run_pycp, f"pycp --json={place} a b", root)
    assert result.status == 1
    assert result.stderr == f"pycp: cannot open '{place}': No such file or directory\n"
    assert not os.path.exists(f"{root}/b")


@pytest.mark.parametrize("command", ["pycp", "pyinstall"])
def test_events_that_cannot_be_written_are_a_failure(
    tree: Tree, run_pycp: Programs, command: str
) -> None:
    root = tree("a")
    result = run(run_pycp, f"{command} --json=/dev/full a b", root)
    assert result.status == 1
    assert result.stderr == (
        f"{command}: error writing events to '/dev/full': No space left on device\n"
    )
    assert os.path.exists(f"{root}/b")


def test_pyinstall_tells_its_directories_and_files(tree: Tree, run_pycp: Programs) -> None:
    root = tree("a")
    result = run(run_pycp, "pyinstall -D --json a u/l/a", root)
    assert [event["destination"] for event in happened(result, "directory")] == ["u", "u/l"]
    assert [event["destination"] for event in happened(result, "copied")] == ["u/l/a"]
    result = run(run_pycp, "pyinstall -d --json x/y", root)
    assert [event["destination"] for event in happened(result, "directory")] == ["x", "x/y"]


@pytest.mark.parametrize(
    "command",
    ["pycp --json=a a z", "pycp --json=b a b", "pycp --json=l a z", "pyinstall --json=a a z"],
)
def test_no_operand_is_lost_to_events(tree: Tree, run_pycp: Programs, command: str) -> None:
    root = tree({"a": trees.file("kept"), "b": trees.file("old"), **trees.nodes("l->a")})
    result = run(run_pycp, command, root)
    assert result.status == 1
    assert " cannot be copied and be the file of events as well\n" in result.stderr
    for name, content in (("a", "kept"), ("b", "old")):
        with open(f"{root}/{name}") as file:
            assert file.read() == content
    assert not os.path.exists(f"{root}/z")


@pytest.mark.parametrize("jobs", [1, 3])
def test_the_file_of_events_is_not_copied_itself(tree: Tree, run_pycp: Programs, jobs: int) -> None:
    root = tree("s/f D/s/f")
    result = run(run_pycp, f"pycp -r --jobs={jobs} --json=s/events s new", root)
    assert result.status == 1
    assert result.stderr == "pycp: not copying 's/events', as events are written to it\n"
    os.unlink(f"{root}/s/events")
    with open(f"{root}/s/events", "w"):
        pass
    result = run(run_pycp, f"pycp -r --jobs={jobs} --json=D/s/events s D", root)
    assert result.status == 1
    assert result.stderr == "pycp: not writing to 'D/s/events', as events are written to it\n"
    with open(f"{root}/D/s/events") as written:
        assert [event["event"] for event in events_of(written.read())][-1] == "summary"


@pytest.fixture
def beating(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have progress told whenever something is counted, and files copied in small steps."""
    monkeypatch.setattr(pulse, "INTERVAL", 0.0)
    monkeypatch.setattr(data, "OFFLOAD_STEP", 64 * 1024)


@pytest.mark.parametrize("jobs", [1, 3])
@pytest.mark.usefixtures("beating")
def test_progress_is_told_as_it_goes(jobs: int, tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    for number in range(3):
        (tmp_path / f"s/{number}").write_bytes(BIG.encode())
    done = forked.run_ours(
        ["-r", f"-j{jobs}", "--reflink=never", "--json", "s", "d"], str(tmp_path)
    )
    told = [event for event in events_of(done.stdout) if event["event"] == "progress"]
    assert done.status == 0
    assert len(told) > 3
    for before, after in pairwise(told):
        assert before["bytes"] <= after["bytes"] <= after["bytes_found"]
        assert before["files"] <= after["files"] <= after["files_found"]
    assert {event["phase"] for event in told} == {"copying"}
    assert (told[-1]["files"], told[-1]["bytes"]) == (3, 3 * len(BIG))
    if jobs == 1:
        assert {event["source"] for event in told} >= {"s/0", "s/1", "s/2"}
        assert any(event["bytes"] % len(BIG) > 0 for event in told)


@pytest.mark.usefixtures("beating")
def test_progress_tells_what_else_is_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify, "BUFFER_SIZE", 64 * 1024)
    (tmp_path / "s").write_bytes(BIG.encode())
    words = ["--verify", "--manifest=m", "--resume", "--json", "s", "d"]
    done = forked.run_ours(words, str(tmp_path))
    phases = [event.get("phase") for event in events_of(done.stdout)]
    assert {"copying", "flushing", "checking"} <= set(phases)
    again = forked.run_ours(words, str(tmp_path))
    phases = [event.get("phase") for event in events_of(again.stdout)]
    assert {"checking", "reading"} <= set(phases)


def test_a_short_copy_tells_no_progress(tmp_path: Path) -> None:
    (tmp_path / "s").write_text(BIG)
    done = forked.run_ours(["--json", "s", "d"], str(tmp_path))
    assert pulse.INTERVAL == 1
    assert "progress" not in done.stdout


@pytest.mark.usefixtures("beating")
def test_the_totals_of_progress_are_found_in_the_end(tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    (tmp_path / "s/a").write_text("12345")
    (tmp_path / "s/b").write_text("6789")
    tally = Tally()
    told: list[dict[str, Any]] = []
    options = CopyOptions(recursive=True)
    beats = pulse.Pulse(
        tally,
        lambda kind, **fields: told.append({"event": kind, **fields}),
        lambda: survey(options, [str(tmp_path / "s")]),
    )
    try:
        while not told or not told[-1]["found_all"]:
            tally.add(BYTES, 0)
    finally:
        beats.end()
    VALIDATOR.validate(told[-1])
    assert (told[-1]["files"], told[-1]["files_found"], told[-1]["bytes_found"]) == (0, 2, 9)
    tally.add(BYTES, 1)
    assert told[-1]["bytes"] == 0


@pytest.mark.usefixtures("beating")
def test_with_a_bar_its_walk_tells_the_totals(monkeypatch: pytest.MonkeyPatch) -> None:
    places = numbers(walker.PLACES)
    places[walker.FILES_FOUND], places[walker.BYTES_FOUND] = 7, 70
    told: list[dict[str, Any]] = []
    tell = lambda _kind, **fields: told.append(fields)  # noqa: E731
    monkeypatch.delattr(pulse, "Walker")
    beats = pulse.Pulse(Tally(), tell, lambda: iter(()), places)
    beats.beat()
    beats.end()
    assert (told[0]["files_found"], told[0]["bytes_found"], told[0]["found_all"]) == (7, 70, False)

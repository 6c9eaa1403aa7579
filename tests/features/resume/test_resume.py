"""What --resume keeps, finishes, makes anew and says."""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import tree as trees
from tests.gnu.strategies import IS_ROOT
from tests.listing import listing
from tests.programs import ORDINARY_ID, Programs

Tree = Callable[[trees.Spec], str]

DATA = b"0123456789" * 100_000
ELSEWHERE = trees.file(b"elsewhere", age=-9)


def copied(tree: Tree, run: Programs, spec: trees.Spec, options: str = "-a") -> Path:
    """Build a tree with `s` in it, and return the tree when `s` was copied to `D`."""
    root = tree(spec)
    done = run.run(f"{options} -T s D", root)
    assert (done.status, done.stderr) == (0, "")
    return Path(root)


def resumed(run: Programs, root: Path, words: str = "-a --resume -T s D", status: int = 0) -> str:
    """Copy again; return what was printed."""
    done = run.run(words, str(root))
    assert (done.status, done.stderr) == (status, "")
    return done.stdout


def contents(root: Path) -> list[str]:
    """Describe the copy, which must not be a link of the source."""
    return listing(str(root / "D"), time.time_ns())


def test_a_complete_tree_is_passed_over_in_one_line(tree: Tree, run_pycp: Programs) -> None:
    root = copied(tree, run_pycp, "s/f s/d/g s/l->f s/h=s/f s/p|")
    before = {path: path.lstat().st_ino for path in (root / "D").rglob("*")}
    told = "nothing was left to do: 5 files are there\n"
    assert resumed(run_pycp, root, "-av --resume -T s D") == told
    assert {path: path.lstat().st_ino for path in (root / "D").rglob("*")} == before


def test_a_half_written_file_goes_on_where_it_ends(tree: Tree, run_pycp: Programs) -> None:
    root = copied(tree, run_pycp, {"s/f": trees.file(DATA)})
    whole = contents(root)
    (root / "D/f").write_bytes(DATA[:500_000])
    assert resumed(run_pycp, root) == "continued 'D/f' at byte 500000\n"
    assert contents(root) == whole


@pytest.mark.parametrize(
    ("found", "offset"),
    [(b"", 0), (b"x" + DATA[1:], 0), (DATA[:70_000] + b"x", 69_632), (DATA + b"more", 999_424)],
    ids=["empty", "other from its first byte", "other further on", "longer"],
)
@pytest.mark.parametrize("options", ["-a", "-r"])
def test_what_differs_is_redone_from_there(
    tree: Tree, run_pycp: Programs, options: str, found: bytes, offset: int
) -> None:
    root = copied(tree, run_pycp, {"s/f": trees.file(DATA)}, options)
    (root / "D/f").write_bytes(found)
    said = resumed(run_pycp, root, f"{options} --resume -T s D")
    assert said == f"redid 'D/f' from byte {offset}\n"
    assert (root / "D/f").read_bytes() == DATA


def test_size_alone_is_not_trusted(tree: Tree, run_pycp: Programs) -> None:
    root = copied(tree, run_pycp, {"s/f": trees.file(DATA)}, "-r")
    (root / "D/f").write_bytes(DATA[:-1] + b"x")
    assert resumed(run_pycp, root, "-r --resume -T s D") == "redid 'D/f' from byte 999424\n"
    assert (root / "D/f").read_bytes() == DATA


def test_size_and_time_are_trusted_unless_all_is_verified(tree: Tree, run_pycp: Programs) -> None:
    root = copied(tree, run_pycp, {"s/f": trees.file(DATA)})
    times = os.stat(root / "s/f")
    (root / "D/f").write_bytes(DATA[:-1] + b"x")
    os.utime(root / "D/f", ns=(times.st_atime_ns, times.st_mtime_ns))
    assert resumed(run_pycp, root) == ""
    assert (
        resumed(run_pycp, root, "-a --resume --verify -T s D") == "redid 'D/f' from byte 999424\n"
    )
    assert (root / "D/f").read_bytes() == DATA


@pytest.mark.skipif(not IS_ROOT, reason="only root can give files to somebody else")
@pytest.mark.parametrize("spec", ["s/f", "s/f s/g=s/f"], ids=["one name", "two names"])
def test_what_somebody_else_put_there_is_compared(
    tree: Tree, run_pycp: Programs, spec: str
) -> None:
    root = copied(tree, run_pycp, spec)
    whole = contents(root)
    times = os.stat(root / "s/f")
    (root / "D/f").write_text("bad")
    os.chown(root / "D/f", ORDINARY_ID, ORDINARY_ID)
    os.utime(root / "D/f", ns=(times.st_atime_ns, times.st_mtime_ns))
    assert resumed(run_pycp, root) != ""
    assert contents(root) == whole


@pytest.mark.skipif(not IS_ROOT, reason="only root can give files to somebody else")
def test_a_fifo_of_somebody_else_makes_way(tree: Tree, run_pycp: Programs) -> None:
    root = copied(tree, run_pycp, "s/p|")
    whole = contents(root)
    os.chown(root / "D/p", ORDINARY_ID, ORDINARY_ID)
    assert resumed(run_pycp, root) == "replaced 'D/p'\n"
    assert contents(root) == whole


def test_a_time_that_only_comes_from_writing_proves_nothing(tree: Tree, run_pycp: Programs) -> None:
    root = copied(tree, run_pycp, {"s/f": trees.file("right")})
    (root / "D/f").write_text("wrong")
    status = os.stat(root / "D/f")
    assert status.st_mtime_ns == status.st_ctime_ns
    os.utime(root / "s/f", ns=(status.st_mtime_ns, status.st_mtime_ns))
    assert resumed(run_pycp, root) == "redid 'D/f' from byte 0\n"
    assert (root / "D/f").read_text() == "right"


def test_a_source_that_changed_is_copied_anew(tree: Tree, run_pycp: Programs) -> None:
    root = copied(tree, run_pycp, {"s/f": trees.file(DATA)})
    (root / "s/f").write_bytes(DATA[:8192] + b"changed")
    assert resumed(run_pycp, root) == "redid 'D/f' from byte 8192\n"
    assert (root / "D/f").read_bytes() == DATA[:8192] + b"changed"


def test_a_read_only_file_goes_on(tree: Tree, run_pycp: Programs) -> None:
    root = copied(tree, run_pycp, {"s/f": trees.file(DATA, 0o444)}, "-r")
    os.truncate(root / "D/f", 409_600) if os.geteuid() == 0 else None
    if os.geteuid():
        (root / "D/f").chmod(0o644)
        os.truncate(root / "D/f", 409_600)
        (root / "D/f").chmod(0o444)
    assert resumed(run_pycp, root, "-r --resume -T s D") == "continued 'D/f' at byte 409600\n"
    assert (root / "D/f").read_bytes() == DATA
    assert (root / "D/f").stat().st_mode & 0o777 == 0o444


@pytest.mark.parametrize("options", ["", "--sparse=never", "--sparse=always", "--bwlimit=1G"])
def test_holes_stay_holes(tree: Tree, run_pycp: Programs, options: str) -> None:
    pieces = {0: b"a" * 4096, 1 << 20: b"b" * 8192, 3 << 20: b"c"}
    root = copied(tree, run_pycp, {"s/f": trees.file(pieces=pieces, size=4 << 20)}, f"-a {options}")
    whole = contents(root)
    for size in (4096, 700_000, (1 << 20) + 5000, 2 << 20, (4 << 20) - 1):
        os.truncate(root / "D/f", size)
        said = resumed(run_pycp, root, f"-a {options} --resume -T s D")
        assert said.startswith("continued 'D/f' at byte ")
        assert contents(root) == whole


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        ("rm D/2/h", ""),
        ("rm D/2/h D/3/h", ""),
        ("rm D/2/h; echo other >D/2/h", "replaced 'D/2/h'\n"),
        ("rm D/2/h; cp -p D/3/h D/2/h", "replaced 'D/2/h'\n"),
        ("rm D/2/h D/3/h; truncate -s 8192 D/1/h", "continued 'D/1/h' at byte 8192\n"),
    ],
)
def test_a_set_of_hard_links_is_completed(
    tree: Tree, run_pycp: Programs, missing: str, said: str
) -> None:
    spec = {"1/h": trees.file(DATA), "2/h": trees.hard_link("1/h"), "3/h": trees.hard_link("1/h")}
    root = Path(tree({**spec, "D": trees.directory()}))
    resumed(run_pycp, root, "-a -t D 1 2 3")
    whole = contents(root)
    made = (root / "D/1/h").stat().st_ino
    assert os.system(f"cd {root} && {missing}") == 0
    assert resumed(run_pycp, root, "-a --resume -t D 1 2 3") == said
    assert contents(root)[1:] == whole[1:]
    assert (root / "D/1/h").stat().st_ino == made, "it was copied again"


@pytest.mark.parametrize("options", ["-an", "-rd --update=none"])
def test_a_set_of_hard_links_is_completed_even_if_others_stay(
    tree: Tree, run_pycp: Programs, options: str
) -> None:
    spec = {"1/h": trees.file(DATA), "2/h": trees.hard_link("1/h"), "3/h": trees.hard_link("1/h")}
    spec |= {"1/e": trees.file(DATA), "2/e": trees.hard_link("1/e"), "D": trees.directory()}
    root = Path(tree(spec))
    resumed(run_pycp, root, "-a -t D 1 2 3")
    os.link(root / "D/1/e", root / "snapshot")
    for name in ("D/2/h", "D/3/h", "D/2/e"):
        (root / name).unlink()
    assert resumed(run_pycp, root, f"{options} --resume -t D 1 2 3") == ""
    assert all((root / "D/1/h").samefile(root / f"D/{number}/h") for number in (2, 3))
    assert (root / "D/1/e").samefile(root / "snapshot")
    other = DATA[:-1] + b"!"
    for number, content in ((2, DATA), (3, other)):
        (root / f"D/{number}/h").unlink()
        (root / f"D/{number}/h").write_bytes(content)
    assert resumed(run_pycp, root, f"{options} --resume -t D 1 2 3") == "replaced 'D/2/h'\n"
    assert (root / "D/3/h").read_bytes() == other


@pytest.mark.parametrize("jobs", [1, 3])
def test_a_whole_set_of_hard_links_that_is_not_newer_is_complete(
    tree: Tree, run_pycp: Programs, jobs: int
) -> None:
    root = Path(tree("s/a s/b=s/a s/c=s/a"))
    resumed(run_pycp, root, "-aT s D")
    changed = (root / "D/a").stat().st_ctime_ns
    said = resumed(run_pycp, root, f"-auvT --resume -j{jobs} s D")
    assert said == "nothing was left to do: 3 files are there\n"
    assert (root / "D/a").stat().st_ctime_ns == changed


def test_a_file_with_names_elsewhere_is_not_written_into(tree: Tree, run_pycp: Programs) -> None:
    root = copied(tree, run_pycp, {"s/f": trees.file(DATA), "other": ELSEWHERE})
    (root / "D/f").unlink()
    (root / "D/f").hardlink_to(root / "other")
    assert resumed(run_pycp, root) == "replaced 'D/f'\n"
    assert (root / "other").read_bytes() == b"elsewhere"
    assert (root / "D/f").read_bytes() == DATA


def test_a_set_with_names_elsewhere_is_made_anew(tree: Tree, run_pycp: Programs) -> None:
    root = copied(tree, run_pycp, "s/a s/b=s/a")
    os.link(root / "D/a", root / "snapshot")
    assert resumed(run_pycp, root) in (
        "replaced 'D/a'\nreplaced 'D/b'\n",
        "replaced 'D/b'\nreplaced 'D/a'\n",
    )
    assert (root / "snapshot").stat().st_nlink == 1
    assert (root / "D/a").samefile(root / "D/b")


def test_two_sets_never_share_a_copy(tree: Tree, run_pycp: Programs) -> None:
    root = copied(tree, run_pycp, "s/a s/b=s/a s/c s/d=s/c")
    for name in "cd":
        (root / "s" / name).write_bytes(b"s/a")
        times = os.stat(root / "s/a")
        os.utime(root / "s" / name, ns=(times.st_atime_ns, times.st_mtime_ns))
        (root / "D" / name).unlink()
        (root / "D" / name).hardlink_to(root / "D/a")
    for number in range(2):  # or the number of names would tell
        os.link(root / "s/a", root / f"a{number}")
        os.link(root / "s/c", root / f"c{number}")
    told = resumed(run_pycp, root).splitlines()
    assert sorted(told) == ["replaced 'D/c'", "replaced 'D/d'"]  # in the order of the directory
    names = {name: (root / "D" / name).stat().st_ino for name in "abcd"}
    assert names["a"] == names["b"] != names["c"] == names["d"]


@pytest.mark.parametrize("change", ["ln -sfn wrong D/l", "rm D/l; mkfifo D/l", "rm D/p; touch D/p"])
def test_what_is_not_what_it_should_be_is_replaced(
    tree: Tree, run_pycp: Programs, change: str
) -> None:
    root = copied(tree, run_pycp, "s/l->f s/p|")
    whole = contents(root)
    assert os.system(f"cd {root} && {change}") == 0
    assert resumed(run_pycp, root) == f"replaced '{'D/p' if 'D/p' in change else 'D/l'}'\n"
    assert contents(root) == whole


def test_a_link_made_for_a_copy_gets_its_time(tree: Tree, run_pycp: Programs) -> None:
    root = Path(tree("s/f+5"))
    words = f"-as --resume -T {root}/s D"
    assert resumed(run_pycp, root, words) == ""
    whole = contents(root)
    os.utime(root / "D/f", follow_symlinks=False)
    assert contents(root) != whole
    resumed(run_pycp, root, f"--dry-run {words}")
    assert contents(root) != whole
    assert resumed(run_pycp, root, words) == ""
    assert contents(root) == whole


@pytest.mark.parametrize("options", ["-n", "-u", "--update=none", "-au", "--update=none-fail"])
def test_half_written_files_are_finished_even_if_others_stay(
    tree: Tree, run_pycp: Programs, options: str
) -> None:
    root = copied(tree, run_pycp, {"s/f": trees.file(DATA), "s/g": trees.file("old", age=-5)}, "-r")
    (root / "D/f").write_bytes(DATA[:8192])
    (root / "D/g").write_text("mine")
    done = run_pycp.run(f"-r {options} --resume -T s D", str(root))
    assert done.stdout == "continued 'D/f' at byte 8192\n"
    assert done.status == (options == "--update=none-fail")
    assert (root / "D/f").read_bytes() == DATA
    assert (root / "D/g").read_text() == "mine"


BEGUN_BY_RANGES = {
    "the last range is there": lambda data: bytes(len(data) - 100) + data[-100:],
    "a range is missing in the midst": lambda data: data[:4096] + bytes(8192) + data[12288:],
    "a range ended early": lambda data: data[:5000] + bytes(len(data) - 5000),
    "only the size is there": lambda data: bytes(len(data)),
    "it ends early, and a range is missing": lambda data: bytes(4096) + data[4096:9000],
}
"""What is left of a copy whose ranges were written by several processes."""


@pytest.mark.parametrize("options", ["-n", "-u", "-au", "--update=none-fail"])
@pytest.mark.parametrize("left", BEGUN_BY_RANGES.values(), ids=BEGUN_BY_RANGES)
def test_a_file_begun_by_ranges_is_finished_even_if_others_stay(
    tree: Tree, run_pycp: Programs, options: str, left: Callable[[bytes], bytes]
) -> None:
    root = copied(tree, run_pycp, {"s/f": trees.file(DATA), "s/g": trees.file(DATA)}, "-r")
    (root / "D/f").write_bytes(left(DATA))
    (root / "D/g").write_bytes(b"m" + bytes(len(DATA) - 1))  # somebody's own, of zeros nearly all
    done = run_pycp.run(f"-r {options} --resume -T s D", str(root))
    assert done.status == (options == "--update=none-fail")
    assert (root / "D/f").read_bytes() == DATA
    assert (root / "D/g").read_bytes() == b"m" + bytes(len(DATA) - 1)


INTERRUPTED = "chmod 600 f p s; touch -h f p s l"
"""What an interrupted copy leaves: all is there, but not its attributes."""
TIMELESS = "chmod 755 u; touch f u"
"""The mode was there from the beginning, as far as it is not set-id."""
MODELESS = "chmod 600 f p s; chmod 755 u"
"""The times were set already, and an access list that gave the rest of the mode."""


@pytest.mark.parametrize("options", ["-au", "-an", "-a --update=none-fail", "-rup", "-a -u -j2"])
@pytest.mark.parametrize("left", [INTERRUPTED, TIMELESS, MODELESS])
def test_what_lacks_its_attributes_gets_them_even_if_others_stay(
    tree: Tree, run_pycp: Programs, options: str, left: str
) -> None:
    spec = {**trees.nodes("s/f@0644 s/u@4755 s/p|@0666 s/l->f s/g")}
    spec["s/s"] = trees.unix_socket(0o711)
    root = copied(tree, run_pycp, spec, f"-a {options}".replace("-n", ""))
    whole = contents(root)
    (root / "D/g").chmod(0o666)  # somebody's own, as no copy leaves it
    mine = contents(root)
    assert mine != whole
    assert os.system(f"cd {root}/D && {left}") == 0
    done = run_pycp.run(f"{options} --resume -T s D", str(root))
    assert done.status == (options == "-a --update=none-fail")
    assert contents(root) == mine


@pytest.mark.skipif(not IS_ROOT, reason="only root gives files away")
@pytest.mark.parametrize("left", ["chmod 600 D/f", "chown 0:0 D/f; chmod 600 D/f"])
@pytest.mark.parametrize("mode", [0o600, 0o644])
def test_what_was_not_given_away_yet_is_even_if_it_is_not_newer(
    tree: Tree, run_pycp: Programs, left: str, mode: int
) -> None:
    root = copied(tree, run_pycp, {"s/f": trees.file("f", mode, owner=(ORDINARY_ID, ORDINARY_ID))})
    whole = contents(root)
    assert os.system(f"cd {root} && {left}") == 0
    assert resumed(run_pycp, root, "-au --resume -T s D") == ""
    assert contents(root) == whole


def test_the_mode_withheld_from_a_copy_is_given_even_if_it_is_newer(
    tree: Tree, run_pycp: Programs
) -> None:
    root = copied(tree, run_pycp, "s/f@0644", "-r --preserve=ownership")
    (root / "D/f").chmod(0o600)
    assert resumed(run_pycp, root, "-ru --preserve=ownership --resume -T s D") == ""
    assert (root / "D/f").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("options", ["-lu", "-su", "-ru", "-aun", "-aub"])
def test_what_others_made_stays_as_it_is(tree: Tree, run_pycp: Programs, options: str) -> None:
    root = Path(tree({"s/f": trees.file("f", age=-5), "D/f": trees.file("f", 0o666)}))
    before = contents(root)
    run_pycp.run(f"-r {options} --resume -T {root}/s D", str(root))
    assert contents(root) == before


def test_the_same_words_mean_the_same_copy(tree: Tree, run_pycp: Programs) -> None:
    root = Path(tree("s/f s/d/g"))
    assert resumed(run_pycp, root, "-a s D") == ""
    (root / "D/f").unlink()
    assert resumed(run_pycp, root, "-a --resume s D") == ""
    assert sorted(os.listdir(root / "D")) == ["d", "f"]


def test_what_a_directory_holds_goes_on(tree: Tree, run_pycp: Programs) -> None:
    root = Path(tree("s/f s/d/g D/"))
    resumed(run_pycp, root, "-a s/. D")
    os.truncate(root / "D/f", 2)
    assert resumed(run_pycp, root, "-a --resume s/. D") == "continued 'D/./f' at byte 2\n"


@pytest.mark.parametrize("there", ["D/", "D/s/f", "D/x", "D/f D/x", "D/s/ D/f"])
def test_a_directory_that_is_not_the_copy_holds_it(
    tree: Tree, run_pycp: Programs, there: str
) -> None:
    root = Path(tree(f"s/f s/d/g {there}"))
    resumed(run_pycp, root, "-a --resume s D")
    assert (root / "D/s/d/g").exists()


@pytest.mark.parametrize("left", ["Cu0123456789abcdef", "Cu0123ab"])
@pytest.mark.parametrize("made", [["f"], []])
def test_a_temporary_name_that_a_kill_left_tells_of_nothing_else(
    tree: Tree, run_pycp: Programs, made: list[str], left: str
) -> None:
    root = Path(tree({"s/f": trees.file(DATA), "s/g": trees.file("g"), "D": trees.directory()}))
    for name in (*made, left):
        (root / "D" / name).write_text("x")
    resumed(run_pycp, root, "-a --resume --atomic s D")
    assert sorted(os.listdir(root / "D")) == sorted([left, "f", "g"])


def test_a_name_much_like_a_temporary_one_is_no_sign_of_a_copy(
    tree: Tree, run_pycp: Programs
) -> None:
    root = Path(tree({"s/f": trees.file(DATA), "D/Cu20261130": "mine"}))
    resumed(run_pycp, root, "-r --resume s D")
    assert sorted(os.listdir(root / "D")) == ["Cu20261130", "s"]


def test_a_directory_that_may_be_the_copy_or_hold_it_is_not_touched(
    tree: Tree, run_pycp: Programs
) -> None:
    root = Path(tree("s/s/f s/g D/s/f"))
    done = run_pycp.run("-a --resume s D", str(root))
    assert done.status == 1
    assert done.stderr == (
        "pycp: cannot tell whether 'D' is the copy of 's' or holds it: say -T or -t\n"
    )
    assert os.listdir(root / "D") == ["s"]
    resumed(run_pycp, root, "-a --resume -t D s")
    assert (root / "D/s/g").exists()


@pytest.mark.parametrize(
    "option", ["-b", "--backup=simple", "-S.old", "-i", "--remove-destination"]
)
def test_what_contradicts_is_refused(tree: Tree, run_pycp: Programs, option: str) -> None:
    root = tree("s/f D/f+5")
    done = run_pycp.run(f"-r --resume {option} -T s D", root)
    assert done.status == 1
    assert done.stderr == (
        "pycp: --resume is mutually exclusive with --backup, --interactive and"
        " --remove-destination\nTry 'pycp --help' for more information.\n"
    )


def test_events_tell_what_is_complete_and_where_a_file_goes_on(
    tree: Tree, run_pycp: Programs
) -> None:
    root = copied(tree, run_pycp, {"s/f": trees.file(DATA), "s/g": trees.file("g")})
    (root / "D/f").write_bytes(DATA[:8192])
    lines = resumed(run_pycp, root, "-a --resume --json -T s D").splitlines()
    events = {event["event"]: event for event in map(json.loads, lines)}
    assert events["copied"]["resumed_at"] == 8192
    assert events["copied"]["bytes"] == len(DATA) - 8192
    assert (events["skipped"]["destination"], events["skipped"]["reason"]) == ("D/g", "complete")
    assert events["summary"]["bytes"] == len(DATA) - 8192


def test_a_manifest_names_every_file_whole(tree: Tree, run_pycp: Programs) -> None:
    spec = {"s/f": trees.file(DATA), "s/g": trees.file("g"), "s/h": trees.hard_link("s/g")}
    root = copied(tree, run_pycp, spec)
    (root / "D/f").write_bytes(DATA[:8192])
    resumed(run_pycp, root, "-a --resume --manifest=sums -T s D")
    assert (root / "sums").read_text().count("\n") == 3
    assert os.system(f"cd {root} && b2sum --quiet -c sums") == 0


def test_a_manifest_names_a_file_with_holes_that_was_compared(
    tree: Tree, run_pycp: Programs
) -> None:
    spec = {"s/f": trees.file(pieces={300_000: b"x"}, size=400_000)}
    root = copied(tree, run_pycp, spec)
    os.utime(root / "D/f")
    said = resumed(run_pycp, root, "-rv --resume --manifest=sums -T s D")
    assert said == "nothing was left to do: 1 file is there\n"
    assert os.system(f"cd {root} && b2sum --quiet -c sums") == 0


def test_a_limit_on_bytes_goes_with_it(tree: Tree, run_pycp: Programs) -> None:
    root = copied(tree, run_pycp, {"s/f": trees.file(DATA)})
    (root / "D/f").write_bytes(DATA[:990_000])
    said = resumed(run_pycp, root, "-a --resume --bwlimit=10M -T s D")
    assert said == "continued 'D/f' at byte 990000\n"
    assert (root / "D/f").read_bytes() == DATA


def test_a_dry_run_tells_what_would_be_done(tree: Tree, run_pycp: Programs) -> None:
    spec = {"s/f": trees.file(DATA), "s/g": trees.file("g"), "s/l": trees.symlink("g")}
    root = copied(tree, run_pycp, spec)
    (root / "D/f").write_bytes(DATA[:8192])
    (root / "D/g").chmod(0o600)
    before = {path: path.lstat().st_ctime_ns for path in root.rglob("*")}
    said = resumed(run_pycp, root, "-a --resume --dry-run s D")
    assert said == "'s/f' -> 'D/f'\ncontinued 'D/f' at byte 8192\n"
    assert {path: path.lstat().st_ctime_ns for path in root.rglob("*")} == before


@pytest.mark.parametrize("option", ["--sparse=always", "--reflink=never", "--atomic", "--durable"])
def test_other_options_go_with_it(tree: Tree, run_pycp: Programs, option: str) -> None:
    root = copied(tree, run_pycp, {"s/f": trees.file(DATA), "s/g": trees.file("g")})
    (root / "D/f").write_bytes(DATA[:8192])
    before = (root / "D/g").stat().st_ino
    resumed(run_pycp, root, f"-a --resume {option} -T s D")
    assert (root / "D/g").stat().st_ino == before
    assert (root / "D/f").read_bytes() == DATA


@pytest.mark.parametrize("option", ["--verify", "--atomic"])
def test_a_file_that_was_begun_gets_its_mode_at_once(
    tree: Tree, run_pycp: Programs, option: str
) -> None:
    root = Path(tree("s/f@0444 D/f@0644"))
    (root / "D/f").write_text("x")
    resumed(run_pycp, root, f"-r --resume {option} -T s D")
    assert (root / "D/f").stat().st_mode & 0o777 == 0o444


def test_directories_of_parents_are_finished(tree: Tree, run_pycp: Programs) -> None:
    root = Path(tree("a/b/f D/a/b/"))
    for name, mode in (("a", 0o751), ("a/b", 0o755)):
        (root / name).chmod(mode)
        (root / "D" / name).chmod(0o700)
    resumed(run_pycp, root, "-a --resume --parents a/b/f D")
    for name in ("a", "a/b"):
        one, other = (root / name).stat(), (root / "D" / name).stat()
        assert (one.st_mode, one.st_mtime_ns) == (other.st_mode, other.st_mtime_ns)


@pytest.mark.parametrize("kept", ["a/1", "b/2", "c/3"])
def test_several_processes_go_on_with_the_name_of_a_set_that_is_there(
    tree: Tree, run_pycp: Programs, kept: str
) -> None:
    root = copied(tree, run_pycp, "s/a/1 s/b/2=s/a/1 s/c/3=s/a/1 s/d/4=s/a/1")
    whole = contents(root)
    before = (root / "D" / kept).stat().st_ino
    for name in ("a/1", "b/2", "c/3", "d/4"):
        if name != kept:
            (root / "D" / name).unlink()
    assert resumed(run_pycp, root, "-a --jobs=3 --resume -T s D") == ""
    assert contents(root) == whole
    assert (root / "D" / kept).stat().st_ino == before

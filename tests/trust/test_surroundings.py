"""Trees that are deep, wide, oddly named or circular, and little to copy them with."""

import os
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import needs, tree
from tests.forked import MEMORY
from tests.programs import Programs

LEVELS = 3_000
ENTRIES = 50_000


@pytest.fixture
def place() -> Iterator[Path]:
    """Return a directory in memory."""
    made = tempfile.mkdtemp(prefix="pycp-trust-", dir=MEMORY)
    yield Path(made)
    tree.remove(made)


def dig(top: str, levels: int) -> None:
    """Make a directory in a directory and so on, with a file in each, whole names be damned."""
    os.mkdir(top)
    fd = os.open(top, os.O_RDONLY)
    for level in range(levels):
        os.close(os.open(f"f{level % 3}", os.O_WRONLY | os.O_CREAT, dir_fd=fd))
        os.mkdir("d", dir_fd=fd)
        below = os.open("d", os.O_RDONLY, dir_fd=fd)
        os.close(fd)
        fd = below
    os.close(fd)


def depth(top: str) -> int:
    """Return how many levels of a directory dug like that hold what they should."""
    fd = os.open(top, os.O_RDONLY)
    level = 0
    while sorted(os.listdir(fd)) == ["d", f"f{level % 3}"]:
        level += 1
        below = os.open("d", os.O_RDONLY, dir_fd=fd)
        os.close(fd)
        fd = below
    os.close(fd)
    return level


@pytest.mark.slow
@pytest.mark.one_of(2)
@pytest.mark.parametrize("options", ["-r", "-a", "-a --jobs=2", "-rL"])
def test_a_tree_of_3000_levels_is_copied(run_pycp: Programs, place: Path, options: str) -> None:
    dig(str(place / "s"), LEVELS)
    result = run_pycp.run(f"{options} s D", str(place))
    assert (result.status, result.stderr) == (0, "")
    assert depth(str(place / "D")) == LEVELS


@pytest.mark.slow
@pytest.mark.parametrize("options", ["-r --jobs=1", "-a"])
def test_a_directory_of_50000_entries_is_copied(
    run_pycp: Programs, place: Path, options: str
) -> None:
    (place / "s").mkdir()
    directory = os.open(place / "s", os.O_RDONLY)
    for number in range(ENTRIES):
        os.close(os.open(str(number), os.O_WRONLY | os.O_CREAT, dir_fd=directory))
    os.close(directory)
    (place / "s/0").write_text("first")
    result = run_pycp.run(f"{options} s D", str(place))
    assert (result.status, result.stderr) == (0, "")
    assert set(os.listdir(place / "D")) == set(os.listdir(place / "s"))
    assert (place / "D/0").read_text() == "first"


@pytest.mark.parametrize("options", ["-r", "-av --jobs=2"])
@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_names_of_any_bytes_arrive(
    run_pycp: Programs, place: Path, options: str, locale: str
) -> None:
    singles = [bytes([byte]) for byte in range(1, 256) if bytes([byte]) not in b"./"]
    names = [*singles, b"".join(singles)[:255], b"-rf", b"--", b"...", b"\xff" * 255, b" \n\t'\""]
    for kind in (b"f", b"d"):
        (place / "s" / kind.decode()).mkdir(parents=True)
        for name in names:
            path = os.path.join(os.fsencode(place / "s"), kind, name)
            if kind == b"d":
                os.mkdir(path)
            else:
                with open(path, "wb") as file:
                    file.write(name)
    result = run_pycp.run(f"{options} s D", str(place), locale=locale)
    assert (result.status, result.stderr) == (0, "")
    assert sorted(os.listdir(os.fsencode(place / "D/d"))) == sorted(names)
    for name in names:
        with open(os.path.join(os.fsencode(place / "D/f"), name), "rb") as file:
            assert file.read() == name


def test_names_of_any_bytes_are_operands(run_pycp: Programs, place: Path) -> None:
    names = [os.fsdecode(bytes([byte])) for byte in range(1, 256) if byte not in b"./-D"]
    for name in names:
        (place / name).touch()
    (place / "D").mkdir()
    for program in ("pycp", "pyinstall"):
        result = run_pycp.run(["--", *names, "D"], str(place), program=program)
        assert (result.status, result.stderr) == (0, "")
        assert sorted(os.listdir(place / "D")) == sorted(names)


@pytest.mark.parametrize(
    "links",
    [
        {"s/self": "."},
        {"s/d/up": ".."},
        {"s/a/other": "../b", "s/b/other": "../a"},
        {"s/a": "a", "s/b": "c", "s/c": "b"},
        {f"s/l{number}": "." for number in range(40)},
    ],
    ids=["itself", "above", "each other", "nowhere", "many"],
)
def test_a_circle_is_noticed_where_links_are_followed(
    run_pycp: Programs, place: Path, links: dict[str, str]
) -> None:
    for name, text in links.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).symlink_to(text)
    (place / "s/z").write_text("z")
    result = run_pycp.run("-rL s D", str(place))
    assert result.status == 1
    assert all(line.startswith("pycp: cannot ") for line in result.stderr.splitlines())
    assert (place / "D/z").read_text() == "z"


def test_a_link_among_parents_gives_nothing_away(run_pycp: Programs, place: Path) -> None:
    (place / "s/new").mkdir(parents=True)
    (place / "s/new/f").write_text("f")
    (place / "D").mkdir()
    (place / "victim").mkdir(0o700)
    (place / "D/s").symlink_to("../victim")
    os.utime(place / "s", (1, 1))
    if os.geteuid() == 0:
        os.chown(place / "s", 54321, 54321)
    before = (place / "victim").stat()
    result = run_pycp.run("-a --parents s/new/f D", str(place))
    assert (result.status, result.stderr) == (0, "")
    after = (place / "victim").stat()
    for field in ("st_mode", "st_uid", "st_gid"):
        assert getattr(after, field) == getattr(before, field)
    assert after.st_mtime > 1
    assert (place / "victim/new/f").read_text() == "f"


@pytest.mark.parametrize("jobs", [1, 3])
@pytest.mark.parametrize("options", ["-r", "-a", "-a --parents"])
def test_sixteen_descriptors_suffice(
    run_pycp: Programs, place: Path, options: str, jobs: int
) -> None:
    for number in range(300):
        path = place / f"s/{number % 7}/{number % 5}/a/b/c/d/e/{number}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(path.name)
    (place / "D").mkdir()
    limit = f"import resource; resource.setrlimit({resource.RLIMIT_NOFILE}, (16, 16))"
    launcher = f"{run_pycp.path}/pycp"
    code = f"{limit}; import os, sys; os.execv(sys.argv[1], sys.argv[1:])"
    words = [launcher, *options.split(), f"--jobs={jobs}", "s", "D"]
    done = subprocess.run(
        ["/usr/bin/python3", "-c", code, *words], cwd=place, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert subprocess.run(["diff", "-r", "s", "D/s"], cwd=place).returncode == 0


@pytest.mark.slow
@pytest.mark.parametrize(("language", "charset"), [("zh_TW", "BIG5"), ("ja_JP", "EUC-JP")])
def test_a_locale_that_python_cannot_write_back_copies_the_right_file(
    run_pycp: Programs, place: Path, language: str, charset: str
) -> None:
    locale = needs.locale(place, language, charset)
    # To Python's Big5 both names are one.
    names = b"\xa1\xfe", b"\xa2A"
    for name in names:
        (place / os.fsdecode(name)).write_bytes(name)
    for name in names:
        result = run_pycp.run(
            f"{os.fsdecode(name)} copy", str(place), env={"LOCPATH": str(place)}, locale=locale
        )
        assert (result.status, result.stderr) == (0, "")
        assert (place / "copy").read_bytes() == name


@pytest.mark.parametrize("program", ["pycp", "pyinstall"])
@pytest.mark.parametrize("is_ours_in_part", [False, True])
def test_another_package_of_our_name_is_told_in_one_line(
    program: str, is_ours_in_part: bool, tmp_path: Path
) -> None:
    """The public index has one: where it is imported in our place, no traceback tells it."""
    (tmp_path / "pycp").mkdir()
    (tmp_path / "pycp/__init__.py").touch()
    if is_ours_in_part:
        (tmp_path / "pycp/finder.py").touch()
    script = Path(__file__).parents[2] / "pycp/scripts" / program
    done = subprocess.run(
        [sys.executable, script, "a", "b"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"{program}: ") and "pycp.finder" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("program", ["pycp", "pyinstall"])
@pytest.mark.parametrize("is_ignored", [False, True])
def test_an_interrupt_while_modules_are_loaded_ends_us_silently(
    program: str, is_ignored: bool, tmp_path: Path
) -> None:
    (tmp_path / "pycp").mkdir()
    (tmp_path / "pycp/__init__.py").touch()
    (tmp_path / "pycp/finder.py").write_text(
        "import os, signal\nos.kill(os.getpid(), signal.SIGINT)\nos._exit(7)\n"
    )
    action = signal.SIG_IGN if is_ignored else signal.SIG_DFL
    before = signal.signal(signal.SIGINT, action)
    try:
        done = subprocess.run(
            [sys.executable, Path(__file__).parents[2] / "pycp/scripts" / program, "a", "b"],
            cwd=tmp_path,
            env={"PYTHONPATH": str(tmp_path)},
            capture_output=True,
            text=True,
        )
    finally:
        signal.signal(signal.SIGINT, before)
    assert done.returncode == (7 if is_ignored else -signal.SIGINT)
    assert (done.stdout, done.stderr) == ("", "")

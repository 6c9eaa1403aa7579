"""Where there is no terminal: lines if they are wanted always, and nothing else is different."""

import os
import re
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.listing import listing
from tests.programs import Programs

LINE = r"pycp: 3 files, 10 B copied in \d+ s, \S+ k?B/s\n"


@pytest.mark.parametrize("jobs", ["1", "3"])
def test_always_prints_lines(jobs: str, source: Path, run_pycp: Programs) -> None:
    done = run_pycp.run(f"-r --progress=always -j{jobs} s d", str(source))
    assert (done.status, done.stdout) == (0, "")
    assert re.fullmatch(LINE, done.stderr)


@pytest.mark.parametrize("when", ["-g", "--progress=auto", "--progress=never"])
def test_nothing_is_printed_for_nobody_to_see(when: str, source: Path, run_pycp: Programs) -> None:
    done = run_pycp.run(f"-r {when} s d", str(source))
    assert (done.status, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    "words",
    ["-rv s d", "-av s s/d d", "-rvn s/a s/d old", "-v s/a missing old", "-rv --json=j s d"],
)
def test_all_else_is_as_without_it(words: str, source: Path, run_pycp: Programs) -> None:
    seen: list[object] = []
    since_ns = time.time_ns()
    for option in ("", "--progress=always "):
        root = source / f"twin{len(seen)}"
        root.mkdir()
        subprocess.run(["cp", "-a", source / "s", root / "s"], check=True)
        (root / "old").mkdir()
        (root / "old/a").write_text("old")
        (root / "old/b").write_text("old")
        (root / "d").mkdir()
        for path in (root / "s", root / "s/d", root / "s/a", root / "s/d/b", root / "s/l"):
            os.utime(path, (1e9, 1e9), follow_symlinks=False)
        done = run_pycp.run(option + words, str(root))
        stderr = re.sub(r"pycp: \d+ (of \d+ )?files?, .*/s\n", "", done.stderr)
        (root / "j").unlink(missing_ok=True)  # it holds times
        printed = sorted(done.stdout.splitlines())  # a tree goes by inode numbers
        seen.append((done.status, printed, stderr, listing(str(root), since_ns)))
    assert seen[0] == seen[1]


def test_a_mistake_is_told_as_ever(source: Path, run_pycp: Programs) -> None:
    done = run_pycp.run("--progress=sometimes s/a b", str(source))
    assert done.status == 1
    assert "invalid argument 'sometimes' for '--progress'" in done.stderr
    done = run_pycp.run("--progress=always s/a", str(source))
    assert done.status == 1
    assert "missing destination file operand after 's/a'" in done.stderr


@pytest.mark.parametrize(
    ("words", "files"),
    [(["s/a", "s/d/b", "."], 2), (["-t", ".", "s/a"], 1), (["-D", "s/a", "n/m/x"], 1)],
)
def test_install_has_it_too(
    words: Sequence[str], files: int, source: Path, run_pycp: Programs
) -> None:
    done = run_pycp.run(["--progress=always", *words], str(source), program="pyinstall")
    assert (done.status, done.stdout) == (0, "")
    assert re.fullmatch(rf"pyinstall: {files} files?, \d+ B copied in .*/s\n", done.stderr)


def test_install_makes_directories_without_it(source: Path, run_pycp: Programs) -> None:
    done = run_pycp.run("--progress=always -d n/m", str(source), program="pyinstall")
    assert (done.status, done.stdout, done.stderr) == (0, "", "")
    assert os.path.isdir(source / "n/m")

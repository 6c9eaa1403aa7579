"""--manifest: digests of what was copied, as b2sum -c and its like read them."""

import errno
import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycp import system
from pycp.report.manifest import line_of
from tests.features.verify.running import PEOPLE, give, run
from tests.unit.engine.copying import FEW
from tests.unit.engine.test_sparse import PIECES

DIGESTS = {"blake2b": "b2sum", "sha256": "sha256sum", "sha512": "sha512sum", "md5": "md5sum"}
HOSTILE = ["a b", "new\nline", "back\\slash", "\\n", "re\rturn", "é\udcff", "*x", " y", "-", "#"]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def checked(tool: str, manifest: str = "M") -> tuple[int, str]:
    """Return what a program that checks digests says of a manifest."""
    done = subprocess.run(
        [tool, "--check", "--strict", manifest],
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    return done.returncode, os.fsdecode(done.stdout)


def names(manifest: str = "M") -> list[str]:
    """Return the names in a manifest, none of which needs escapes."""
    return sorted(line.partition("  ")[2] for line in Path(manifest).read_text().splitlines())


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("program", ["pycp", "pyinstall"])
@pytest.mark.parametrize("digest", DIGESTS)
def test_the_manifest_is_checked_by_its_command(
    digest: str, program: str, who: str, here: Path
) -> None:
    Path("d").mkdir()
    for name in HOSTILE:
        Path(name).write_text(name, "utf-8", "surrogateescape")
    for command in (
        [program, f"--digest={digest}", "--manifest=M", "--", *HOSTILE, "d"],
        [program, f"--digest={digest}", "--manifest=-", "--", *HOSTILE, "d"],
    ):
        result = run(command, here, who=who)
        assert (result.status, result.stderr) == (0, "")
    assert result.stdout == Path("M").read_bytes().decode("utf-8", "surrogateescape")
    status, said = checked(DIGESTS[digest])
    assert (status, said.count(": OK\n")) == (0, len(HOSTILE))
    Path("d/a b").write_text("changed")
    assert checked(DIGESTS[digest])[0] == 1


def test_blake2b_is_computed_if_nothing_else_is_said(here: Path) -> None:
    Path("a").write_text("words")
    assert run("pycp --manifest=M a -", here).status == 0
    assert Path("M").read_text() == f"{hashlib.blake2b(b'words').hexdigest()}  ./-\n"
    assert checked("b2sum") == (0, "./-: OK\n")


@FEW
@given(name=st.text(st.sampled_from("a\\\n\r *'\"\t\x7fé\udcff"), min_size=1, max_size=8))
def test_any_name_is_written_as_b2sum_writes_it(name: str) -> None:
    Path("n").mkdir(exist_ok=True)
    Path("n", name).touch()
    written = subprocess.run(["b2sum", "--", name], cwd="n", capture_output=True, check=True)
    digest = hashlib.blake2b().hexdigest()
    assert line_of(name, digest) == os.fsdecode(written.stdout).removesuffix("\n")


@FEW
@given(contents=PIECES, sparse=st.sampled_from(["auto", "always", "never"]), end=st.booleans())
def test_any_contents_arrive_with_their_digest_and_their_holes(
    contents: bytes, sparse: str, end: bool
) -> None:
    with open("a", "wb") as file:
        for offset in (0, 100_000, 700_000):
            file.seek(offset)
            file.write(contents)
        file.truncate(800_000 if end else None)
    stored = []
    for options in ("", "--manifest=M --digest=sha256", "--bwlimit=100G"):
        assert run(f"pycp --sparse={sparse} {options} a b", Path()).status == 0
        assert Path("b").read_bytes() == Path("a").read_bytes()
        stored.append(os.stat("b").st_blocks)
        os.unlink("b")
    assert stored == stored[:1] * 3
    assert Path("M").read_text() == f"{hashlib.sha256(Path('a').read_bytes()).hexdigest()}  b\n"


@pytest.mark.parametrize("jobs", ["", "--jobs=3"])
def test_each_file_of_a_tree_has_a_line_hard_links_too(jobs: str, here: Path) -> None:
    expected = []
    for directory in ("d", "e"):
        Path("s", directory).mkdir(parents=True)
        for number in range(400):
            Path(f"s/{directory}/f{number}").write_text(f"{directory}{number}")
            expected.append(f"t/{directory}/f{number}")
    os.link("s/d/f7", "s/e/link")
    os.symlink("d/f7", "s/l")
    os.mkfifo("s/p")
    result = run(f"pycp -a {jobs} --manifest=M s t", here)
    assert (result.status, result.stderr) == (0, "")
    assert names() == sorted([*expected, "t/e/link"])
    assert checked("b2sum")[0] == 0


def test_what_fails_or_is_skipped_has_no_line(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("s").mkdir()
    Path("t").mkdir()
    for name in ("s/bad", "s/good", "s/kept", "s/late", "t/kept"):
        Path(name).write_text(name)

    def readv(fd: int, views: list[memoryview]) -> int:
        if os.readlink(f"/proc/self/fd/{fd}").endswith("bad"):
            raise OSError(errno.EIO, "")
        return os.readv(fd, views)

    def close(fd: int) -> None:
        is_late = os.readlink(f"/proc/self/fd/{fd}").endswith("t/late")
        os.close(fd)
        if is_late:
            raise OSError(errno.EIO, "")

    monkeypatch.setattr(system, "readv", readv)
    monkeypatch.setattr(system, "close", close)
    result = run("pycp -rnT --manifest=M s t", here)
    assert sorted(result.stderr.splitlines()) == [
        "pycp: error reading 's/bad': Input/output error",
        "pycp: failed to close 't/late': Input/output error",
    ]
    assert (result.status, names()) == (1, ["t/good"])


def test_links_in_place_of_copies_have_no_line(here: Path) -> None:
    Path("a").write_text("words")
    for options in ("-l", "-s", "--attributes-only"):
        assert run(f"pycp {options} --manifest=M a b{options}", here).status == 0
        assert Path("M").read_text() == ""


def test_what_is_no_file_when_it_arrives_has_no_line(here: Path) -> None:
    Path("a").write_text("words")
    assert run("pycp --manifest=M a /dev/null", here).status == 0
    assert Path("M").read_text() == ""
    assert run("pycp --manifest=M /dev/stdin b", here, stdin="words").status == 0
    assert run("pycp --manifest=N /proc/self/cmdline c", here).status == 0
    assert checked("b2sum") == (0, "b: OK\n")
    assert checked("b2sum", "N") == (0, "c: OK\n")


@pytest.mark.parametrize("when", ["auto", "always"])
def test_a_file_that_shares_its_storage_has_a_digest(
    when: str, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def reflink(destination_fd: int, source_fd: int) -> int:
        os.pwrite(destination_fd, os.pread(source_fd, 100, 0), 0)
        return 0

    monkeypatch.setattr(system, "reflink", reflink)
    Path("a").write_text("words")
    assert run(f"pycp --reflink={when} --manifest=M a b", here).status == 0
    assert checked("b2sum") == (0, "b: OK\n")


@pytest.mark.parametrize("program", ["pycp", "pyinstall"])
def test_nothing_is_copied_if_the_manifest_cannot_be_opened(program: str, here: Path) -> None:
    Path("a").write_text("words")
    result = run(f"{program} --manifest=missing/M a b", here)
    assert result.stderr == f"{program}: cannot open 'missing/M': No such file or directory\n"
    assert (result.status, os.listdir()) == (1, ["a"])


@pytest.mark.parametrize("program", ["pycp", "pyinstall"])
def test_a_manifest_that_cannot_be_written_is_told(program: str, here: Path) -> None:
    Path("d").mkdir()
    for name in ("a", "b"):
        Path(name).write_text("words")
    result = run(f"{program} --manifest=/dev/full a b d", here)
    assert result.stderr == f"{program}: error writing '/dev/full': No space left on device\n"
    assert (result.status, sorted(os.listdir("d"))) == (1, ["a", "b"])


@pytest.mark.parametrize("program", ["pycp", "pyinstall"])
@pytest.mark.parametrize("call", ["fstat", "ftruncate", "write", "close"])
def test_a_call_that_fails_on_the_manifest_is_told(
    call: str, program: str, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = getattr(os, call)

    def fails(fd: int, *more: Any) -> Any:
        if os.readlink(f"/proc/self/fd/{fd}") == str(here / "M"):
            raise OSError(errno.EIO, "")
        return original(fd, *more)

    monkeypatch.setattr(system, call, fails)
    Path("a").write_text("words")
    result = run(f"{program} --manifest=M a b", here)
    is_open = call in ("write", "close")
    what = "error writing" if is_open else "cannot open"
    assert result.stderr == f"{program}: {what} 'M': Input/output error\n"
    assert (result.status, Path("b").exists()) == (1, is_open)


@pytest.mark.parametrize("program", ["pycp", "pyinstall"])
@pytest.mark.parametrize("manifest", ["a", "b", "link"])
def test_an_operand_that_is_the_manifest_is_refused_and_kept(
    manifest: str, program: str, here: Path
) -> None:
    Path("a").write_text("words")
    Path("b").write_text("other")
    os.symlink("a", "link")
    result = run(f"{program} --manifest={manifest} a b", here)
    name = manifest.replace("link", "a")
    assert result.stderr == f"{program}: '{name}' cannot be copied and be the manifest as well\n"
    assert (result.status, Path("a").read_text(), Path("b").read_text()) == (1, "words", "other")


@pytest.mark.parametrize("options", ["-r", "-rb", "-r --remove-destination", "-rl", "-a --jobs=2"])
@pytest.mark.parametrize(
    ("manifest", "told"),
    [("s/M", "not copying 's/M', as it is"), ("t/M", "not writing to 't/M', as it is")],
)
def test_a_manifest_among_sources_or_copies_is_left_out(
    manifest: str, told: str, options: str, here: Path
) -> None:
    for name in ("s", "t"):
        Path(name).mkdir()
        Path(name, "M").write_text("old")
    Path("s/a").write_text("words")
    result = run(f"pycp {options} -T --manifest={manifest} s t", here)
    assert (result.status, result.stderr) == (1, f"pycp: {told} the manifest\n")
    if options != "-rl":
        assert checked("b2sum", manifest) == (0, "t/a: OK\n")
    assert sorted(os.listdir("t")) == ["M", "a"]


def test_the_lines_come_as_the_copy_goes(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("s").mkdir()
    for number in range(100):
        Path(f"s/{number}").write_text("words")
    Path("last").symlink_to("x")  # an operand, as the order in a directory is left to chance
    Path("t").mkdir()
    seen = here / "seen"

    def readlink(name: str, *, dir_fd: int) -> str:
        seen.write_text(str(Path("M").read_text().count("\n")))
        return os.readlink(name, dir_fd=dir_fd)

    monkeypatch.setattr(system, "readlink", readlink)
    assert run("pycp -r --manifest=M s last t", here).status == 0
    assert int(seen.read_text()) >= 50
    assert Path("M").read_text().count("\n") == 100


@pytest.mark.parametrize("program", ["pycp", "pyinstall"])
@pytest.mark.parametrize("umask", [0o022, 0o077])
def test_the_manifest_is_as_open_as_the_umask_lets_it(program: str, umask: int, here: Path) -> None:
    Path("a").write_text("words")
    assert run(f"{program} --manifest=M a b", here, umask=umask).status == 0
    assert os.stat("M").st_mode & 0o777 == 0o666 & ~umask


def test_two_outputs_do_not_share_standard_output(here: Path) -> None:
    Path("a").write_text("words")
    result = run("pycp --json --manifest=- a b", here)
    assert result.status == 1
    assert "--manifest and --json cannot both write to standard output" in result.stderr
    assert os.listdir() == ["a"]


def test_an_unknown_digest_is_refused(here: Path) -> None:
    Path("a").write_text("words")
    for name in ("crc32", "shake_128", ""):
        result = run(f"pycp --digest={name} --manifest=M a b", here)
        assert result.status == 1
        assert f"invalid argument '{name}' for '--digest'" in result.stderr
    assert os.listdir() == ["a"]


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("mode", [0o755, 0o1777], ids=["directory of ours", "directory of all"])
@pytest.mark.parametrize("option", ["--manifest=M", "--atomic --manifest=M"])
def test_the_digest_of_a_stripped_file_is_of_what_is_left(
    option: str, mode: int, who: str, here: Path
) -> None:
    Path("d").mkdir()
    os.chmod("d", mode)
    Path("strip").write_text("#!/bin/sh\nprintf stripped >$1\n")
    os.chmod("strip", 0o755)
    Path("a").write_text("words")
    give(here) if who == "user" and os.geteuid() == 0 else None
    result = run(f"pyinstall -s --strip-program={here}/strip {option} a d", here, who=who)
    assert (result.status, result.stderr) == (0, "")
    assert Path("d/a").read_text() == "stripped"
    assert checked("b2sum") == (0, "d/a: OK\n")


def test_a_dry_run_leaves_the_manifest_alone(here: Path) -> None:
    Path("a").write_text("words")
    Path("M").write_text("old")
    run("pycp --dry-run --manifest=M a b", here)
    assert Path("M").read_text() == "old"


def test_the_tools_that_check_are_there() -> None:
    assert all(shutil.which(tool) for tool in DIGESTS.values())


def test_one_file_does_not_take_the_manifest_and_the_events(here: Path) -> None:
    Path("a").touch()
    os.symlink("M", "J")
    result = run("pycp --manifest=M --json=J a b", here)
    assert result.status == 1
    assert result.stderr == "pycp: 'M' cannot be the manifest, as events are written to it\n"
    assert not Path("b").exists()
    assert [json.loads(line)["event"] for line in Path("M").read_text().splitlines()] == [
        "begin",
        "failed",
        "summary",
    ]

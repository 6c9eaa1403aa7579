"""What the system itself makes go wrong: full disks, limits, signals, hostile surroundings."""

import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import needs
from tests.comparison import Comparison
from tests.forked import MEMORY
from tests.programs import CHECKOUT, SECONDS

POISON = "raise SystemExit('a module of the working directory was imported')\n"
POISONED = ("os", "errno", "stat", "fcntl", "click", "pycp", "posixpath", "marshal", "signal")
"""Modules put where a hostile directory would have them."""
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def here() -> Iterator[Path]:
    """Return a new directory."""
    path = Path(tempfile.mkdtemp(prefix="pycp-real-", dir=MEMORY))
    yield path
    shutil.rmtree(path)


@pytest.fixture
def run(comparison: Comparison, here: Path) -> Run:
    """Return a function that runs our program, or a shell script around it."""

    def run_it(
        *words: str, limits: dict[int, int] | None = None
    ) -> "subprocess.CompletedProcess[str]":
        def set_limits() -> None:
            for which, value in (limits or {}).items():
                resource.setrlimit(which, (value, value))

        return subprocess.run(
            words,
            cwd=here,
            env={"PATH": f"{comparison.pycp.path}:/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C"},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            preexec_fn=set_limits if limits else None,
        )

    return run_it


def in_mount(run: Run, options: str, script: str) -> "subprocess.CompletedProcess[str]":
    """Run a script below a tmpfs `m` of these options that nobody else sees."""
    needs.mounting()
    return run("unshare", "-m", "sh", "-c", f"mkdir m; mount -t tmpfs -o {options} t m && {script}")


def test_a_full_disk_is_told_and_what_fits_is_copied(run: Run, here: Path) -> None:
    (here / "s").mkdir()
    (here / "s/first").write_text("first")
    (here / "s/big").write_bytes(b"b" * 300_000)
    os.utime(here / "s/big", (1, 1))
    (here / "s/last").touch()
    script = "pycp -a s m; echo $?; stat -c %Y m/s/big; cat m/s/first; ls m/s"
    done = in_mount(run, "size=100k", script)
    words = ("error writing 'm/s/big'", "error copying 's/big' to 'm/s/big'")
    reason = "No space left on device"
    assert done.stderr in [f"pycp: {what}: {reason}\n" for what in words]
    status, time, rest = done.stdout.split("\n", 2)
    assert (status, rest) == ("1", "firstbig\nfirst\nlast\n")
    assert time != "1", "a partial file looks complete"


def test_a_full_disk_is_told_by_install(run: Run, here: Path) -> None:
    (here / "big").write_bytes(b"b" * 300_000)
    done = in_mount(run, "size=100k", "pyinstall -b big m/big; echo $?")
    assert done.stdout == "1\n"
    assert done.stderr.startswith("pyinstall: error ")
    assert done.stderr.endswith("'m/big': No space left on device\n")


def test_a_lack_of_inodes_is_told_for_each_file(run: Run, here: Path) -> None:
    (here / "s").mkdir()
    for number in range(6):
        (here / f"s/{number}").touch()
    done = in_mount(run, "nr_inodes=5", "pycp -r s m; echo $?; ls m/s")
    *copied, status = reversed(done.stdout.split())
    assert (status, len(copied)) == ("1", 3)
    assert sorted(done.stderr.splitlines()) == [
        f"pycp: cannot create regular file 'm/s/{number}': No space left on device"
        for number in range(6)
        if str(number) not in copied
    ]


@pytest.mark.parametrize("options", ["", "-a", "-r --remove-destination", "-rb"])
def test_a_read_only_mount_keeps_what_it_has(run: Run, here: Path, options: str) -> None:
    (here / "s").mkdir()
    (here / "s/f").write_text("new")
    source = "s" if options else "s/f"
    script = f"mkdir m/s; echo old >m/s/f; echo >m/f; mount -o remount,ro m; pycp {options}"
    done = in_mount(run, "size=1m", f"{script} {source} m; echo $?; cat m/s/f")
    assert done.stdout == "1\nold\n"
    lines = done.stderr.splitlines()
    assert lines
    assert all(line.startswith("pycp: ") for line in lines)
    assert all(line.endswith(": Read-only file system") for line in lines)


@pytest.mark.parametrize(
    "options", ["-r", "-a --sparse=always", "-r --reflink=never", "-r --atomic", "-r --jobs=2"]
)
def test_a_file_over_the_limit_on_sizes_is_a_failure_like_others(
    run: Run, here: Path, options: str
) -> None:
    (here / "s").mkdir()
    for number in range(20):
        (here / f"s/{number}").write_bytes(b"b" * (100 if number % 7 else 300_000))
    limits = {resource.RLIMIT_FSIZE: 4096, resource.RLIMIT_CORE: 0}
    done = run("pycp", *options.split(), "s", "d", limits=limits)
    assert (done.returncode, done.stdout) == (1, "")
    assert sorted(done.stderr.splitlines()) == [
        f"pycp: error writing 'd/{number}': File too large" for number in (0, 14, 7)
    ]
    for number in range(20):
        if number % 7:
            assert (here / f"d/{number}").read_bytes() == b"b" * 100


def test_a_file_that_install_finds_too_large_is_a_failure(run: Run, here: Path) -> None:
    (here / "d").mkdir()
    (here / "a").write_bytes(b"b" * 300_000)
    (here / "b").write_text("b")
    limits = {resource.RLIMIT_FSIZE: 4096, resource.RLIMIT_CORE: 0}
    done = run("pyinstall", "a", "b", "d", limits=limits)
    assert (done.returncode, done.stderr) == (1, "pyinstall: error writing 'd/a': File too large\n")
    assert (here / "d/b").read_text() == "b"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ("-v", "write error: File too large"),
        ("--json", "error writing events to standard output: File too large"),
        ("--json=../j", "error writing events to '../j': File too large"),
        ("--manifest=../m", "error writing '../m': File too large"),
    ],
)
def test_what_we_write_ourselves_may_be_too_large_as_well(
    run: Run, here: Path, options: str, told: str
) -> None:
    (here / "s").mkdir()
    for number in range(100):
        (here / f"s/{number:080}").write_text("s")
    limits = {resource.RLIMIT_FSIZE: 4096, resource.RLIMIT_CORE: 0}
    done = run("sh", "-c", f"cd s; pycp -r {options} . ../d >../out", limits=limits)
    assert (done.returncode, done.stderr) == (1, f"pycp: {told}\n")
    assert len(os.listdir(here / "d")) == 100


def test_few_descriptors_suffice_for_a_deep_tree(run: Run, here: Path) -> None:
    deep = here.joinpath("s", *map(str, range(30)))
    deep.mkdir(parents=True)
    for level in (deep, *deep.parents[:30]):
        (level / "f").write_text("f")
    for options in ("-r", "-a", "-a"):
        done = run("pycp", options, "s", "d", limits={resource.RLIMIT_NOFILE: 16})
        assert (done.returncode, done.stderr) == (0, "")
    assert not run("diff", "-r", "s", "d/s").stdout


@pytest.mark.parametrize("jobs", ["-j1", "-j3"])
def test_few_descriptors_suffice_for_links_to_files_in_many_directories(
    run: Run, here: Path, jobs: str
) -> None:
    for number in range(60):
        (here / f"s/a/{number}").mkdir(parents=True)
        (here / f"s/a/{number}/f").touch()
    (here / "s/z").mkdir()
    for number in range(60):
        (here / f"s/z/{number}").hardlink_to(here / f"s/a/{number}/f")
    done = run("pycp", jobs, "-a", "s", "d", limits={resource.RLIMIT_NOFILE: 32})
    assert (done.returncode, done.stderr) == (0, "")
    assert all((here / f"d/z/{number}").samefile(here / f"d/a/{number}/f") for number in range(60))


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_destination_and_a_standard_output_that_are_full_are_told(run: Run, here: Path) -> None:
    (here / "a").write_text("a")
    done = run("pycp", "a", "/dev/full")
    reason = "No space left on device"
    assert (done.returncode, done.stderr) == (1, f"pycp: error writing '/dev/full': {reason}\n")
    done = run("sh", "-c", "pycp -v a b >/dev/full")
    assert (done.returncode, done.stderr) == (1, f"pycp: write error: {reason}\n")
    assert (here / "b").read_text() == "a"


def test_nobody_reading_our_output_ends_us_by_its_signal(run: Run, here: Path) -> None:
    (here / "a").touch()
    reading, writing = os.pipe()
    os.close(reading)
    try:
        process = subprocess.run(
            [shutil.which("pycp", path=path_of(run)) or "", "-v", "a", "b"],
            cwd=here,
            stdout=writing,
            stderr=subprocess.PIPE,
            timeout=SECONDS,
        )
    finally:
        os.close(writing)
    assert (process.returncode, process.stderr) == (-signal.SIGPIPE, b"")


def path_of(run: Run) -> str:
    """Return the directories our program is looked up in."""
    return run("sh", "-c", "echo $PATH").stdout.strip()


@pytest.mark.parametrize("number", ENDING, ids=lambda number: number.name)
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_signal_ends_us_silently_and_leaves_nothing_behind(
    run: Run, here: Path, number: signal.Signals, jobs: int
) -> None:
    os.mkfifo(here / "p")
    (here / "old").write_text("old")
    process = subprocess.Popen(
        [shutil.which("pycp", path=path_of(run)) or "", f"--jobs={jobs}", "p", "new"],
        cwd=here,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    # Opening succeeds as soon as it reads, in the middle of the copy.
    with open(here / "p", "wb", buffering=0) as writer:
        writer.write(b"part")
        process.send_signal(number)
        _, errors = process.communicate(timeout=SECONDS)
    assert (process.returncode, errors) == (-number, b"")
    assert sorted(os.listdir(here)) in (["new", "old", "p"], ["old", "p"])
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


@pytest.mark.parametrize("number", ENDING, ids=lambda number: number.name)
@pytest.mark.parametrize(
    ("options", "call", "named"),
    [("-lf", "/^link", ""), ("-sf", "/^symlink", ""), ("--backup=numbered", "openat", "b.~1~")],
)
def test_a_signal_between_two_calls_leaves_no_temporary_name(
    run: Run, here: Path, options: str, call: str, named: str, number: signal.Signals
) -> None:
    (here / "a").write_text("a")
    (here / "b").write_text("b")
    # It comes when the temporary name is there, and the call that ends it is not yet made.
    fault = f"{call}:signal={number.name}:when={1 if named else 2}"
    path = Path(named) if named else None
    done = strace(run, fault, path, "pycp", options, f"{here}/a", "b")
    assert (done.returncode, done.stderr) == (-number, "")
    assert sorted(os.listdir(here)) == ["a", named or "b"]
    assert not named or (here / named).read_text() == "b"


@pytest.mark.parametrize("number", ENDING, ids=lambda number: number.name)
def test_a_signal_while_a_copy_is_stripped_leaves_no_private_directory(
    run: Run, here: Path, number: signal.Signals
) -> None:
    name = number.name.removeprefix("SIG")
    (here / "a").write_text("a")
    for directory in ("room", "anybody's"):
        (here / directory).mkdir()
    (here / "anybody's").chmod(0o1777)
    (here / "strip").write_text(f"#!/bin/sh\nkill -{name} $PPID\nls room >seen\n")
    (here / "strip").chmod(0o755)
    done = run(
        *("env", "TMPDIR=room", "pyinstall", "-m", "644", "-s", "--strip-program=./strip"),
        *("a", "anybody's/b"),
    )
    assert (done.returncode, done.stderr) == (-number, "")
    assert (here / "seen").read_text().startswith("pyinstall-")
    assert os.listdir(here / "room") == []
    assert os.stat(here / "anybody's/b").st_mode & 0o7777 == 0o600


def test_a_strip_program_can_be_ended(run: Run, here: Path) -> None:
    (here / "a").write_text("a")
    here.chmod(0o1777)
    (here / "strip").write_text("#!/bin/sh\nkill -TERM $$\necho goes on\n")
    (here / "strip").chmod(0o755)
    done = run("pyinstall", "-s", "--strip-program=./strip", "a", "b")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "pyinstall: strip process terminated abnormally\n"
    assert sorted(os.listdir(here)) == ["a", "strip"]


@pytest.mark.parametrize("number", ENDING, ids=lambda number: number.name)
def test_an_ignored_signal_does_not_stop_us(run: Run, here: Path, number: signal.Signals) -> None:
    (here / "a").write_text("a")
    name = number.name.removeprefix("SIG")
    # The shell goes on once the copy opens the FIFO.
    script = "mkfifo p; pycp p b & exec 3>p; kill -$0 $!; echo a >&3; exec 3>&-; wait $!"
    done = run("sh", "-c", f"trap '' {name}; {script}", name)
    assert (done.returncode, done.stderr) == (0, "")
    assert (here / "b").read_text() == "a\n"


def test_a_working_directory_that_is_gone_is_only_a_name_less(run: Run, here: Path) -> None:
    (here / "a").write_text("a")
    (here / "gone").mkdir()
    script = f"cd gone; rmdir ../gone; pycp {here}/a {here}/b; echo $?; pycp -a x {here}/c; echo $?"
    done = run("sh", "-c", script)
    assert done.stdout == "0\n1\n"
    assert done.stderr == "pycp: cannot stat 'x': No such file or directory\n"
    assert (here / "b").read_text() == "a"
    done = run("sh", "-c", f"mkdir gone; cd gone; rmdir ../gone; pyinstall {here}/a e")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "pyinstall: cannot create regular file 'e': No such file or directory\n"


def poison(directory: Path) -> None:
    """Put modules into a directory that must never be imported."""
    for name in POISONED:
        (directory / f"{name}.py").write_text(POISON)


@pytest.mark.parametrize(
    "words", [("a", "b"), ("-a", "d", "e"), ("--jobs=2", "-r", "d", "e"), ("--nonsense",)]
)
def test_modules_in_the_working_directory_are_not_imported(
    run: Run, here: Path, words: tuple[str, ...]
) -> None:
    poison(here)
    (here / "a").write_text("a")
    (here / "d").mkdir()
    (here / "d/f").write_text("f")
    done = run("pycp", *words)
    assert "imported" not in done.stderr
    assert done.returncode == (words == ("--nonsense",))


@pytest.mark.parametrize("words", [("a", "b"), ("-a", "d", "e"), ("--help",)])
def test_python_m_imports_no_modules_of_the_working_directory(
    here: Path, words: tuple[str, ...]
) -> None:
    # A package pycp there would be the one that was asked for.
    for name in set(POISONED) - {"pycp"}:
        (here / f"{name}.py").write_text(POISON)
    (here / "_signal.py").write_text(POISON)
    (here / "a").write_text("a")
    (here / "d").mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "pycp", *words],
        cwd=here,
        env={"PYTHONPATH": str(CHECKOUT), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_an_empty_environment_is_enough(run: Run, here: Path) -> None:
    (here / "a").write_text("a")
    script = "exec env -i $(command -v pycp) -av a b"
    done = run("sh", "-c", script)
    assert (done.returncode, done.stdout, done.stderr) == (0, "'a' -> 'b'\n", "")


HOSTILE = {
    **dict.fromkeys(("LC_ALL", "LANG", "LANGUAGE"), "../../x\udcff"),
    **dict.fromkeys(("TMPDIR", "HOME", "PWD"), "/nonexistent"),
    **{"SIMPLE_BACKUP_SUFFIX": "/../x", "VERSION_CONTROL": "simple", "POSIXLY_CORRECT": "1"},
    **{"PYTHONSTARTUP": "start.py", "PYTHONINSPECT": "1", "PYTHONWARNINGS": "error"},
    **{"PYTHONIOENCODING": "utf-16", "PYTHONUTF8": "0", "PYTHONBREAKPOINT": "os.abort"},
    **{"COLUMNS": "-1", "TERM": "x" * 9999, "\udcff": "", "LD_PRELOAD": ""},
}


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_hostile_environment_changes_nothing(run: Run, here: Path, jobs: int) -> None:
    poison(here)
    (here / "start.py").write_text(POISON)
    (here / "s").mkdir()
    (here / "s/é\udcff").write_text("a")
    settings = [f"{name}={value}" for name, value in HOSTILE.items()]
    for _ in range(2):  # the second copy makes a backup
        done = run("env", *settings, "pycp", f"--jobs={jobs}", "-abT", "s", "d")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert sorted(os.listdir(here / "d")) == ["é\udcff", "é\udcff~"]
    done = run("env", *settings, "pyinstall", "-D", "s/é\udcff", "p/q/f")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (here / "p/q/f").read_text() == "a"


def test_what_comes_and_goes_through_pipes_in_pieces_is_whole(run: Run, here: Path) -> None:
    data = os.urandom(300_001)
    (here / "a").write_bytes(data)
    reading = "dd if=a bs=7001 status=none | pycp /dev/stdin b"
    writing = "pycp b /dev/stdout | dd of=c ibs=13 status=none"
    done = run("sh", "-c", f"{reading} && {writing}")
    assert (done.returncode, done.stderr) == (0, "")
    assert (here / "c").read_bytes() == data


def strace(
    run: Run, fault: str, path: Path | None, *words: str
) -> "subprocess.CompletedProcess[str]":
    """Run our program with a system call failing, one that has to do with a file if it is given."""
    needs.tracing()
    only = ("-P", str(path)) if path else ()
    return run("strace", "-f", "-o", "/dev/null", *only, "-e", f"inject={fault}", *words)


@pytest.mark.parametrize(
    ("fault", "name", "message"),
    [
        ("read", "s/a", "error reading 's/a'"),
        ("write", "d/s/a", "error writing 'd/s/a'"),
        ("close", "d/s/a", "failed to close 'd/s/a'"),
        ("utimensat", "d/s/a", "preserving times for 'd/s/a'"),
        ("fchmod", "d/s/a", "preserving permissions for 'd/s/a'"),
        ("fchown", "d/s/a", "failed to preserve ownership for 'd/s/a'"),
    ],
)
def test_an_injected_error_is_told_and_the_others_are_copied(
    run: Run, here: Path, fault: str, name: str, message: str
) -> None:
    if fault == "fchown" and os.geteuid() != 0:
        pytest.skip("only root may give files away")
    (here / "d").mkdir()
    (here / "s").mkdir()
    for other in "abc":
        (here / "s" / other).write_text(f"the data of {other}")
        if os.geteuid() == 0:
            os.chown(here / "s" / other, 5, 6)
    os.chmod(here / "s/a", 0o6755)
    done = strace(run, f"{fault}:error=EIO", here / name, "pycp", "-a", "s", "d")
    assert done.returncode == 1
    assert done.stderr == f"pycp: {message}: Input/output error\n"
    for other in "bc":
        assert (here / "d/s" / other).read_text() == f"the data of {other}"
    if fault in ("fchmod", "fchown"):
        assert not os.stat(here / "d/s/a").st_mode & 0o6000, "set-id, and not finished"


@pytest.mark.parametrize(
    ("call", "name"), [("read", "a"), ("openat", "a"), ("openat", "b"), ("write", "b")]
)
def test_an_interrupted_call_is_made_again(run: Run, here: Path, call: str, name: str) -> None:
    (here / "a").write_text("the data")
    done = strace(run, f"{call}:error=EINTR:when=1+2", here / name, "pycp", "a", "b")
    assert (done.returncode, done.stderr) == (0, "")
    assert (here / "b").read_text() == "the data"


SPARSE = "f = open('s/f', 'wb'); [(f.seek(n << 16), f.write(b'x' * 4096)) for n in range(200)]"
COPIES = (
    "pycp -r s d",
    "pycp --sparse=always s/f d/f",
    "pycp --reflink=never s/f d/f",
    "pycp --atomic s/f d/f",
    "pycp --bwlimit=9G s/f d/f",
    "pycp s/f d/f; truncate -s 1000000 d/f; pycp --resume s/f d/f >d/said",
    'python3 -c \'import pycp.shutil; pycp.shutil.copy("s/f", "d/f")\'',
    'python3 -c \'import pycp.shutil; pycp.shutil.copytree("s", "d", dirs_exist_ok=True)\'',
    "pyinstall s/f d/f",
)


def test_what_a_file_system_allocates_ahead_does_not_fill_holes(run: Run, here: Path) -> None:
    """XFS does, behind each write at the end of a file."""
    needs.mounting_of("xfs", "xfsprogs")
    (here / "s").mkdir()
    (here / "s/p").touch()
    script = f"""
        truncate -s 320M i && mkfs.xfs -q i && mkdir m && mount -o loop i m && ln -s m d || exit 3
        {sys.executable} -c "{SPARSE}; f.truncate(300 << 16)"
    """
    for words in COPIES:
        words = words.replace("python3", sys.executable).replace("-r s d", "-rT s m")
        script += f"{words} || exit 4; sync -f m/f; stat -c '%b %s' m/f; cmp s/f m/f; rm m/*\n"
    done = run("unshare", "-m", "sh", "-c", script)
    assert (done.returncode, done.stderr) == (0, "")
    found = [tuple(map(int, line.split())) for line in done.stdout.splitlines()]
    assert len(found) == len(COPIES)
    assert {size for _blocks, size in found} == {300 << 16}
    most = 2 * 200 * 8
    assert [words for words, (blocks, _) in zip(COPIES, found, strict=True) if blocks > most] == []

"""What the system itself makes go wrong: full disks, limits, signals, hostile surroundings."""

import errno
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

from tests.forked import MEMORY
from tests.programs import CHECKOUT, SECONDS
from tests.twins import Twins

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
def run(twins: Twins, here: Path) -> Run:
    """Return a function that runs our program, or a shell script around it."""

    def run_it(
        *words: str, limits: dict[int, int] | None = None, **more: object
    ) -> "subprocess.CompletedProcess[str]":
        def set_limits() -> None:
            for which, value in (limits or {}).items():
                resource.setrlimit(which, (value, value))

        return subprocess.run(
            words,
            cwd=here,
            env={"PATH": f"{twins.pycp.path}:/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C"},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            preexec_fn=set_limits if limits else None,
            **more,  # type: ignore[call-overload]
        )

    return run_it


def in_mount(run: Run, options: str, script: str) -> "subprocess.CompletedProcess[str]":
    """Run a script below a tmpfs `m` of these options that nobody else sees."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount")
    if subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode:
        pytest.skip("mount namespaces are not to be had here")
    return run("unshare", "-m", "sh", "-c", f"mkdir m; mount -t tmpfs -o {options} t m && {script}")


def temporary_names(top: Path) -> list[str]:
    """Return the names below a directory that we use on the way only."""
    return [name for _, *names in os.walk(top) for name in sum(names, []) if name[:2] == "Cu"]


def test_a_full_disk_is_told_and_what_fits_is_copied(run: Run, here: Path) -> None:
    (here / "s").mkdir()
    (here / "s/big").write_bytes(b"b" * 300_000)
    os.utime(here / "s/big", (1, 1))
    (here / "s/small").write_bytes(b"small")
    done = in_mount(run, "size=100k", "pycp -a s m; echo $?; cat m/s/small; stat -c %Y m/s/big")
    words = ("error writing 'm/s/big'", "error copying 's/big' to 'm/s/big'")
    reason = "No space left on device"
    assert done.stderr in [f"pycp: {what}: {reason}\n" for what in words]
    status, rest = done.stdout.split("\n", 1)
    assert (status, rest[:5]) == ("1", "small")
    assert rest[5:].strip() != "1", "a partial file looks complete"


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


def test_a_limit_on_file_size_ends_us_by_its_signal(run: Run, here: Path) -> None:
    (here / "big").write_bytes(b"b" * 300_000)
    done = run("pycp", "big", "copy", limits={resource.RLIMIT_FSIZE: 4096, resource.RLIMIT_CORE: 0})
    assert (done.returncode, done.stderr) == (-signal.SIGXFSZ, "")


def test_few_descriptors_suffice_for_a_deep_tree(run: Run, here: Path) -> None:
    deep = here.joinpath("s", *map(str, range(30)))
    deep.mkdir(parents=True)
    for level in (deep, *deep.parents[:30]):
        (level / "f").write_text("f")
    for options in ("-r", "-a", "-a"):
        done = run("pycp", options, "s", "d", limits={resource.RLIMIT_NOFILE: 16})
        assert (done.returncode, done.stderr) == (0, "")
    assert not run("diff", "-r", "s", "d/s").stdout


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
def test_an_ignored_signal_does_not_stop_us(
    run: Run, here: Path, number: signal.Signals
) -> None:
    (here / "a").write_text("a")
    name = number.name.removeprefix("SIG")
    # The shell sends the signal once the copy reads, which the FIFO tells it.
    script = f"trap '' {name}; mkfifo p; pycp p b & exec 3>p; kill -{name} $!; echo a >&3; exec 3>&-; wait $!"
    done = run("sh", "-c", script)
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
    # What Python itself imports between its start and ours cannot be helped: os is loaded by then,
    # and so is runpy, but a package pycp there would be the one that was asked for.
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


def strace(run: Run, what: str, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run our program with one system call failing."""
    if not shutil.which("strace") or run("strace", "-o", "/dev/null", "true").returncode:
        pytest.skip("strace cannot trace here")
    return run("strace", "-f", "-o", "/dev/null", "-e", f"inject={what}", *words)


def reads_until_source(run: Run) -> int:
    """Return the number of the read call that gets the source's data."""
    done = run("strace", "-o", "/dev/stdout", "-e", "trace=read", "-y", "pycp", "a", "b2")
    lines = [line for line in done.stdout.splitlines() if line.startswith("read(")]
    return 1 + next(number for number, line in enumerate(lines) if "/a>" in line)


def test_an_error_on_reading_is_told_and_the_others_are_copied(run: Run, here: Path) -> None:
    (here / "a").write_text("the data")
    (here / "c").write_text("c")
    (here / "d").mkdir()
    strace(run, "read:error=EINTR:when=1", "true")
    number = reads_until_source(run)
    # The kernel does not say which file a number will belong to, so all reads from there on fail.
    done = strace(run, f"read:error=EIO:when={number}+", "pycp", "a", "b")
    assert done.returncode == 1
    assert done.stderr == "pycp: error reading 'a': Input/output error\n"


@pytest.mark.parametrize("call", ["read", "write", "openat", "fsync", "close"])
def test_an_interrupted_call_is_made_again(run: Run, here: Path, call: str) -> None:
    (here / "a").write_text("the data")
    # Every second call is interrupted; Python makes it again, and closes count as done.
    done = strace(run, f"{call}:error=EINTR:when=1+2", "pycp", "a", "b")
    assert (done.returncode, done.stderr) == (0, "")
    assert (here / "b").read_text() == "the data"


@pytest.mark.parametrize("call", ["fchmod", "fchown", "utimensat", "fsetxattr"])
def test_an_attribute_that_cannot_be_set_is_told(run: Run, here: Path, call: str) -> None:
    (here / "a").write_text("the data")
    os.chmod(here / "a", 0o6755)
    if call == "fchown" and os.geteuid() != 0:
        pytest.skip("an ordinary user need not hear of ownership")
    if call == "fchown":
        os.chown(here / "a", 5, 6)
    if call == "fsetxattr":
        try:
            os.setxattr(here / "a", "user.k", b"v")
        except OSError as error:
            assert error.errno == errno.ENOTSUP
            pytest.skip("no extended attributes here")
    words = ("pycp", "-p", "--preserve=xattr", "a", "b")
    done = strace(run, f"{call}:error=EIO", *words)
    assert done.returncode == 1
    assert "Input/output error" in done.stderr
    assert (here / "b").read_text() == "the data"
    assert not os.stat(here / "b").st_mode & 0o6000 or call in ("fchmod", "fsetxattr") is False

"""Memory: told failures are forgotten, a listing is small, and running out of it is one line."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

import pycp
from pycp.__main__ import cp_main, install_main
from pycp.engine.directory import Filled
from pycp.errors import CopyError
from pycp.run.recorder import Recorder
from pycp.run.worker import Server
from pycp.shutil.files import Failures
from tests import tree
from tests.forked import MEMORY, run
from tests.programs import CHECKOUT, SECONDS
from tests.tree import Node, directory, file, symlink
from tests.unit.rooms import Heard

FEW, MANY = 20, 120
"""Failures of each kind, in two runs that are compared."""
BLOCKS = 2
"""Blocks of memory that a failure may cost for good; what a traceback holds is dozens."""
FAILING = {
    "in a tree": "-r -j1 s t",
    "told as events": "-r -j1 --json=/dev/null s t",
    "with all attributes": "-a -j1 s t",
    "with backups": "-ab s t",
    "made aside": "-a --atomic s t",
    "links in place of copies": "-al s t",
    "symbolic links in place of copies": "-rs {root}/s t",
    "in a dry run": "-r --dry-run s t",
    "after an earlier copy": "-r --resume s t",
    "of directories above": "--parents s/{{all}} t",
    "of operands": "s/{{all}} t/s",
}


LIMITS = (*range(0, 2400, 150), 64 * 1024)
"""KiB a command finds when it begins: none at first, enough at last."""
LIMITED = """
import resource, sys
from pycp.__main__ import cp_main, leave
data_pages = int(open("/proc/self/statm").read().split()[5])
limit = data_pages * resource.getpagesize()
more = int(sys.argv.pop(1)) * 1024
sys.argv[0] = "pycp"
resource.setrlimit(resource.RLIMIT_DATA, (limit, resource.RLIM_INFINITY))
taken = []
for size in (65536, 8192, 1024, 256, 64):  # what is free already would make it a matter of luck
    try:
        while True:
            taken.append(bytes(size))
    except MemoryError:
        pass
resource.setrlimit(resource.RLIMIT_DATA, (limit + more, limit + more))
leave(cp_main())
"""
MEASURED = """
import sys
from pycp.__main__ import cp_main, leave
sys.argv[0] = "pycp"
status = cp_main()
print(open("/proc/self/status").read().partition("VmHWM:")[2].split()[0])
sys.stdout.flush()
leave(status)
"""
VAST = 10_000
"""Entries of a vast directory."""
GROWTH = 4096
"""KiB that it may take to copy that, beyond what any copy takes."""


def run_python(code: str, *words: str, cwd: str) -> "subprocess.CompletedProcess[str]":
    """Run the package we test in an interpreter of its own."""
    return subprocess.run(
        [sys.executable, "-c", code, *words],
        cwd=cwd,
        env={"PYTHONPATH": str(CHECKOUT), "LC_ALL": "C"},
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )


@pytest.fixture
def root() -> Iterator[str]:
    """Return the name of a tree that is not made yet."""
    path = os.path.join(MEMORY, f"pycp-memory-{os.getpid()}")
    yield path
    if os.path.lexists(path):
        tree.remove(path)


def blocks_and_failures(
    main: Callable[[], int], command: str, root: str, count: int
) -> tuple[int, int]:
    """Return how many blocks of memory a run keeps, and how many failures it told.

    In the place of each copy is a directory, or a symbolic link that leads nowhere.
    """
    spec: dict[str, Node | str] = {}
    for number in range(count):
        spec |= {f"s/d{number}": file(), f"s/l{number}": file()}
        spec |= {f"t/s/d{number}": directory(), f"t/s/l{number}": symlink("nowhere/at/all")}
    tree.build(root, spec, (os.geteuid(), os.getegid()))
    words = command.format(root=root).split()
    sources = [name for name in spec if name.startswith("s/")]
    words = [name for word in words for name in (sources if "{all}" in word else [word])]

    def counted() -> int:
        before = sys.getallocatedblocks()
        status = main()
        os.write(1, f"\n{sys.getallocatedblocks() - before}\n".encode())
        return status

    result = run(counted, words, root)
    tree.remove(root)
    assert result.status == 1, result
    return int(result.stdout.splitlines()[-1]), result.stderr.count("\n")


@pytest.mark.parametrize("command", FAILING.values(), ids=FAILING)
def test_a_failure_that_was_told_is_forgotten(root: str, command: str) -> None:
    few, few_failures = blocks_and_failures(cp_main, command, root, FEW)
    many, failures = blocks_and_failures(cp_main, command, root, MANY)
    assert failures - few_failures >= MANY - FEW
    assert many - few < BLOCKS * (failures - few_failures)


def test_a_failure_of_install_that_was_told_is_forgotten(root: str) -> None:
    for command in ("s/{{all}} t/s", "-d s/{{all}}", "-D s/{{all}} t/s"):
        few, few_failures = blocks_and_failures(install_main, command, root, FEW)
        many, failures = blocks_and_failures(install_main, command, root, MANY)
        assert failures - few_failures >= MANY - FEW
        assert many - few < BLOCKS * (failures - few_failures), command


def failure() -> CopyError:
    """Return a failure as a runner catches it: with the calls that it came through."""
    caught = []
    try:
        try:
            os.stat("/nowhere/at/all")
        except OSError as error:
            raise CopyError("cannot stat", error.errno) from None
    except CopyError as error:
        caught.append(error)
    return caught.pop()


@pytest.mark.parametrize("make", [Failures, lambda: Recorder(Heard())])
def test_who_keeps_a_failure_keeps_none_of_its_calls(
    make: Callable[[], Failures | Recorder],
) -> None:
    error = failure()
    assert error.__traceback__ and error.__context__
    make().failed(error)
    assert not error.__traceback__
    assert not error.__context__


def test_the_errors_of_the_python_interface_keep_none_of_their_calls(root: str) -> None:
    tree.build(root, "s/a s/b t/s/a/x", (os.geteuid(), os.getegid()))
    with pytest.raises(pycp.CopyFailed) as caught:
        pycp.copy([f"{root}/s", f"{root}/missing"], f"{root}/t", recursive=True)
    assert len(caught.value.errors) == 2
    for error in caught.value.errors:
        assert (error.__traceback__, error.__context__, error.__cause__) == (None, None, None)


@pytest.mark.slow
@pytest.mark.parametrize("command", ["-al s o", "-r -j3 s o", "-a --atomic --json=/dev/null s o"])
def test_where_memory_ends_one_line_says_so(root: str, command: str) -> None:
    tree.build(root, {f"s/{number}": file("x") for number in range(100)}, (os.geteuid(),) * 2)
    results = []
    stuck = 0
    for limit in LIMITS:
        try:
            results.append(run_python(LIMITED, str(limit), *command.split(), cwd=root))
        except subprocess.TimeoutExpired:
            # CPython 3.11 turns round for ever if it finds no memory to note where it was when an
            # exception came to a `with` or `finally`. That needs one size of many.
            stuck += 1
        if os.path.lexists(f"{root}/o"):
            tree.remove(f"{root}/o")
    assert stuck <= 1
    assert (results[-1].returncode, results[-1].stderr) == (0, "")
    assert "pycp: memory exhausted\n" in [result.stderr for result in results]
    for result in results:
        assert result.returncode == (result.stderr != ""), result
        for line in result.stderr.splitlines():  # a call may fail that tells what it was for
            assert line.startswith("pycp: "), result.stderr
            assert line.endswith((": memory exhausted", ": Cannot allocate memory"))


@pytest.mark.parametrize("words", [[], ["--json=/dev/null"], ["-g"]])
def test_a_worker_without_memory_ends_the_copy_in_one_line(
    root: str, words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object) -> None:
        raise MemoryError

    monkeypatch.setattr(Server, "carry_out", fail)
    tree.build(root, {f"s/{number}": file("x") for number in range(900)}, (os.geteuid(),) * 2)
    result = run(cp_main, ["-r", "-j3", *words, "s", "o"], root)
    assert (result.status, result.stderr) == (1, "pycp: memory exhausted\n")


def test_lines_printed_before_memory_ends_are_not_lost(
    root: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object) -> None:
        raise MemoryError

    monkeypatch.setattr(Filled, "__init__", fail)
    tree.build(root, "a s/b o/", (os.geteuid(), os.getegid()))
    result = run(cp_main, ["-rv", "a", "./s", "o"], root)  # each is a walk of its own
    assert result.status == 1
    assert "a" in result.stdout
    assert result.stderr == "pycp: memory exhausted\n"


@pytest.mark.parametrize("options", ["-al", "-al -j1", "-r -j1", "-rv -j1"])
def test_a_vast_directory_takes_little_memory(root: str, options: str) -> None:
    tree.build(root, "few/a s/ o/", (os.geteuid(), os.getegid()))
    for number in range(VAST):
        os.link(f"{root}/few/a", f"{root}/s/{number:031}")
    peaks = []
    for name in ("few", "s"):
        result = run_python(MEASURED, *options.split(), name, "o", cwd=root)
        assert (result.returncode, result.stderr) == (0, "")
        peaks.append(int(result.stdout.splitlines()[-1]))
    assert peaks[1] - peaks[0] < GROWTH
    assert len(os.listdir(f"{root}/o/s")) == VAST

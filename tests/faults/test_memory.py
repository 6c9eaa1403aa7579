"""Memory: a failure that was told is forgotten."""

import os
import sys
from collections.abc import Callable, Iterator

import pytest

import pycp
from pycp.__main__ import cp_main, install_main
from pycp.errors import CopyError
from pycp.run.work import Recorder
from pycp.shutil.files import Failures
from pycp.values import Tally
from tests import tree
from tests.forked import MEMORY, run
from tests.tree import Node, directory, file, symlink

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


@pytest.mark.parametrize("make", [Failures, lambda: Recorder("pycp", False, False, Tally())])
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

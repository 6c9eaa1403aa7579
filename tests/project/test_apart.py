"""The small process in whose children programs run, when it dies."""

import os
from functools import partial

import pytest

from tests import apart
from tests.child import execute
from tests.programs import Result


def run_shell(script: str, stdin: str = "") -> Result:
    return apart.run(partial(execute, "sh"), ["-c", script], "/", name="sh", stdin=stdin)


@pytest.mark.parametrize("stdin", ["", "x" * (apart.PIPE_BYTES + 1)], ids=["a pipe", "a file"])
def test_one_that_dies_costs_one_run_and_no_descriptor(stdin: str) -> None:
    assert run_shell("echo before") == Result(0, "before\n", "")
    held = os.listdir("/proc/self/fd")
    for _time in range(2):
        with pytest.raises(AssertionError, match="has ended"):
            run_shell("kill -KILL $PPID", stdin)
        assert run_shell("cat", stdin) == Result(0, stdin, "")
        assert len(os.listdir("/proc/self/fd")) == len(held)


def test_one_that_is_dead_when_asked_costs_one_run_and_no_descriptor() -> None:
    assert run_shell("echo before").stdout == "before\n"
    held = os.listdir("/proc/self/fd")
    dead = apart._small_process(False)
    dead.process.kill()
    dead.process.wait()
    with pytest.raises(ConnectionError):
        run_shell("echo lost")
    assert run_shell("echo after").stdout == "after\n"
    assert len(os.listdir("/proc/self/fd")) == len(held)

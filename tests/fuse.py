"""A directory that is seen at another place by a FUSE file system of a test's own."""

import importlib.util
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.programs import CHECKOUT, SECONDS


@contextmanager
def mounted(module: str, below: Path, place: Path) -> Iterator[None]:
    """Have a module serve a directory at another place, or skip the test."""
    if not os.access("/dev/fuse", os.R_OK | os.W_OK):
        pytest.skip("this user may not mount by /dev/fuse")
    if importlib.util.find_spec("mfusepy") is None:
        pytest.skip("mfusepy is absent (the extra `bench`)")
    words = [sys.executable, "-m", module, str(below), str(place)]
    server = subprocess.Popen(words, cwd=CHECKOUT, stderr=subprocess.PIPE)
    deadline = time.monotonic() + SECONDS
    try:
        while not os.path.ismount(place):
            if server.poll() is not None:
                assert server.stderr is not None
                pytest.skip(f"FUSE cannot mount here: {server.stderr.read()[-200:]!r}")
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield
    finally:
        if os.path.ismount(place):
            program = ["umount"] if os.geteuid() == 0 else ["fusermount3", "-u"]
            subprocess.run([*program, place], check=True)
        else:
            server.kill()
        server.communicate()

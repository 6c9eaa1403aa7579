"""What fails where nothing should: it is told, nothing stays open, and the rest is done."""

import errno
import importlib
import os
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pycp.__main__ import cp_main, install_main
from pycp.errors import CopyError
from tests import tree
from tests.forked import run

SPEC = tree.nodes("a s/f s/d/g s/l->d t/ w/s/d/ w/a")
EIO = OSError(errno.EIO, os.strerror(errno.EIO))
SAID = CopyError("said")
SHORT = MemoryError()
UNSAID = ValueError("unmarshallable object")
LOST = SystemError("error return without exception set")


def raising(error: BaseException) -> Callable[..., Any]:
    """Return a function that fails."""

    def fail(*_words: Any, **_more: Any) -> Any:
        raise error

    return fail


@pytest.fixture
def here(tmp_path: Path) -> Path:
    tree.build(str(tmp_path / "here"), SPEC, (os.geteuid(), os.getegid()))
    return tmp_path / "here"


COPIES = [
    ("a t", "run.serial", "Copying._copy", EIO, "cannot copy 'a': Input/output error"),
    ("-b a w", "run.visit", "decide", EIO, "cannot copy 'a': Input/output error"),
    ("-r --tee=t s w", "run.tee", "run_serial", SAID, "said"),
    ("a n", "__main__", "_unless_exhausted", LOST, "memory exhausted"),
    ("-r s n", "run.walk", "Walk.go", SHORT, "memory exhausted"),
    ("-r -v s w", "run.walk", "Walk._begin", SHORT, "memory exhausted"),
    ("-r s w", "engine.directory", "tell_directory", SHORT, "memory exhausted"),
    ("-r --json s n", "engine.short_directory", "tell_directory", SHORT, "memory exhausted"),
    ("-r --json s w", "engine.short_directory", "tell_directory", SHORT, "memory exhausted"),
    ("-r -j3 s n", "run.coordinator", "Coordinator._send", UNSAID, "memory exhausted"),
    ("-r -j3 s n", "system.worker", "bytearray", SHORT, ""),
    ("-r -j3 s n", "run.hands", "ForkedHands.__init__", EIO, ""),
    ("-r -j3 s n", "run.tree", "lies_inside_itself", EIO, ""),
    ("-r --tee=t s w", "run.tee", "new_slots", EIO, ""),
    ("-r --tee=t s w", "system.handover", "Handover.give", EIO, ""),
]
INSTALLS = [
    ("-D a n/b", "run.install", "_make_way", EIO, "cannot create directory 'n/b': Input/output"),
    ("-b a w", "run.install", "Installer.install", EIO, "cannot install 'a': Input/output"),
    ("-d n", "engine.install_directory", "make_path", EIO, "cannot create directory 'n': Input"),
]


def replace(monkeypatch: pytest.MonkeyPatch, module: str, name: str, value: object) -> None:
    """Put a value in place of something that a module has."""
    place: Any = importlib.import_module(f"pycp.{module}")
    *above, last = name.split(".")
    for each in above:
        place = getattr(place, each)
    value = raising(value) if isinstance(value, BaseException) else value
    monkeypatch.setattr(place, last, value, raising=False)


@pytest.mark.parametrize(
    ("main", "words", "module", "name", "value", "told"),
    [(cp_main, *case) for case in COPIES] + [(install_main, *case) for case in INSTALLS],
)
def test_what_should_not_fail_is_told(
    here: Path,
    monkeypatch: pytest.MonkeyPatch,
    main: Callable[[], int],
    words: str,
    module: str,
    name: str,
    value: object,
    told: str,
) -> None:
    replace(monkeypatch, module, name, value)
    done = run(main, shlex.split(words), str(here))
    assert (told in done.stderr, done.stderr == "") == (True, told == ""), done.stderr
    assert done.status == (told != "")


@pytest.mark.parametrize("is_known", [False, True])
def test_a_rate_that_cannot_be_shared_is_kept_by_one_process(
    here: Path, monkeypatch: pytest.MonkeyPatch, is_known: bool
) -> None:
    if is_known:
        monkeypatch.setattr(os, "memfd_create", raising(EIO), raising=False)
    else:
        monkeypatch.delattr(os, "memfd_create", raising=False)
    done = run(cp_main, ["-r", "-j2", "--bwlimit=1G", "s", "n"], str(here))
    assert (done.status, done.stderr) == (0, "")
    assert (here / "n/d/g").read_bytes() == (here / "s/d/g").read_bytes()

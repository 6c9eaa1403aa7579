"""The private directory that a file is stripped in."""

import errno
import os
from pathlib import Path

import pytest

from pycp import system
from pycp.engine.aside import strip_aside
from pycp.engine.job import Job
from pycp.errors import CopyError
from pycp.options import CopyOptions
from pycp.report.lines import Lines
from pycp.system.folder import Directory, Folder
from pycp.values import Entry


def test_a_directory_that_cannot_be_opened_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: object, **_words: object) -> int:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(system, "open", refuse)
    directory = Directory(None, "", None)
    entry = Entry(Folder(None, directory, directory, False), "made")
    with pytest.raises(CopyError, match="Too many open files"):
        strip_aside(Job(CopyOptions(), Lines("pyinstall")), entry, -1, "strip")
    assert os.listdir(tmp_path) == []

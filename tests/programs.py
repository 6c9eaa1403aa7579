"""Both makers' programs, installed where every user can run them, under our names."""

import compileall
import importlib.util
import os
import shlex
import shutil
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests import tree
from tests.child import ENGINE as ENGINE
from tests.child import MEASURED as MEASURED
from tests.child import SECONDS as SECONDS

CHECKOUT = Path(__file__).parent.parent
ORACLES = {"pycp": "/bin/cp", "pyinstall": "/usr/bin/install"}
ORDINARY_ID = 54321
"""User and group id of the ordinary user when root runs the suite; it needs no account."""
EVERY = int(os.environ.get("PYCP_EVERY", "1"))
"""Of so many cases one is run, where that is asked for because each takes long."""
MEASURING = (
    f"import os; os.environ['COVERAGE_PROCESS_CONFIG'] = {MEASURED!r}\n"
    "import coverage; coverage.process_startup()\n"
)
PACKAGES = ("click", "pathspec")
"""What some options are done with."""


@dataclass(frozen=True)
class Result:
    """What one run showed: exit status and both streams, undecodable bytes as surrogates."""

    status: int
    stdout: str
    stderr: str


@dataclass(frozen=True)
class Programs:
    """Where one maker's programs are, and how to run them."""

    path: str

    def run(
        self,
        command: str | Sequence[str],
        cwd: str,
        *,
        program: str = "pycp",
        owner: tree.Owner | None = None,
        groups: Sequence[int] = (),
        stdin: str = "",
        umask: int = 0o022,
        env: Mapping[str, str] | None = None,
        locale: str = "C",
    ) -> Result:
        """Run one command as `owner`, or as whoever runs the suite."""
        process = subprocess.Popen(
            words(command, program),
            cwd=cwd,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            umask=umask,
            env={"PATH": f"{self.path}:/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": locale}
            | dict(env or {}),
            start_new_session=True,
            user=owner[0] if owner else None,
            group=owner[1] if owner else None,
            extra_groups=list(groups) if owner else None,
        )
        try:
            stdout, stderr = process.communicate(os.fsencode(stdin), timeout=SECONDS)
        except subprocess.TimeoutExpired:
            # A script may have left the program itself behind.
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            import pytest  # which children of tests.apart need not carry

            pytest.fail(f"{words(command, program)} takes more than {SECONDS} s", pytrace=False)
        return Result(process.returncode, os.fsdecode(stdout), os.fsdecode(stderr))


def words(command: str | Sequence[str], program: str = "pycp") -> list[str]:
    """Return the argument vector of a command written as in `Case.command`."""
    if not isinstance(command, str):
        return [program, *command]
    if command.startswith("$ "):
        return ["sh", "-c", command[2:]]
    if command.startswith("# "):
        return ["unshare", "-m", "sh", "-c", command[2:]]
    return [program, *shlex.split(command)]


def install_oracle(directory: Path) -> Programs:
    """Make GNU's programs known by our names."""
    directory.mkdir()
    for ours, gnu in ORACLES.items():
        (directory / ours).symlink_to(gnu)
    return Programs(str(directory))


def install_ours(directory: Path) -> Programs:
    """Install the checkout where every user can run it; PYCP_UNDER_TEST names another program."""
    directory.mkdir()
    other = os.environ.get("PYCP_UNDER_TEST")
    if other:
        (directory / "pycp").symlink_to(other)
        return Programs(str(directory))
    library = directory / "lib"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(CHECKOUT / "pycp", library / "pycp", ignore=ignored)
    python = interpreter(directory)
    if python != sys.executable:
        # Another Python need not have what some options are done with, nor what measures.
        for package in (*PACKAGES, *(["coverage"] if MEASURED else [])):
            spec = importlib.util.find_spec(package)
            assert spec and spec.submodule_search_locations
            shutil.copytree(spec.submodule_search_locations[0], library / package, ignore=ignored)
    # A user who may not write here would compile everything again at every start.
    compileall.compile_dir(library, quiet=1)
    for path in [library, *library.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    if ENGINE:
        shutil.copy(Path(__file__).parent / "features/cluster/sitting.py", library)
        (directory / "sitting").touch()
        (directory / "sitting").chmod(0o666)  # for commands of all users
    for script in (CHECKOUT / "pycp/scripts").iterdir():
        if script.name in ORACLES:
            lines = script.read_text().splitlines(keepends=True)
            assert lines[0].startswith("#!")
            lines[0] = f"#!{python}\nimport sys; sys.path.insert(0, {str(library)!r})\n"
            if MEASURED:
                lines[0] += MEASURING
            if ENGINE and script.name == "pycp":
                lines[0] += f"import sitting; sitting.begin({ENGINE!r}, {str(directory)!r})\n"
            launcher = directory / script.name
            launcher.write_text("".join(lines))
            launcher.chmod(0o755)
    return Programs(str(directory))


def install_sharing(directory: Path, ours: Programs, jobs: int) -> Programs:
    """Install pycp once more, told to copy each tree with so many processes."""
    directory.mkdir()
    launcher = directory / "pycp"
    launcher.write_text(f'#!/bin/sh\nexec {ours.path}/pycp --jobs={jobs} "$@"\n')
    launcher.chmod(0o755)
    return Programs(str(directory))


def interpreter(directory: Path) -> str:
    """Return a Python of this version that an ordinary user can run, as a script names it.

    That is this one, what its virtual environment is made of, or else a copy in a directory.
    """
    base = os.path.realpath(getattr(sys, "_base_executable", sys.executable))
    needed = f"import {', '.join(PACKAGES)}"
    for path, code in ((sys.executable, needed), (base, "import encodings")):
        if os.geteuid() != 0 or is_for_everybody(path, code):
            return path
    copy = directory / "python"
    library = Path(os.__file__).parent
    ignored = shutil.ignore_patterns("config-*", "ensurepip", "idlelib", "site-packages", "test*")
    shutil.copytree(library, copy / library.relative_to(sys.base_prefix), ignore=ignored)
    (copy / "bin").mkdir()
    shutil.copy(base, copy / "bin/python")
    shared = Path(sysconfig.get_config_var("LIBDIR") or "")
    for found in shared.glob(f"libpython{sysconfig.get_python_version()}*.so*"):
        shutil.copy(found, copy / "lib")
    for copied in [copy, *copy.rglob("*")]:
        copied.chmod(0o755 if copied.is_dir() else copied.stat().st_mode | 0o444)
    python = str(copy / "bin/python")
    words = f"/usr/bin/env -S LD_LIBRARY_PATH={copy / 'lib'} {python}"
    assert is_for_everybody(python, "import encodings", str(copy / "lib"))
    return words


def is_for_everybody(python: str, code: str, libraries: str = "") -> bool:
    """Return whether an ordinary user can run code with a Python."""
    try:
        done = subprocess.run(
            [python, "-c", code],
            cwd="/",
            env={"LD_LIBRARY_PATH": libraries} if libraries else {},
            stderr=subprocess.DEVNULL,
            user=ORDINARY_ID,
            group=ORDINARY_ID,
            extra_groups=[],
        )
    except PermissionError:
        return False
    return done.returncode == 0

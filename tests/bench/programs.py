"""The programs that are compared: ours, freshly installed, and those that do the same."""

import compileall
import importlib.util
import os
import shutil
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

from tests.bench.measure import Command

CHECKOUT = Path(__file__).parents[2]
UUTILS = "/usr/lib/cargo/bin/coreutils/cp"
"""Where Debian's rust-coreutils has what would hide GNU's."""
BARE = "bare loop, 1 process"
BARE_TWO = "bare loop, 2 processes"
COPYTREE = """\
import shutil, sys
shutil.copytree(*sys.argv[1:], symlinks=True, dirs_exist_ok=True)
"""
COPY = """\
import shutil, sys
shutil.copy(*sys.argv[1:])
"""


@dataclass(frozen=True)
class Ours:
    """Where our programs and their Python are."""

    python: str
    pycp: str
    pyinstall: str


def install(directory: Path) -> Ours:
    """Install the checkout in a new virtual environment, as a wheel would be, and compile it."""
    venv.create(directory, symlinks=True)
    bin_directory = directory / "bin"
    python = str(bin_directory / "python")
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    library = directory / "lib" / version / "site-packages"
    ignored = shutil.ignore_patterns("__pycache__", "scripts")
    shutil.copytree(CHECKOUT / "pycp", library / "pycp", ignore=ignored)
    spec = importlib.util.find_spec("pathspec")
    assert spec and spec.submodule_search_locations  # for --exclude
    shutil.copytree(spec.submodule_search_locations[0], library / "pathspec", ignore=ignored)
    compileall.compile_dir(library, quiet=1)
    for name in ("pycp", "pyinstall"):
        script = (CHECKOUT / "pycp/scripts" / name).read_text()
        (bin_directory / name).write_text(script.replace("#!python", f"#!{python}", 1))
        (bin_directory / name).chmod(0o755)
    return Ours(python, str(bin_directory / "pycp"), str(bin_directory / "pyinstall"))


def tree_copiers(ours: Ours, flag: str) -> dict[str, Command | None]:
    """Return the programs that copy trees; source and destination are still to be added."""
    uutils = UUTILS if os.access(UUTILS, os.X_OK) else None
    return {
        "GNU cp": ["/bin/cp", flag, "-T"],
        "pycp": [ours.pycp, flag, "-T"],
        "pycp --jobs=1": [ours.pycp, "--jobs=1", flag, "-T"],
        "shutil.copytree": [ours.python, "-c", COPYTREE],
        "rsync -a": found("rsync", "-a", "-I"),
        "busybox cp": found("busybox", "cp", flag, "-T"),
        "uutils cp": found(uutils, flag, "-T"),
    }


def with_bare_loop(ours: Ours, flag: str) -> dict[str, Command | None]:
    """Return the same, and a loop of what none of them can do without, in Python."""
    bare = [ours.python, str(Path(__file__).with_name("bare.py"))]
    loops: dict[str, Command] = {BARE: [*bare, flag], BARE_TWO: [*bare, f"{flag}2"]}
    return {**tree_copiers(ours, flag), **loops}


def file_copiers(ours: Ours) -> dict[str, Command | None]:
    """Return the programs that copy one file; source and destination are still to be added."""
    uutils = UUTILS if os.access(UUTILS, os.X_OK) else None
    return {
        "GNU cp": ["/bin/cp"],
        "pycp": [ours.pycp],
        "shutil.copy": [ours.python, "-c", COPY],
        "rsync": found("rsync", "--whole-file"),
        "busybox cp": found("busybox", "cp"),
        "uutils cp": found(uutils),
    }


def with_operands(
    commands: dict[str, Command | None], *operands: Path | str
) -> dict[str, Command | None]:
    """Return the same commands, with operands."""
    words = [str(operand) for operand in operands]
    return {name: command and [*command, *words] for name, command in commands.items()}


def found(program: str | None, *arguments: str) -> Command | None:
    path = program and shutil.which(program)
    return [path, *arguments] if path else None

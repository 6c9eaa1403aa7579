"""Both commands in a single file that any Python from 3.11 on runs: `python -m pycp.cli.pyz FILE`.

It is a zip archive with all modules, and with the packages some options need as far as they are
installed here and of Python alone. The archive holds bytecode of this Python: another one compiles
anew at each start. Nothing in it is compressed, so that reading it imports no more than a copy
from a directory does.
"""

import marshal
import os
import sys
import zipfile
from importlib import metadata, resources, util
from io import BytesIO

PACKAGES = {"click": "click", "pathspec": "pathspec"}
"""What --exclude and the bar need: packages, and the distributions whose licences go along."""
LEFT_OUT = ("pycp/cli/manual.py", "pycp/scripts/", "pycp/completions/")
FIRST_LINE = b"#!/usr/bin/env python3\n"
UNCHECKED = (0b01).to_bytes(4, "little")
"""What bytecode says of itself: it has a hash of its source, that nobody need check (PEP 552)."""
DAY = (1980, 1, 1, 0, 0, 0)
"""The time of every member; theirs says nothing."""

MAIN = """\
import _signal, os, sys
if _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:
    _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
name = os.path.basename(sys.argv[0])
program = "pyinstall" if name.startswith(("pyinstall", "install", "ginstall")) else "pycp"
try:
    from pycp.__main__ import cp_main, install_main, leave
except MemoryError:
    raise SystemExit(f"{program}: memory exhausted") from None
except (ImportError, OSError, SystemError, SyntaxError) as error:
    raise SystemExit(f"{program}: {error}") from None
leave(install_main() if program == "pyinstall" else cp_main())
"""
"""What is run: install if the file is called so or as ours or GNU's is elsewhere, else pycp."""


def archive() -> bytes:
    """Return the whole file."""
    buffer = BytesIO(FIRST_LINE)
    buffer.seek(0, os.SEEK_END)
    with zipfile.ZipFile(buffer, "a") as made:
        _add(made, "__main__.py", MAIN.encode())
        for package in ("pycp", *PACKAGES):
            _add_package(made, package)
        for distribution in PACKAGES.values():
            _add_licence(made, distribution)
    return buffer.getvalue()


def _add_package(made: zipfile.ZipFile, package: str) -> None:
    if util.find_spec(package) is None:
        print(f"{package} is not installed here, and left out", file=sys.stderr)
        return
    root = str(resources.files(package))
    for directory, below, names in os.walk(root):
        below[:] = sorted(set(below) - {"__pycache__"})
        inside = os.path.join(package, os.path.relpath(directory, root))
        for name in sorted(names):
            member = os.path.normpath(os.path.join(inside, name))
            if name.endswith((".pyc", ".so")) or member.startswith(LEFT_OUT):
                continue
            with open(os.path.join(directory, name), "rb") as file:
                _add(made, member, file.read())


def _add(made: zipfile.ZipFile, member: str, data: bytes) -> None:
    """Add a file, and its bytecode if it is a module."""
    if member.endswith(".py"):
        code = compile(data, member, "exec", dont_inherit=True, optimize=0)
        header = util.MAGIC_NUMBER + UNCHECKED + util.source_hash(data)
        made.writestr(zipfile.ZipInfo(f"{member}c", DAY), header + marshal.dumps(code))
    made.writestr(zipfile.ZipInfo(member, DAY), data)


def _add_licence(made: zipfile.ZipFile, distribution: str) -> None:
    try:
        files = metadata.files(distribution) or []
    except metadata.PackageNotFoundError:
        return
    for file in files:
        if "licen" in file.name.lower() and ".dist-info" in str(file):
            _add(made, f"licences/{distribution}/{file.name}", file.read_binary())


def main() -> None:
    """Write the file that the command line names."""
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        raise SystemExit("usage: python -m pycp.cli.pyz FILE")
    try:
        with open(sys.argv[1], "wb") as file:
            file.write(archive())
            mask = os.umask(0)
            os.umask(mask)
            os.fchmod(file.fileno(), 0o777 & ~mask)
    except OSError as error:
        raise SystemExit(f"cannot write {sys.argv[1]}: {error.strerror}") from None


if __name__ == "__main__":
    main()

"""Ask GNU's programs and ours the same in a virtual machine with SELinux and many file systems.

The answers are compared. The first call makes the machine, which takes two minutes and needs root
and Debian's packages.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from tests.vm.guest.parts import PARTS, selected
from tests.vm.image import BUILT, HERE, require_image, require_tools
from tests.vm.machine import run_job
from tests.vm.table import Answers

PROJECT = HERE.parents[1]
COMPILED = BUILT / "compiled"
"""What the guest's Python has made of the modules: that takes long where it is emulated."""
LIMIT_S = 3600
MODES = ("enforcing", "permissive")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.vm", description=__doc__)
    parser.add_argument("-v", "--verbose", action="store_true", help="print what is the same, too")
    parser.add_argument("--keep", metavar="FILE", help="write the answers to FILE, as JSON lines")
    parser.add_argument(
        "--mode",
        choices=MODES,
        help="how SELinux works (both; most file systems are asked about in the second only)",
    )
    parser.add_argument(
        "selection",
        nargs="*",
        help="words, one of which a question must hold; if none are given, everything is asked",
    )
    arguments = parser.parse_args()
    require_tools()
    require_image()
    begun = time.monotonic()
    built = time.monotonic()
    modes = (arguments.mode,) if arguments.mode else MODES
    parts = [
        part for part in PARTS if any(selected(part, mode, arguments.selection) for mode in modes)
    ]
    with ThreadPoolExecutor() as machines:
        found = list(machines.map(partial(_ask, modes, arguments.selection), parts))
    _keep_compiled(found[0]["compiled.tar"])
    for files in found:
        for name in ("broken", "errors", "places.log"):
            if files[name]:
                print(f"{name}: {files[name].decode(errors='replace').rstrip()}")
    answers = b"".join(files["answers"] for files in found)
    if arguments.keep:
        Path(arguments.keep).write_bytes(answers)
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    spent = [f"machine {built - begun:.0f}s"] if built - begun >= 1 else []
    for part, files in zip(parts, found, strict=True):
        spent.append(f"{part} {int(files['seconds'])}s of a processor")
    is_well = _tell(answers.decode().splitlines(), arguments.verbose, spent, built)
    return 0 if is_well and not any(files["broken"] for files in found) else 1


def _ask(modes: Sequence[str], selection: list[str], part: str) -> dict[str, bytes]:
    """Have a machine of its own answer the questions of a part; return the files it wrote."""
    with tempfile.TemporaryDirectory() as place:
        job = Path(place)
        for directory in ("pycp", "tests/vm/guest"):
            without = shutil.ignore_patterns("__pycache__")
            shutil.copytree(PROJECT / directory, job / directory, ignore=without)
        if COMPILED.exists():
            shutil.copytree(COMPILED, job, dirs_exist_ok=True)
        for name in ("disks", "servers", "run"):
            shutil.copy(HERE / "guest" / name, job)
        (job / "selection").write_text("".join(f"{word}\n" for word in selection))
        (job / "modes").write_text(",".join(modes) + "\n")
        (job / "part").write_text(f"{part}\n")
        return run_job(part, job, ("answers", "errors", "places.log", "compiled.tar"), LIMIT_S)


def _keep_compiled(archive: bytes) -> None:
    """Have the next guests get what a guest has compiled; it is looked at whether that is stale."""
    if archive:
        shutil.rmtree(COMPILED, ignore_errors=True)
        COMPILED.mkdir()
        subprocess.run(("tar", "-x", "-C", str(COMPILED)), input=archive, check=True)


def _tell(lines: list[str], is_verbose: bool, spent: list[str], begun: float) -> bool:
    """Print what differs, the tables and a closing line; return whether all is as it should be."""
    answers = Answers()
    for line in lines:
        for told in answers.add(line, is_verbose):
            print(told)
    for told in (*answers.tables(), *answers.counts()):
        print(told)
    spent += [f"{room} {took:.0f}s" for room, took in answers.seconds.items()]
    counts = [f"{answers.failed} failed"] if answers.failed else []
    counts += [f"{answers.same} passed", f"{answers.meant} differ on purpose"]
    seconds = time.monotonic() - begun
    print(f"==== {', '.join(counts)} in {seconds:.0f}s ({', '.join(spent)}) ====")
    return not answers.failed and answers.same > 0


if __name__ == "__main__":
    sys.exit(main())

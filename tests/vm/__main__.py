"""Ask GNU's programs and ours the same in a virtual machine with SELinux; compare the answers.

The first call makes the machine, which takes two minutes and needs root and Debian's packages.
"""

import argparse
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path

from tests.vm.differences import reason
from tests.vm.image import HERE, require_image, require_tools
from tests.vm.machine import Broken, run_job

PROJECT = HERE.parents[1]
LIMIT_S = 1200
MODES = ("permissive", "enforcing")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.vm", description=__doc__)
    parser.add_argument("-v", "--verbose", action="store_true", help="print what is the same, too")
    parser.add_argument("--keep", metavar="FILE", help="write the answers to FILE, as JSON lines")
    parser.add_argument(
        "--mode", choices=MODES, default="enforcing", help="how SELinux works (%(default)s)"
    )
    parser.add_argument(
        "selection",
        nargs="*",
        help="words, one of which a question must hold; if none are given, everything is asked but "
        "about file systems (places)",
    )
    arguments = parser.parse_args()
    require_tools()
    require_image()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as place:
        job = Path(place)
        shutil.copytree(
            PROJECT / "pycp", job / "pycp", ignore=shutil.ignore_patterns("__pycache__")
        )
        shutil.copytree(HERE / "guest", job / "tests/vm/guest")
        for name in ("places", "run"):
            shutil.copy(HERE / "guest" / name, job)
        (job / "selection").write_text("".join(f"{word}\n" for word in arguments.selection))
        (job / "mode").write_text(f"{arguments.mode}\n")
        try:
            found = run_job(job, ("answers", "errors", "places.log"), LIMIT_S)
        except Broken as broken:
            print(broken)
            return 1
    for name in ("errors", "places.log"):
        if found[name]:
            print(f"{name}: {found[name].decode(errors='replace').rstrip()}")
    if arguments.keep:
        Path(arguments.keep).write_bytes(found["answers"])
    return _tell(found["answers"], arguments.verbose, time.monotonic() - begun)


def _tell(answers: bytes, is_verbose: bool, seconds: float) -> int:
    """Print what differs and a closing line; return the exit status."""
    same = meant = failed = 0
    for line in answers.decode().splitlines():
        found = json.loads(line)
        title = f"{found['mode']} {found['name']}"
        if found["gnu"] == found["ours"]:
            same += 1
            if is_verbose:
                print(f"same    {title}")
            continue
        why = reason(found["name"], found["gnu"], found["ours"])
        meant += bool(why)
        failed += not why
        print(f"better  {title}: {why}" if why else f"FAILED  {title}")
        if is_verbose or not why:
            for sign, lines in (("GNU ", found["gnu"]), ("ours", found["ours"])):
                print(*(f"    {sign}  {each}" for each in lines), sep="\n")
    counts = [f"{failed} failed"] if failed else []
    counts += [f"{same} passed", f"{meant} differ on purpose"]
    print(f"==== {', '.join(counts)} in {seconds:.0f}s ====")
    return 1 if failed or not same else 0


if __name__ == "__main__":
    sys.exit(main())

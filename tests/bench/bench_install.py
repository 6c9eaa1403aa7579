"""Print how long 200 installations in a row from make take, by GNU install and by pyinstall.

Run it with the Python to measure: `python tests/bench/bench_install.py`. A bare start of the
interpreter, and of /bin/true, tell how much of it is not ours.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
FILES = 200
ROUNDS = 3
MAKEFILE = f"""
files = $(shell seq {FILES})
install: $(files:%=d/%)
d/%: a
\t@$(INSTALL) -m 755 a $@
.PHONY: install
"""
LAUNCHER = f"""#!{sys.executable}
import sys; sys.path.insert(0, {str(CHECKOUT)!r})
from pycp.__main__ import install_main, leave
leave(install_main())
"""


def seconds(directory: Path, program: str, jobs: int) -> float:
    """Return the shortest of a few runs of make, in seconds."""
    times = []
    for _ in range(ROUNDS):
        subprocess.run(["rm", "-rf", directory / "d"], check=True)
        (directory / "d").mkdir()
        start = time.perf_counter()
        subprocess.run(
            ["make", f"-j{jobs}", "-C", directory, "-s", f"INSTALL={program}"],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    """Measure each program and print a table."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        (directory / "a").write_bytes(b"a" * 1000)
        (directory / "Makefile").write_text(MAKEFILE)
        launcher = directory / "pyinstall"
        launcher.write_text(LAUNCHER)
        launcher.chmod(0o755)
        programs = {
            "/bin/true": "/bin/true",
            "GNU install": "/usr/bin/install",
            "bare Python": f"{sys.executable} -c pass",
            "pyinstall": str(launcher),
        }
        for jobs in (1, 4):
            found = {who: seconds(directory, program, jobs) for who, program in programs.items()}
            print(f"\n{FILES} installations by make -j{jobs}, Python {sys.version.split()[0]}")
            for who, spent in found.items():
                by_gnu, by_python = spent / found["GNU install"], spent / found["bare Python"]
                print(
                    f"{who:12} {spent:6.2f} s  {spent / FILES * 1000:6.2f} ms each"
                    f"  {by_gnu:6.2f} x GNU  {by_python:5.2f} x bare Python"
                )


if __name__ == "__main__":
    main()

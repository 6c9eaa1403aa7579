"""A file of 2 GiB with holes, whose copy is killed at half and gone on with, by each engine.

`python -m tests.features.cluster.halfway` takes minutes, and 6 GiB of the memory of this machine
or, with `--place`, of another file system. Each line says how many bytes were there, and that all
is equal.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.features.cluster.engines import Dask, environment, mpi_words, wait_for
from tests.listing import listing

GIB = 1024**3
PIECE = 64 * 1024 * 1024
LATER_NS = 2 << 60
ALONE = [sys.executable, "-m", "tests.features.cluster.shim", "--jobs=4"]


def make(source: Path, size: int) -> None:
    """Make a tree of one file, of which every third piece is a hole."""
    source.mkdir()
    with (source / "large").open("wb") as file:
        for number in range(size // PIECE):
            if number % 3 != 1:
                file.seek(number * PIECE)
                file.write(os.urandom(4096) * (PIECE // 4096))
        file.truncate(size)
    os.utime(source / "large", (10, 10))


def stored(path: Path) -> int:
    return path.stat().st_blocks * 512 if path.exists() else 0


def kill_at_half(words: list[str], place: Path, env: dict[str, str]) -> None:
    process = subprocess.Popen(
        words, cwd=place, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, umask=0o022
    )
    half = stored(place / "s/large") // 2
    wait_for(lambda: process.poll() is not None or stored(place / "d/large") >= half)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL, "it was quicker"


def try_engine(place: Path, name: str, words: "Callable[..., list[str]]", more: object) -> None:
    env = environment(more)  # type: ignore[arg-type]
    kill_at_half(words("-aT", "s", "d"), place, env)
    (place / "d").rename(place / "begun")
    found = stored(place / "begun/large")
    for option in ("", "-u", "-n"):
        subprocess.run(["cp", "-a", "--sparse=always", "begun", "d"], cwd=place, check=True)
        command = words("-aT", "--resume", *([option] if option else []), "s", "d")
        done = subprocess.run(command, cwd=place, env=env, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, ""), done
        subprocess.run(["cmp", "s/large", "d/large"], cwd=place, check=True)
        assert listing(str(place / "d"), LATER_NS) == listing(str(place / "s"), LATER_NS)
        print(f"{name}: {found:,} bytes were there, {option or '-a'} --resume: equal", flush=True)
        subprocess.run(["rm", "-r", "d"], cwd=place, check=True)
    subprocess.run(["rm", "-r", "begun"], cwd=place, check=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.features.cluster.halfway")
    parser.add_argument("--place", default="/dev/shm")
    parser.add_argument("--size", type=int, default=2 * GIB)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pycp-halfway-", dir=arguments.place) as place:
        make(Path(place, "s"), arguments.size)
        try_engine(Path(place), "alone", lambda *more: [*ALONE, *more], None)
        try_engine(Path(place), "MPI", mpi_words, None)
        Path(place, "dask").mkdir()
        cluster = Dask(Path(place, "dask"))
        try:
            try_engine(Path(place), "Dask", cluster.words, cluster.env)
        finally:
            cluster.stop()


if __name__ == "__main__":
    main()

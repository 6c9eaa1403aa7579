"""Start pycp by each engine: MPI processes, a Dask scheduler with its workers, or none."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from tests import needs

CHECKOUT = Path(__file__).parents[3]
BIN = Path(sys.executable).parent
SECONDS = 60
RANKS = 4


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    return {
        "PATH": f"{BIN}:/usr/bin:/bin",
        "PYTHONPATH": str(CHECKOUT),
        "LC_ALL": "C",
        "HOME": os.environ.get("HOME", "/"),
        **(more or {}),
    }


def mpi_words(*arguments: str, ranks: int = RANKS) -> list[str]:
    program = [sys.executable, "-m", "tests.features.cluster.shim"]
    return [str(BIN / "mpiexec"), "-n", str(ranks), *program, "--cluster=mpi", *arguments]


def run(
    words: list[str], cwd: Path, env: Mapping[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        words,
        cwd=cwd,
        env=environment(env),
        capture_output=True,
        text=True,
        errors="surrogateescape",
        timeout=SECONDS,
        umask=0o022,
    )


def run_alone(*arguments: str, cwd: Path) -> "subprocess.CompletedProcess[str]":
    return run([sys.executable, "-m", "tests.features.cluster.shim", *arguments], cwd)


def run_mpi(
    *arguments: str, cwd: Path, env: Mapping[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    needs.told_of_processors()
    return run(mpi_words(*arguments), cwd, env)


class Dask:
    """A scheduler on loopback with two workers, all of which speak TLS, as root must.

    They are somebody's own where an `owner` is given, and have pycp from a `library`.
    """

    def __init__(
        self, place: Path, owner: tuple[int, int] | None = None, library: Path = CHECKOUT
    ) -> None:
        self.place = place
        self._owner = owner or (None, None)
        self._library = library
        self.file = place / "scheduler.json"
        key, certificate = str(place / "key.pem"), str(place / "certificate.pem")
        words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
        words += ["-subj", "/CN=localhost", "-keyout", key, "-out", certificate]
        subprocess.run(words, check=True, capture_output=True)
        for name in (place, key, certificate) if owner else ():
            os.chown(name, *owner)  # type: ignore[misc]
        tls = "DASK_DISTRIBUTED__COMM__TLS__"
        self.env = {f"{tls}CA_FILE": certificate}
        for who in ("SCHEDULER", "WORKER", "CLIENT"):
            self.env |= {f"{tls}{who}__CERT": certificate, f"{tls}{who}__KEY": key}
        self._processes: list[subprocess.Popen[bytes]] = []
        self._start("scheduler", "--port=0", "--protocol=tls", "--no-show", "--no-dashboard")
        for _ in range(2):
            self.add_worker()

    def add_worker(self) -> "subprocess.Popen[bytes]":
        """Start one more worker, and wait until the scheduler knows it."""
        log = self.place / f"log{len(self._processes)}"
        worker = self._start(
            "worker", "--protocol=tls", "--nthreads=1", "--no-nanny", "--no-dashboard"
        )
        wait_for(lambda: "Registered to" in log.read_text())
        return worker

    def _start(self, what: str, *options: str) -> "subprocess.Popen[bytes]":
        log = self.place / f"log{len(self._processes)}"
        common = ["--host=127.0.0.1", f"--scheduler-file={self.file}"]
        with log.open("wb") as stream:
            process = subprocess.Popen(
                [str(BIN / "dask"), what, *common, *options],
                cwd=self.place,
                env=environment({**self.env, "PYTHONPATH": str(self._library)}),
                stdout=stream,
                stderr=stream,
                umask=0o022,
                user=self._owner[0],
                group=self._owner[1],
                extra_groups=[] if self._owner[0] is not None else None,
            )
        self._processes.append(process)
        return process

    def words(self, *arguments: str) -> list[str]:
        program = [sys.executable, "-m", "tests.features.cluster.shim"]
        return [*program, f"--cluster=dask:{self.file}", *arguments]

    def run(
        self, *arguments: str, cwd: Path, env: Mapping[str, str] | None = None
    ) -> "subprocess.CompletedProcess[str]":
        return run(self.words(*arguments), cwd, {**self.env, **(env or {})})

    def stop(self) -> None:
        for process in reversed(self._processes):
            process.send_signal(signal.SIGKILL)
            process.wait()


def sit(place: Path, owner: tuple[int, int]) -> Dask:
    """Start a cluster of an owner's for a session, where the launcher looks for it (`sitting`)."""
    own = place / f"dask-{owner[0]}"
    own.mkdir()
    cluster = Dask(own, owner, place / "lib")
    (own / "namespace").write_text(os.readlink("/proc/self/ns/mnt"))
    (own / "environment.json").write_text(json.dumps(cluster.env))
    return cluster


def wait_for(condition: "object") -> None:
    """Wait until a condition holds; fail if it takes a minute."""
    assert callable(condition)
    for _ in range(3000):
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError("it never came")

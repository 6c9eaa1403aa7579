"""What happens to a file system while something is copied to it, and who is the cause of it.

The source is a FIFO: its first half is there, then trouble comes, then the second half.
"""

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.vm.guest.question import Question

OPERANDS = "pipe odd/plain odd/listed"
PIPE = "/root/w/pipe"
HALF = b"half\n" * 20_000
AWAY_S = 2
LIMIT_S = 120
PAUSE_S = 0.02


def disk_questions() -> Iterator[Question]:
    # One process, or it would be left to chance which file is too much.
    for options in ("-r --jobs=1", "-r --jobs=1 --atomic", "-r --jobs=1 --durable --verify"):
        yield _on("quota", "full", "directory", f"cp {options} large/. {{}}", uid=1002)
        yield _on("quota", "many", "directory", f"cp {options} names/. {{}}", uid=1002)
    yield _on("quota", "full", "directory", "install large/one large/in/two {}", uid=1002)
    for command in ("cp", "cp --atomic", "cp --durable"):
        line = f"{command} {OPERANDS} {{}}"
        yield _on("failing", "goes read-only", "directory", line, meanwhile="goes read-only")


def nfs_questions() -> Iterator[Question]:
    for place, feature, commands in (
        ("nfs-soft", "NFS goes away", ("cp", "cp --atomic")),
        ("nfs3", "NFS comes back", ("cp", "cp --atomic", "cp --durable")),
        ("nfs4.2", "NFS comes back", ("cp",)),
    ):
        for command in commands:
            line = f"{command} {OPERANDS} {{}}"
            yield _on(place, feature, "directory", line, meanwhile=feature)


def cifs_questions() -> Iterator[Question]:
    for place, feature, commands in (
        ("cifs", "CIFS goes away", ("cp",)),
        ("cifs-hard", "CIFS comes back", ("cp", "cp --atomic")),
    ):
        for command in commands:  # of one file: each is waited for, ten seconds each time
            yield _on(place, feature, "directory", f"{command} pipe {{}}", meanwhile=feature)


def _on(
    place: str, feature: str, before: str, line: str, uid: int = 0, meanwhile: str = ""
) -> Question:
    name = f"/run/fs/{place}/zz"
    return Question(
        *("troubles", before, line.replace("{}", name), (f"{name}/",)),
        place=place,
        feature=feature,
        meanwhile=meanwhile,
        uid=uid,
    )


def prepare(question: Question) -> None:
    """Make what a question about trouble begins with."""
    if question.place == "quota":
        os.chown("/run/fs/quota", 1002, 1002)
    if question.place == "failing":
        subprocess.run(("umount", "/run/fs/failing"), stderr=subprocess.DEVNULL, check=False)
        subprocess.run(("mkfs.ext4", "-q", "-F", "/run/failing.img"), check=True)
        options = "loop,errors=remount-ro"
        subprocess.run(("mount", "-o", options, "/run/failing.img", "/run/fs/failing"), check=True)
    if question.meanwhile:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(PIPE)
        os.mkfifo(PIPE)


@contextlib.contextmanager
def trouble(question: Question) -> Iterator[None]:
    """Feed the FIFO meanwhile, and have trouble come in its middle; all is well afterwards."""
    if not question.meanwhile:
        yield
        return
    begins, ends = TROUBLES[question.meanwhile]
    comes_back = "comes back" in question.meanwhile
    pid = os.fork()
    if pid == 0:
        signal.alarm(LIMIT_S)  # if nobody ever reads
        try:
            with open(PIPE, "wb", buffering=0) as pipe:
                pipe.write(HALF)
                _wait_until_read(pipe.fileno())
                begins()
                with contextlib.suppress(OSError):
                    pipe.write(HALF)
            if comes_back:
                time.sleep(AWAY_S)
                ends()
        finally:
            os._exit(0)
    try:
        yield
    finally:
        if not comes_back:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        ends()


def _wait_until_read(pipe: int) -> None:
    while int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)), sys.byteorder):
        time.sleep(PAUSE_S)
    time.sleep(PAUSE_S * 10)  # until it is written, too


def _abort() -> None:
    """Have the kernel find a fault, whereupon it lets nothing be written any more."""
    device = subprocess.run(
        ("findmnt", "-n", "-o", "SOURCE", "/run/fs/failing"), capture_output=True, text=True
    ).stdout.strip()
    Path(f"/sys/fs/ext4/{os.path.basename(device)}/trigger_fs_error").write_text("1")


def _serve_nfs(threads: int) -> None:
    subprocess.run(("rpc.nfsd", str(threads)), check=False)


def _stop_cifs() -> None:
    for name in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if name.name.isdigit() and (name / "comm").read_text().startswith("smbd"):
                os.kill(int(name.name), signal.SIGKILL)


def _start_cifs() -> None:
    _stop_cifs()
    subprocess.run(("smbd", "-D", "-s", "/run/smb.conf"), check=False)


TROUBLES: dict[str, tuple[Callable[[], None], Callable[[], None]]] = {
    "goes read-only": (_abort, lambda: None),
    "NFS goes away": (lambda: _serve_nfs(0), lambda: _serve_nfs(4)),
    "NFS comes back": (lambda: _serve_nfs(0), lambda: _serve_nfs(4)),
    "CIFS goes away": (_stop_cifs, _start_cifs),
    "CIFS comes back": (_stop_cifs, _start_cifs),
}

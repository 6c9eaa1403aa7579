"""The guest started with a job: a directory with a script `run` goes in, its files come out.

It is emulated (TCG) even where /dev/kvm is: that may be one that cannot run this.
"""

import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.vm.image import BUILT, IMAGE, INITRD, KERNEL

JOB_SIZE = "256M"
WORDS = (
    "console=ttyS0 quiet loglevel=1 security=selinux enforcing=0 panic=-1 mitigations=off"
    " no_timer_check"  # of a busy machine the timer comes too late for that check
)
"""It starts permissive: the first process could not become unconfined else."""


def run_job(name: str, job: Path, wanted: tuple[str, ...], limit_s: int) -> dict[str, bytes]:
    """Run a job in a guest; return the files wanted, those it made, by their names.

    `broken` among them tells what happened to a guest that did not bring its job to an end.
    What the guest says while it runs goes to a file that has the name of the job.
    """
    with tempfile.TemporaryDirectory() as place:
        disk = Path(place) / "job.img"
        subprocess.run(
            ("mke2fs", "-q", "-t", "ext4", "-d", str(job), str(disk), JOB_SIZE), check=True
        )
        shared = Path(place) / "shared"
        shared.mkdir()
        told = _boot(disk, shared, BUILT / f"{name}.log", limit_s)
        found = {file: read(disk, file) for file in wanted}
        status = read(disk, "status").strip()
    text = f"the job {name} ended with status {status.decode() or 'none'}\n{told}"
    found["broken"] = b"" if status == b"0" else text.encode()
    return found


def _boot(disk: Path, shared: Path, console: Path, limit_s: int) -> str:
    emulator = shutil.which("qemu-system-x86_64")
    assert emulator
    command = [emulator, "-accel", "tcg", "-cpu", "max", "-m", "2048", "-smp", "1"]
    command += ["-kernel", str(KERNEL), "-initrd", str(INITRD), "-append", WORDS]
    command += ["-nographic", "-no-reboot", "-nodefaults", "-serial", f"file:{console}"]
    command += ["-monitor", "none", "-net", "none"]
    command += ["-virtfs", f"local,path={shared},mount_tag=place,security_model=mapped-xattr"]
    for path, more in ((IMAGE, "snapshot=on"), (disk, "cache=unsafe")):
        command += ["-drive", f"file={path},if=virtio,format=raw,{more}"]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=limit_s
        )
        told = done.stderr.decode()
    except subprocess.TimeoutExpired:
        told = f"the guest was stopped after {limit_s} s"
    return f"{told}\n{console.read_text(errors='replace')}"


def read(disk: Path, name: str) -> bytes:
    """Return what a file on the disk of a job holds, nothing if it is not there."""
    with tempfile.TemporaryDirectory() as place:
        out = Path(place) / "out"
        subprocess.run(
            ("debugfs", "-R", f"dump /{name} {out}", str(disk)), capture_output=True, check=True
        )
        return out.read_bytes() if out.exists() else b""

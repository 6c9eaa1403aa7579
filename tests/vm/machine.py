"""The guest started with a job: a directory with a script `run` goes in, its files come out.

It is emulated (TCG) even where /dev/kvm is: that may be one that cannot run this.
"""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from threading import Timer

from tests.vm.image import BUILT, IMAGE, INITRD, KERNEL

JOB_SIZE = "256M"
PROCESSOR = "qemu64,+rdrand"
"""One with few features: each costs time where it is emulated."""
WORDS = (
    "console=ttyS0 quiet loglevel=1 lsm=selinux enforcing=0 panic=-1 mitigations=off"
    " no_timer_check"  # of a busy machine the timer comes too late for that check
    " norandmaps"  # what has been translated at one address is not translated at another
    " audit=0 init_on_alloc=0 randomize_kstack_offset=off cgroup_disable=memory psi=0"
)
"""It starts permissive: the first process could not become unconfined else.

The last two lines save half of the time of each question.
"""


def run_job(name: str, job: Path, wanted: tuple[str, ...], limit_s: int) -> dict[str, bytes]:
    """Run a job in a guest; return the files wanted, those it made, by their names.

    `broken` among them tells what happened to a guest that did not bring its job to an end, and
    `seconds` how many of a processor it took.
    What the guest says while it runs goes to a file that has the name of the job.
    """
    with tempfile.TemporaryDirectory() as place:
        disk = Path(place) / "job.img"
        subprocess.run(
            ("mke2fs", "-q", "-t", "ext4", "-d", str(job), str(disk), JOB_SIZE), check=True
        )
        shared = Path(place) / "shared"
        shared.mkdir()
        told, seconds = _boot(disk, shared, BUILT / f"{name}.log", limit_s)
        found = {file: read(disk, file) for file in wanted}
        status = read(disk, "status").strip()
    text = f"the job {name} ended with status {status.decode() or 'none'}\n{told}"
    found["broken"] = b"" if status == b"0" else text.encode()
    found["seconds"] = b"%d" % seconds
    return found


def _boot(disk: Path, shared: Path, console: Path, limit_s: int) -> tuple[str, float]:
    emulator = shutil.which("qemu-system-x86_64")
    assert emulator
    command = [emulator, "-accel", "tcg", "-cpu", PROCESSOR, "-m", "2048", "-smp", "1"]
    command += ["-kernel", str(KERNEL), "-initrd", str(INITRD), "-append", WORDS]
    command += ["-nographic", "-no-reboot", "-nodefaults", "-serial", f"file:{console}"]
    command += ["-monitor", "none", "-net", "none"]
    command += ["-virtfs", f"local,path={shared},mount_tag=place,security_model=mapped-xattr"]
    for path, more in ((IMAGE, "snapshot=on"), (disk, "cache=unsafe")):
        command += ["-drive", f"file={path},if=virtio,format=raw,{more}"]
    with tempfile.TemporaryFile() as errors:
        emulated = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=errors)
        limit = Timer(limit_s, emulated.kill)
        limit.start()
        _pid, status, usage = os.wait4(emulated.pid, 0)
        limit.cancel()
        emulated.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        told = errors.read().decode()
    if emulated.returncode:
        told += f"\nthe emulator ended with {emulated.returncode}, it may take {limit_s} s at most"
    return f"{told}\n{console.read_text(errors='replace')}", usage.ru_utime + usage.ru_stime


def read(disk: Path, name: str) -> bytes:
    """Return what a file on the disk of a job holds, nothing if it is not there."""
    with tempfile.TemporaryDirectory() as place:
        out = Path(place) / "out"
        subprocess.run(
            ("debugfs", "-R", f"dump /{name} {out}", str(disk)), capture_output=True, check=True
        )
        return out.read_bytes() if out.exists() else b""

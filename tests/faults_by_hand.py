"""Faults put into the engine one at a time: does the suite notice? `python -m tests.faults_by_hand`

Each is put into a copy of the checkout, where the tests of SUBSET run up to the first that fails:
those of a quick run, and if none of these does, all of them; the table says so then. It begins with
a run without a fault: what fails there would seem to notice each.
Words select faults by what stands in their names; words after `--` go to pytest instead of SUBSET.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests import tree
from tests.scratch import own_directory

ROOT = Path(__file__).parent.parent
LATEST = 120
"""Seconds that a test may take before a fault counts as noticed: something goes on for ever."""
SUBSET = """
    unit/engine unit/run unit/system trust/test_replaced.py trust/test_failing_attributes.py
    features/atomic/test_order.py features/verify/test_manifest.py features/verify/test_verify.py
    features/resume/test_resume.py trust/test_system_calls.py gnu/test_hard_links.py
    gnu/test_kinds.py gnu/test_backups.py gnu/test_attributes.py features/atomic/test_results.py
"""
"""What a fault is tried with below tests/, the quick ones first."""
FIRST = re.compile(r"^(?:FAILED|ERROR) (.+?)(?: - |$)", re.MULTILINE)
ENDLESS = re.compile(r'File ".*?/checkout/(tests/.+?)", line \d+ in (test_\w+)')
"""Where a test stood that took too long."""


@dataclass(frozen=True)
class Fault:
    """Text of a file of the engine, and what somebody might write by mistake."""

    name: str
    file: str
    right: str
    wrong: str

    def put_into(self, checkout: Path) -> None:
        """Make the mistake."""
        path = checkout / "pycp/engine" / self.file
        text = path.read_text()
        assert text.count(self.right) == 1, f"{self.file} does not have once: {self.right}"
        path.write_text(text.replace(self.right, self.wrong))


FAULTS = [
    Fault(
        "a byte left out after a short write",
        "data.py",
        "        written += count\n",
        "        written += count + 1\n",
    ),
    Fault(
        "a byte too many of a run of data",
        "data.py",
        "step = min(step, length - copied)",
        "step = min(step, length - copied + 1)",
    ),
    Fault(
        "a file that claims to be empty taken for empty",
        "data.py",
        "return copied > 0  #",
        "return True  #",
    ),
    Fault(
        "a full disk taken for a way that is not here",
        "data.py",
        "if copied == 0 and error.errno in CANNOT_OFFLOAD:",
        "if copied == 0:",
    ),
    Fault(
        "no fsync of a file",
        "durable.py",
        "        flush(tally, fd, size)\n",
        "        tally.add(0, 0)\n",
    ),
    Fault(
        "no fsync of directories",
        "durable.py",
        "flush_file(self._report.tally, shown, fd)",
        "system.fstat(fd)",
    ),
    Fault(
        "a failed fsync forgotten",
        "durable.py",
        "CANNOT_BE_FLUSHED or S_ISREG(system.fstat(fd).st_mode):",
        "CANNOT_BE_FLUSHED:",
    ),
    Fault(
        "set-id bits of somebody else's kept",
        "attributes.py",
        "            mode &= ~SPECIAL_BITS\n",
        "            pass\n",
    ),
    Fault(
        "an old file given away before it is closed to others",
        "attributes.py",
        "            set_exact_mode(made.where, narrow)\n",
        "            pass\n",
    ),
    Fault(
        "times of access and change mixed up",
        "attributes.py",
        "system.set_times(where, source.st_atime_ns, source.st_mtime_ns)",
        "system.set_times(where, source.st_mtime_ns, source.st_atime_ns)",
    ),
    Fault(
        "no times for a small file of a tree",
        "short_regular.py",
        "set_times(destination_fd, source.st_atime_ns, source.st_mtime_ns)",
        "pass",
    ),
    Fault(
        "no times for a new directory",
        "directory.py",
        "        system.set_times(copy.fd, source.st_atime_ns, source.st_mtime_ns)\n",
        "",
    ),
    Fault(
        "install: mode before owner",
        "install.py",
        "            system.set_owner(fd, final.uid, final.gid)\n"
        '        what = "change permissions of"\n'
        "        system.set_mode(fd, final.mode)\n",
        "            system.set_mode(fd, final.mode)\n"
        "            system.set_owner(fd, final.uid, final.gid)\n"
        "        else:\n"
        '            what = "change permissions of"\n'
        "            system.set_mode(fd, final.mode)\n",
    ),
    Fault(
        "O_EXCL lost",
        "write.py",
        "        fd = system.open(entry.destination_name, flags, mode, dir_fd=dir_fd)\n",
        "        fd = system.open(\n"
        "            entry.destination_name, flags & ~system.O_EXCL, mode, dir_fd=dir_fd\n"
        "        )\n",
    ),
    Fault(
        "O_NOFOLLOW lost",
        "regular.py",
        "        flags |= system.O_NOFOLLOW\n",
        "        pass\n",
    ),
    Fault(
        "O_NOFOLLOW lost in short",
        "short_regular.py",
        "SOURCE_FLAGS = system.FILE_ITSELF_FLAGS\n",
        "SOURCE_FLAGS = system.SOURCE_FLAGS | system.O_NONBLOCK\n",
    ),
    Fault(
        "a source directory swapped for another",
        "directory.py",
        "if identity(system.fstat(fd)) != directory.id:",
        "if not identity(system.fstat(fd)):",
    ),
    Fault(
        "an old mode more generous than the new data",
        "write.py",
        "NOT_ITS_OWN = 0o7077",
        "NOT_ITS_OWN = 0o7000",
    ),
    Fault(
        "a numbered backup put over one of the same number",
        "write.py",
        "exclusively=bool(backup.number)",
        "exclusively=False",
    ),
    Fault(
        "a single chunk of zeros not made a hole",
        "sparse.py",
        "        if end > start:\n",
        "        if end > start + CHUNK:\n",
    ),
    Fault(
        "a hole ended in the midst of a chunk",
        "sparse.py",
        "            end -= end % CHUNK\n",
        "            end += 1\n",
    ),
    Fault(
        "a hole at the end left out",
        "sparse.py",
        "        writer.skip(max(gap, 0))\n        writer.finish()\n",
        "        writer.finish()\n",
    ),
    Fault(
        "an attribute not kept, and no word of it",
        "xattrs.py",
        '            text = "setting attribute " + both % "for" + reason(error)\n'
        "            last = tell(job, error, CopyError(text, error.errno, entry.destination))\n",
        "            continue\n",
    ),
    Fault(
        "a lost access list replaced by the whole mode",
        "xattrs.py",
        "system.set_mode(where, mode & bits)",
        "system.set_mode(where, mode)",
    ),
    Fault(
        "a temporary name left",
        "links.py",
        "            remove_beside(job, entry, beside, directory)\n",
        "            pass\n",
    ),
    Fault(
        "a temporary name left by --atomic",
        "atomic.py",
        "            remove_beside(self._job, self._entry, name, directory)\n",
        "            pass\n",
    ),
    Fault(
        "a backup that --atomic loses when the name cannot be taken",
        "atomic.py",
        "                undo()\n",
        "                pass\n",
    ),
    Fault(
        "one set of links of two devices",
        "short_regular.py",
        "key = device, inode",
        "key = 0, inode",
    ),
    Fault(
        "a device with another number",
        "special.py",
        "            values = kind | mode, source.st_rdev\n",
        "            values = kind | mode, source.st_rdev + 1\n",
    ),
    Fault(
        "bytes of the same number taken for the same bytes",
        "verify.py",
        "        if ours != theirs:\n",
        "        if len(ours) != len(theirs):\n",
    ),
    Fault(
        "what memory keeps verified",
        "verify.py",
        "    for fd, _name in sides:\n        system.drop_cached(fd)\n",
        "",
    ),
    Fault(
        "--resume goes on a block too late",
        "resume.py",
        "difference - difference % BLOCK",
        "difference - difference % BLOCK + BLOCK",
    ),
    Fault(
        "--resume believes a time that anybody set",
        "resume.py",
        "        and is_ours(source, status, job.euid)\n        and has",
        "        and has",
    ),
    Fault(
        "a manifest with a digest that leaves holes out",
        "stream.py",
        "        watch.hole(gap)\n",
        "",
    ),
    Fault(
        "strip works where others can reach",
        "strip.py",
        "status.st_mode & GROUP_AND_OTHERS:",
        "status.st_mode & 0:",
    ),
]


def caught_by(fault: Fault | None, words: list[str], extent: str) -> str:
    """Return the first test of a run that fails with a fault in place or none, or nothing."""
    with tempfile.TemporaryDirectory(dir=own_directory()) as place:
        checkout = Path(place) / "checkout"
        ignored = shutil.ignore_patterns(".*", "__pycache__", "dist")
        shutil.copytree(ROOT, checkout, ignore=ignored)
        os.chmod(place, 0o755)
        if fault is not None:
            fault.put_into(checkout)
        # Pytest's own directory would have each run tidy up after all sessions of this user before.
        made = tempfile.mkdtemp()
        options = (
            f"--basetemp={made}/pytest",
            f"-ofaulthandler_timeout={LATEST}",
            "-ofaulthandler_exit_on_timeout=true",
        )
        try:
            done = subprocess.run(
                [sys.executable, "-m", "pytest", "-qx", "--tb=no", "-rfE", *options, *words],
                cwd=checkout,
                env={**os.environ, "PYTHONPATH": str(checkout), "PYCP_TESTS": extent},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
        finally:
            tree.remove(made)
    output = done.stdout
    if endless := ENDLESS.search(output):
        return f"{endless[1]}::{endless[2]} (for ever)"
    found = FIRST.search(output)
    if done.returncode and not found:
        raise RuntimeError(output[-2000:])
    return found[1] if found else ""


def main(words: list[str]) -> int:
    """Try the faults; return 1 if one was not noticed, or a test fails without any."""
    cut = words.index("--") if "--" in words else len(words)
    wanted, subset = words[:cut], words[cut + 1 :] or [f"tests/{name}" for name in SUBSET.split()]
    if test := caught_by(None, subset, "quick"):
        print(f"fails without any fault: {test}")
        return 1
    unnoticed = 0
    for fault in FAULTS:
        if wanted and not any(word in fault.name for word in wanted):
            continue
        test = caught_by(fault, subset, "quick")
        if not test and (test := caught_by(fault, subset, "")):
            test += " (not in a quick run)"
        unnoticed += not test
        print(f"{fault.name} ({fault.file}): {test or 'NOT NOTICED'}", flush=True)
    print(f"{unnoticed} not noticed")
    return int(unnoticed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""What a command asks of the kernel, written down by strace(1) and read back."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests import apart, needs
from tests.programs import SECONDS
from tests.trust.traced import START, run_traced

STOPPED = "stopped "
"""What a command begins with that is to stop."""
NAMING = re.compile(
    r"access|faccessat2?|open(at2?)?|(new)?f?l?stat(at|x)?|f?l?ch(mod|own)(at2?)?|mk(dir|nod)(at)?"
    r"|unlink(at)?|rmdir|rename(at2?)?|(sym)?link(at)?|readlink(at)?|utime\w*|l?\w+xattr|truncate"
    r"|execve|chdir"
)
"""Calls that take names of files."""
SYSTEM = ("/proc/self/", "/etc/", "/lib", "/usr/", "/run/", "/var/run/")
NOISE = (
    "mmap,munmap,mremap,madvise,brk,rt_sigaction,rt_sigprocmask,rt_sigreturn,rt_sigtimedwait,futex,"
    "getrandom,exit_group"
)
"""Calls that are left out where all are asked for."""
LINE = re.compile(r"(?P<pid>\d+) +(?P<call>\w+)\((?P<arguments>.*)\) += (?P<result>.*)")
UNFINISHED = re.compile(r"(?P<pid>\d+) +(?P<start>.*) <unfinished \.\.\.>")
RESUMED = re.compile(r"(?P<pid>\d+) +<\.\.\. \w+ resumed>(?P<rest>.*)")
ARGUMENT = re.compile(r'(?:"(?:[^"\\]|\\.)*"|\{[^{}]*\}|\[[^\[\]]*\]|<[^<>]*>|[^,])+')
DESCRIPTOR = re.compile(r"(?P<fd>\d+|AT_FDCWD)<(?P<path>[^>]*)>")


@dataclass(frozen=True)
class Call:
    """One system call: its arguments and result in strace's words."""

    pid: int
    name: str
    arguments: tuple[str, ...]
    result: str
    directory: str = ""
    """Path of the directory that the process had gone into by its descriptor."""

    @property
    def has_failed(self) -> bool:
        """Tell whether it failed."""
        return self.result.startswith("-1")

    @property
    def names(self) -> list[str]:
        """Return the names of files it is given, but for those of the system."""
        if not NAMING.fullmatch(self.name):
            return []
        words = self.arguments
        if self.name.startswith("symlink"):
            words = words[1:]  # the text of a link names nothing
        elif not self.name.startswith(("rename", "link")):
            words = words[:2] if self.name.endswith("at") else words[:1]
        names = [word[1:-1] for word in words if len(word) > 2 and word.startswith('"')]
        return [name for name in names if not name.startswith(SYSTEM)]

    @property
    def flags(self) -> set[str]:
        """Return the flags of an open."""
        return set(self.arguments[2].split("|"))

    @property
    def below(self) -> str:
        """Return the path of the directory that it names something below of, if it is known."""
        words = self.arguments[self.name == "symlinkat" :]
        return (descriptor_path(words[0]) if words else "") or self.directory

    def __str__(self) -> str:
        return f"{self.name}({', '.join(self.arguments)}) = {self.result}"


def descriptor_path(word: str) -> str:
    """Return the path of a descriptor, "" if the word is none."""
    match = DESCRIPTOR.match(word)
    return match["path"] if match else ""


def trace(words: str, cwd: Path, calls: str = "", status: int = 0) -> list[Call]:
    """Run a command, and return the calls it made."""
    needs.tracing()
    log = cwd / "trace"
    strace = ["strace", "-qfy", "-s", "9999"]
    strace += ["-e", f"trace={calls},access,sched_yield" if calls else f"trace=!{NOISE}"]
    name, *others = words.removeprefix(STOPPED).split()
    main = partial(run_traced, strace, log, words.startswith(STOPPED))
    done = apart.run(main, others, str(cwd), name=name, umask=0, seconds=3 * SECONDS)
    assert done.status == status, done.stderr
    _before, start, ours = log.read_text(errors="surrogateescape").partition(f'"{START}"')
    log.unlink()
    assert start
    return list(_read(ours.splitlines()[1:]))


def _read(lines: list[str]) -> Iterator[Call]:
    """Yield the calls of a log in the order they began in; one per line, joined if need be."""
    begun: dict[str, str] = {}
    directories: dict[str, str] = {}
    for line in lines:
        if match := UNFINISHED.fullmatch(line):
            begun[match["pid"]] = match["start"]
            continue
        if match := RESUMED.fullmatch(line):
            line = f"{match['pid']} {begun.pop(match['pid'])}{match['rest']}"
        match = LINE.fullmatch(line)
        if match:
            words = ARGUMENT.findall(match["arguments"])
            if match["call"] == "fchdir":
                directories[match["pid"]] = descriptor_path(words[0])
            yield Call(
                int(match["pid"]),
                match["call"],
                tuple(word.strip() for word in words),
                match["result"],
                directories.get(match["pid"], ""),
            )


def final_mode(path: str) -> int:
    """Return the permission and special bits that something has now."""
    return os.lstat(path).st_mode & 0o7777

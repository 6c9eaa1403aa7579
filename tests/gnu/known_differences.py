"""Why a drawn run may end otherwise than with GNU 9.1: DIFFERENCES, each with the mark it leaves.

One is only looked for when two runs are not alike, and its mark is something that GNU or we said or
left in that very run. What differs in words or status alone is reworded instead, so that everything
else of the run is still compared.
"""

import re
import shlex
from collections.abc import Callable
from dataclasses import replace

from tests.gnu.observe import INSIDE, Seen, built, entry
from tests.gnu.strategies import Run

PROMPT = re.compile(r"pycp: (?:overwrite|replace|unwritable) [^?]*\? ")
OVER_DIRECTORY = re.compile(r"(cannot overwrite directory .* with non-directory) .*")
SAME_FILE = re.compile(r"pycp: (.*) are the same file\n")
ACCESS_LIST = re.compile(r"  \[system\.posix_acl_(?:access|default) [^]]*\]")
MODE = re.compile(r"^(\S+  [a-z ]+?  )[0-7]{4}  ")
DIRECTORY_XATTRS = re.compile(r"^(\S+  directory  .*?)  \[user\..*")


def as_new(run: Run, gnu: Seen) -> Seen:
    """Give GNU's run the status of 9.11 ("declined prompt")."""
    asked = len(PROMPT.findall(gnu.result.stderr))
    answers = [*run.stdin.splitlines(), *[""] * asked][:asked]
    if any(answer[:1] not in ("y", "Y") for answer in answers):
        return replace(gnu, result=replace(gnu.result, status=1))
    return gnu


def as_old(ours: Seen) -> Seen:
    """Word ours as 9.1 would ("file over directory")."""
    return ours.with_stderr(OVER_DIRECTORY.sub(r"\1", ours.result.stderr))


def known_difference(run: Run, root: str, gnu: Seen, ours: Seen) -> str:
    """Return which of DIFFERENCES explains that two runs are not alike, or nothing."""
    for name, explains in KNOWN.items():
        if explains(run, gnu, ours):
            return name
    if run.has("--remove-destination") and removes_source(run, root, ours):
        return "source removed as destination"
    return ""


def backs_up(run: Run) -> bool:
    return run.has("-b", "--backup", "-S.bak")


def joins_overlapping_operands(run: Run, gnu: Seen, ours: Seen) -> bool:
    return run.has("-u") and not gnu.names(" links: ") <= ours.names(" links: ")


def removes_before_opening(run: Run, gnu: Seen, ours: Seen) -> bool:
    is_removed = not ours.names() <= gnu.names() or "removed" in gnu.result.stdout
    return "for reading: " in gnu.result.stderr and is_removed


def backs_up_through_symlink(run: Run, gnu: Seen, ours: Seen) -> bool:
    return "might destroy source" in ours.result.stderr and backs_up(run)


def meets_loop(run: Run, gnu: Seen, ours: Seen) -> bool:
    loop = "/': Too many levels of symbolic links"
    return loop in ours.result.stderr and loop not in gnu.result.stderr


def backs_up_elsewhere(run: Run, gnu: Seen, ours: Seen) -> bool:
    """Tell whether the backups that only we made stand in the working directory of GNU's run."""
    lost = ours.names() - gnu.names()
    return backs_up(run) and bool(lost) and all(is_elsewhere(name, gnu.names()) for name in lost)


def is_elsewhere(name: str, names: set[str]) -> bool:
    parts = name.split("/")
    return any("/".join([INSIDE, *parts[start:]]) in names for start in range(4, len(parts)))


def refuses_kinds(run: Run, gnu: Seen, ours: Seen) -> bool:
    return backs_up(run) and "cannot overwrite" in gnu.result.stderr


def follows_its_name(run: Run, gnu: Seen, ours: Seen) -> bool:
    """Tell whether GNU could not find what it made, by the name it made it under."""
    lost = re.search("preserving permissions for .*: Not a directory", gnu.result.stderr)
    return bool(lost) and "preserving" not in ours.result.stderr


def copies_without_end(run: Run, gnu: Seen, ours: Seen) -> bool:
    is_noticed = "into itself" in ours.result.stderr or "cyclic symbolic" in ours.result.stderr
    marks = ("File name too long", "will not create hard link")
    return is_noticed and (
        gnu.result.status < 0 or any(mark in gnu.result.stderr for mark in marks)
    )


def reads_link_of_directory(run: Run, gnu: Seen, ours: Seen) -> bool:
    fewer = [DIRECTORY_XATTRS.sub(r"\1", line) for line in ours.files]
    return run.follows and fewer == [DIRECTORY_XATTRS.sub(r"\1", line) for line in gnu.files]


def leaves_special_bits(run: Run, gnu: Seen, ours: Seen) -> bool:
    """Tell whether the files are the same but for more special bits in GNU's."""
    if len(gnu.files) != len(ours.files):
        return False
    for line, other in zip(gnu.files, ours.files, strict=True):
        words, others = line.split("  "), other.split("  ")
        more, less = int(words.pop(2), 8), int(others.pop(2), 8)
        if words != others or more & 0o777 != less & 0o777 or less & ~more:
            return False
    return True


def drops_lists(run: Run, gnu: Seen, ours: Seen) -> bool:
    """Tell whether the files are the same but for access lists that only ours keep."""
    if len(gnu.files) != len(ours.files):
        return False
    for line, other in zip(gnu.files, ours.files, strict=True):
        if line != other:
            left, kept = ACCESS_LIST.sub("", line), ACCESS_LIST.sub("", other)
            if kept == other or MODE.sub(r"\1", left) != MODE.sub(r"\1", kept):
                return False
    return True


def removes_source(run: Run, root: str, ours: Seen) -> bool:
    """Tell whether what ours calls one file is one directory entry by two names."""
    with built(run, root):
        for text in SAME_FILE.findall(ours.result.stderr):
            one, _and, other = shlex.split(text)
            if entry(root, one) == entry(root, other):
                return True
    return False


def links_to_itself(run: Run, gnu: Seen, ours: Seen) -> bool:
    return bool(re.search("cannot create hard link ('.*') to \\1:", gnu.result.stderr))


def links_to_source(run: Run, gnu: Seen, ours: Seen) -> bool:
    """Tell whether a file that no option hard links got a further name from GNU."""
    makes_symlinks = any(word[:2] != "--" and "s" in word for word in run.options)
    return makes_symlinks and run.follows and not gnu.names("bytes") <= ours.names("bytes")


KNOWN: dict[str, Callable[[Run, Seen, Seen], bool]] = {
    "looping link with a slash": meets_loop,
    "endless copy through a symlink": copies_without_end,
    "hard links among symbolic links": links_to_source,
    "kind conflict with backup": refuses_kinds,
    "update of overlapping operands": joins_overlapping_operands,
    "source opened before removing": removes_before_opening,
    "backup through a symlink": backs_up_through_symlink,
    "backup in an unreadable directory": backs_up_elsewhere,
    "attributes by a name that was replaced": follows_its_name,
    "attributes of a directory behind a symlink": reads_link_of_directory,
    "special bits of directories": leaves_special_bits,
    "inherited access list": drops_lists,
    "name linked to itself": links_to_itself,
}

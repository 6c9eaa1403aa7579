"""Where the answers differ on purpose, and why."""

import re
from difflib import SequenceMatcher

Pair = tuple[list[str], list[str]]

REMAINS = ", made for '"
"""What follows a temporary name in a message."""
ANNOUNCED, ABSENT = "| 'f' -> '/etc/zz'", "(absent) /etc/zz"
LINKED = re.compile("[|] cp: cannot create hard link '(.+)' to '(.+)': (.+)")
TAKEN = re.compile("[|] cp: cannot create regular file '(.+)': File exists")
MODE = re.compile("^([-dlpcbs])[-rwxsStT]{9} ")
BLOCKS = re.compile(r" \d+ blocks")
UPPER_OR_LOWER = re.compile("6:(?:094cd8a9|2dd4f9fb)")
"""What `odd` has in `Name` and in `name`."""
OUTGROWN = re.compile("[|] cp: preserving permissions for ‘(.+)’: Numerical result out of range")
DIGEST = re.compile(r" \d+:[0-9a-f]{8}")
FOLDED = "several processes meet names equal but for case in their own order"
IN_ANY_ORDER = "several processes tell what they meet in their own order"


def reason(name: str, gnu: list[str], ours: list[str]) -> str:
    """Return why our answer differs from GNU's, or nothing if it should not."""
    if name.startswith(("places", "troubles")):
        return _of_place(name, gnu, ours)
    have_failed = "status 1" in gnu and "status 1" in ours
    if have_failed and _has_old(ours) and not _has_old(gnu):
        return "a label is refused, and the old contents stay; GNU has thrown them away by then"
    if have_failed and "install -d" in name and "cannot create directory" in ours[0]:
        return "a directory is not made: GNU names what it wants to do to it next"
    if "install -C -p" in name and "mutually exclusive" in gnu[0]:
        return "-C goes with -p since 9.11"
    if "--dry-run" in name and "status 0" in gnu and ours == [ANNOUNCED, "status 0", ABSENT]:
        return "a dry run tells what would be done, and changes nothing"
    if "--atomic" in name and [line.replace(" same inode", "") for line in gnu] == ours:
        return "a file is replaced, not written into"
    if "--atomic" in name and have_failed and set(ours) < set(gnu):
        return "what cannot be complete does not come into being"
    if "--jobs=" in name and have_failed and _sorted(gnu) == _sorted(ours):
        return IN_ANY_ORDER
    if "link source" in name and _has_type(gnu, "tmp_t") and _has_type(ours, "samba_share_t"):
        return "a file that a link leads to keeps its own label; GNU gives it the one of the link"
    if name.endswith("install -d -Z /tmp/zz") and _has_type(gnu, "tmp_t"):
        return "where the policy has nothing for a name, nothing is said: GNU repeats the one above"
    return ""


def _of_place(name: str, gnu: list[str], ours: list[str]) -> str:
    """Return why an answer about a file system differs, or nothing.

    Each rule takes away what it explains; nothing may be left then.
    """
    reasons = []
    for word, why, explain in PLACE_RULES:
        if word in name and gnu != ours:
            less_gnu, less_ours = explain(gnu, ours)
            if _likeness(less_gnu, less_ours) > _likeness(gnu, ours):
                gnu, ours = less_gnu, less_ours
                reasons.append(why)
    return "; ".join(reasons) if gnu == ours else ""


def _likeness(gnu: list[str], ours: list[str]) -> float:
    """Return how much of two answers is the same and in the same order, up to 1."""
    return SequenceMatcher(None, gnu, ours, autojunk=False).ratio()


def _unfinished(gnu: list[str], ours: list[str]) -> Pair:
    return gnu, [line for line in ours if not line.startswith(("| continued ", "| redid "))]


def _in_order(gnu: list[str], ours: list[str]) -> Pair:
    """Return the answers with what was printed in the order of the alphabet."""
    return _sorted(gnu), _sorted(ours)


def _sorted(lines: list[str]) -> list[str]:
    told = sorted(line for line in lines if line.startswith("| "))
    return told + [line for line in lines if not line.startswith("| ")]


def _incomplete(gnu: list[str], ours: list[str]) -> Pair:
    """Leave out the files of which GNU told that something failed, where we have none."""
    have = {_name(line) for line in ours}
    told = [line for line in gnu if line.startswith("| ")]
    lost = {_name(line) for line in gnu if line.startswith(("-", "l"))} - have
    lost = {name for name in lost if any(name.rpartition("/")[2] in line for line in told)}
    return [line for line in gnu if line.startswith("| ") or _name(line) not in lost], ours


def _name(line: str) -> str:
    return line.split(" ")[-1]


def _left(gnu: list[str], ours: list[str]) -> Pair:
    """Leave out what could not be removed, as the server was gone, and the message that says so."""
    told = [line for line in ours if line.startswith("| cp: cannot remove '") and REMAINS in line]
    left = [
        line for line in ours if line.startswith("-") and any(_name(line) in one for one in told)
    ]
    return gnu, [line for line in ours if line not in (*told, *left)]


def _replaced(gnu: list[str], ours: list[str]) -> Pair:
    """Leave out what replacing files changes: number of links, and time of their directory."""
    return [_lasting(line) for line in gnu], [_lasting(line) for line in ours]


def _lasting(line: str) -> str:
    words = line.split(" ")
    if line.startswith("-"):
        del words[2]
    elif line.startswith("d"):
        del words[3]
    return " ".join(words)


def _withheld(gnu: list[str], ours: list[str]) -> Pair:
    """Leave out the mode of the one file whose group is given no more than its list gave it.

    On NFS an access list of its own says the same as the mode.
    """
    return [_unlisted(line, "-rw-rw---- ") for line in gnu], [
        _unlisted(line, "-rw-r----- ") for line in ours
    ]


def _unlisted(line: str, mode: str) -> str:
    if not (line.startswith(mode) and line.endswith("/listed")):
        return line
    words = line.removeprefix(mode).split(" ")
    return " ".join(word for word in words if not word.startswith("system.nfs4_acl="))


def _shortened(gnu: list[str], ours: list[str]) -> Pair:
    """Leave out the message about a long name, and its backup; the file itself is there in both."""
    start, end = "| cp: cannot backup '", "nnn': File name too long"
    rest = [line for line in gnu if not (line.startswith(start) and line.endswith(end))]
    long = [line for line in ours if line.endswith("nnn...")]
    kept = list(ours)
    if len(rest) < len(gnu) and len(long) == 2:
        kept.remove(long[0])
        if not any(line.startswith("| ") for line in rest):  # nothing else has failed
            rest = ["status 0" if line == "status 1" else line for line in rest]
    return rest, kept


def _linked(gnu: list[str], ours: list[str]) -> Pair:
    """Leave out the two names of a file of which the other one was met first."""
    for line in gnu:
        if found := LINKED.fullmatch(line):
            name, first, rest = found.groups()
            if f"| cp: cannot create hard link '{first}' to '{name}': {rest}" in ours:
                gnu, ours = _without(gnu, name, first), _without(ours, name, first)
    return gnu, ours


def _folded(gnu: list[str], ours: list[str]) -> Pair:
    """Leave out the two names, equal but for case, of which the other one was met first."""
    gnus, our = (
        {found[1] for line in lines if (found := TAKEN.fullmatch(line))} for lines in (gnu, ours)
    )
    for name in gnus - our:
        for other in our - gnus:
            if name.lower() == other.lower():
                gnu, ours = _without(gnu, name, other), _without(ours, name, other)
    return gnu, ours


def _without(lines: list[str], *names: str) -> list[str]:
    """Return the lines that are about none of the names."""
    return [
        line
        for line in lines
        if _name(line) not in names and not any(f"'{name}'" in line for name in names)
    ]


def _outgrown(gnu: list[str], ours: list[str]) -> Pair:
    """Leave out the files whose attributes GNU has lost; it lost their links, too."""
    names = {found[1] for line in gnu if (found := OUTGROWN.fullmatch(line))}
    if not all(" user." in line for line in ours if _name(line) in names):
        return gnu, ours
    rest = [line for line in gnu if not OUTGROWN.fullmatch(line)]
    if names and not any(line.startswith("| ") for line in rest):  # nothing else has failed
        rest = ["status 0" if line == "status 1" else line for line in rest]
    return _without(rest, *names), _without(ours, *names)


def _arrived(gnu: list[str], ours: list[str]) -> Pair:
    """Leave out what is in the files of which both told that something failed."""
    told = [line for line in gnu if line.startswith("| ") and line in ours]

    def unread(line: str) -> str:
        is_told = line.startswith("-") and any(f"'{_name(line)}'" in each for each in told)
        return DIGEST.sub("", line) if is_told else line

    return [unread(line) for line in gnu], [unread(line) for line in ours]


def _uncounted(gnu: list[str], ours: list[str]) -> Pair:
    """Leave out how many names a file has."""
    return [_nameless(line) for line in gnu], [_nameless(line) for line in ours]


def _nameless(line: str) -> str:
    if line.startswith(("| ", "d")):
        return line
    words = line.split(" ")
    return " ".join(words[:2] + words[3:])


def _left_by_driver(gnu: list[str], ours: list[str]) -> Pair:
    """Leave out the old file of 255 letters, of whose name 19 more and 256 fewer remain."""
    return gnu, [line for line in ours if not line.endswith("/in/" + "n" * 18)]


def _mapless(gnu: list[str], ours: list[str]) -> Pair:
    """Have GNU look for holes as we did, where --debug tells that we did not."""
    text = "| copy offload: yes, reflink: unsupported, sparse detection: "
    if text + "no" not in ours:
        return gnu, ours
    return [text + "no" if line == text + "SEEK_HOLE" else line for line in gnu], ours


def _unflushed(gnu: list[str], ours: list[str]) -> Pair:
    return gnu, [line for line in ours if not line.startswith("| cp: failed to sync '")]


def _cached(gnu: list[str], ours: list[str]) -> Pair:
    """Leave out whether a file was taken for one with holes, and what its copy takes for that."""
    start = "| copy offload: yes, reflink: unsupported, sparse detection: "
    answers = (start + "no", start + "SEEK_HOLE")

    def either(line: str) -> str:
        if line in answers:
            return start
        return BLOCKS.sub("", line) if line.endswith("/holes") else line

    return [either(line) for line in gnu], [either(line) for line in ours]


def _owned(gnu: list[str], ours: list[str]) -> Pair:
    """Leave out failures to set an owner."""
    start = "| cp: failed to preserve ownership for "
    return [line for line in gnu if not line.startswith(start)], [
        line for line in ours if not line.startswith(start)
    ]


def _modeless(gnu: list[str], ours: list[str]) -> Pair:
    """Leave out the mode of what is there, but for its kind."""
    return [_kind_only(line) for line in gnu], [_kind_only(line) for line in ours]


def _kind_only(line: str) -> str:
    return line if line.startswith(("| ", "status ")) else MODE.sub(r"\1 ", line)


def _last_of_two(gnu: list[str], ours: list[str]) -> Pair:
    """Leave out which of two files, whose names are equal but for case, came last."""

    def either(line: str) -> str:
        return UPPER_OR_LOWER.sub("either", line) if line.endswith("/in/Name") else line

    return [either(line) for line in gnu], [either(line) for line in ours]


PLACE_RULES = (
    ("--resume", "says what it continued", _unfinished),
    ("--jobs=4", IN_ANY_ORDER, _in_order),
    ("places", f"slow: {IN_ANY_ORDER}", _in_order),
    ("--durable", "what could not be flushed is told", _unflushed),
    ("--jobs=4", "which name of a file comes first is left to chance", _linked),
    ("--jobs=4", FOLDED, _folded),
    ("cifs", FOLDED, _folded),
    (
        "cifs",
        "several processes write last whichever of two such names they met last",
        _last_of_two,
    ),
    ("cifs-", "an owner that is right already is not set", _owned),
    (
        "cifs-unix",
        "GNU loses attributes whose names take more room than its client says",
        _outgrown,
    ),
    ("CIFS goes away", "how much of a file has arrived by then is left to chance", _arrived),
    ("cifs-posix", "its client tells modes that are not those of the server", _modeless),
    ("cifs", "its client tells the number of names that it remembers", _uncounted),
    ("cifs", "its client tells the size on disk that it remembers", _cached),
    ("bindfs", "FUSE tells the number of names that it remembers", _uncounted),
    ("ntfs-3g --atomic", "ntfs-3g itself leaves a replaced file of a long name", _left_by_driver),
    ("goes away", "what is incomplete and cannot be removed is told", _left),
    ("--atomic", "what cannot be complete does not come into being", _incomplete),
    ("--atomic", "a file is replaced, not written into: other names keep the old one", _replaced),
    ("", "where a list cannot be kept, nobody gets what it withheld", _withheld),
    ("--debug", "a map that has no holes says nothing, since 9.11", _mapless),
    ("cp -r -b", "a backup's name is cut to what there is room for", _shortened),
)
"""A word of the question, why the answer differs, and what takes that away."""


def _has_old(lines: list[str]) -> bool:
    return any("'old" in line for line in lines)


def _has_type(lines: list[str], kind: str) -> bool:
    return any(line.startswith(f"unconfined_u:object_r:{kind}:s0 ") for line in lines)

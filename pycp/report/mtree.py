r"""Lines of mtree(5): one for each file, with its whole name below a root.

    ./etc/app.conf type=file mode=0644 uid=0 gid=0 uname=root gname=root size=9 time=... sha256=...

A byte of a name that could mean anything else is written as vis(3) does, in octal: \040. Lines end
in `tags`, where other programs look for words they know, if there is more to tell:

    found               it was there before, and was not made
    backup:TYPE:SIZE:TIME:NAME
                        what it replaced, which has this name beside it now
"""

import os

from pycp.options import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

SIGNATURE = b"#mtree"
ROOT = b"# root: "
"""How the line begins that names the root; to other programs it is a comment."""
PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789" + b"/._-+:@%~^")
"""Bytes of a name that stand for themselves."""
ESCAPES = {
    **{ord(letter): ord(text) for letter, text in zip("abfnrstv", "\a\b\f\n\r \t\v", strict=True)},
    **{ord(itself): ord(itself) for itself in "\\#"},
}
"""What else a backslash may be followed by, and what that means."""
NUMBERS = (
    ("mode", b"mode", 8),
    ("uid", b"uid", 10),
    ("gid", b"gid", 10),
    ("size", b"size", 10),
)
SECOND = 1_000_000_000
TYPES = {0o100000: "file", 0o040000: "dir", 0o120000: "link"}
"""Words for the types of files, by the bits of their mode."""


class Kept(Record):
    """An old file that was moved aside: its name there, and what tells it from others."""

    name: str = ""
    type: str = ""
    size: int = 0
    time_ns: int = 0


class Line(Record):
    """What a line says; what it does not say is None."""

    path: str = ""
    """Name below the root, without "./"; "" for the root itself."""
    type: str = "file"
    mode: int | None = None
    uid: int | None = None
    gid: int | None = None
    user: str | None = None
    group: str | None = None
    size: int | None = None
    time_ns: int | None = None
    sha256: str | None = None
    link: str | None = None
    """Text of a symbolic link."""
    is_found: bool = False
    backup: Kept | None = None


def type_of(status: os.stat_result) -> str:
    """Return the word for the type of a file; what a record has no word for is "other"."""
    return TYPES.get(status.st_mode & 0o170000, "other")


def encoded(name: str) -> str:
    """Return a name in the letters of vis(3)."""
    return "".join(chr(byte) if byte in PLAIN else f"\\{byte:03o}" for byte in os.fsencode(name))


def decoded(text: bytes) -> str:
    """Return the name that letters of vis(3) mean; raise ValueError if they mean none."""
    name = bytearray()
    rest = iter(range(len(text)))
    for at in rest:
        if text[at] != ord("\\"):
            name.append(text[at])
            continue
        octal = text[at + 1 : at + 4]
        if len(octal) == 3 and not octal.strip(b"01234567") and octal[0] < ord("4"):
            name.append(int(octal, 8))
            skipped = 3
        else:
            following = text[at + 1] if at + 1 < len(text) else 0
            if following not in ESCAPES:
                raise ValueError(text)
            name.append(ESCAPES[following])
            skipped = 1
        for _ in range(skipped):
            next(rest)
    if 0 in name:
        raise ValueError(text)
    return os.fsdecode(bytes(name))


def shown_time(time_ns: int) -> str:
    """Return a time in seconds, with the nine digits that mtree reads as nanoseconds."""
    return f"{time_ns // SECOND}.{time_ns % SECOND:09d}"


def name_of(path: str) -> str:
    """Return how a line names what is below the root."""
    return "./" + encoded(path) if path else "."


def written(line: Line) -> bytes:
    """Return a line as it stands in the file."""
    words = [name_of(line.path), f"type={line.type}"]
    if line.mode is not None:
        words.append(f"mode={line.mode:04o}")
    for word, number in (("uid", line.uid), ("gid", line.gid)):
        if number is not None:
            words.append(f"{word}={number}")
    for word, name in (("uname", line.user), ("gname", line.group)):
        if name and name == encoded(name):  # mtree knows no other way to write such a name
            words.append(f"{word}={name}")
    if line.size is not None:
        words.append(f"size={line.size}")
    if line.time_ns is not None:
        words.append(f"time={shown_time(line.time_ns)}")
    if line.sha256:
        words.append(f"sha256={line.sha256}")
    if line.link is not None:
        words.append(f"link={encoded(line.link)}")
    tags = ["found"] if line.is_found else []
    if line.backup is not None:
        kept = line.backup
        tags.append(
            f"backup:{kept.type}:{kept.size}:{shown_time(kept.time_ns)}:{encoded(kept.name)}"
        )
    if tags:
        words.append("tags=" + ",".join(tags))
    return " ".join(words).encode("ascii") + b"\n"


def understood(text: bytes) -> Line:
    """Return what a line says; raise ValueError if it is none, or its name leaves the root."""
    name, *words = text.split()
    values = dict(word.split(b"=", 1) for word in words if b"=" in word)
    words_of = {key: value.decode("ascii") for key, value in values.items()}
    path = decoded(name)
    if path != "." and not path.startswith("./"):
        _refuse(text)
    path = path[2:]
    if path and any(part in ("", ".", "..") for part in path.split("/")):
        _refuse(text)
    numbers = {key: int(values[word], base) for key, word, base in NUMBERS if word in values}
    time = values.get(b"time")
    link = values.get(b"link")
    tags = values.get(b"tags", b"").split(b",")
    backups = [tag for tag in tags if tag.startswith(b"backup:")]
    return Line(
        path=path,
        type=words_of.get(b"type") or _refuse(text),
        mode=numbers.get("mode"),
        uid=numbers.get("uid"),
        gid=numbers.get("gid"),
        user=words_of.get(b"uname"),
        group=words_of.get(b"gname"),
        size=numbers.get("size"),
        time_ns=_time(time) if time else None,
        sha256=words_of.get(b"sha256"),
        link=decoded(link) if link is not None else None,
        is_found=b"found" in tags,
        backup=_kept(backups[-1]) if backups else None,
    )


def _kept(tag: bytes) -> Kept:
    _word, kind, size, time, name = tag.split(b":", 4)
    last = decoded(name)
    if last in ("", ".", "..") or "/" in last:
        _refuse(tag)
    return Kept(name=last, type=kind.decode("ascii"), size=int(size), time_ns=_time(time))


def _time(text: bytes) -> int:
    seconds, _, fraction = text.partition(b".")
    return int(seconds) * SECOND + int(fraction or b"0")


def _refuse(text: bytes) -> "NoReturn":
    raise ValueError(text)

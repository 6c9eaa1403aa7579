"""Build a tree of files from a few words.

A spec is a mapping of names to nodes, or a string of words:

    a         a file that holds its own name
    d/        a directory (parents of a name are made without asking)
    l->d      a symbolic link
    h=a       a hard link
    p|        a FIFO
    a@0400    ... with this mode
    a+5  a-5  ... dated 5 seconds after (before) the others
"""

import errno
import os
import re
import socket
import stat
import struct
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

BASE_NS = 1_577_836_800_123_456_789
"""Modification time of everything in a tree: the first second of 2020."""
ATIME_NS = BASE_NS + 3_600_000_000_000

Owner = tuple[int, int]
Spec = str | Mapping[str, "str | Node"]


@dataclass(frozen=True, kw_only=True)
class Node:
    """One name of a tree; None stands for the default of its kind or of the tree."""

    kind: int
    """File type bits, as in st_mode; 0 makes a hard link."""
    data: bytes = b""
    """Contents, text of a symbolic link, or the name a hard link shares."""
    pieces: Mapping[int, bytes] = field(default_factory=dict)
    """Offset in bytes to data; what no piece covers is a hole."""
    size: int | None = None
    mode: int | None = None
    age: int = 0
    """Seconds added to BASE_NS."""
    owner: Owner | None = None
    xattrs: Mapping[str, bytes] = field(default_factory=dict)
    device: tuple[int, int] = (0, 0)

    @property
    def needs_root(self) -> bool:
        """Tell whether only root can make this node."""
        return (
            self.owner is not None
            or self.kind in (stat.S_IFCHR, stat.S_IFBLK)
            or any(name.startswith(("security.", "trusted.")) for name in self.xattrs)
        )


KINDS = {
    stat.S_IFREG: "file",
    stat.S_IFDIR: "directory",
    stat.S_IFLNK: "symlink",
    stat.S_IFIFO: "fifo",
    stat.S_IFSOCK: "socket",
    stat.S_IFCHR: "character device",
    stat.S_IFBLK: "block device",
}


def described(spec: Spec) -> str:
    """Describe a spec for somebody who reads of a failure, cut where it goes on and on."""
    if isinstance(spec, str):
        return spec
    parts = []
    for name, node in nodes(spec).items():
        words = [f"{name[:40]!r}: {KINDS.get(node.kind, 'hard link')}"]
        if node.mode is not None:
            words.append(f"{node.mode:04o}")
        for key in ("data", "pieces", "size", "age", "owner", "xattrs"):
            if value := getattr(node, key):
                words.append(f"{key}={value!r}"[:60])
        parts.append(" ".join(words))
    return ", ".join(parts)


def file(
    data: str | bytes = b"",
    mode: int | None = None,
    *,
    pieces: Mapping[int, bytes] | None = None,
    size: int | None = None,
    age: int = 0,
    owner: Owner | None = None,
    xattrs: Mapping[str, bytes] | None = None,
) -> Node:
    """Describe a regular file."""
    return Node(
        kind=stat.S_IFREG,
        data=os.fsencode(data),
        mode=mode,
        pieces=pieces or {},
        size=size,
        age=age,
        owner=owner,
        xattrs=xattrs or {},
    )


def directory(
    mode: int | None = None,
    *,
    age: int = 0,
    owner: Owner | None = None,
    xattrs: Mapping[str, bytes] | None = None,
) -> Node:
    """Describe a directory."""
    return Node(kind=stat.S_IFDIR, mode=mode, age=age, owner=owner, xattrs=xattrs or {})


def symlink(
    text: str | bytes,
    *,
    age: int = 0,
    owner: Owner | None = None,
    xattrs: Mapping[str, bytes] | None = None,
) -> Node:
    """Describe a symbolic link."""
    return Node(
        kind=stat.S_IFLNK, data=os.fsencode(text), age=age, owner=owner, xattrs=xattrs or {}
    )


def hard_link(other: str) -> Node:
    """Describe a further name of a file listed before it."""
    return Node(kind=0, data=os.fsencode(other))


def fifo(mode: int | None = None, *, age: int = 0, owner: Owner | None = None) -> Node:
    """Describe a named pipe."""
    return Node(kind=stat.S_IFIFO, mode=mode, age=age, owner=owner)


def unix_socket(mode: int | None = None) -> Node:
    """Describe a socket."""
    return Node(kind=stat.S_IFSOCK, mode=mode)


def device(kind: str, major: int, minor: int, mode: int | None = None) -> Node:
    """Describe a device of kind "c" or "b"."""
    kinds = {"c": stat.S_IFCHR, "b": stat.S_IFBLK}
    return Node(kind=kinds[kind], device=(major, minor), mode=mode)


ACL_TAGS = {"u:": 1, "u": 2, "g:": 4, "g": 8, "m:": 16, "o:": 32}
ACL_NAMES = {"access": "system.posix_acl_access", "default": "system.posix_acl_default"}
NO_ID = 0xFFFFFFFF


def acl(text: str, which: str = "access") -> dict[str, bytes]:
    """Word an access list as the extended attribute Linux keeps it in.

    Entries are "u::rw u:1001:rwx g::r m::rwx o::r", in this order.
    """
    blob = struct.pack("<I", 2)
    for entry in text.split():
        who, name, letters = entry.split(":")
        tag = ACL_TAGS[who if name else who + ":"]
        bits = sum(4 >> "rwx".index(letter) for letter in letters.replace("-", ""))
        blob += struct.pack("<HHI", tag, bits, int(name) if name else NO_ID)
    return {ACL_NAMES[which]: blob}


def acl_text(blob: bytes) -> str:
    """Read an access list back into the words `acl` takes."""
    tags = {tag: who for who, tag in ACL_TAGS.items()}
    words = []
    for tag, bits, number in struct.iter_unpack("<HHI", blob[4:]):
        letters = "".join(letter for letter in "rwx" if bits & 4 >> "rwx".index(letter))
        words.append(f"{tags[tag]}:{letters}" if number == NO_ID else f"u:{number}:{letters}")
    return " ".join(words)


WORD = re.compile(
    r"(?P<name>\S+?)(?:(?P<directory>/)|(?P<fifo>\|)|->(?P<text>\S+)|=(?P<other>\S+))?"
    r"(?:@(?P<mode>[0-7]{1,4}))?(?P<age>[+-]\d+)?"
)


def nodes(spec: Spec, **more: Node) -> dict[str, Node]:
    """Return every node of a spec by name; `more` adds nodes whose names are plain words."""
    found: dict[str, Node] = {}
    if isinstance(spec, str):
        for word in spec.split():
            match = WORD.fullmatch(word)
            assert match, f"not a word of a tree: {word}"
            name = match["name"]
            age = int(match["age"] or 0)
            mode = int(match["mode"], 8) if match["mode"] else None
            if match["directory"]:
                found[name] = directory(mode, age=age)
            elif match["fifo"]:
                found[name] = fifo(mode, age=age)
            elif match["text"]:
                found[name] = symlink(match["text"])
            elif match["other"]:
                found[name] = hard_link(match["other"])
            else:
                found[name] = file(name, mode, age=age)
    else:
        for name, node in spec.items():
            found[name] = file(node) if isinstance(node, str) else node
    return found | more


def in_building_order(spec: Spec) -> list[tuple[str, Node]]:
    """Return the nodes of a spec and their parents, each after what it needs."""
    everything: dict[str, Node] = {}
    listed = nodes(spec)
    for name, node in listed.items():
        parts = name.split("/")
        for depth in range(1, len(parts)):
            parent = "/".join(parts[:depth])
            everything.setdefault(parent, listed.get(parent, directory()))
        everything[name] = node
    return sorted(everything.items(), key=lambda item: not item[1].kind)


def build(root: str, spec: Spec, owner: Owner) -> bool:
    """Make the tree below `root`, which must not exist; `owner` gets what names no other owner.

    Tell whether its inode numbers rise in the order of the spec. A failure leaves nothing.
    """
    os.mkdir(root)
    try:
        return _build(root, spec, owner)
    except BaseException:
        remove(root)
        raise


def _build(root: str, spec: Spec, owner: Owner) -> bool:
    made = [(directory(), root)]
    for name, node in in_building_order(spec):
        assert not name.startswith("/"), f"outside of the tree: {name}"
        path = os.path.join(root, name)
        if node.kind:
            create(path, node)
            made.append((node, path))
        else:
            os.link(os.path.join(root, os.fsdecode(node.data)), path, follow_symlinks=False)
    ordered = in_order(root, spec)
    for node, path in reversed(made):
        dress(path, node if node.owner else replace(node, owner=owner))
    return ordered


def in_order(root: str, spec: Spec) -> bool:
    """Tell whether inode numbers rise in the order of the spec within each directory.

    GNU handles the entries of a directory by rising inode number, so only such a tree
    makes the order of its messages foreseeable.
    """
    last: dict[str, int] = {}
    for name, node in in_building_order(spec):
        inode = os.lstat(os.path.join(root, name)).st_ino
        parent = os.path.dirname(name)
        if node.kind and inode < last.get(parent, 0):
            return False
        last[parent] = max(inode, last.get(parent, 0))
    return True


def create(path: str, node: Node) -> None:
    """Make one node without its attributes."""
    if node.kind == stat.S_IFDIR:
        os.mkdir(path)
    elif node.kind == stat.S_IFLNK:
        os.symlink(node.data, path)
    elif node.kind == stat.S_IFSOCK:
        with socket.socket(socket.AF_UNIX) as unbound:
            unbound.bind(path)
    elif node.kind == stat.S_IFREG:
        with open(path, "wb") as stream:
            stream.write(node.data)
            for offset, data in node.pieces.items():
                stream.seek(offset)
                stream.write(data)
            stream.truncate(node.size if node.size is not None else stream.tell())
    else:
        os.mknod(path, node.kind | 0o600, os.makedev(*node.device))


def dress(path: str, node: Node) -> None:
    """Give one node its owner, extended attributes, mode and times."""
    assert node.owner is not None
    os.chown(path, *node.owner, follow_symlinks=False)
    for name, value in node.xattrs.items():
        os.setxattr(path, name, value, follow_symlinks=False)
    if node.kind != stat.S_IFLNK and (node.mode is not None or not node.xattrs.keys() & ACL_VALUES):
        default = 0o755 if node.kind == stat.S_IFDIR else 0o644
        os.chmod(path, default if node.mode is None else node.mode)
    age_ns = node.age * 1_000_000_000
    os.utime(path, ns=(ATIME_NS + age_ns, BASE_NS + age_ns), follow_symlinks=False)


ACL_VALUES = set(ACL_NAMES.values())


def remove(root: str) -> None:
    """Remove a tree, however little its owner may do in it."""
    try:
        _remove_below(root, os.lstat(root).st_dev)
        return
    except (OSError, RecursionError):
        pass  # what it takes follows
    if os.geteuid() != 0:
        subprocess.run(["chmod", "-R", "u+rwx", root], stderr=subprocess.DEVNULL, check=False)
    # rm goes as deep as a runaway copy may have gone.
    subprocess.run(["rm", "-rf", "--one-file-system", root], check=True)


def _remove_below(path: str, device: int) -> None:
    """Remove a tree of one file system, which costs less than to start a program for it."""
    status = os.lstat(path)
    if status.st_dev != device or not stat.S_ISDIR(status.st_mode):
        raise OSError(errno.EXDEV, "no directory, or another file system", path)
    with os.scandir(path) as entries:
        for entry in list(entries):
            if entry.is_dir(follow_symlinks=False):
                _remove_below(entry.path, device)
            else:
                os.unlink(entry.path)
    os.rmdir(path)

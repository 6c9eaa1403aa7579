"""Trees of what not every file system can hold, and in words all that can be seen of a copy."""

import contextlib
import errno
import hashlib
import os
import shutil
import stat
import struct
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

Result = TypeVar("Result")
LABEL = "security.selinux"
CP = "/bin/cp"
OLD_NS = 981173106123456789
LARGE = 300_000
PAUSES_S = (0.2, 1, 2)
SHOWN = 200
LONG = (*("n" * size for size in (13, 14, 28, 29, 30, 143, 255)), "m" * 253, "\u2603" * 250)
"""Names as long as file systems let them be, the last one in letters."""


def remove(path: str) -> None:
    if os.path.isdir(path) and not os.path.islink(path):
        for pause_s in PAUSES_S:  # a client of CIFS closes later what it removes
            with contextlib.suppress(OSError):
                shutil.rmtree(path)
                return
            time.sleep(pause_s)
        served = path.replace("/run/fs/", "/run/served/", 1)
        if served != path and os.path.isdir(served):
            shutil.rmtree(served)  # a client may make names that it cannot remove
        if os.path.lexists(path):
            shutil.rmtree(path)
    else:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)


def make_sources() -> None:
    """Make, in the working directory, the trees that are copied; they stay as they are."""
    _make_odd()
    _make_few()
    _make_names()
    _make_large()


def prepare(before: str, place: str, uid: int = 0) -> None:
    """Make the situation that a question about a file system begins with."""
    for name in ("/run/fs/{}/zz", "/run/fs/{}/zz2", "/run/fs/{}/zz~"):
        remove(name.format(place))
    remove("zz")
    name = f"/run/fs/{place}/zz"
    if before in ("copy", "archive"):
        _quietly(CP, "-a" if before == "archive" else "-r", tree_for(place), name)
    elif before == "installed":
        _quietly("/usr/bin/install", "odd/plain", name)
    elif before == "long":
        for directory in (name, f"{name}2"):
            os.mkdir(directory)
            for long in LONG:
                with contextlib.suppress(OSError):
                    _write(f"{directory}/{long}", directory.encode())
    elif before == "directory":
        os.mkdir(name)
        if uid:
            os.chown(name, uid, uid)


def tree_for(place: str) -> str:
    """Return which tree is copied to a file system: few files where each takes long."""
    return "few" if place.startswith("cifs") else "odd"


def _quietly(*command: str) -> None:
    subprocess.run(command, stderr=subprocess.DEVNULL, check=False)


def _make_odd() -> None:
    remove("odd")
    os.makedirs("odd/in/deep")
    _write("odd/plain", b"plain\n")
    _write("odd/secret", b"secret\n", 0o4750, 1001)
    _write("odd/listed", b"listed\n", 0o640)
    _write("odd/able", b"able\n", 0o755)
    _write("odd/in/Name", b"upper\n")
    _write("odd/in/name", b"lower\n")
    _write("odd/in/a:b", b"colon\n")
    _write("odd/in/dot.", b"dot\n")
    _write("odd/in/\u00fc", b"umlaut\n")
    _write("odd/in/" + "n" * 255, b"long\n")
    with open("odd/holes", "wb") as file:
        file.truncate(1 << 20)
        file.seek(512 << 10)
        file.write(b"data" * 1024)
    os.link("odd/plain", "odd/in/second")
    os.symlink("plain", "odd/link")
    os.mkfifo("odd/fifo")
    os.mknod("odd/null", 0o600 | stat.S_IFCHR, os.makedev(1, 3))
    os.mkdir("odd/shared")
    os.chmod("odd/shared", 0o2770)
    os.setxattr("odd/plain", "user.word", b"value")
    os.setxattr("odd/able", "security.capability", struct.pack("<5I", 0x02000001, 1 << 13, 0, 0, 0))
    os.setxattr("odd/listed", "system.posix_acl_access", _access_list())
    os.setxattr("odd/shared", "system.posix_acl_default", _access_list())
    _age("odd")


def _make_few() -> None:
    """Make a tree of one thing of each kind."""
    remove("few")
    subprocess.run((CP, "-a", "odd", "few"), check=True)
    for name in ("able", "in/a:b", "in/dot.", "in/\u00fc", "in/" + "n" * 255, "in/deep", "null"):
        remove(f"few/{name}")
    _age("few")


def _access_list() -> bytes:
    """Return a list that lets user 1002 read and write, as the kernel has it."""
    nobody = 0xFFFFFFFF
    entries = ((1, 6, nobody), (2, 6, 1002), (4, 4, nobody), (16, 6, nobody), (32, 0, nobody))
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


def _make_names() -> None:
    """Make files with names that some file systems refuse, fold or change."""
    remove("names")
    os.makedirs("names/Dir")
    os.makedirs("names/dir")
    for number, name in enumerate(
        (
            *("Dir/one", "dir/two", "caf\u00e9", "cafe\u0301", "CON", "tail ", "back\\slash"),
            *('quo"te', "star*", "line\nend", "\udcff", "\u00fc" * 127, "...", ".hid"),
        )
    ):
        _write(f"names/{name}", b"%d\n" % number)
    _age("names")


def _make_large() -> None:
    """Make a tree that takes a while."""
    remove("large")
    os.makedirs("large/in")
    for name in ("one", "in/two", "three"):
        _write(f"large/{name}", name.encode() * (LARGE // len(name)))
    os.symlink("one", "large/link")
    _age("large")


def _write(path: str, contents: bytes, mode: int = 0o644, uid: int = 0) -> None:
    Path(path).write_bytes(contents)
    os.chown(path, uid, uid)
    os.chmod(path, mode)


def _age(top: str) -> None:
    for above, directories, names in os.walk(top, topdown=False):
        for name in names + directories:
            os.utime(f"{above}/{name}", ns=(OLD_NS, OLD_NS), follow_symlinks=False)
    os.utime(top, ns=(OLD_NS, OLD_NS))


def bytes_below(path: str) -> int:
    """Return how many bytes the files in a tree have, 0 if it is not there."""
    found = 0
    for above, _directories, names in os.walk(path):
        for name in names:
            with contextlib.suppress(OSError):
                found += os.lstat(f"{above}/{name}").st_size
    return found


def everything(path: str) -> list[str]:
    """Return in words what is there, below it as well."""
    path = path.rstrip("/")
    found = [path]
    if os.path.isdir(path) and not os.path.islink(path):
        for above, directories, names in os.walk(path):
            found += [f"{above}/{name}" for name in directories + names]
    return [whole(name) for name in sorted(found)]


def whole(path: str) -> str:
    """Return in words all that a copy may keep of a file."""
    shown = path if len(path) < SHOWN else f"{path[:40]}..."
    try:
        status = _patiently(lambda: os.lstat(path), errno.EIO)
    except OSError as error:
        return f"({errno.errorcode[error.errno or 0]}) {shown}"
    is_old = status.st_mtime_ns < 10**18
    words = [stat.filemode(status.st_mode), f"{status.st_uid}:{status.st_gid}"]
    words += [str(status.st_nlink), str(status.st_mtime_ns) if is_old else "now"]
    if stat.S_ISREG(status.st_mode):
        words.append(_contents(path))
        if not path.startswith("/run/fs/cifs"):  # there it depends on what is in the cache
            words.append(f"{status.st_blocks} blocks")
    elif stat.S_ISLNK(status.st_mode):
        words.append(os.readlink(path))
    return " ".join([*words, *_attributes(path), shown])


def _patiently(look: Callable[[], Result], *codes: int) -> Result:
    """Look again where a client of CIFS fails for a while, as when it is looking for its server."""
    for pause_s in PAUSES_S:
        try:
            return look()
        except OSError as error:
            if error.errno not in codes:
                raise
        time.sleep(pause_s)
    return look()


def _contents(path: str) -> str:
    """Return the size of a file and a digest of what it holds."""
    try:
        contents = _patiently(Path(path).read_bytes, errno.EINVAL)
    except OSError as error:
        return f"({errno.errorcode[error.errno or 0]})"
    return f"{len(contents)}:{hashlib.md5(contents).hexdigest()[:8]}"


def _attributes(path: str) -> list[str]:
    """Return the extended attributes of a file: the label's words, a digest of other values."""
    found = []
    with contextlib.suppress(OSError):
        for name in sorted({*os.listxattr(path, follow_symlinks=False), LABEL}):
            if name.startswith("$LX"):  # owner and mode, as ntfs3 keeps them
                continue
            try:
                value = os.getxattr(path, name, follow_symlinks=False)
            except OSError as error:
                found.append(f"{name}:{errno.errorcode[error.errno or 0]}")
                continue
            is_label = name == LABEL
            text = value.rstrip(b"\0").decode() if is_label else hashlib.md5(value).hexdigest()[:8]
            found.append(f"{name}={text}")
    return found

"""A system without Linux's own calls: the portable ways make the same copy as GNU's cp.

Another interpreter believes it runs on macOS, or was built against an old C library: what `os` and
others do not have there is taken away before pycp is loaded.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import listing, tree
from tests.programs import CHECKOUT, MEASURED, ORACLES, SECONDS

XATTR_CALLS = ("listxattr", "getxattr", "setxattr", "removexattr")
LATE_CALLS = (
    *("O_PATH", "O_TMPFILE", "O_NOATIME", "SEEK_DATA", "SEEK_HOLE"),
    *("copy_file_range", "memfd_create", "pidfd_open", "splice", "eventfd", "sendfile"),
    *("getrandom", "preadv", "pwritev", "posix_fallocate", "posix_fadvise", "POSIX_FADV_DONTNEED"),
    *("posix_spawn", "sched_getaffinity", "sched_setaffinity", "pipe2"),
)
"""What `os` has only where the C library has it."""
OTHER_LATE_CALLS = {
    "_signal": ("SIGIO", "sigtimedwait", "pidfd_send_signal"),
    "_socket": ("MSG_NOSIGNAL", "SOCK_CLOEXEC"),
    "fcntl": ("F_SETSIG", "F_DUPFD_CLOEXEC", "F_SETLEASE", "FICLONE"),
    "select": ("epoll",),
}
ELSEWHERE = f"""
import os, sys
sys.path.insert(0, sys.argv.pop(1))
sys.platform = sys.argv.pop(1)
for name in {LATE_CALLS + XATTR_CALLS}:
    if sys.platform == "darwin" or name not in {XATTR_CALLS}:
        vars(os).pop(name, None)
if sys.platform == "linux":
    import errno
    errno.ENOATTR = vars(errno).pop("ENODATA")  # as on BSD
def without_dir_fd(call):
    def called(path, *values, dir_fd=None):
        if dir_fd is not None:
            raise NotImplementedError("dir_fd unavailable on this platform")
        call(path, *values)
    return called
os.mkfifo, os.mknod = map(without_dir_fd, (os.mkfifo, os.mknod))  # as on macOS before 13
if "WITHOUT_XATTR" in os.environ:
    sys.modules["xattr"] = None
for module, names in {OTHER_LATE_CALLS}.items():
    for name in names:
        vars(__import__(module)).pop(name, None)
from pycp import system
from pycp.__main__ import cp_main, install_main
assert system.PATH_ONLY == 0 and system.offload is None
assert ("pycp.system.linux" in sys.modules) is (sys.platform == "linux")
program = sys.argv.pop(1)
sys.argv[0] = program
sys.exit(cp_main() if program == "pycp" else install_main())
"""

SPEC = tree.nodes(
    "s/d/e/f@0600 s/l->d/e s/nowhere->x s/h=s/d/e/f s/p|@0640 s/empty s/g@0444 s/d/old-5",
    **{
        "s/big": tree.file(bytes(range(256)) * 2000),
        "s/hole": tree.file(pieces={0: b"x", 300_000: b"y"}, size=500_000),
        "s/setid": tree.file("x", 0o6755),
        "s/q": tree.directory(0o2750, age=7),
        "s/r": tree.directory(0o555),
        "s/r/f": tree.file("f"),
    },
)
XATTRS = {
    "x": tree.file("x", xattrs={"user.k": b"v\0\xff"}),
    "xd": tree.directory(xattrs={"user.d": b"v"}),
}


@pytest.fixture(params=["darwin", "linux"])
def platform(request: pytest.FixtureRequest) -> str:
    """Return the name of a system that lacks most of what Linux has, or has had for long."""
    return str(request.param)


def elsewhere(
    platform: str, here: Path, program: str, *words: str, **env: str
) -> "subprocess.CompletedProcess[str]":
    """Run our program as if on another system."""
    return subprocess.run(
        [sys.executable, "-c", ELSEWHERE, str(CHECKOUT), platform, program, *words],
        cwd=here,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C", "COVERAGE_PROCESS_CONFIG": MEASURED} | env,
    )


def built(tmp_path: Path, spec: tree.Spec) -> Path:
    """Build a tree; return its root."""
    tree.build(str(tmp_path / "tree"), spec, (os.geteuid(), os.getegid()))
    return tmp_path / "tree"


@pytest.mark.parametrize("options", ["-a", "-r", "-rL --sparse=always", "-a --sparse=never", "-al"])
def test_a_tree_is_copied_as_gnu_does(platform: str, tmp_path: Path, options: str) -> None:
    follows = "L" in options
    spec = {name: node for name, node in SPEC.items() if not (follows and name == "s/nowhere")}
    here = built(tmp_path, spec)
    done = elsewhere(platform, here, "pycp", *options.split(), "s", "n")
    assert (done.returncode, done.stderr) == (0, "")
    ours = without_links(listing.listing(str(here / "n"), tree.BASE_NS + 10**12))
    tree.remove(str(here))
    here = built(tmp_path, spec)
    subprocess.run([ORACLES["pycp"], *options.split(), "s", "n"], cwd=here, check=True)
    theirs = without_links(listing.listing(str(here / "n"), tree.BASE_NS + 10**12))
    assert ours == theirs
    tree.remove(str(here))


def without_links(lines: list[str]) -> list[str]:
    """Leave out where data is stored, which holes that are copied by hand may change a little."""
    return [
        "  ".join(word for word in line.split("  ") if not word.startswith("stored: "))
        for line in lines
    ]


@pytest.mark.parametrize("options", ["-a", "--preserve=xattr"])
def test_extended_attributes_are_copied_by_the_package(
    platform: str, tmp_path: Path, options: str
) -> None:
    here = built(tmp_path, XATTRS)
    done = elsewhere(platform, here, "pycp", "-r", options, "x", "xd", "-t", ".", "--backup")
    assert done.returncode == 1  # they are the same files
    os.mkdir(here / "n")
    done = elsewhere(platform, here, "pycp", "-r", options, "x", "xd", "n")
    assert (done.returncode, done.stderr) == (0, "")
    assert os.getxattr(here / "n/x", "user.k") == b"v\0\xff"
    assert os.getxattr(here / "n/xd", "user.d") == b"v"


def test_without_the_package_nothing_else_is_lost_and_who_insists_is_told(tmp_path: Path) -> None:
    here = built(tmp_path, SPEC)
    done = elsewhere("darwin", here, "pycp", "-a", "s", "n", WITHOUT_XATTR="1")
    assert (done.returncode, done.stderr) == (0, "")
    assert not subprocess.run(["diff", "-r", "s/d", "n/d"], cwd=here, capture_output=True).stdout
    done = elsewhere("darwin", here, "pycp", "--preserve=xattr", "s/g", "g", WITHOUT_XATTR="1")
    text = "pycp: cannot preserve extended attributes without the package xattr\n"
    assert (done.returncode, done.stderr) == (1, text)
    assert not (here / "g").exists()
    tree.remove(str(here))


@pytest.mark.parametrize("options", ["-a", "-r"])
def test_a_link_that_one_operand_brought_is_followed_for_no_other(
    platform: str, tmp_path: Path, options: str
) -> None:
    here = built(tmp_path, tree.nodes("a/d/x->../../v b/d/x v dst/"))
    done = elsewhere(platform, here, "pycp", options, "a/d", "b/d", "dst")
    text = "pycp: will not copy 'b/d/x' through just-created symlink 'dst/d/x'\n"
    assert (done.returncode, done.stderr) == (1, text)
    assert (here / "v").read_text() == "v"


def test_a_deep_tree_is_walked_by_readable_directories(platform: str, tmp_path: Path) -> None:
    here = built(tmp_path, {"s/" + "/".join("d" * 30) + "/f": tree.file("f")})
    done = elsewhere(platform, here, "pycp", "-a", "s", "n")
    assert (done.returncode, done.stderr) == (0, "")
    assert not subprocess.run(["diff", "-r", "s", "n"], cwd=here, capture_output=True).stdout


def test_several_processes_copy_a_tree(platform: str, tmp_path: Path) -> None:
    here = built(tmp_path, {f"s/{n % 7}/{n}": tree.file(str(n)) for n in range(300)})
    done = elsewhere(platform, here, "pycp", "--jobs=3", "-a", "s", "n")
    assert (done.returncode, done.stderr) == (0, "")
    assert not subprocess.run(["diff", "-r", "s", "n"], cwd=here, capture_output=True).stdout


@pytest.mark.parametrize(
    "words", ["-m 640 a b", "-D -p a x/y/b", "-d -m 2750 p/q", "-b a b", "-C -m 644 a b"]
)
def test_files_are_installed_as_gnu_does(platform: str, tmp_path: Path, words: str) -> None:
    found = []
    for name in ("ours", "theirs"):
        here = built(tmp_path, "a@0640 b")
        if name == "ours":
            done = elsewhere(platform, here, "pyinstall", *words.split())
            assert (done.returncode, done.stderr) == (0, "")
        else:
            subprocess.run([ORACLES["pyinstall"], *words.split()], cwd=here, check=True)
        found.append(listing.listing(str(here), tree.BASE_NS + 10**12))
        shutil.rmtree(here)
    assert found[0] == found[1]

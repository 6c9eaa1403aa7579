"""Runs in the guest: each question is put to GNU's program and to ours, in the same situation.

    ask MODE SELECTION...    prints the answers, a JSON object a line
    ask serve                asks for a confined user, until the file `stop` is there

Preparations are made by calls of Python: a process takes long to start under emulation. Ours runs
in a fork that has its modules already.
"""

import contextlib
import hashlib
import importlib
import json
import os
import pkgutil
import shutil
import stat
import subprocess
import sys
import time
from pathlib import Path

from tests.vm.guest.questions import OURS, PLACES, Question, questions

WORK, HOME = "/root/w", "/home/u1"
ASKED, ANSWERED = f"{HOME}/asked", f"{HOME}/answered"
LABEL = "security.selinux"
SHARE = "unconfined_u:object_r:samba_share_t:s0"
USER_HOME = "unconfined_u:object_r:user_home_t:s0"
CONFINED_HOME = "user_u:object_r:user_home_t:s0"
OWN_TYPE = "system_u:object_r:etc_t:s0"
PROGRAMS = {"cp": "/bin/cp", "install": "/usr/bin/install"}
LEFT = (
    *("/etc/zz", "/etc/zz~", "/etc/d", "/usr/local/bin/zz", "/var/www/zz", "/var/www/f"),
    *("/var/www/g", "/tmp/zz", f"{WORK}/zz", f"{WORK}/d", f"{WORK}/s", f"{WORK}/way"),
    *("/etc/resolv.conf.zz", "/dev/shm/zz", "/run/v/zz", "/run/e/zz", "/run/c/zz"),
)
SECONDS = 60
PAUSE_S = 0.01


def label(path: str, text: str) -> None:
    os.setxattr(path, LABEL, os.fsencode(text) + b"\0", follow_symlinks=False)


def write(path: str, text: str, mode: int = 0o644, context: str = "", uid: int = 0) -> None:
    Path(path).write_text(text)
    os.chmod(path, mode)
    os.chown(path, uid, uid)
    if context:
        label(path, context)


def remove(path: str) -> None:
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    else:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)


def prepare(before: str) -> None:
    """Make the situation that a question begins with."""
    os.chdir(WORK)
    for path in (*LEFT, *(f"/run/fs/{name}/zz" for name in PLACES)):
        remove(path)
    write("f", "hi\n", 0o755, SHARE)
    write("g", "two\n", 0o644, USER_HOME)
    word, _, place = before.partition(" ")
    if before in ("symlink", "link source"):
        os.symlink("/etc", "way")
        os.symlink("f", "s")
        label("s", "unconfined_u:object_r:tmp_t:s0")
    elif before == "old directory":
        os.mkdir("/etc/zz")
        label("/etc/zz", USER_HOME)
    elif before.endswith("home"):
        prepare_home(before)
    elif word == "old":
        path = place or "/etc/zz"
        write(path, "old\n")
        with contextlib.suppress(OSError):
            label(path, USER_HOME)
    elif word == "same":
        write("/etc/zz", "hi\n", 0o755, SHARE if place else USER_HOME)
    elif before in ("tree", "tree without fifo", "files only", "both trees", "parents"):
        prepare_tree(before)
    elif word == "odd":
        prepare_odd()
        if before != "odd tree":
            command = (PROGRAMS["cp"], "-r", "odd", before.split()[2])
            subprocess.run(command, stderr=subprocess.DEVNULL, check=False)
    elif before == "on vfat":
        write("/run/v/s", "x\n")


def prepare_tree(before: str) -> None:
    os.makedirs("d/bin")
    os.mkdir("d/lib")
    write("d/bin/x", "1\n")
    write("d/lib/y", "2\n")
    if before != "files only":
        os.symlink("x", "d/bin/l")
    if before not in ("files only", "tree without fifo"):
        os.mkfifo("d/p")
    for above, directories, names in os.walk("d"):
        for name in directories + names:
            label(f"{above}/{name}", SHARE)
    label("d", SHARE)
    label("d/lib", "unconfined_u:object_r:tmp_t:s0")
    if before == "both trees":
        os.makedirs("/var/www/zz/bin")
        write("/var/www/zz/bin/x", "old\n")
        for name in ("", "/bin", "/bin/x"):
            label(f"/var/www/zz{name}", USER_HOME)
    elif before == "parents":
        os.mkdir("/etc/d")
        label("/etc/d", USER_HOME)


def prepare_odd() -> None:
    """Make a tree of what not every file system can hold."""
    remove("odd")
    os.makedirs("odd/in/deep")
    write("odd/plain", "plain\n", 0o644)
    write("odd/secret", "secret\n", 0o4750, uid=1001)
    write("odd/in/Name", "upper\n")
    write("odd/in/name", "lower\n")
    write("odd/in/a:b", "colon\n")
    write("odd/in/dot.", "dot\n")
    write("odd/in/\u00fc", "umlaut\n")
    write("odd/in/" + "n" * 255, "long\n")
    with open("odd/holes", "wb") as file:
        file.truncate(1 << 20)
        file.seek(512 << 10)
        file.write(b"data" * 1024)
    os.link("odd/plain", "odd/in/second")
    os.symlink("plain", "odd/link")
    os.mkfifo("odd/fifo")
    os.mknod("odd/null", 0o600 | stat.S_IFCHR, os.makedev(1, 3))
    os.setxattr("odd/plain", "user.word", b"value")
    for above, directories, names in os.walk("odd"):
        for name in directories + names:
            times = (981173106123456789, 981173106123456789)
            os.utime(f"{above}/{name}", ns=times, follow_symlinks=False)


def prepare_home(before: str) -> None:
    os.chdir(HOME)
    for name in ("zz", "zz~", "t"):
        remove(name)
    write("f1", "one\n", 0o644, "user_u:object_r:user_tmp_t:s0", 1001)
    write("k", "k\n", 0o644, OWN_TYPE, 1001)
    if before == "old home":
        write("zz", "old\n", 0o644, CONFINED_HOME, 1001)
    elif before == "tree home":
        os.mkdir("t")
        os.chown("t", 1001, 1001)
        write("t/a", "a\n", 0o644, OWN_TYPE, 1001)
        write("t/b", "b\n", 0o644, CONFINED_HOME, 1001)
        label("t", CONFINED_HOME)


def looks(path: str, inodes: dict[str, int]) -> list[str]:
    """Return in words what is there; all of it if the name ends with a slash."""
    if not path.endswith("/"):
        return [look(path, inodes)]
    lines = [look(path.rstrip("/"), inodes)]
    for above, directories, names in os.walk(path):
        lines += [whole(f"{above.rstrip('/')}/{name}") for name in sorted(directories + names)]
    return sorted(lines)


def whole(path: str) -> str:
    """Return in words all that a copy may keep of a file."""
    status = os.lstat(path)
    is_old = status.st_mtime_ns < 10**18
    words = [stat.filemode(status.st_mode), f"{status.st_uid}:{status.st_gid}"]
    words += [str(status.st_nlink), str(status.st_mtime_ns) if is_old else "now"]
    if stat.S_ISREG(status.st_mode):
        contents = Path(path).read_bytes()
        words.append(f"{len(contents)}:{hashlib.md5(contents).hexdigest()[:8]}")
        words.append(f"{status.st_blocks} blocks")
        with contextlib.suppress(OSError):
            names = set(os.listxattr(path)) - {LABEL}
            words.append(",".join(sorted(names)))
    elif stat.S_ISLNK(status.st_mode):
        words.append(os.readlink(path))
    return " ".join([*words, path if len(path) < 200 else f"{path[:40]}..."])


def look(path: str, inodes: dict[str, int]) -> str:
    """Return in words what is there."""
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        return f"(absent) {path}"
    try:
        context = os.getxattr(path, LABEL, follow_symlinks=False).rstrip(b"\0").decode()
    except OSError as error:
        context = f"({os.strerror(error.errno or 0)})"
    words = [context, stat.filemode(status.st_mode)]
    if stat.S_ISREG(status.st_mode):
        words.append(repr(Path(path).read_text()))
    if inodes.get(path) == status.st_ino:
        words.append("same inode")
    return " ".join([*words, path])


def run(words: list[str], ours: bool, output: str) -> tuple[int, list[str]]:
    """Run a command, by a fork that goes on as our program if it is to be ours."""
    pid = os.fork()
    if pid == 0:
        try:
            fd = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            os.dup2(fd, 1)
            os.dup2(fd, 2)
            os.umask(0o022)
            if not ours:
                known = [word for word in words if word not in OURS]
                os.execv(PROGRAMS[words[0]], known)
            from pycp.__main__ import cp_main, install_main

            sys.argv = words
            os._exit(cp_main() if words[0] == "cp" else install_main())
        except BaseException:
            import traceback

            traceback.print_exc()
            sys.stderr.flush()
        finally:
            os._exit(99)
    end = time.monotonic() + SECONDS
    while True:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            break
        if time.monotonic() > end:
            os.kill(pid, 9)
            os.waitpid(pid, 0)
            return -1, ["took too long"]
        time.sleep(PAUSE_S)
    return os.waitstatus_to_exitcode(status), Path(output).read_text().splitlines()


def through_server(words: list[str], ours: bool) -> tuple[int, list[str]]:
    """Have the server of the confined user run a command."""
    write(f"{ASKED}.new", json.dumps([words, ours]), 0o644, CONFINED_HOME, 1001)
    os.rename(f"{ASKED}.new", ASKED)
    end = time.monotonic() + SECONDS
    while not os.path.exists(ANSWERED):
        time.sleep(PAUSE_S)
        if time.monotonic() > end:
            return -1, ["no answer"]
    status, lines = json.loads(Path(ANSWERED).read_text())
    os.unlink(ANSWERED)
    return status, lines


def answer(question: Question, ours: bool) -> list[str]:
    """Return the lines of an answer: what was printed, the status, what is there."""
    prepare(question.before)
    there = [path for path in question.looks if os.path.lexists(path)]
    # Held open, so that nothing new can have the number of what was there.
    fds = [os.open(path, os.O_PATH | os.O_NOFOLLOW) for path in there]
    inodes = {path: os.fstat(fd).st_ino for path, fd in zip(there, fds, strict=True)}
    words = question.command.split()
    if question.is_confined:
        status, lines = through_server(words, ours)
    else:
        status, lines = run(words, ours, "/run/output")
    told = [f"| {line}" for line in lines]
    try:
        seen = [line for path in question.looks for line in looks(path, inodes)]
        return [*told, f"status {status}", *seen]
    finally:
        for fd in fds:
            os.close(fd)


def serve() -> None:
    load()
    os.chdir(HOME)
    Path(f"{HOME}/ready").touch()
    while not os.path.exists(f"{HOME}/stop"):
        if not os.path.exists(ASKED):
            time.sleep(PAUSE_S)
            continue
        words, ours = json.loads(Path(ASKED).read_text())
        result = run(words, ours, f"{HOME}/output")
        os.unlink(ASKED)
        Path(f"{ANSWERED}.new").write_text(json.dumps(result))
        os.rename(f"{ANSWERED}.new", ANSWERED)


def load() -> None:
    """Import everything of ours that a command may need."""
    import pycp

    for module in pkgutil.walk_packages(pycp.__path__, "pycp."):
        with contextlib.suppress(ImportError):  # what the guest has no package for
            if "shutil" not in module.name:
                importlib.import_module(module.name)


def ask(mode: str, selection: list[str]) -> None:
    load()
    told = open("/dev/console", "w", buffering=1)  # noqa: SIM115
    for question in questions():
        if not is_wanted(question, mode, selection):
            continue
        begun = time.monotonic()
        gnu, ours = answer(question, False), answer(question, True)
        took = time.monotonic() - begun
        found = {"mode": mode, "name": question.name, "gnu": gnu, "ours": ours, "seconds": took}
        print(json.dumps(found), flush=True)
        told.write(f"{took:.1f} s {mode} {question.name}\n")


def is_wanted(question: Question, mode: str, selection: list[str]) -> bool:
    """Return whether a question is to be put, and can be."""
    if selection and not any(word in question.name for word in selection):
        return False
    if question.room == "places":
        return bool(selection) and os.path.ismount(os.path.dirname(question.looks[0].rstrip("/")))
    return mode == "enforcing" or not question.is_confined


def start_server() -> "subprocess.Popen[bytes]":
    """Start the server while that is allowed; it belongs to the confined user."""
    for name in ("ready", "stop"):
        remove(f"{HOME}/{name}")
    label(HOME, "user_u:object_r:user_home_dir_t:s0")
    command = ["setpriv", "--reuid", "1001", "--regid", "1001", "--clear-groups"]
    command += [
        "runcon",
        "user_u:user_r:user_t:s0",
        sys.executable,
        "-m",
        "tests.vm.guest.ask",
        "serve",
    ]
    server = subprocess.Popen(command, cwd=HOME, env={**os.environ, "HOME": HOME})
    while server.poll() is None and not os.path.exists(f"{HOME}/ready"):
        time.sleep(0.01)
    return server


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve()
    elif sys.argv[1] == "enforcing":
        server = start_server()
        Path("/sys/fs/selinux/enforce").write_text("1")
        try:
            ask("enforcing", sys.argv[2:])
        finally:
            Path("/sys/fs/selinux/enforce").write_text("0")
            Path(f"{HOME}/stop").touch()
            server.wait()
    else:
        ask("permissive", sys.argv[2:])

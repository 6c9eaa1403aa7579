"""Runs in the guest: each question is put to GNU's program and to ours, in the same situation.

    ask MODES PART SELECTION...   prints the answers, a JSON object a line
    ask serve                     asks for a confined user, until the file `stop` is there

Preparations are made by calls of Python: a process takes long to start under emulation. Ours runs
in a fork that has its modules already.
"""

import contextlib
import gc
import importlib
import json
import os
import pkgutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tests.vm.guest import by_python, odd, troubles
from tests.vm.guest.odd import LABEL, remove
from tests.vm.guest.parts import selected
from tests.vm.guest.question import Question
from tests.vm.guest.questions import OURS

Answer = tuple[list[str], list[str]]

WORK, HOME = "/root/w", "/home/u1"
ASKED, ANSWERED = f"{HOME}/asked", f"{HOME}/answered"
SHARE = "unconfined_u:object_r:samba_share_t:s0"
USER_HOME = "unconfined_u:object_r:user_home_t:s0"
CONFINED_HOME = "user_u:object_r:user_home_t:s0"
OWN_TYPE = "system_u:object_r:etc_t:s0"
PROGRAMS = {"cp": "/bin/cp", "install": "/usr/bin/install"}
LEFT = (
    *("/etc/zz", "/etc/zz~", "/etc/d", "/usr/local/bin/zz", "/var/www/zz", "/var/www/f"),
    *("/var/www/g", "/tmp/zz", f"{WORK}/zz", f"{WORK}/d", f"{WORK}/s", f"{WORK}/way"),
    by_python.EVENTS,
    *("/etc/resolv.conf.zz", "/dev/shm/zz", "/run/v/zz", "/run/e/zz", "/run/c/zz"),
)
SECONDS = 180
ENOUGH = 100_000
"""Bytes of a copy that has well begun."""
PAUSE_S, LATE_S = 0.01, 2


def label(path: str, text: str) -> None:
    os.setxattr(path, LABEL, os.fsencode(text) + b"\0", follow_symlinks=False)


def write(path: str, text: str, mode: int = 0o644, context: str = "", uid: int = 0) -> None:
    Path(path).write_text(text)
    os.chmod(path, mode)
    os.chown(path, uid, uid)
    if context:
        label(path, context)


def prepare(before: str) -> None:
    """Make the situation that a question begins with."""
    os.chdir(WORK)
    for path in LEFT:
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
    return odd.everything(path) if path.endswith("/") else [look(path, inodes)]


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


def start(words: list[str], ours: bool, output: str, uid: int = 0) -> int:
    """Start a command, ours in a fork that has its modules already; return its id."""
    if not ours and not uid:
        # Without the pages of this process, which take long to copy.
        to = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        files = [(os.POSIX_SPAWN_OPEN, 1, output, to, 0o600), (os.POSIX_SPAWN_DUP2, 1, 2)]
        program = PROGRAMS[words[0]]
        return os.posix_spawn(program, gnus(words), os.environ, file_actions=files, setpgroup=0)
    pid = os.fork()
    if pid:
        return pid
    try:
        fd = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(fd, 1)
        os.dup2(fd, 2)
        os.setpgid(0, 0)
        if uid:
            os.setgroups([])
            os.setgid(uid)
            os.setuid(uid)
        if not ours:
            os.execv(PROGRAMS[words[0]], gnus(words))
        from pycp.__main__ import cp_main, install_main

        if any(word.startswith("--through=") for word in words):
            os._exit(by_python.carry_out(words))
        sys.argv = words
        os._exit(cp_main() if words[0] == "cp" else install_main())
    except BaseException:
        import traceback

        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(99)


def gnus(words: list[str]) -> list[str]:
    """Return a command without the options that only we have."""
    return [word for word in words if word not in OURS]


def run(words: list[str], ours: bool, output: str, uid: int = 0) -> tuple[int, list[str]]:
    """Run a command to its end."""
    pid = start(words, ours, output, uid)
    signal.signal(signal.SIGALRM, lambda *_: os.killpg(pid, signal.SIGKILL))
    signal.alarm(SECONDS)
    try:
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
    if status == -signal.SIGKILL:
        return -1, ["took too long"]
    return status, Path(output).read_text(errors="surrogateescape").splitlines()


def begin_and_kill(words: list[str], directory: str) -> list[str]:
    """Start ours slowly, and kill it when something is there; return what went wrong with that."""
    pid = start([*words, "--bwlimit=300K"], True, "/run/output")
    end = time.monotonic() + SECONDS
    while odd.bytes_below(directory) < ENOUGH and time.monotonic() < end:
        time.sleep(PAUSE_S)
    os.killpg(pid, 9)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if directory.startswith("/run/fs/cifs"):
        # Its client closes a second late, and the server takes that for a change: a file that is
        # continued sooner has the time of now after all, as one has that GNU copies anew.
        time.sleep(LATE_S)
    return [] if status == -9 else [f"ended by itself, with {status}, before it was killed"]


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


def answers(question: Question, known: dict[Question, Answer]) -> tuple[list[str], list[str]]:
    """Return the lines of both answers; those of GNU are known if only our options are new."""
    gnus_words = " ".join(gnus(question.command.split()))
    before = "" if question.before == "killed" else question.before
    same = replace(question, room="", feature="", before=before, command=gnus_words)
    if same not in known:
        known[same] = answer(same, False)
    gnu, there = known[same]
    ours, _there = answer(question, True)
    if question.room != "told":
        return gnu, ours
    expected = by_python.expected_events(question, there)
    return gnu + expected, ours + by_python.events(question, look)


def answer(question: Question, ours: bool) -> Answer:
    """Return the lines of an answer, or that there is none, which never is as it should be."""
    try:
        return answer_lines(question, ours)
    except (OSError, subprocess.SubprocessError) as error:
        return [f"could not ask {'us' if ours else 'GNU'}: {error}"], []


def answer_lines(question: Question, ours: bool) -> Answer:
    """Return what was printed, the status, and what is there; and what of it was there before."""
    if question.place:
        if not os.path.ismount(f"/run/fs/{question.place}"):
            raise OSError(f"{question.place} is not mounted")
        os.chdir(WORK)
        troubles.prepare(question)
        odd.prepare(question.before, question.place, question.uid)
    else:
        prepare(question.before)
    there = [path for path in question.looks if os.path.lexists(path)]
    # Held open, so that nothing new can have the number of what was there.
    fds = [os.open(path, os.O_PATH | os.O_NOFOLLOW) for path in there]
    inodes = {path: os.fstat(fd).st_ino for path, fd in zip(there, fds, strict=True)}
    words = question.command.split()
    wrong = []
    if question.before == "killed" and ours:
        wrong = begin_and_kill(words, question.looks[0])
    if question.is_confined:
        status, lines = through_server(words, ours)
    else:
        with troubles.trouble(question):
            status, lines = run(words, ours, "/run/output", question.uid)
    told = [f"| {line}" for line in [*wrong, *lines]]
    try:
        seen = [line for path in question.looks for line in looks(path, inodes)]
        return [*told, f"status {status}", *seen], there
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
    """Import everything of ours that a command may need, and have forks share it."""
    import pycp

    for module in pkgutil.walk_packages(pycp.__path__, "pycp."):
        with contextlib.suppress(ImportError):  # what the guest has no package for
            if "shutil" not in module.name:
                importlib.import_module(module.name)
    os.umask(0o022)
    gc.disable()
    gc.freeze()


def ask(mode: str, part: str, selection: list[str]) -> None:
    os.chdir(WORK)
    odd.make_sources()
    told = open("/dev/console", "w", buffering=1)  # noqa: SIM115
    known: dict[Question, Answer] = {}
    for question in selected(part, mode, selection):
        begun = time.monotonic()
        gnu, ours = answers(question, known)
        found = {
            **{"mode": mode, "name": question.name, "gnu": gnu, "ours": ours},
            **{"room": question.room, "place": question.place, "feature": question.feature},
            "seconds": time.monotonic() - begun,
        }
        print(json.dumps(found), flush=True)
        told.write(f"{found['seconds']:.1f} s {mode} {question.name!a}\n")


@contextlib.contextmanager
def enforcing(has_confined: bool) -> Iterator[None]:
    """Have the policy enforced, and a server for confined users if there is to be one."""
    server = start_server() if has_confined else None
    enforce = Path("/sys/fs/selinux/enforce")
    enforce.write_text("1")
    try:
        yield
    finally:
        enforce.write_text("0")
        if server is not None:
            Path(f"{HOME}/stop").touch()
            server.wait()


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
        sys.exit()
    load()  # which keeps what it has compiled; the confined user could not
    modes, part, *words = sys.argv[1:]
    if "enforcing" in modes:
        with enforcing(any(one.is_confined for one in selected(part, "enforcing", words))):
            ask("enforcing", part, words)
    if "permissive" in modes:
        ask("permissive", part, words)

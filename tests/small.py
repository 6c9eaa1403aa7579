"""The process in whose children `tests.apart` runs programs: `python -m tests.small FD [all]`.

What it has imported every fork copies, so it is without the packages, and without the rooms of pycp
that its commands import only if asked for what they draw or share. With "all" it has everything,
for other functions than the commands.
"""

import gc
import importlib
import os
import pickle
import pkgutil
import socket
import sys

import pycp
from pycp import __main__ as commands
from tests import child

IMPORTED_LATE = (
    "ctypes",
    "difflib",
    "fcntl",
    "fnmatch",
    "grp",
    "hashlib",
    "json",
    "pwd",
    "struct",
    "unicodedata",
)
"""What pycp imports when it is used, and an ordinary user may be unable to read below /root."""
LEFT_OUT = (
    "pycp.api",
    "pycp.arguments",
    "pycp.cli.click_command",
    "pycp.cli.complete",
    "pycp.cli.manual",
    "pycp.cli.pyz",
    "pycp.cluster",
    "pycp.report.picture",
    "pycp.shutil",
    "pycp.system.xattr_package",
)
"""What loads packages, or half of the standard library, threads among it."""
HERE = {commands.__name__, child.__name__}
"""Modules whose functions are called in a process without those."""
CLOSED_BY_EXEC = getattr(socket, "MSG_CMSG_CLOEXEC", 0)


def prepare(everything: bool) -> None:
    """Import what children need, and do once what each of them had to do."""
    child.forget_environment()
    if everything:
        importlib.import_module("tests.forked")
    for module in pkgutil.walk_packages(pycp.__path__, "pycp."):
        if not module.name.startswith(LEFT_OUT):
            importlib.import_module(module.name)
    for name in IMPORTED_LATE:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()


def serve(link: socket.socket) -> None:
    """Fork for each request, and answer with the status, until nobody asks."""
    while True:
        _byte, fds, _flags, _address = socket.recv_fds(link, 1, 4, CLOSED_BY_EXEC)
        if not fds:
            return
        with os.fdopen(fds[0], "rb") as request:
            start: child.Start = pickle.load(request)  # what it imports the next finds there
        pid = os.fork()
        if pid == 0:
            link.close()
            os.setsid()
            child.become(start, fds[1:])
        for fd in fds[1:]:
            os.close(fd)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        link.send(status.to_bytes(4, "little", signed=True))


if __name__ == "__main__":
    prepare("all" in sys.argv[2:])
    serve(socket.socket(fileno=int(sys.argv[1])))

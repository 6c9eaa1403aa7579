"""Which file systems have a server that copies by itself, as far as the mounts tell: proc(5)."""

import os

MOUNTS = "/proc/self/mountinfo"
_known: dict[int, bool] = {}


def has_copying_server(device: int) -> bool:
    """Return whether the data of a copy within this device stays where it is; False if unknown."""
    if device not in _known:
        try:
            with open(MOUNTS, "rb") as file:
                _known[device] = tells_of_server(file.read(), device)
        except OSError:
            _known[device] = False
    return _known[device]


def tells_of_server(mounts: bytes, device: int) -> bool:
    """Return whether a device is mounted from a server that has a call for copies."""
    number = b"%d:%d" % (os.major(device), os.minor(device))
    for line in mounts.splitlines():
        about, _, more = line.partition(b" - ")
        kind, _, more = more.partition(b" ")
        options = more.partition(b" ")[2]
        if about.split(b" ")[2:3] == [number]:
            return kind in (b"cifs", b"smb3") or (
                kind == b"nfs4" and b"vers=4.2" in options.split(b",")
            )
    return False

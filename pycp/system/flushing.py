"""Part of a file flushed to disk, so that it can be told how far a flush has come (Linux).

An error of the disk is told here once, and no more by fsync(2) then: who calls must not pass over
it. The end of the file is for fsync, which also writes what else belongs to a file.

Source: sync_file_range(2).
"""

import os
from ctypes import CDLL, c_int, c_int64, c_uint, get_errno
from errno import ENOSYS

WAIT_BEFORE, WRITE = 1, 2

_call = getattr(CDLL(None, use_errno=True), "sync_file_range", None)
if _call is not None:
    _call.argtypes = (c_int, c_int64, c_int64, c_uint)


def begin_flush(fd: int, offset: int, size: int) -> None:
    """Have some bytes of a file written to disk, and do not wait for that."""
    _flush(fd, offset, size, WRITE)


def await_flush(fd: int, offset: int, size: int) -> None:
    """Wait until what was begun of some bytes is written."""
    _flush(fd, offset, size, WAIT_BEFORE)


def _flush(fd: int, offset: int, size: int, flags: int) -> None:
    if _call is None:
        raise OSError(ENOSYS, os.strerror(ENOSYS))
    if _call(fd, offset, size, flags):
        code = get_errno()
        raise OSError(code, os.strerror(code))

"""The same command once more, where Python reads names in a way that it cannot write back."""

import os
import sys


def start_again_in_utf8() -> None:
    """Replace this process by one that takes names as UTF-8, where every byte survives.

    Python's codecs for Big5 and its like are not the C library's, and turn some names into others.
    Return if that cannot be done.
    """
    try:
        with open("/proc/self/cmdline", "rb") as file:  # sys.argv has been decoded already
            words = file.read().split(b"\0")[1:-1]
        os.execv(sys.executable, [os.fsencode(sys.executable), b"-X", b"utf8", *words])
    except OSError:
        pass

"""pycp: GNU cp and install, in Python.

`copy`, `install` and `undo` do in a program what the commands do; `pycp.shutil` copies faster than
the standard library.

    >>> import pycp
    >>> pycp.copy("photos", "backup", recursive=True, preserve=True).files
    2
"""

__version__ = "0.2.0"

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pycp import shutil
    from pycp.api import copy, install, undo
    from pycp.errors import CopyError
    from pycp.report.listener import CopyFailed, Event, Summary
else:

    def __getattr__(name: str) -> object:
        """Import the Python interface when something of it is first asked for."""
        if name not in __all__:
            raise AttributeError(f"module 'pycp' has no attribute {name!r}")
        import sys

        if name == "shutil":
            __import__("pycp.shutil")
            return sys.modules["pycp.shutil"]
        __import__("pycp.api")
        return getattr(sys.modules["pycp.api"], name)

    def __dir__() -> list[str]:
        """Name what can be had, imported or not."""
        return sorted({*globals(), *__all__})


__all__ = ["CopyError", "CopyFailed", "Event", "Summary", "copy", "install", "shutil", "undo"]

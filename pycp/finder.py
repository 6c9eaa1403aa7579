"""Finds pycp's own modules where they are, without looking in all the places there are.

Python asks each finder in turn, lists directories and looks at every file three times: for the
commands, which load thirty modules and then copy one file, that was half of our start-up time.

A module comes from its compiled file if Python itself would take that: one made by this very
interpreter from the source as it is now (PEP 3147 and 3149, the "pyc" that compileall makes). In
every other case nothing is found here, and Python looks, compiles and complains as always.
"""

import _frozen_importlib_external as machinery
import os
import sys
from _frozen_importlib import ModuleSpec
from _imp import _fix_co_filename  # type: ignore[attr-defined]
from marshal import loads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import CodeType, ModuleType

HEADER = 16
"""Bytes before the code: four of the interpreter, four flags, time and size of the source."""
_PREFIX = "pycp."
_OPENING = os.O_RDONLY | os.O_CLOEXEC


class Compiled(machinery.SourceFileLoader):
    """Loads a module whose compiled file is read already."""

    def __init__(self, name: str, path: str, compiled: memoryview) -> None:
        super().__init__(name, path)
        self._compiled: memoryview | None = compiled

    def get_code(self, fullname: str) -> "CodeType | None":
        """Return the code of the module: what was read the first time, and then what there is."""
        compiled, self._compiled = self._compiled, None
        if compiled is None:
            return super().get_code(fullname)
        try:
            code: CodeType = loads(compiled)
        except (EOFError, TypeError, ValueError):  # it came in pieces, or is damaged
            return super().get_code(fullname)
        _fix_co_filename(code, self.path)
        return code


class Finder:
    """Finds the modules of the package in one directory; see sys.meta_path in Python's manual."""

    def __init__(self, directory: str, ending: str) -> None:
        self._directory = directory
        self._ending = ending

    def find_spec(
        self,
        fullname: str,
        path: "Sequence[str] | None" = None,
        target: "ModuleType | None" = None,
    ) -> ModuleSpec | None:
        """Return where a module of ours comes from, or None to have Python look for it."""
        if not fullname.startswith(_PREFIX):
            return None
        inner = self._directory + "/" + fullname[len(_PREFIX) :].replace(".", "/")
        return self._spec(fullname, inner) or self._spec(fullname, inner + "/__init__", inner)

    def _spec(self, fullname: str, place: str, package: str | None = None) -> ModuleSpec | None:
        """Return where a module comes from if it is at this place, the ending of names left out."""
        parent, _, name = place.rpartition("/")
        source, cached = f"{place}.py", f"{parent}/__pycache__/{name}{self._ending}"
        try:
            status = os.stat(source)
            limit = 2 * status.st_size + 1024  # they are about 1.4 times as large
            descriptor = os.open(cached, _OPENING)
            try:
                compiled = os.read(descriptor, limit)
            finally:
                os.close(descriptor)
        except OSError:
            return None
        if compiled[:HEADER] != _header(status) or len(compiled) == limit:
            return None
        code = memoryview(compiled)[HEADER:]
        spec = ModuleSpec(fullname, Compiled(fullname, source, code), origin=source)
        spec.has_location, spec.cached = True, cached
        if package is not None:
            spec.submodule_search_locations = [package]
        return spec


def _header(status: os.stat_result) -> bytes:
    """Return what a compiled file of this source begins with."""
    time, size = int(status.st_mtime) & 0xFFFFFFFF, status.st_size & 0xFFFFFFFF
    return machinery.MAGIC_NUMBER + (time << 32 | size << 64).to_bytes(12, "little")


def register() -> None:
    """Have modules found here from now on, if the package is one of plain files.

    It is not if it comes out of an archive, or if its compiled files are kept somewhere else.
    """
    import pycp

    spec = pycp.__spec__
    if spec is None or type(spec.loader) is not machinery.SourceFileLoader:
        return
    directory = spec.loader.path.rpartition("/")[0]
    beginning = f"{directory}/__pycache__/__init__"
    if spec.cached and spec.cached.startswith(beginning):
        sys.meta_path.insert(0, Finder(directory, spec.cached[len(beginning) :]))

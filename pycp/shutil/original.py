"""The standard module as it was written, whatever became of the public one.

A program may put our functions into the standard module (`shutil.copy = pycp.shutil.copy`), under
wrappers of its own or in place of the whole module. What we leave to the standard functions must
not come back to us then, so it goes to a second instance of the module that nobody else knows.
"""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

_public = sys.modules.get("shutil")
"""The public module, if it was there before us: its exceptions are what a program knows."""
_original: "ModuleType | None" = None


def standard() -> "ModuleType":
    """Return the standard module's functions, with the exceptions that everybody knows."""
    global _original
    if _original is None:
        from importlib.util import module_from_spec

        # Not `find_spec`, which would answer with what the program put into `sys.modules`.
        finders = (finder for finder in sys.meta_path if hasattr(finder, "find_spec"))
        specs = (finder.find_spec("shutil", None) for finder in finders)
        spec = next(filter(None, specs))
        assert spec.loader is not None
        made = module_from_spec(spec)
        spec.loader.exec_module(made)
        for name, value in vars(_public or __import__("shutil")).items():
            if isinstance(value, type) and issubclass(value, Exception):
                setattr(made, name, value)
        _original = made
    return _original

"""Whether a test replaced anything in the package, or in the modules that the package calls."""

import sys
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any

Names = Mapping[str, Any]
MISSING = object()
_found: list[tuple[Names, dict[str, Any]]] = []


def note() -> None:
    """Note what all names stand for now."""
    _found[:] = [(names, dict(names)) for names in _namespaces()]


def is_anything() -> bool:
    """Tell whether one of these names stands for something else, or is gone or new."""
    return any(
        len(now) != len(before)
        or any(now.get(name, MISSING) is not before[name] for name in before)
        for now, before in _found
    )


def is_other(now: Names, before: Names) -> bool:
    """Tell whether a name stands for another thing than before."""
    return any(now.get(name, MISSING) is not value for name, value in before.items())


def _namespaces() -> Iterator[Names]:
    """Yield what is in our modules and classes, and in the modules of others that ours hold."""
    ours = [module for name, module in sys.modules.items() if name.partition(".")[0] == "pycp"]
    others: dict[str, ModuleType] = {}
    for module in ours:
        yield vars(module)
        for value in vars(module).values():
            if isinstance(value, ModuleType):
                others[value.__name__] = value
            elif isinstance(value, type) and value.__module__ == module.__name__:
                yield vars(value)
    for name, module in others.items():
        if name.partition(".")[0] != "pycp":
            yield vars(module)

"""The standard library's shutil, with faster copies: `from pycp import shutil`.

    >>> from pycp import shutil
    >>> shutil.copytree("photos", "backup")
    'backup'

`copyfile`, `copy`, `copy2` and `copytree` take the arguments, return the values and raise the
exceptions of the standard module's. Everything else is that module's own, the exceptions included,
so that a program changes one import and nothing more. What differs on purpose:

- Data is shared with the source, or copied by the kernel, where that is possible; holes stay holes.
- A new file or directory is at no moment more open to others than it is in the end.
- Where an access list cannot be copied, the mode gives the group and others no more than it did.
- The time of last access that is copied is the one from before the copy.
- A large tree is copied by several processes if this one has a single thread.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:  # the standard module's types are ours
    from shutil import (
        Error,
        ExecError,
        SameFileError,
        SpecialFileError,
        chown,
        copy,
        copy2,
        copyfile,
        copyfileobj,
        copymode,
        copystat,
        copytree,
        disk_usage,
        get_archive_formats,
        get_terminal_size,
        get_unpack_formats,
        ignore_patterns,
        make_archive,
        move,
        register_archive_format,
        register_unpack_format,
        rmtree,
        unpack_archive,
        unregister_archive_format,
        unregister_unpack_format,
        which,
    )
else:
    from pycp.shutil.files import copy, copy2, copyfile
    from pycp.shutil.trees import copytree

    def __getattr__(name: str) -> object:
        """Return what the standard module has by this name."""
        import shutil
        import sys

        if shutil is sys.modules[__name__]:  # somebody put us in its place
            from pycp.shutil.original import standard

            return getattr(standard(), name)
        return getattr(shutil, name)

    def __dir__() -> list[str]:
        """Name what can be had, loaded or not."""
        return sorted({*globals(), *__all__})


__all__ = [
    "Error",
    "ExecError",
    "SameFileError",
    "SpecialFileError",
    "chown",
    "copy",
    "copy2",
    "copyfile",
    "copyfileobj",
    "copymode",
    "copystat",
    "copytree",
    "disk_usage",
    "get_archive_formats",
    "get_terminal_size",
    "get_unpack_formats",
    "ignore_patterns",
    "make_archive",
    "move",
    "register_archive_format",
    "register_unpack_format",
    "rmtree",
    "unpack_archive",
    "unregister_archive_format",
    "unregister_unpack_format",
    "which",
]

"""Failures a user reads, worded as GNU words them."""

from errno import ENOMEM
from os import strerror

from pycp.quoting import quote_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    Error = TypeVar("Error", bound=BaseException)
    Words = tuple[str, int | None, str | None, str | None]


_OF_INTERPRETER = (MemoryError, SyntaxError, SystemError)


class CopyError(OSError):
    """A failure in GNU's words, without the program name; errno is None if no call failed.

    `filename` is the name the message is about, `filename2` the second one if it has two.
    """

    is_told = False
    """Whoever listens knows of it already."""
    destination: str | None = None
    """Which of several destinations it is about, where there are several."""

    def __init__(
        self,
        message: str,
        code: int | None = None,
        filename: str | None = None,
        filename2: str | None = None,
    ) -> None:
        super().__init__(message)
        self.errno = code
        self.strerror = strerror(code) if code else None
        self.filename = filename
        self.filename2 = filename2

    def __str__(self) -> str:
        return str(self.args[0])

    @property
    def words(self) -> "Words":
        """Return what another one like it is made of, by another process as well."""
        return str(self), self.errno, self.filename, self.filename2

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), self.words, self.__dict__  # with the notes that others added


class SilentError(CopyError):
    """A failure of which GNU prints nothing, or not here; only the exit status tells."""

    is_told = True


class UsageError(CopyError):
    """A command line that means nothing; the user is pointed at --help."""


def detached(error: "Error") -> "Error":
    """Return an error cut off from the calls it came through, as one that is kept must be.

    Its traceback holds their frames, and these their callers': where one of them has a variable for
    the error, only a garbage collector would ever find the circle, and the commands run without.
    """
    error.__cause__ = error.__context__ = None
    return error.with_traceback(None)


def is_exhaustion(error: BaseException) -> bool:
    """Return whether an error is one of those by which Python says that no memory is left.

    A module in C that cannot be loaded is an ImportError, with the words of the C library. Where
    the interpreter takes no notice, it ends in a SystemError, or while it compiles in a ValueError
    or a SyntaxError, though our modules have none; or a plain value is none for `marshal`.
    """
    if isinstance(error, ImportError):
        return strerror(ENOMEM) in str(error) or "failed to map segment" in str(error)
    if isinstance(error, ValueError):
        return "is required for" in str(error) or "unmarshallable" in str(error)
    return isinstance(error, _OF_INTERPRETER) or getattr(error, "errno", None) == ENOMEM


def reason(error: OSError) -> str:
    """Return the C library's words for the error number, in English."""
    return strerror(error.errno or 0)


def replaced(name: str) -> CopyError:
    """Word that something else has the name of a destination."""
    text = f"not writing to {quote_name(name)}, as it was replaced while being copied"
    return CopyError(text, filename=name)


def skipping(kind: str, name: str) -> CopyError:
    """Word that something else has the name of what was to be copied."""
    text = f"skipping {kind} {quote_name(name)}, as it was replaced while being copied"
    return CopyError(text, filename=name)


def cannot_read(name: str, error: OSError) -> CopyError:
    """Word `cannot open 'NAME' for reading: REASON`."""
    text = f"cannot open {quote_name(name)} for reading: {reason(error)}"
    return CopyError(text, error.errno, name)


def cannot(verb: str, name: str, error: OSError) -> CopyError:
    """Word `cannot VERB 'NAME': REASON`; an error that has its words keeps them."""
    return failed(f"cannot {verb}", name, error)


def failed(
    what: str, name: str, error: OSError, quote: "Callable[[str], str]" = quote_name
) -> CopyError:
    """Word `WHAT 'NAME': REASON`; an error that has its words keeps them."""
    if isinstance(error, CopyError):
        return error
    return CopyError(f"{what} {quote(name)}: {reason(error)}", error.errno, name)

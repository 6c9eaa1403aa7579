"""What options about SELinux labels come to on this kernel, before anything is touched."""

from pycp import system
from pycp.errors import CopyError, reason
from pycp.options import InstallOptions
from pycp.quoting import quote_word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    from pycp.options import WriteOptions

    Options = TypeVar("Options", bound=WriteOptions)

FIELDS = ("context", "default_context", "preserve_context", "require_preserve_context")


def settle_labels(options: "Options") -> "Options":
    """Return options in their final meaning: without labels, where the kernel has none.

    Raise CopyError if what must be preserved cannot be, if two options contradict each other, or if
    the policy does not know a label.
    """
    if not options.asks_for_labels():
        return options
    if not system.has_labels():
        if options.require_preserve_context:
            raise CopyError("cannot preserve security context without an SELinux-enabled kernel")
        return _without(options, FIELDS)
    if options.default_context or options.context:
        must_preserve = options.require_preserve_context or isinstance(options, InstallOptions)
        if must_preserve and options.preserve_context:
            raise CopyError("cannot set target context and preserve it")
        if options.default_context:  # -a -Z: what was asked for by name wins
            options = _without(options, ("preserve_context",))
    if options.context:
        _require_known(options.context)
    return options


def _without(options: "Options", names: tuple[str, ...]) -> "Options":
    fields = {name: value for name, value in options.__dict__.items() if name not in names}
    return type(options)(**fields)


def _require_known(label: str) -> None:
    """Raise CopyError unless the kernel takes a label for new files."""
    from pycp.system.selinux import label_new

    try:
        label_new(label)
        label_new("")
    except OSError as error:
        text = "failed to set default file creation context to"
        raise CopyError(f"{text} {quote_word(label)}: {reason(error)}", error.errno) from None

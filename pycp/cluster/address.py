"""Where a scheduler is, and whether it may be trusted there.

Without TLS a scheduler obeys whoever reaches it, and that includes all users of this machine.
"""

import json

from pycp import system
from pycp.errors import CopyError
from pycp.quoting import quote_word

TLS = "tls://"
TCP = "tcp://"


def trusted_address(word: str, is_insecure: bool) -> str:
    """Return the address that a word means; raise CopyError if it cannot be trusted."""
    address = address_of(word)
    require_trust(address, is_insecure, system.geteuid() == 0)
    return address


def address_of(word: str) -> str:
    """Return the address that the user named, or that the file named holds."""
    if "://" in word:
        return word
    if not word.endswith(".json"):
        return f"tcp://{word}"
    try:
        with open(word, encoding="utf-8") as file:
            return str(json.load(file)["address"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it holds no address"
        raise CopyError(
            f"cannot read the scheduler's address from {quote_word(word)}: {reason}"
        ) from None


def require_trust(address: str, is_insecure: bool, is_root: bool) -> None:
    """Raise CopyError if anybody else could give work to our workers, or take it from them."""
    if address.startswith(TLS):
        return
    if is_root:
        raise CopyError(f"as root, a scheduler must be reached by {TLS}, not at {address}")
    if not (is_insecure or is_loopback(address)):
        raise CopyError(
            f"anybody could give work to the scheduler at {address}:"
            f" use {TLS}, or say --cluster-insecure"
        )


def is_loopback(address: str) -> bool:
    """Return whether what is sent to an address never leaves this machine."""
    host = address.removeprefix(TCP).rpartition(":")[0]
    numbers = host.split(".")
    return address.startswith(TCP) and (
        host in ("localhost", "[::1]")
        or (numbers[0] == "127" and len(numbers) == 4 and all(map(str.isdigit, numbers)))
    )

"""A connection to a Dask scheduler: who its workers are, which of them go, and what they return.

The scheduler tells everybody who listens that a worker is gone. It would wait for ever for results
that went with one, and so would whoever gathers them.
"""

from pycp.errors import CopyError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

SECONDS = 10
"""How long a scheduler may take to answer."""


class Scheduler:
    """The one at an address; of each worker that goes, `given` says what it had, `tell` hears."""

    def __init__(
        self, address: str, given: "Callable[[str], list[Any]]", tell: "Callable[[str], None]"
    ) -> None:
        """Raise CopyError if there is none, or it has no workers."""
        try:
            from distributed import Client

            connect: Any = Client
        except ImportError:
            raise CopyError(
                "--cluster=dask needs the Python package distributed:"
                " install 'pycp-coreutils[dask]', or distributed"
            ) from None
        import logging

        logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what matters we say
        self._given, self._tell = given, tell
        try:
            self.client = connect(address, timeout=SECONDS, set_as_default=False)
            self.client.subscribe_topic("all", self._hear)
            known = self.client.scheduler_info(n_workers=-1)["workers"]
        except Exception as error:  # of whatever kind: TLS, names, timeouts, versions
            reason = (str(error) or type(error).__name__).splitlines()[0]
            raise CopyError(f"cannot connect to the scheduler {address}: {reason}") from None
        self.workers: list[str] = sorted(known)
        if not known:
            self.client.close()
            raise CopyError(f"the scheduler {address} has no workers")

    async def _hear(self, event: "tuple[float, Any]") -> None:
        message = event[1]
        if isinstance(message, dict) and message.get("action") == "remove-worker":
            gone = self._given(message["worker"])
            if gone:
                await self.client.cancel(gone, asynchronous=True, force=True)
            self._tell(message["worker"])

    def gathered(self, futures: "list[Any]") -> "dict[Any, bytes]":
        """Return what came of futures that are done, all at once; nothing if some of it is gone."""
        good = [future for future in futures if future.status == "finished"]
        results = self.client.gather(good, errors="skip") if good else []
        return dict(zip(good, results, strict=True)) if len(results) == len(good) else {}

    def cancel(self, futures: "list[Any]") -> None:
        """Take back futures, as far as they have not begun."""
        if futures:
            self.client.cancel(futures)

    def forget(self, futures: "list[Any]") -> None:
        """Expect nothing of futures any more."""
        if futures:
            self.client.cancel(futures, force=True)

    def close(self) -> None:
        """Leave scheduler and workers to whoever started them."""
        self.client.close(timeout=SECONDS)

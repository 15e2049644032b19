"""The stand-in Gemini API as a context manager around a server in its own thread."""

from tests.standin.faults import Fault
from tests.standin.gemini.gemini_api import GeminiApi
from tests.standin.server import StandIn


class GeminiStandIn(StandIn):
    """A Gemini API on 127.0.0.1 that serves from `__enter__` to `__exit__`; see StandIn.

    Interactions are kept until the test forgets them, also over a reset.
    """

    def __init__(self, *, port: int = 0, default: Fault | None = None) -> None:
        super().__init__(port=port, default=default)
        self._gemini = GeminiApi(self._log)
        self._api = self._gemini  # type: ignore[assignment] # the same methods, for another API

    @property
    def base_url(self) -> str:
        """The base URL for clients, without a version, as that of the SDK."""
        return f"http://127.0.0.1:{self._port}"

    def script_reads(self, *faults: Fault) -> None:
        """Queue faults; each one serves one GET."""
        self._gemini.reads.extend(faults)

    def forget_interactions(self) -> None:
        """Drop every stored interaction, as Google does after some days."""
        self._gemini.stored.clear()

    def reset(self) -> None:
        self._gemini.reads.clear()
        super().reset()

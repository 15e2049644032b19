"""How often a client may ask for images."""

from collections.abc import Callable
from time import time

from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from domain.errors import TooManyRequests

NO_LIMIT = "0"


class RateLimiter:
    """Counts each client's requests in a moving window; drops clients that send no more."""

    def __init__(self, rate: str) -> None:
        self._rate = None if rate == NO_LIMIT else parse(rate)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def of(self, client: str) -> Callable[[], None]:
        """A function that counts a request of this client, or raises TooManyRequests."""
        return lambda: self._count(client)

    def _count(self, client: str) -> None:
        if self._rate is None or self._limiter.hit(self._rate, client):
            return
        resets_at = self._limiter.get_window_stats(self._rate, client).reset_time
        raise TooManyRequests(
            f"Rate limit reached: {self._rate.amount} image requests per "
            f"{self._rate.GRANULARITY.name} for each client.",
            retry_after=max(1.0, resets_at - time()),
        )

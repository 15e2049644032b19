"""How often a client may ask for new images."""

from collections.abc import Callable
from time import time

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from domain.errors import TooManyRequests
from entrypoints.config.http_settings import NO_RATE_LIMIT


class RateLimiter:
    """Counts each client's requests in a moving window; drops clients that send no more."""

    def __init__(self, rate: str) -> None:
        self._rate = None if rate == NO_RATE_LIMIT else parse(rate)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def of(self, client: str) -> Callable[[], None] | None:
        """A function that counts a request of this client, or raises TooManyRequests.

        None if there is no limit.
        """
        rate = self._rate
        return None if rate is None else lambda: self._count(rate, client)

    def _count(self, rate: RateLimitItem, client: str) -> None:
        if self._limiter.hit(rate, client):
            return
        resets_at = self._limiter.get_window_stats(rate, client).reset_time
        raise TooManyRequests(
            f"Rate limit reached: {rate.amount} new image requests per "
            f"{rate.GRANULARITY.name} for each client (RATE_LIMIT). Cached images do not count.",
            retry_after=max(1.0, resets_at - time()),
        )

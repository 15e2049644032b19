"""Safeguard: asks again, but only where that cannot be paid for twice."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, aclosing
from typing import Protocol, TypeVar

from application.ports.image_provider import ImageProvider, ProviderStream
from application.safeguards.safeguard import Safeguard
from domain.jobs import Job
from domain.provider_errors import ProviderUnreachable, RateLimited
from domain.requests import ImageRequest

R = TypeVar("R", bound=ImageRequest)

MAX_RETRY_AFTER_SECONDS = 10.0
"""Seconds of Retry-After that we sit out; hosts end calls after 60, so more is the caller's."""


class RetryLoop(Protocol):
    """A retry loop: yields context managers that swallow an exception while `on` allows it.

    `on` answers False (raise it), True (wait as the loop likes) or the seconds to wait. The
    loop ends by itself after a few attempts; `stamina.retry_context` is one.
    """

    def __call__(
        self, on: Callable[[Exception], bool | float], /
    ) -> AsyncIterator[AbstractContextManager[object]]: ...


class Retry(Safeguard):
    """Repeats a call that never left, and once one that was refused with a short Retry-After."""

    def __init__(self, inner: ImageProvider, attempts: RetryLoop) -> None:
        super().__init__(inner)
        self.attempts = attempts

    async def wrap(self, job: Job[R], paint: Callable[[Job[R]], ProviderStream]) -> ProviderStream:
        async for attempt in self.attempts(RetryPolicy().should_retry):
            with attempt:
                async with aclosing(paint(job)) as painting:
                    async for event in painting:
                        yield event
                return


class RetryPolicy:
    """What one job may still ask for again."""

    def __init__(self) -> None:
        self._waited_for: Exception | None = None

    def should_retry(self, error: Exception) -> bool | float:
        """True for what was provably not sent; the seconds to wait for a first Retry-After."""
        match error:
            case ProviderUnreachable():
                return True
            case RateLimited(retry_after=int() | float() as seconds) if (
                seconds <= MAX_RETRY_AFTER_SECONDS
            ):
                first = self._waited_for in (None, error)
                self._waited_for = error
                return seconds if first else False
            case _:
                return False

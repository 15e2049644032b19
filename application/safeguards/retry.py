"""Safeguard: asks again, but only where that cannot be paid for twice."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, aclosing
from typing import Protocol, TypeVar

from application.ports.image_provider import ImageProvider, Painting
from application.safeguards.safeguard import Safeguard
from domain.jobs import Job
from domain.provider_errors import ProviderUnreachable, RateLimited
from domain.requests import PictureRequest

R = TypeVar("R", bound=PictureRequest)

LONGEST_WAIT = 10.0
"""Seconds of Retry-After that we sit out; hosts end calls after 60, so more is the caller's."""


class Attempts(Protocol):
    """A retry loop: yields context managers that swallow an exception while `on` allows it.

    `on` answers False (raise it), True (wait as the loop likes) or the seconds to wait. The
    loop ends by itself after a few attempts; `stamina.retry_context` is one.
    """

    def __call__(
        self, on: Callable[[Exception], bool | float], /
    ) -> AsyncIterator[AbstractContextManager[object]]: ...


class Retried(Safeguard):
    """Repeats a call that never left, and once one that was refused with a short Retry-After."""

    def __init__(self, inner: ImageProvider, attempts: Attempts) -> None:
        super().__init__(inner)
        self.attempts = attempts

    async def guard(self, job: Job[R], paint: Callable[[Job[R]], Painting]) -> Painting:
        async for attempt in self.attempts(Patience().with_fault):
            with attempt:
                async with aclosing(paint(job)) as painting:
                    async for event in painting:
                        yield event
                return


class Patience:
    """What one job may still ask for again."""

    def __init__(self) -> None:
        self._waited_for: Exception | None = None

    def with_fault(self, error: Exception) -> bool | float:
        """True for what was provably not sent; the seconds to wait for a first Retry-After."""
        match error:
            case ProviderUnreachable():
                return True
            case RateLimited(retry_after=int() | float() as seconds) if seconds <= LONGEST_WAIT:
                first = self._waited_for in (None, error)
                self._waited_for = error
                return seconds if first else False
            case _:
                return False

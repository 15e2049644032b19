"""Safeguard: repeats a call, but only if that cannot be billed twice."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, aclosing
from typing import Protocol

from application.ports.image_provider import Accepted, ImageProvider, ProviderStream
from application.safeguards.safeguard import CallNext, R, Safeguard
from domain.jobs import Job
from domain.provider_errors import ProviderUnreachable, RateLimited

MAX_RETRY_AFTER_SECONDS = 10.0
"""The longest Retry-After, in seconds, that the safeguard waits for. Hosts end calls after 60
seconds, so a longer one is left to the caller."""


class RetryLoop(Protocol):
    """A retry loop: yields context managers that swallow an exception while `on` allows it.

    `on` returns False (raise it), True (wait as the loop sees fit) or the seconds to wait. The
    loop ends after a few attempts; `stamina.retry_context` is one.
    """

    def __call__(
        self, on: Callable[[Exception], bool | float], /
    ) -> AsyncIterator[AbstractContextManager[object]]: ...


class Retry(Safeguard):
    """Repeats a call that was not sent, and once a call refused with a short Retry-After.

    Repeats nothing after Accepted: the provider has the request then.
    """

    def __init__(self, inner: ImageProvider, attempts: RetryLoop) -> None:
        super().__init__(inner)
        self.attempts = attempts

    async def wrap(self, job: Job[R], call_next: CallNext[R], /) -> ProviderStream:
        policy = RetryPolicy()
        async for attempt in self.attempts(policy.should_retry):
            with attempt:
                async with aclosing(call_next(job)) as stream:
                    async for event in stream:
                        policy.accepted = policy.accepted or isinstance(event, Accepted)
                        yield event
                return


class RetryPolicy:
    """Which failures of one job's call allow another attempt."""

    def __init__(self) -> None:
        self.accepted = False
        self._waited_for: Exception | None = None

    def should_retry(self, error: Exception) -> bool | float:
        """Return True if the call was provably not sent.

        Return the seconds to wait if it was refused with a short Retry-After for the first time,
        and False in all other cases.
        """
        if self.accepted:
            return False
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

"""Safeguard: a provider that keeps failing gets no calls for a while."""

from collections.abc import Callable, Iterator
from contextlib import aclosing, contextmanager
from time import monotonic

from application.ports.image_provider import Delivered, ImageProvider, ProviderStream
from application.safeguards.safeguard import CallNext, R, Safeguard
from domain.jobs import Job
from domain.provider_errors import (
    CircuitOpen,
    OutcomeUnknown,
    ProviderError,
    ProviderUnreachable,
)
from domain.requests import ImageRequest

FAILURES = (ProviderUnreachable, OutcomeUnknown)
"""Errors that count as failures. Any other ProviderError is an answer: the provider works."""
MAX_FAILURES = 5
OPEN_SECONDS = 30.0
"""Both are common values: most services that recover without help do so in less time."""


class CircuitBreaker(Safeguard):
    """Raises CircuitOpen and sends nothing after `max_failures` failures in a row.

    `open_seconds` later it admits one trial call at a time: a success closes the circuit, a failure
    opens it again. Calls already in flight when it opens run to completion; their outcomes do not
    change its state. A queue belongs around this safeguard, so that the circuit is checked when a
    call could be sent. `clock` counts seconds and never jumps.
    """

    def __init__(
        self,
        inner: ImageProvider,
        *,
        max_failures: int = MAX_FAILURES,
        open_seconds: float = OPEN_SECONDS,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        super().__init__(inner)
        self._max_failures = max_failures
        self._open_seconds = open_seconds
        self._clock = clock
        self._failures = 0
        self._opened_at: float | None = None
        self._times_opened = 0
        self._trial_running = False

    def resume(self, job: Job[ImageRequest], handle: str, /) -> ProviderStream:
        """Reading an outcome says little about new work, and must not wait for a trial."""
        return self.resume_inner(job, handle)

    async def wrap(self, job: Job[R], call_next: CallNext[R], /) -> ProviderStream:
        with self._admitted() as opening:
            try:
                async with aclosing(call_next(job)) as stream:
                    async for event in stream:
                        if isinstance(event, Delivered):
                            self._record(opening, failed=False)
                        yield event
            except FAILURES:
                self._record(opening, failed=True)
                raise
            except ProviderError:
                self._record(opening, failed=False)
                raise

    @contextmanager
    def _admitted(self) -> Iterator[int]:
        """Admit a call. Yields how often the circuit had opened by then."""
        is_trial = self._opened_at is not None
        if is_trial:
            self._check_trial_allowed()
            self._trial_running = True
        try:
            yield self._times_opened
        finally:
            if is_trial:
                self._trial_running = False

    def _check_trial_allowed(self) -> None:
        assert self._opened_at is not None, "only an open circuit has trials"
        wait = self._opened_at + self._open_seconds - self._clock()
        if wait > 0 or self._trial_running:
            raise CircuitOpen(
                f"{self.name} failed several times in a row and gets no calls for a while.",
                retry_after=max(1.0, wait),
            )

    def _record(self, opening: int, *, failed: bool) -> None:
        if opening != self._times_opened:  # the circuit opened while the call was in flight
            return
        if not failed:
            self._failures, self._opened_at = 0, None
            return
        self._failures += 1
        if self._failures >= self._max_failures:
            self._opened_at = self._clock()
            self._times_opened += 1

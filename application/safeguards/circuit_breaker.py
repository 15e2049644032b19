"""Safeguard: a provider that fails is left alone for a while, and everybody is told at once."""

from collections.abc import Callable, Iterator
from contextlib import aclosing, contextmanager
from typing import Protocol, TypeVar

from application.ports.image_provider import Delivered, ImageProvider, ProviderStream
from application.safeguards.safeguard import Safeguard
from domain.jobs import Job
from domain.provider_errors import (
    CircuitOpen,
    OutcomeUnknown,
    ProviderError,
    ProviderUnreachable,
)
from domain.requests import ImageRequest

R = TypeVar("R", bound=ImageRequest)

FAILURES = (ProviderUnreachable, OutcomeUnknown)
"""Ways in which a provider fails; whatever else it raises is an answer."""


class Breaker(Protocol):
    """Counts failures in a row. It opens at too many, and lets a trial through after a while."""

    @property
    def is_open(self) -> bool:
        """Whether there were too many, and no success since."""

    @property
    def remaining(self) -> float:
        """Seconds until a trial, for an open one; 0 when there may be one."""

    def failed(self) -> None: ...

    def succeeded(self) -> None: ...


class Spared(Safeguard):
    """Raises ProviderResting, and sends nothing, while the breaker is open, but for one trial.

    The breaker is asked just when a call could be sent: a line to wait in belongs around this.
    What was sent before it opened ends as it likes, and says nothing of how the provider is since.
    """

    def __init__(self, inner: ImageProvider, breaker: Breaker) -> None:
        super().__init__(inner)
        self._breaker = breaker
        self._trial = False
        self._trials = 0

    async def wrap(self, job: Job[R], paint: Callable[[Job[R]], ProviderStream]) -> ProviderStream:
        with self._allowed() as trials:
            try:
                async with aclosing(paint(job)) as painting:
                    async for event in painting:
                        if isinstance(event, Delivered):
                            self._tell(self._breaker.succeeded, trials)
                        yield event
            except FAILURES:
                self._tell(self._breaker.failed, trials)
                raise
            except ProviderError:
                self._tell(self._breaker.succeeded, trials)
                raise

    @contextmanager
    def _allowed(self) -> Iterator[int]:
        """Yields how many trials there have been, this one included."""
        if not self._breaker.is_open:
            yield self._trials
            return
        if self._trial or self._breaker.remaining:
            raise CircuitOpen(
                f"{self.name} failed too often in a row and is left alone for a while.",
                retry_after=max(1.0, self._breaker.remaining),
            )
        self._trial = True
        self._trials += 1
        try:
            yield self._trials
        finally:
            self._trial = False

    def _tell(self, end: Callable[[], None], trials: int) -> None:
        if trials == self._trials and (self._trial or not self._breaker.is_open):
            end()

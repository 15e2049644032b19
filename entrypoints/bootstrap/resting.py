"""The container's breaker: pybreaker's, by a clock that nobody sets."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from time import monotonic

from pybreaker import STATE_CLOSED, CircuitBreaker, CircuitBreakerError, CircuitMemoryStorage

FAILURES = 5
RESTS_FOR = 30.0
"""Seconds. Both numbers are those of many: a failing service recovers in less, or not by itself."""


class SteadyBreaker:
    """Opens at `failures` in a row; `rests_for` seconds later it lets a trial through."""

    def __init__(
        self,
        failures: int = FAILURES,
        rests_for: float = RESTS_FOR,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._memory = _Memory(clock)
        self._breaker = CircuitBreaker(failures, rests_for, state_storage=self._memory)

    @property
    def is_open(self) -> bool:
        return self._breaker.current_state != STATE_CLOSED

    @property
    def remaining(self) -> float:
        return max(0.0, self._breaker.reset_timeout - self._memory.open_for)

    def failed(self) -> None:
        with suppress(CircuitBreakerError, _Failure):
            self._breaker.call(_fail)

    def succeeded(self) -> None:
        with suppress(CircuitBreakerError):  # a call that began before it opened
            self._breaker.call(_succeed)


class _Failure(Exception):
    """Stands for what the provider did."""


class _Memory(CircuitMemoryStorage):
    """Tells the library when the breaker opened, whatever the system's clock is set to."""

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__(STATE_CLOSED)
        self._clock = clock
        self._opened: float | None = None

    @property
    def open_for(self) -> float:
        """Seconds; 0 where it was never open."""
        return 0.0 if self._opened is None else self._clock() - self._opened

    @property
    def opened_at(self) -> datetime | None:
        return datetime.now(UTC) - timedelta(seconds=self.open_for)

    @opened_at.setter
    def opened_at(self, _: datetime) -> None:
        self._opened = self._clock()


def _fail() -> None:
    raise _Failure


def _succeed() -> None:
    return

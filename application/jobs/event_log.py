"""A list of events that many readers follow, each at a pace of its own."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import Generic, TypeVar

E = TypeVar("E")


class EventLog(Generic[E]):
    """Grows until it is closed. A slow reader lags behind and holds up nobody.

    Belongs to one event loop.
    """

    def __init__(self) -> None:
        self._events: list[E] = []
        self._news = asyncio.Event()
        self._closed = False

    def append(self, event: E) -> None:
        """Add an event and wake all readers."""
        self._events.append(event)
        self._wake()

    def close(self) -> None:
        """Nothing follows; readers end after the last event."""
        self._closed = True
        self._wake()

    @property
    def closed(self) -> bool:
        """Whether all has been told."""
        return self._closed

    def all(self) -> tuple[E, ...]:
        """What was told so far; the place of an event is its number."""
        return tuple(self._events)

    async def read(
        self, cursor: int = 0, outdated: Callable[[E, Sequence[E]], bool] | None = None
    ) -> AsyncGenerator[E, None]:
        """Yield event number `cursor` (from 0) and all later ones, waiting for those to come.

        Of those that came while the reader was busy with an earlier one, `outdated(event, later)`
        are left out.
        """
        async with aclosing(self.numbered(cursor, outdated)) as events:
            async for _, event in events:
                yield event

    async def numbered(
        self, cursor: int = 0, outdated: Callable[[E, Sequence[E]], bool] | None = None
    ) -> AsyncGenerator[tuple[int, E], None]:
        """The same, each event with its number."""
        missed = 0
        while True:
            news = self._news
            while cursor < len(self._events):
                number, event = cursor, self._events[cursor]
                cursor += 1
                if outdated and cursor <= missed and outdated(event, self._events[cursor:]):
                    continue
                yield number, event
                missed = len(self._events)
            if self._closed:
                return
            if news is self._news:
                await news.wait()

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

"""Job events in the memory of this process."""

import asyncio
from collections.abc import AsyncGenerator
from weakref import WeakValueDictionary

from domain.events import Failed, Finished, JobEvent, is_superseded


class MemoryJobEvents:
    """Job events that keep a log while a job, a handle or a reader refers to it."""

    def __init__(self) -> None:
        self._logs: WeakValueDictionary[str, MemoryJobLog] = WeakValueDictionary()

    def open(self, job_id: str, /) -> "MemoryJobLog":
        log = self._logs.get(job_id)
        if log is None:
            log = self._logs[job_id] = MemoryJobLog()
        return log


class MemoryJobLog:
    """A JobLog. Belongs to one event loop."""

    def __init__(self) -> None:
        self._events: list[JobEvent] = []
        self._closed = False
        self._changed = asyncio.Event()

    def append(self, event: JobEvent, /) -> None:
        assert not self._closed, f"{type(event).__name__} after the last event"
        self._events.append(event)
        self._closed = isinstance(event, Finished | Failed)
        self._changed.set()
        self._changed = asyncio.Event()

    @property
    def closed(self) -> bool:
        return self._closed

    async def read(
        self, cursor: int = 0, /, *, drop_superseded: bool = False
    ) -> AsyncGenerator[tuple[int, JobEvent], None]:
        backlog_end = 0  # events before this number were appended while the reader was busy
        while True:
            while cursor < len(self._events):
                number, event = cursor, self._events[cursor]
                cursor += 1
                skippable = drop_superseded and cursor <= backlog_end
                if skippable and is_superseded(event, self._events[cursor:]):
                    continue
                yield number, event
                backlog_end = len(self._events)
            if self._closed:
                return
            await self._changed.wait()

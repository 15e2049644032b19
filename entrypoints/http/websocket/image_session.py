"""One connection of the WebSocket for images: many operations at once, each with its own ID."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from starlette.types import Message, Receive, Send

from application.jobs.job_handle import JobHandle
from domain.errors import Busy, Canceled, ChargeStatus, ImageServiceError, InvalidRequest
from domain.jobs import JobState
from entrypoints.http.websocket.client_messages import (
    HINT,
    Cancel,
    ClientMessage,
    Ping,
    Watch,
    id_in,
    read_message,
)
from entrypoints.http.websocket.image_handler import ImageHandler
from entrypoints.http.websocket.message_reader import MessageReader, run_until_first
from entrypoints.http.websocket.message_writer import Delivery, MessageWriter
from entrypoints.http.websocket.server_messages import Outgoing, error_message, pong
from entrypoints.wire.incidents import log_incident

MAX_OPERATIONS = 32
"""Operations of one connection at once."""


class ImageSession:
    """Serves the messages of one client until it disconnects.

    Each operation ends with `complete`, `error` or `pong`. When the client disconnects, all end as
    if they were canceled.
    """

    def __init__(self, handler: ImageHandler, receive: Receive, send: Send) -> None:
        self._handler = handler
        self._writer = MessageWriter(send)
        self._reader = MessageReader(receive, send, lambda: self.is_awaited)
        self._operations: dict[str, _Operation] = {}
        self.jobs = 0
        """The number of jobs that were started or joined."""

    @property
    def is_awaited(self) -> bool:
        """Whether messages for the client may still come without a further one of its own."""
        return bool(self._operations) or not self._writer.is_empty

    async def run(self) -> int:
        """Serve the client; return the code with which the connection was closed."""
        try:
            await run_until_first(
                asyncio.create_task(self._read()), asyncio.create_task(self._writer.run())
            )
        finally:
            tasks = [operation.task for operation in self._operations.values()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return self._reader.close_code

    async def _read(self) -> None:
        async for event in self._reader.messages():
            await self._take(event)

    async def _take(self, event: Message) -> None:
        text = event.get("text")
        if text is None:
            error = InvalidRequest("A binary frame came.", field="message", hint=HINT)
            await self._writer.add(error_message(error, None)).sent
            return
        try:
            message = read_message(text)
        except InvalidRequest as error:
            id_ = id_in(text)
            in_use = id_ in self._operations
            await self._writer.add(error_message(error, None if in_use else id_)).sent
            return
        if isinstance(message, Cancel):
            if operation := self._operations.get(message.id):
                operation.cancel()
        elif refusal := self._refusal(message):
            await self._writer.add(refusal).sent
        else:
            self._start(message)

    def _refusal(self, message: ClientMessage) -> Outgoing | None:
        if message.id in self._operations:
            error = InvalidRequest(
                f"The ID {message.id!r} is in use.", field="id", hint="Send another ID."
            )
            return error_message(error, None)
        if len(self._operations) >= MAX_OPERATIONS:
            busy = Busy(
                f"The connection has {MAX_OPERATIONS} operations, which is the limit.",
                retry_after=1.0,
            )
            return error_message(busy, message.id)
        return None

    def _start(self, message: ClientMessage) -> None:
        operation = self._operations[message.id] = _Operation(message, self._handler, self._writer)
        operation.task.add_done_callback(lambda _: self._end(operation))

    def _end(self, operation: "_Operation") -> None:
        del self._operations[operation.id]
        self.jobs += operation.handle is not None


class _Operation:
    """What one message asks for, as a task that ends after the last answer is on its way."""

    def __init__(
        self, message: ClientMessage, handler: ImageHandler, writer: MessageWriter
    ) -> None:
        self.id = message.id
        self.handle: JobHandle | None = None
        self._message = message
        self._handler = handler
        self._writer = writer
        self._is_canceled = False
        self._last: Delivery | None = None
        self.task = asyncio.create_task(self._run())

    def cancel(self) -> None:
        """End with `canceled`, once. The message that is being sent is sent whole."""
        if not self._is_canceled:
            self._is_canceled = True
            self.task.cancel()

    async def _run(self) -> None:
        try:
            await self._answer()
        except ImageServiceError as error:
            await self._put(error_message(error, self.id))
        except asyncio.CancelledError:
            if not self._is_canceled:
                raise
            if not self._has_ended:
                await self._put(self._canceled())
        except Exception as error:  # noqa: BLE001 - the last place that can still report it
            await self._put(error_message(log_incident(error), self.id))

    async def _answer(self) -> None:
        if isinstance(self._message, Ping):
            await self._put(pong(self.id))
        elif isinstance(self._message, Watch):
            await self._put_all(self._handler.watch(self._message))
        elif not isinstance(self._message, Cancel):
            self.handle = await self._handler.submit(self._message)
            await self._put_all(self._handler.job(self.handle, self.id))

    async def _put_all(self, messages: AsyncGenerator[Outgoing, None]) -> None:
        async with aclosing(messages):
            async for message in messages:
                await self._put(message)

    async def _put(self, message: Outgoing) -> None:
        self._last = self._writer.add(message)
        await self._last.sent

    @property
    def _has_ended(self) -> bool:
        return self._last is not None and self._last.begun and self._last.message.is_last

    def _canceled(self) -> Outgoing:
        if self.handle is None or self.handle.snapshot.state is JobState.RESERVED:
            return error_message(Canceled(), self.id)
        error = Canceled("You stopped reading after the job was sent. It may run to its end.")
        error.hint = "Watch the job by its jobId, or send the same arguments again."
        error.charged = ChargeStatus.MAYBE
        return error_message(error, self.id, jobId=self.handle.job.id)

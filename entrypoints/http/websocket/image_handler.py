"""What a client of the WebSocket for images can ask for, and all messages that answer it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace

from application.jobs.job_handle import JobHandle
from domain.errors import InvalidRequest
from entrypoints.bootstrap.container import Container
from entrypoints.http.images.urls import ImageUrls
from entrypoints.http.security.link_signer import LinkSigner
from entrypoints.http.websocket.client_messages import Edit, Generate, Watch
from entrypoints.http.websocket.server_messages import Cursor, JobMessages, Outgoing
from entrypoints.jobs.submit import read_edit, read_generation, submit
from entrypoints.wire.caller import Caller


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageHandler:
    """Serves what the client of one connection asks for. Calls wait until `warmed_up` is set.

    `signer` signs the links of `urls`.
    """

    container: Container
    caller: Caller
    urls: ImageUrls
    signer: LinkSigner | None
    warmed_up: asyncio.Event

    async def submit(self, message: Generate | Edit) -> JobHandle:
        """Start or join the job that the message asks for; raise what `submit` raises."""
        await self._prepare()
        caller = replace(self.caller, key=message.idempotency_key)
        arguments = (
            await read_edit(self.container, message.arguments, caller.owner)
            if isinstance(message, Edit)
            else await read_generation(self.container, message.arguments)
        )
        return await submit(self.container, arguments, caller)

    async def job(self, handle: JobHandle, id_: str) -> AsyncGenerator[Outgoing, None]:
        """The messages about a job of this client, up to the last one."""
        messages = JobMessages(id_, self.urls, handle.job.request, handle.request)
        async with aclosing(handle.numbered_events(drop_superseded=True)) as events:
            async for number, event in events:
                for message in messages.of(number, event, Cursor()):
                    yield message

    async def watch(self, message: Watch) -> AsyncGenerator[Outgoing, None]:
        """The messages about any job of the owner, after the cursor; images as the provider's.

        Raises NotFound for a job that is not kept, and InvalidRequest for a cursor at its end.
        """
        await self._prepare()
        job = await self.container.follow_job()(message.job_id, owner=self.caller.owner)
        after = Cursor.parse(message.cursor)
        if not job.has_event(after.next_number):
            raise InvalidRequest(
                "The job has ended, and nothing comes after this cursor.",
                field="cursor",
                hint="Leave out the cursor to get the job's messages again.",
            )
        messages = JobMessages(message.id, self.urls, job.job.request)
        async with aclosing(job.follow(after.next_number)) as events:
            async for number, event in events:
                for each in messages.of(number, event, after):
                    yield each

    async def _prepare(self) -> None:
        """Do what the middleware does before each request: a connection may last for days."""
        await self.warmed_up.wait()
        if self.signer is not None:
            await self.signer.refresh()

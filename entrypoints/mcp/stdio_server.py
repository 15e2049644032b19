"""The MCP server over standard input and output, as hosts such as Claude Desktop start it."""

import asyncio
import os
from contextlib import suppress
from time import monotonic
from typing import Any

from anyio import create_memory_object_stream, create_task_group
from mcp.server.lowlevel.server import Server
from mcp.shared.message import SessionMessage

from entrypoints.bootstrap.lazy_application import Studio
from entrypoints.bootstrap.shutdown import CLOSING_MAY_TAKE, leave_at_the_latest_in, told_by_signals
from entrypoints.config.settings import Settings
from entrypoints.mcp.stdio_transport import Pipes, open_what_is_closed
from entrypoints.mcp.tool_server import build_server

LAST_ANSWERS_MAY_TAKE = 1.0
"""Seconds, of the grace, for writing answers once their jobs have ended."""
LAST_RECORDS_MAY_TAKE = 1.0
"""Seconds, of the grace, that `drain` needs for work that must be ended."""


def run(settings: Settings) -> None:
    """Serve until the input ends or a signal comes, then leave within SHUTDOWN_GRACE.

    When the input ends, calls that came are answered first. At a signal no new work is begun.
    Either way running work is finished, or ended and recorded as unknown, and the exit code is 0.
    It is 1 if a second signal came, which leaves at once, or if something hung, such as the disk:
    then the process leaves CLOSING_MAY_TAKE after the grace, as it stands. A host that reads no
    answers is no fault. Does not return: the process ends, although a thread may still wait.
    """
    open_what_is_closed()
    asyncio.run(_serve(settings))


async def _serve(settings: Settings) -> None:
    pipes, told = Pipes(), told_by_signals()
    studio = Studio(settings)
    server = build_server(studio.opened, settings, listed=studio.warm_up_soon)
    serving = asyncio.create_task(_speak(server, pipes))
    await _first(serving, asyncio.create_task(told.wait()), asyncio.create_task(pipes.ended.wait()))
    leave_at_the_latest_in(settings.shutdown_grace + CLOSING_MAY_TAKE)
    deadline = monotonic() + settings.shutdown_grace - LAST_ANSWERS_MAY_TAKE
    if not told.is_set() and not pipes.broken:
        patience = deadline - LAST_RECORDS_MAY_TAKE - monotonic()
        answered = asyncio.create_task(pipes.settled(patience))
        await _first(answered, asyncio.create_task(told.wait()))
    await studio.drain(deadline - monotonic())
    with suppress(TimeoutError):
        async with asyncio.timeout(LAST_ANSWERS_MAY_TAKE):
            await pipes.settled(LAST_ANSWERS_MAY_TAKE)
            await pipes.close()
            await asyncio.wait({serving})
    await studio.close()
    os._exit(0)


async def _first(*tasks: asyncio.Task[Any]) -> None:
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)


async def _speak(server: Server[Any], pipes: Pipes) -> None:
    heard, incoming = create_memory_object_stream[SessionMessage | Exception](0)
    outgoing, said = create_memory_object_stream[SessionMessage](0)

    async def listen() -> None:
        async with heard:
            async for message in pipes:
                await heard.send(SessionMessage(message))

    async def tell() -> None:
        async with said:
            async for answer in said:
                await pipes.send(answer.message)

    async with create_task_group() as talking:
        talking.start_soon(listen)
        talking.start_soon(tell)
        await server.run(incoming, outgoing, server.create_initialization_options())

"""The MCP server over standard input and output, as hosts such as Claude Desktop start it."""

import asyncio
import os
from contextlib import suppress
from time import monotonic
from typing import Any

from anyio import create_memory_object_stream, create_task_group
from mcp.server.lowlevel.server import Server
from mcp.shared.message import SessionMessage

from entrypoints.bootstrap.lazy_application import LazyApplication
from entrypoints.bootstrap.shutdown import CLOSE_TIMEOUT, exit_after, shutdown_event
from entrypoints.config.settings import Settings
from entrypoints.mcp.stdio_transport import StdioTransport, ensure_std_fds_open
from entrypoints.mcp.tool_server import build_server

ANSWERS_TIMEOUT = 1.0
"""Seconds, of the grace, for writing answers once their jobs have ended."""
RECORDS_TIMEOUT = 1.0
"""Seconds, of the grace, that `drain` needs for work that must be ended."""


def run(settings: Settings) -> None:
    """Serve until the input ends or a signal comes, then leave within SHUTDOWN_GRACE.

    When the input ends, calls that came are answered first. At a signal no new work is begun.
    Either way running work is finished, or ended and recorded as unknown, and the exit code is 0.
    It is 1 if a second signal came, which leaves at once, or if something hung, such as the disk:
    then the process leaves CLOSING_MAY_TAKE after the grace, as it stands. A host that reads no
    answers is no fault. Does not return: the process ends, although a thread may still wait.
    """
    ensure_std_fds_open()
    asyncio.run(_serve(settings))


async def _serve(settings: Settings) -> None:
    pipes, told = StdioTransport(), shutdown_event()
    studio = LazyApplication(settings)
    server = build_server(studio.container, settings, listed=studio.warm_up_soon)
    serving = asyncio.create_task(_speak(server, pipes))
    await _first(serving, asyncio.create_task(told.wait()), asyncio.create_task(pipes.eof.wait()))
    exit_after(settings.shutdown_grace + CLOSE_TIMEOUT)
    deadline = monotonic() + settings.shutdown_grace - ANSWERS_TIMEOUT
    if not told.is_set() and not pipes.write_failed:
        patience = deadline - RECORDS_TIMEOUT - monotonic()
        answered = asyncio.create_task(pipes.wait_answered(patience))
        await _first(answered, asyncio.create_task(told.wait()))
    await studio.drain(deadline - monotonic())
    with suppress(TimeoutError):
        async with asyncio.timeout(ANSWERS_TIMEOUT):
            await pipes.wait_answered(ANSWERS_TIMEOUT)
            await pipes.close()
            await asyncio.wait({serving})
    await studio.close()
    os._exit(0)


async def _first(*tasks: asyncio.Task[Any]) -> None:
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)


async def _speak(server: Server[Any], pipes: StdioTransport) -> None:
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

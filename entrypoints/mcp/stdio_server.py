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
from entrypoints.mcp.client_roots import ClientRoots
from entrypoints.mcp.greeter.greeter import Greeter
from entrypoints.mcp.greeter.recording import load_answers
from entrypoints.mcp.server import build_server
from entrypoints.mcp.stdio_transport import StdioTransport

RECORDING_DELAY = 3.0
"""Seconds after which the greeter's answers are recorded, if they are not: after the warm-up."""
ANSWERS_TIMEOUT = 1.0
"""Seconds of the grace period reserved for writing answers after their jobs have ended."""
RECORDS_TIMEOUT = 1.0
"""Seconds of the grace period that `drain` needs to end jobs that are still running."""


def run(settings: Settings, greeter: Greeter, *, fault: str | None = None) -> None:
    """Serve until the input ends or a signal arrives, then exit within SHUTDOWN_GRACE.

    The greeter has answered the client so far; this server continues its conversation.
    With a `fault` of the settings, every tool answers with that text, and nothing is opened.

    When the input ends, calls that already arrived are answered first. After a signal no new job
    starts. Either way running jobs finish, or are ended and recorded as unknown, and the exit code
    is 0. The exit code is 1 after a second signal, which ends the process at once, or if something
    hangs, such as the disk: then the process ends CLOSE_TIMEOUT after the grace period. A host
    that reads no answers is not an error. Does not return: the process ends even if a thread is
    still waiting.
    """
    asyncio.run(_serve(settings, greeter, fault))


async def _serve(settings: Settings, greeter: Greeter, fault: str | None) -> None:
    transport, stop = StdioTransport(greeter), shutdown_event()
    client_roots = ClientRoots()
    application = LazyApplication(settings, fault=fault, door="stdio", client_roots=client_roots)
    server = build_server(
        application.container,
        settings,
        open_presets=application.presets,
        on_list=application.warm_up_soon,
        over_stdio=True,
        client_roots=client_roots,
    )
    serving = asyncio.create_task(serve_messages(server, transport))
    continuing = asyncio.create_task(_continue(transport, application, greeter=settings.greeter))
    ends = (asyncio.create_task(event.wait()) for event in (stop, transport.eof))
    await _first(serving, *ends)
    exit_after(settings.shutdown_grace + CLOSE_TIMEOUT)
    deadline = monotonic() + settings.shutdown_grace - ANSWERS_TIMEOUT
    if not stop.is_set() and not transport.write_failed:
        timeout = deadline - RECORDS_TIMEOUT - monotonic()
        answered = asyncio.create_task(transport.wait_answered(timeout))
        await _first(answered, asyncio.create_task(stop.wait()))
    await application.drain(deadline - monotonic())
    with suppress(TimeoutError):
        async with asyncio.timeout(ANSWERS_TIMEOUT):
            await transport.wait_answered(ANSWERS_TIMEOUT)
            await transport.close()
            await asyncio.wait({serving})
    continuing.cancel()
    await application.close()
    os._exit(0)


async def _continue(
    transport: StdioTransport, application: LazyApplication, *, greeter: bool
) -> None:
    if await transport.take_over():  # as after a tools/list that this server has answered
        application.warm_up_soon()
    if greeter:
        await asyncio.sleep(RECORDING_DELAY)
        await _record_answers()


async def _record_answers() -> None:
    """Record the greeter's answers for the next start, unless they are recorded."""
    if load_answers():
        return
    from entrypoints.mcp.greeter.recorder import record

    with suppress(OSError):  # in a folder that cannot be written, each start is without a greeter
        await record()


async def _first(*tasks: asyncio.Task[Any]) -> None:
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)


async def serve_messages(server: Server[Any], transport: StdioTransport) -> None:
    """Let the SDK answer the messages of the transport until that is closed."""
    to_server, incoming = create_memory_object_stream[SessionMessage | Exception](0)
    outgoing, from_server = create_memory_object_stream[SessionMessage](0)

    async def receive() -> None:
        async with to_server:
            async for message in transport:
                await to_server.send(SessionMessage(message))

    async def send() -> None:
        async with from_server:
            async for message in from_server:
                await transport.send(message.message)

    async with create_task_group() as tasks:
        tasks.start_soon(receive)
        tasks.start_soon(send)
        await server.run(incoming, outgoing, server.create_initialization_options())

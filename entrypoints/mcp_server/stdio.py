"""The MCP server over standard input and output, as hosts such as Claude Desktop start it."""

import asyncio
import os
import signal
import sys
from time import monotonic
from typing import Any, cast

import anyio
from mcp.server.lowlevel.server import Server
from mcp.server.stdio import stdio_server

from entrypoints.mcp_server.pipes import Pipes
from entrypoints.mcp_server.server import build_server
from entrypoints.settings import Settings
from entrypoints.studio import Studio

LAST_ANSWERS_MAY_TAKE = 1.0
"""Seconds, of the grace, for writing answers once their jobs have ended."""


def run(settings: Settings) -> None:
    """Serve until the input ends or a signal comes, then leave within SHUTDOWN_GRACE.

    When the input ends, calls that came are answered first. At a signal no new work is begun.
    Either way running work is finished or recorded; a second signal leaves at once. Does not
    return: the process ends, although a thread may still wait for input.
    """
    asyncio.run(_serve(settings))


async def _serve(settings: Settings) -> None:
    pipes, told = Pipes(), asyncio.Event()
    _leave_on_signals(told)
    studio = Studio(settings)
    server = build_server(studio.opened, settings, listed=studio.warm_up_soon)
    serving = asyncio.create_task(_speak(server, pipes))
    await _first(serving, asyncio.create_task(told.wait()), asyncio.create_task(pipes.ended.wait()))
    deadline = monotonic() + settings.shutdown_grace - LAST_ANSWERS_MAY_TAKE
    if not told.is_set() and not pipes.broken:
        answered = asyncio.create_task(pipes.settled(deadline - monotonic()))
        await _first(answered, asyncio.create_task(told.wait()))
    await studio.drain(deadline - monotonic())
    await pipes.settled(LAST_ANSWERS_MAY_TAKE)
    await pipes.close()
    await asyncio.wait({serving}, timeout=LAST_ANSWERS_MAY_TAKE)
    await studio.close()
    sys.stderr.flush()
    os._exit(0)


async def _first(*tasks: asyncio.Task[Any]) -> None:
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)


async def _speak(server: Server[Any], pipes: Pipes) -> None:
    wire = cast(anyio.AsyncFile[str], pipes)
    async with stdio_server(stdin=wire, stdout=wire) as (incoming, outgoing):
        await server.run(incoming, outgoing, server.create_initialization_options())


def _leave_on_signals(told: asyncio.Event) -> None:
    def leave() -> None:
        if told.is_set():
            os._exit(1)
        told.set()

    if os.name == "nt":  # no signal handlers in event loops there; hosts close the input instead
        return
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, leave)

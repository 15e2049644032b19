"""The stdio server in this process, over two pipes, with the greeter or without it."""

import asyncio
import json
import os
import threading
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from mcp.server.lowlevel.server import Server

from domain.provider_errors import InvalidSettings
from entrypoints.config.settings import Settings
from entrypoints.mcp.greeter.conversation import Answers
from entrypoints.mcp.greeter.greeter import Greeter
from entrypoints.mcp.server import build_server
from entrypoints.mcp.stdio_server import serve_messages
from entrypoints.mcp.stdio_transport import StdioTransport
from tests.e2e.greeter_messages import Step

Message = dict[str, Any]
SECONDS = 20.0
"""After which a test fails; no test depends on it."""


class CountingGreeter(Greeter):
    """Knows how many lines it has taken."""

    taken = 0

    def _answer(self, line: bytes) -> bool:
        is_known = super()._answer(line)
        self.taken += is_known
        return is_known

    @property
    def is_silent(self) -> bool:
        return not self._answering


class Pipes:
    """The client's ends of the pipes, and what the server has written."""

    def __init__(self) -> None:
        self.source, self._input = os.pipe()
        self._output, self.sink = os.pipe()
        self.lines: list[bytes] = []
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._collect)
        self._thread.start()

    def write(self, steps: Sequence[Step]) -> None:
        """Write each line; wait where the steps say so."""
        for step in steps:
            if isinstance(step, int):
                with self._changed:
                    assert self._changed.wait_for(partial(self._has, step), SECONDS)
            else:
                data = memoryview(step + b"\n")
                while data:
                    data = data[os.write(self._input, data) :]

    def _has(self, count: int) -> bool:
        return len(self.lines) >= count

    def end_input(self) -> None:
        os.close(self._input)

    def close(self) -> list[Message]:
        """Everything that the server has written, after it has ended."""
        os.close(self.sink)
        self._thread.join()
        os.close(self.source)
        return [json.loads(line) for line in self.lines]

    def _collect(self) -> None:
        with os.fdopen(self._output, "rb") as output:
            for line in output:
                with self._changed:
                    self.lines.append(line)
                    self._changed.notify_all()


class GreetedServer:
    """One server for many connections. Its calls end, with an error, when the input has ended."""

    def __init__(self, answers: Answers) -> None:
        self.answers = answers
        self.lists = 0
        self._gate = asyncio.Event()
        self._waiting = 0
        settings = Settings.model_construct()
        self._server: Server[Any] = build_server(self._open, settings, on_list=self._on_list)

    def _on_list(self) -> None:
        self.lists += 1

    async def _open(self) -> Any:  # noqa: ANN401 - the container, which there is none of
        self._waiting += 1
        try:
            await self._gate.wait()
        finally:
            self._waiting -= 1
        raise InvalidSettings("These tests open no container.", hint="Call no tool.")

    async def answers_without(self, steps: Sequence[Step]) -> list[Message]:
        """What the SDK alone answers."""
        return await self._run({}, steps, loaded_after=0)

    async def answers_with(self, steps: Sequence[Step], loaded_after: int) -> list[Message]:
        """What both answer, if loading the SDK takes until that many steps were written."""
        return await self._run(self.answers, steps, loaded_after)

    async def _run(
        self, answers: Answers, steps: Sequence[Step], loaded_after: int
    ) -> list[Message]:
        pipes = Pipes()
        greeter = CountingGreeter(answers, pipes.source, pipes.sink)
        first, rest = steps[:loaded_after], steps[loaded_after:]
        await asyncio.to_thread(pipes.write, first)
        known = sum(isinstance(step, bytes) for step in first)
        # The greeter works on its thread while a real server would be loading.
        while answers and not greeter.is_silent and greeter.taken < known:  # noqa: ASYNC110 - a thread has no asyncio.Event
            await asyncio.sleep(0.001)
        self._gate.clear()
        transport = StdioTransport(greeter)
        serving = asyncio.create_task(serve_messages(self._server, transport))
        await transport.take_over()
        writing = asyncio.create_task(asyncio.to_thread(pipes.write, rest))
        await writing
        pipes.end_input()
        async with asyncio.timeout(SECONDS):
            await transport.eof.wait()
            # Only calls wait for the end of the input.
            while len(transport._unanswered) > self._waiting:  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.001)
            self._gate.set()
            await transport.wait_answered(SECONDS)
            await transport.close()
            with suppress(asyncio.CancelledError):
                await serving
        return pipes.close()

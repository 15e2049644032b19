"""A conversation in the terminal: each line is a turn, and its image is drawn if that is possible.

Standard input may be a pipe: then nothing is asked, and the first failed turn is the exit code.
Ctrl-C while a turn runs is about that turn, as in the other commands; at the prompt it ends.
"""

import asyncio
import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

from application.jobs.job_handle import JobHandle
from application.use_cases.confirm_spending import Consent
from domain.conversations import MAX_CONTEXT_TURNS, ConversationId, ConversationOptions
from domain.errors import ImageServiceError, NotFound
from domain.provider_errors import ConversationLost
from domain.requests import EditRequest, GenerateRequest
from domain.results import ImageResult
from domain.untrusted_text import several_lines
from entrypoints.bootstrap.container import Container
from entrypoints.bootstrap.lifecycle import run_application
from entrypoints.cli.command_settings import command_settings
from entrypoints.cli.console import print_error
from entrypoints.cli.delivery import Delivery
from entrypoints.cli.job_runner import CANCELED, wait_for_images
from entrypoints.cli.line_reader import LineReader
from entrypoints.cli.previews import Previews, draw
from entrypoints.cli.runner import exit_code
from entrypoints.cli.terminal_images import TerminalImages
from entrypoints.wire.client_names import COMMAND_LINE
from entrypoints.wire.error_codes import EXIT_CODE_BY_CODE
from entrypoints.wire.image_results import Hints, structured_report, text_report

DELIVERY = Delivery(target=None, opens=False, quiet=False, as_json=False)
CONFIRM_HINT = "Answer the question at a terminal, or raise CONFIRM_ABOVE_USD."
HINTS = Hints(new_image="", edit="")
WELCOME = "Say what to draw, then what to change. /undo, /new, /quit."
LOST = "{error} This turn goes on from the last image alone."
COMMANDS = "The commands are /undo, /new and /quit. Any other line is a turn."


def run_chat(name: str | None, env_file: Path | None) -> int:
    """Serve the lines of standard input; return the exit code."""

    async def run() -> int:
        async with run_application(command_settings(env_file), door="cli") as container:
            return await Chat(container, ConversationId(name) if name else new_id()).run()

    return exit_code(run(), as_json=False)


def new_id() -> ConversationId:
    """The name of a conversation that begins now."""
    return ConversationId(f"chat-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}")


class Chat:
    """One conversation after the other, from standard input."""

    def __init__(self, container: Container, id_: ConversationId) -> None:
        self.container = container
        self.id = id_
        self.code = 0
        self._asks = sys.stdin.isatty()
        self._leaves = False
        self._lines = LineReader(sys.stdin)

    async def run(self) -> int:
        """Serve lines until /quit, the end of the input or an interrupt; return the exit code."""
        self._cancel_on_signals()
        if self._asks:  # the terminal is asked now: later, its answer would take typed lines along
            await asyncio.to_thread(lambda: TerminalImages().can_draw)
            print(f"Conversation {self.id}. {WELCOME}")
        try:
            while not self._leaves and (line := await self._read()):
                text = line.strip()
                if text == "/quit":
                    return self.code
                await self._try(text)
        except asyncio.CancelledError:
            self._leaves = True
        if self._asks:
            print()
        return CANCELED if self._leaves else self.code

    async def _try(self, text: str) -> None:
        """Serve a line, and print the error if it fails. An interrupt was about this line only."""
        try:
            await self._serve(text)
        except ImageServiceError as error:
            print_error(error, {}, as_json=False)
            self.code = self.code or (0 if self._asks else EXIT_CODE_BY_CODE[error.code])
        while (task := asyncio.current_task()) and task.uncancel():
            pass

    def _cancel_on_signals(self) -> None:
        """Cancel this task at each signal; it then serves no more lines, except after a Ctrl-C."""
        task = asyncio.current_task()
        if os.name == "nt" or task is None:
            return

        def leave() -> None:
            self._leaves = True
            task.cancel()

        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGINT, task.cancel if self._asks else leave)
        loop.add_signal_handler(signal.SIGTERM, leave)

    async def _read(self) -> str:
        """The next line; empty at the end of the input."""
        if self._asks:
            print("> ", end="", flush=True)
        return await self._lines.next()

    async def _serve(self, text: str) -> None:
        if text == "/new":
            self.id = new_id()
            print(f"Conversation {self.id}.")
        elif text == "/undo":
            undone = await self.container.undo_turn()(self.id)
            print(several_lines(f"Took back turn {undone.number}: {undone.prompt}"))
        elif text.startswith("/"):
            print(COMMANDS)
        elif text:
            await self._turn(text)

    async def _turn(self, prompt: str) -> None:
        try:
            result = await self._wait(await self._start(prompt))
        except ConversationLost as error:
            print(LOST.format(error=error.message), file=sys.stderr)
            result = await self._wait(await self._start(prompt, context_turns=0))
        self._report(result)
        for image in result.images:
            await draw(image.image, TerminalImages(), self.container.preview_images())

    async def _wait(self, job: JobHandle) -> ImageResult:
        """The images, also after a first interrupt; a second one raises CancelledError."""
        result, _ = await wait_for_images(job, self.container, DELIVERY, Previews())
        return result

    async def _start(self, prompt: str, *, context_turns: int = MAX_CONTEXT_TURNS) -> JobHandle:
        """The first turn generates an image, each later one edits the last."""
        options = ConversationOptions(id=self.id, context_turns=context_turns)
        admit = self.container.confirm_spending().admission(
            Consent(hint=CONFIRM_HINT, ask=self._agrees)
        )
        if await self._has_image():
            edit = EditRequest(
                prompt=prompt, size=None, keep_shape=True, images=(), conversation=options
            )
            return await self.container.edit_image()(edit, client=COMMAND_LINE, admit=admit)
        return await self.container.generate_image()(
            GenerateRequest(prompt=prompt, conversation=options),
            client=COMMAND_LINE,
            admit=admit,
        )

    async def _agrees(self, question: str) -> bool | None:
        """The answer of a person at a terminal; None at the end of the input, and for a pipe."""
        if not self._asks:
            return None
        print(f"{question} [y/N]")
        answer = await self._read()
        return answer.strip().lower() in {"y", "yes"} if answer else None

    async def _has_image(self) -> bool:
        try:
            turns = (await self.container.get_conversation()(self.id)).turns
        except NotFound:
            return False
        return any(turn.last_image for turn in turns)

    def _report(self, result: ImageResult) -> None:
        first_line = f"Turn {result.turn.number}." if result.turn else "Created 1 image."
        print(several_lines(text_report(first_line, result, structured_report(result), HINTS)))

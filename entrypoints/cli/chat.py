"""A conversation in the terminal: each line is a turn, and its image is drawn if that is possible.

Standard input may be a pipe: then nothing is asked, and the first failed turn is the exit code.
"""

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

from application.jobs.job_handle import JobHandle
from application.use_cases.confirm_spending import Consent
from domain.conversations import MAX_CONTEXT_TURNS, ConversationId, ConversationOptions
from domain.errors import ImageServiceError, NotFound
from domain.requests import EditRequest, GenerateRequest
from domain.results import ImageResult
from domain.untrusted_text import several_lines
from entrypoints.bootstrap.container import Container
from entrypoints.bootstrap.lifecycle import run_application
from entrypoints.cli.command_settings import command_settings
from entrypoints.cli.console import print_error
from entrypoints.cli.delivery import Delivery
from entrypoints.cli.previews import Previews, draw
from entrypoints.cli.progress_display import follow_job
from entrypoints.cli.runner import exit_code
from entrypoints.cli.terminal_images import TerminalImages
from entrypoints.wire.error_codes import EXIT_CODE_BY_CODE
from entrypoints.wire.image_results import Hints, structured_report, text_report

DELIVERY = Delivery(target=None, opens=False, quiet=False, as_json=False)
CONFIRM_HINT = "Answer the question at a terminal, or raise CONFIRM_ABOVE_USD."
HINTS = Hints(new_image="", edit="")
WELCOME = "Say what to draw, then what to change. /undo, /new, /quit."
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

    async def run(self) -> int:
        """Serve lines until /quit or the end of the input; return the exit code."""
        if self._asks:
            print(f"Conversation {self.id}. {WELCOME}")
        while line := await asyncio.to_thread(self._read):
            text = line.strip()
            if text == "/quit":
                break
            try:
                await self._serve(text)
            except ImageServiceError as error:
                print_error(error, {}, as_json=False)
                self.code = self.code or (0 if self._asks else EXIT_CODE_BY_CODE[error.code])
        return self.code

    def _read(self) -> str:
        """The next line; empty at the end of the input."""
        if self._asks:
            print("> ", end="", flush=True)
        return sys.stdin.readline()

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
        job = await self._start(prompt)
        result = await follow_job(job, self.container, DELIVERY, Previews())
        self._report(result)
        for image in result.images:
            await draw(image.image, TerminalImages(), self.container.preview_images())

    async def _start(self, prompt: str) -> JobHandle:
        """The first turn generates an image, each later one edits the last."""
        options = ConversationOptions(id=self.id, context_turns=MAX_CONTEXT_TURNS)
        admit = self.container.confirm_spending().admission(
            Consent(hint=CONFIRM_HINT, ask=self._agrees)
        )
        if await self._has_image():
            edit = EditRequest(
                prompt=prompt, size=None, keep_shape=True, images=(), conversation=options
            )
            return await self.container.edit_image()(edit, admit=admit)
        return await self.container.generate_image()(
            GenerateRequest(prompt=prompt, conversation=options), admit=admit
        )

    async def _agrees(self, question: str) -> bool | None:
        """The answer of a person at a terminal; None at the end of the input, and for a pipe."""
        if not self._asks:
            return None
        print(f"{question} [y/N]")
        answer = await asyncio.to_thread(self._read)
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

"""Safeguard: no text or data of a provider has a secret, and no text has harmful characters."""

import asyncio
from collections.abc import Iterable
from contextlib import aclosing
from dataclasses import replace

from application.async_tools import run_to_completion
from application.ports.image_provider import (
    Delivered,
    ImageProvider,
    PartialImage,
    ProviderStream,
)
from application.safeguards.safeguard import CallNext, R, Safeguard
from domain.errors import UnreadableImage
from domain.image import Image
from domain.jobs import Job
from domain.provider_errors import ProviderError
from domain.redactor import Redactor
from domain.untrusted_text import several_lines, single_line

MAX_TEXT = 1_000
"""Characters of a message, a hint or a note; OpenAI's longest messages have some 300."""
MAX_LENGTHS = {"request_id": 200, "stage": 64}
"""Characters of other texts, by the name of the field."""
MAX_WORDS = 20
"""Moderation categories; OpenAI has 13."""
MAX_WORD = 64
"""Characters of one; OpenAI's longest has 22."""
MAX_NOTES = 40
MAX_REVISED_PROMPT = 8_000
MAX_CONTINUATION = 1_000
"""Characters of a continuation; the ID of a response has about 60."""
MAX_NOTE = 5_000
"""Characters of a note, which may have a link to an image; see MAX_LINK."""
MAX_LINK = 4_000
"""Characters of one link; a link that a store has signed has up to 2,000."""


class Redaction(Safeguard):
    """Redacts and bounds every text, and redacts all data that is not an image.

    Texts of results and errors have no secret, no control characters, no bidirectional controls
    and no lone surrogates; only a revised prompt has line feeds. Data keeps its length. Images are
    passed on byte for byte. It belongs around Inspection, which turns rejected images into data,
    and inside Archiving, so that records, files, logs and callers get the same texts.
    """

    def __init__(self, inner: ImageProvider, secrets: Iterable[str]) -> None:
        super().__init__(inner)
        self._redactor = Redactor(secrets)

    async def wrap(self, job: Job[R], call_next: CallNext[R], /) -> ProviderStream:
        try:
            async with aclosing(call_next(job)) as stream:
                async for event in stream:
                    match event:
                        case Delivered():
                            yield await self._clean_result(event)
                        case PartialImage(image=image) if not _is_image(image):
                            (data,) = await self._clean_data((image.data,))
                            yield replace(event, image=Image(data))
                        case _:
                            yield event
        except ProviderError as error:
            await self._clean_error(error)
            raise

    async def _clean_result(self, delivered: Delivered) -> Delivered:
        clean = self._redactor.text
        revised, request_id = delivered.revised_prompt, delivered.request_id
        return replace(
            delivered,
            revised_prompt=revised and several_lines(clean(revised), MAX_REVISED_PROMPT),
            request_id=request_id and single_line(clean(request_id), MAX_LENGTHS["request_id"]),
            notes=tuple(single_line(clean(n), MAX_NOTE) for n in delivered.notes[:MAX_NOTES]),
            continuation=self._usable(delivered.continuation),
            undecodable=await self._clean_data(delivered.undecodable),
        )

    def _usable(self, continuation: str | None) -> str | None:
        """The continuation, which means something only as it is; None if it cannot be kept so."""
        clean = continuation and single_line(self._redactor.text(continuation), MAX_CONTINUATION)
        return continuation if clean == continuation else None

    async def _clean_error(self, error: ProviderError) -> None:
        """Clean every attribute, including those that only some kinds of error have.

        Links stay whole, except for secrets: the images under them were paid for.
        """
        links = getattr(error, "links", ())[:MAX_WORDS]
        for name, value in vars(error).copy().items():
            match value:
                case str() if type(value) is str:  # not a ChargeStatus
                    text = self._error_text(value, links)
                    limit = MAX_LENGTHS.get(name, MAX_TEXT) + sum(map(len, links))
                    setattr(error, name, single_line(text, limit))
                case (str(), *_) if name == "links":
                    setattr(error, name, tuple(map(self._link, links)))
                case (str(), *_):
                    words = map(self._redactor.error_text, value[:MAX_WORDS])
                    setattr(error, name, tuple(single_line(word, MAX_WORD) for word in words))
                case (bytes(), *_):
                    setattr(error, name, await self._clean_data(value))
        error.args = (error.message,)

    def _error_text(self, text: str, links: tuple[str, ...]) -> str:
        """The text of an error, in which links may look as if they had a key."""
        if not links:
            return self._redactor.error_text(text)
        parts = text.split(links[0])
        return self._link(links[0]).join(self._error_text(part, links[1:]) for part in parts)

    def _link(self, link: str) -> str:
        return single_line(self._redactor.text(link), MAX_LINK)

    async def _clean_data(self, items: tuple[bytes, ...]) -> tuple[bytes, ...]:
        """Redact in a thread, as the largest data takes seconds; a cancellation waits for it."""
        if not items:
            return ()
        clean = self._redactor.data
        return await run_to_completion(asyncio.to_thread(lambda: tuple(map(clean, items))))


def _is_image(image: Image) -> bool:
    try:
        return bool(image.format)
    except UnreadableImage:
        return False

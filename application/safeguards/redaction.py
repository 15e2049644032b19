"""Safeguard: no text or data of a provider has a secret, and no text has harmful characters."""

from collections.abc import Iterable
from contextlib import aclosing
from dataclasses import replace

from application.error_redaction import MAX_LENGTHS, redact_data, redact_error
from application.ports.image_provider import (
    Accepted,
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

MAX_NOTES = 40
MAX_REVISED_PROMPT = 8_000
MAX_CONTINUATION = 1_000
"""Characters of a continuation or handle; the ID of a response has about 60, and a handle may be
of ten."""
MAX_NOTE = 5_000
"""Characters of a note, which may have a link to an image; see MAX_LINK."""


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
                        case Accepted(handle=handle) if self._usable(handle) is None:
                            continue  # it cannot be recorded as it is, and is useless changed
                        case PartialImage(image=image) if not _is_image(image):
                            (data,) = await redact_data((image.data,), self._redactor)
                            yield replace(event, image=Image(data))
                        case _:
                            yield event
        except ProviderError as error:
            await redact_error(error, self._redactor)
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
            undecodable=await redact_data(delivered.undecodable, self._redactor),
        )

    def _usable(self, name: str | None) -> str | None:
        """A continuation or handle, which means something only as it is; None for any other."""
        clean = name and single_line(self._redactor.text(name), MAX_CONTINUATION)
        return name if clean == name else None


def _is_image(image: Image) -> bool:
    try:
        return bool(image.format)
    except UnreadableImage:
        return False

"""Redacts and bounds what the errors of a provider quote."""

import asyncio

from application.async_tools import run_to_completion
from domain.provider_errors import ProviderError
from domain.redactor import Redactor
from domain.untrusted_text import single_line

MAX_TEXT = 1_000
"""Characters of a message, a hint or a note; OpenAI's longest messages have some 300."""
MAX_LENGTHS = {"request_id": 200, "stage": 64}
"""Characters of other texts, by the name of the field."""
MAX_WORDS = 20
"""Moderation categories; OpenAI has 13."""
MAX_WORD = 64
"""Characters of one; OpenAI's longest has 22."""
MAX_LINK = 4_000
"""Characters of one link; a link that a store has signed has up to 2,000."""


async def redact_error(error: ProviderError, redactor: Redactor) -> None:
    """Clean every attribute, including those that only some kinds of error have.

    Texts have no secret and are single lines within the limits above. Links stay whole, except for
    secrets: the images under them were paid for. Data keeps its length.
    """
    links = getattr(error, "links", ())[:MAX_WORDS]
    for name, value in vars(error).copy().items():
        match value:
            case str() if type(value) is str:  # not a ChargeStatus
                text = _error_text(value, links, redactor)
                limit = MAX_LENGTHS.get(name, MAX_TEXT) + sum(map(len, links))
                setattr(error, name, single_line(text, limit))
            case (str(), *_) if name == "links":
                setattr(error, name, tuple(_link(link, redactor) for link in links))
            case (str(), *_):
                words = map(redactor.error_text, value[:MAX_WORDS])
                setattr(error, name, tuple(single_line(word, MAX_WORD) for word in words))
            case (bytes(), *_):
                setattr(error, name, await redact_data(value, redactor))
    error.args = (error.message,)


async def redact_data(items: tuple[bytes, ...], redactor: Redactor) -> tuple[bytes, ...]:
    """Redact in a thread, as the largest data takes seconds; a cancellation waits for it."""
    if not items:
        return ()
    clean = redactor.data
    return await run_to_completion(asyncio.to_thread(lambda: tuple(map(clean, items))))


def _error_text(text: str, links: tuple[str, ...], redactor: Redactor) -> str:
    """The text of an error, in which links may look as if they had a key."""
    if not links:
        return redactor.error_text(text)
    parts = text.split(links[0])
    return _link(links[0], redactor).join(_error_text(part, links[1:], redactor) for part in parts)


def _link(link: str, redactor: Redactor) -> str:
    return single_line(redactor.text(link), MAX_LINK)

"""Limits for the inspection of input images, the same for edits, uploads and masks."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from application.ports.image_inspector import NotInspected
from domain.errors import UnreadableImage

INSPECTION_TIMEOUT = 10.0
"""Seconds for one image, including the wait for a free worker; a JPEG of 50 megapixels takes about
one, or five if its pixels must be converted."""
TOTAL_INSPECTION_TIMEOUT = 30.0
"""Seconds for all images of a request, which may have 16 and a mask."""

T = TypeVar("T")


async def in_time(work: Awaitable[T], field: str, end: float | None = None) -> T:
    """Return what the work returns, or raise UnreadableImage for the image that the field names.

    `end` is when all images of the request must be done, by the clock of the event loop.
    """
    own_end = asyncio.get_running_loop().time() + INSPECTION_TIMEOUT
    end = own_end if end is None else end
    try:
        async with asyncio.timeout_at(min(own_end, end)):
            return await work
    except UnreadableImage as error:
        message = f"{field}: {error.message}"
        raise UnreadableImage(message, field=field, hint=error.hint) from error
    except TimeoutError:  # without a limit the image would block all others
        limit = f"{INSPECTION_TIMEOUT:g} s"
        if end < own_end:
            limit = f"{TOTAL_INSPECTION_TIMEOUT:g} s, the limit for all images of a request"
        message = f"{field}: could not be inspected within {limit}."
        raise UnreadableImage(message, field=field) from None
    except NotInspected as error:
        message = f"{field}: could not be inspected: {error}."
        raise UnreadableImage(message, field=field, hint="Retry later.") from error

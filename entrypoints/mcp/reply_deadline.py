"""How long a client may be left waiting for an answer."""

import asyncio
from collections.abc import Awaitable, Mapping
from typing import Any

from application.jobs.job_handle import JobHandle
from domain.results import ImageResult
from entrypoints.config.settings import Settings

RESET_TIMEOUT_ON_PROGRESS = frozenset({"claude-code"})
"""Clients, by the names they give themselves, whose clock starts anew at each word of progress.

Claude Code: read from its binary 2.1.222 (vfarcic/dot-ai#708). Claude Desktop gives up after four
minutes and claude.ai's connectors after one, whatever they are told (claude-code#65643,
claude-ai-mcp#115)."""


def reply_deadline(settings: Settings, client: str, meta: Mapping[str, Any]) -> float:
    """Seconds from the call to its answer, whether or not the pictures are done.

    The longer one is for clients that wait on at progress, and only where they asked for it.
    """
    if client in RESET_TIMEOUT_ON_PROGRESS and meta.get("progress_token") is not None:
        return settings.reply_deadline_progress
    return settings.reply_deadline


async def wait_until_deadline(
    ticket: JobHandle, pictures: Awaitable[ImageResult], seconds: float
) -> ImageResult | None:
    """The pictures; None if they take longer, and then the job goes on to its end regardless."""
    ticket.retain()
    try:
        async with asyncio.timeout(seconds):
            images = await pictures
    except TimeoutError:
        return None  # and the hold stays
    except BaseException:
        ticket.release()
        raise
    ticket.release()
    return images

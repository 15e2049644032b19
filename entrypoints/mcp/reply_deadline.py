"""How long a client may wait for the answer to a call."""

import asyncio
from collections.abc import Awaitable, Mapping
from typing import Any

from application.jobs.job_handle import JobHandle
from domain.results import ImageResult
from entrypoints.config.settings import Settings

RESET_TIMEOUT_ON_PROGRESS = frozenset({"claude-code"})
"""Clients, by the names they report, whose timeout restarts at every progress notification.

Claude Code: read from its binary 2.1.222 (vfarcic/dot-ai#708). Claude Desktop gives up after four
minutes and claude.ai's connectors after one, with or without progress (claude-code#65643,
claude-ai-mcp#115)."""


def reply_deadline(settings: Settings, client: str, meta: Mapping[str, Any]) -> float:
    """Seconds from the call to its answer, whether or not the images are finished.

    The longer deadline is for clients that restart their timeout at progress, and only if this
    call asks for progress.
    """
    if client in RESET_TIMEOUT_ON_PROGRESS and meta.get("progress_token") is not None:
        return settings.reply_deadline_progress
    return settings.reply_deadline


async def wait_until_deadline(
    job: JobHandle, images: Awaitable[ImageResult], seconds: float
) -> ImageResult | None:
    """Return the images, or None if they take longer; then the job still runs to its end."""
    job.retain()
    try:
        async with asyncio.timeout(seconds):
            result = await images
    except TimeoutError:
        return None  # the job stays retained
    except BaseException:
        job.release()
        raise
    job.release()
    return result

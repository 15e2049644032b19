"""How long a client may wait for the answer to a call."""

import asyncio
from collections.abc import Awaitable, Mapping
from typing import Any

from application.jobs.job_handle import JobHandle
from domain.results import ImageResult
from entrypoints.config.settings import Settings
from entrypoints.wire.client_profiles import ClientProfile


def reply_deadline(settings: Settings, profile: ClientProfile, meta: Mapping[str, Any]) -> float:
    """Seconds from the call to its answer, whether or not the images are finished.

    The longer deadline is for clients that restart their timeout at progress, and only if this
    call asks for progress.
    """
    if profile.progress_extends_timeout and meta.get("progress_token") is not None:
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

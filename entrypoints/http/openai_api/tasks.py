"""Jobs as tasks that a client polls, in the names that gateways and their clients agreed on.

The names are those of sub2api (docs/ASYNC_IMAGE_TASKS.md there, read on 2026-11-28).
"""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import msgspec

from application.jobs.job_handle import JobHandle
from domain.events import Failed, Finished, JobDispatched, JobQueued, PartialReady
from domain.job_records import JobRecord
from domain.results import ImageResult
from entrypoints.http.openai_api.arguments import ImageCall
from entrypoints.http.openai_api.error_envelope import envelope
from entrypoints.http.openai_api.replies import OpenAIReplies
from entrypoints.http.problem_documents import problem_of

POLL_SECONDS = 3
"""How long a client should wait between two polls."""
KIND = "image.generation.task"
PENDING, COMPLETED, FAILED = "processing", "completed", "failed"
OWN_FORMATS = ("avif", "auto")
"""Formats that the stored image does not have; the poll URL carries them."""


async def wait_until_recorded(job: JobHandle) -> ImageResult | None:
    """Wait until the job is in the records or waits for a slot; its result if it is finished.

    Raises the ImageServiceError that it failed with. The caller must hold the job by `retain`.
    """
    async for event in job.events():
        if isinstance(event, Finished | Failed):
            return job.outcome(event)
        if isinstance(event, JobQueued | JobDispatched | PartialReady) and job.snapshot.is_open:
            return None
    raise AssertionError("a log ends with Finished or Failed")


def poll_path(base_path: str, task_id: str, call: ImageCall) -> str:
    """The path of a task with what the request says of the images."""
    query = {"response_format": "url"} if call.as_url else {}
    if call.arguments.format in OWN_FORMATS:
        query["output_format"] = call.arguments.format
    text = f"?{urlencode(query)}" if query else ""
    return f"{base_path}/v1/images/tasks/{task_id}{text}"


def task_headers(poll_url: str, status: str = PENDING) -> dict[str, str]:
    """The headers of the answer that accepts a task."""
    waiting = {"retry-after": str(POLL_SECONDS)} if status == PENDING else {}
    return {"location": poll_url, **waiting}


def accepted(task_id: str, created_at: datetime, poll_url: str, status: str) -> bytes:
    """The answer to a request that became a task."""
    return msgspec.json.encode({**_task(task_id, created_at, status), "poll_url": poll_url})


def pending_task(record: JobRecord) -> dict[str, Any]:
    """A task whose job has not ended."""
    return _task(record.id, record.created_at, PENDING)


def failed_task(record: JobRecord) -> dict[str, Any]:
    """A task whose job failed; `http_status` is what a request that waits would have got."""
    assert record.failure is not None
    status, _, body = envelope(problem_of(record.failure))
    return {
        **_task(record.id, record.created_at, FAILED),
        "http_status": status,
        "completed_at": int(record.changed_at.timestamp()),
        "error": msgspec.json.decode(body)["error"],
    }


def completed_task(
    record: JobRecord, result: ImageResult, replies: OpenAIReplies
) -> dict[str, Any]:
    """A task whose job has delivered; `image_url` is the first link, if there are links."""
    reply = replies.reply(result)
    url = reply["data"][0].get("url")
    return {
        **_task(record.id, record.created_at, COMPLETED),
        "http_status": 200,
        "completed_at": int(record.changed_at.timestamp()),
        **({"image_url": url} if url else {}),
        "result": reply,
    }


def _task(task_id: str, created_at: datetime, status: str) -> dict[str, Any]:
    return {
        "id": task_id,
        "task_id": task_id,
        "object": KIND,
        "status": status,
        "created_at": int(created_at.timestamp()),
    }

"""The tool watch_job: the events of a running job after a cursor, for a viewer that polls."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from typing import Annotated

from mcp_types import CallToolResult
from msgspec import UNSET, Meta, Struct, UnsetType

from domain.errors import NotFound, UnreadableImage
from domain.events import Failed, Finished, JobEvent, PartialReady
from domain.image import Image
from domain.job_records import JobRecord
from domain.requests import ImageRequest
from entrypoints.mcp.tool_call import ToolCall
from entrypoints.mcp.tool_results import max_image_bytes, to_text_result
from entrypoints.mcp.tool_spec import READS, ToolSpec
from entrypoints.wire.image_texts import JOB_ID
from entrypoints.wire.progress import describe_event

MAX_JOBS = 50
"""The newest unsettled jobs that are compared with a prompt."""
LINGER = 0.05
"""Seconds in which further events may follow the first one into the same answer."""
MAX_SIDE = 768
"""Pixels of a partial image."""
MAX_PARTIALS = 200_000
"""Bytes of all partial images of one answer."""
NONE = "none"
"""The state of a job that is not known, or not yet."""

Numbered = tuple[int, JobEvent]


class WatchArguments(Struct, forbid_unknown_fields=True, kw_only=True):
    """Arguments of watch_job."""

    job: Annotated[str | UnsetType, Meta(description="The job_… ID.")] = UNSET
    prompt: Annotated[
        str | UnsetType, Meta(description="Without an ID: the newest open job with this prompt.")
    ] = UNSET
    cursor: Annotated[int, Meta(ge=0, description="The cursor of the last answer.")] = 0
    wait: Annotated[float, Meta(ge=0, le=20, description="Seconds to wait for an event.")] = 2


class Watched(Struct, rename="camel", kw_only=True, omit_defaults=True):
    """An event. `image` and `index` are those of a partial image, and `data` is its base64."""

    type: str
    progress: float
    message: str
    image: int | UnsetType = UNSET
    index: int | UnsetType = UNSET
    mime_type: str | UnsetType = UNSET
    data: str | UnsetType = UNSET


class WatchResult(Struct, rename="camel", kw_only=True, omit_defaults=True):
    """The state of a job, and its events from the given cursor on; `cursor` is the next one."""

    job_id: str | UnsetType = UNSET
    state: str
    ended: bool
    cursor: int
    events: list[Watched]
    prompt: str | UnsetType = UNSET
    estimated_usd: float | UnsetType = UNSET


async def handle(call: ToolCall, arguments: WatchArguments) -> CallToolResult:
    """Wait for events of the caller's job, and return those that there are."""
    record = await _find(call, arguments)
    if record is None:
        return _answer(WatchResult(state=NONE, ended=False, cursor=0, events=[]))
    numbered, events = list[Numbered](), list[Watched]()
    with suppress(NotFound):  # a job of another process, or one that ended a while ago
        job = await call.container.follow_job()(record.id, owner=call.caller.owner)
        numbered = await _available(job.follow(arguments.cursor), arguments.wait)
        events = await _watched(call, job.job.request, numbered)
    record = await call.container.get_job()(record.id, owner=call.caller.owner)
    has_ended = any(isinstance(event, Finished | Failed) for _, event in numbered)
    return _answer(
        WatchResult(
            job_id=record.id,
            state=record.state.value,
            ended=has_ended or not record.is_open,
            cursor=numbered[-1][0] + 1 if numbered else arguments.cursor,
            events=events,
            prompt=record.prompt or UNSET,
            estimated_usd=UNSET if record.estimate is None else float(record.estimate),
        )
    )


async def _find(call: ToolCall, arguments: WatchArguments) -> JobRecord | None:
    owner, container = call.caller.owner, call.container
    if arguments.job and JOB_ID.match(arguments.job):
        return await container.get_job()(arguments.job, owner=owner)
    if arguments.job:
        raise NotFound.of_id("job", arguments.job)
    prompt = (arguments.prompt or "").strip()
    if not prompt:
        return None
    unsettled = await container.list_jobs()(owner=owner, limit=MAX_JOBS)
    found = [each for each in unsettled if each.is_open and prompt in each.prompt]
    equal = (each for each in found if each.prompt.strip() == prompt)
    return next(equal, found[0] if found else None)  # a style adds words to a prompt


async def _available(numbered: AsyncGenerator[Numbered, None], seconds: float) -> list[Numbered]:
    """The events that come within so many seconds, but few after the first one."""
    found: list[Numbered] = []
    loop = asyncio.get_running_loop()
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds) as limit, aclosing(numbered) as events:
            async for each in events:
                found.append(each)
                limit.reschedule(min(limit.when() or 0, loop.time() + LINGER))
    return found


async def _watched(
    call: ToolCall, request: ImageRequest, numbered: Sequence[Numbered]
) -> list[Watched]:
    """The events for a viewer; of the partial images of one image, the newest has its pixels."""
    events = [event for _, event in numbered if not isinstance(event, Failed)]
    newest = {each.image_index: each for each in events if isinstance(each, PartialReady)}
    watched = [_described(event, request) for event in events]
    for event, each in zip(events, watched, strict=True):
        if isinstance(event, PartialReady) and newest[event.image_index] is event:
            await _add_pixels(call, each, event.image, len(newest))
    return watched


def _described(event: JobEvent, request: ImageRequest) -> Watched:
    progress, message = describe_event(event, request)
    watched = Watched(type=type(event).__name__, progress=round(progress), message=message)
    if isinstance(event, PartialReady):
        watched.image, watched.index = event.image_index, event.index
    return watched


async def _add_pixels(call: ToolCall, watched: Watched, image: Image, partials: int) -> None:
    room = min(max_image_bytes(call.max_bytes, 1), MAX_PARTIALS) // partials
    with suppress(UnreadableImage):
        smaller = await call.container.preview_images().portable(
            image, max_side=MAX_SIDE, max_bytes=room
        )
        if smaller is not None:
            watched.mime_type = smaller.format.media_type
            watched.data = call.image_data(smaller.data)


def _answer(result: WatchResult) -> CallToolResult:
    text = f"{result.job_id or 'No job'}: {result.state}."
    return to_text_result(text, result)


TOOL = ToolSpec(
    name="watch_job",
    title="Watch a job",
    description="For the image viewer only: progress and partial images of a running job.",
    input=WatchArguments,
    annotations=READS,
    handle=handle,
)

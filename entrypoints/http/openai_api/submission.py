"""Requests of OpenAI's clients, read and submitted as jobs."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from application.jobs.job_handle import JobHandle
from entrypoints.http.access_log import note_outcome
from entrypoints.http.openai_api.arguments import Action, ImageCall, check_strictly, read_call
from entrypoints.http.openai_api.form_fields import form_fields
from entrypoints.http.request_context import (
    AnyRequest,
    body_of,
    caller_of,
    container_of,
    idempotency_key_of,
    json_object,
)
from entrypoints.http.security.body_limits import body_reservation_of
from entrypoints.http.security.request_checks import FORM
from entrypoints.http.sse_response import until_disconnect
from entrypoints.jobs.submit import submit


async def submitted(
    request: AnyRequest, action: Action, *, as_task: bool = False
) -> tuple[ImageCall, JobHandle] | None:
    """Read the request and submit its job; None if the client disconnects first.

    A task is never a stream: no client would see the previews, and each costs more.
    """
    ignored = {"stream": False} if as_task else {}
    started = await until_disconnect(_submit(request, action, ignored), request.receive)
    if started is not None:
        note_outcome(request.scope, started[1])
        body_reservation_of(request.scope).shrink_to_decoded()
    return started


async def _submit(
    request: AnyRequest, action: Action, ignored: Mapping[str, object]
) -> tuple[ImageCall, JobHandle]:
    content_type = request.headers.get("content-type", "")
    if content_type.lower().startswith(FORM):
        body = await asyncio.to_thread(form_fields, await body_of(request), content_type)
    else:
        body = await json_object(request)
    call = await asyncio.to_thread(read_call, action, {**body, **ignored})
    container = container_of(request)
    if container.settings().openai_api_strict:
        check_strictly(call, container.list_models()())
    caller = replace(
        caller_of(request), key=idempotency_key_of(request), retries=_is_retry(request)
    )
    return call, await submit(container, call.arguments, caller)


def _is_retry(request: AnyRequest) -> bool:
    """Whether an SDK of OpenAI says that it sends the same request again."""
    count = request.headers.get("x-stainless-retry-count", "")
    return count.isdecimal() and int(count[:9]) > 0

"""Routes for tasks: requests of OpenAI's clients that are polled instead of waited for."""

from typing import Annotated, Any, Literal

from litestar import Response, route
from litestar.params import PathParameter, QueryParameter

from application.jobs.job_handle import JobHandle
from application.use_cases.get_image import Form
from domain.errors import ChargeStatus, NotFound
from domain.image_formats import ImageFormat
from domain.job_records import JobRecord
from entrypoints.http.openai_api.operations import GET_TASK, unprefixed
from entrypoints.http.openai_api.replies import OpenAIReplies
from entrypoints.http.openai_api.tasks import (
    POLL_SECONDS,
    completed_task,
    failed_task,
    pending_task,
)
from entrypoints.http.request_context import (
    GET_AND_HEAD,
    AnyRequest,
    caller_of,
    container_of,
    event_json_of,
    image_urls_for,
)

NO_STORE = {"cache-control": "no-store"}
NEVER_SENT = (
    "A task that was never sent, such as one that still waited when the server ended, is found for "
    "a few minutes at most. Send its request again."
)
DELETED = "The image was deleted, or its file is gone. The same request makes a new one, at a cost."
TaskId = Annotated[str, PathParameter(description="The `task_id` of a task: the ID of its job.")]
ResponseFormat = Annotated[
    str | None, QueryParameter(description="url for links; base64 for any other value.")
]
OutputFormat = Annotated[
    Literal["png", "jpeg", "webp", "avif", "auto"] | None,
    QueryParameter(description="The format of the images; else as the provider sent them."),
]


@route("/v1/images/tasks/{task_id:str}", http_method=GET_AND_HEAD, operation=GET_TASK)
async def get_task(
    request: AnyRequest,
    task_id: TaskId,
    response_format: ResponseFormat = None,
    output_format: OutputFormat = None,
) -> Response[dict[str, Any]]:
    """The state of a task, with its images once it is completed."""
    try:
        record = await container_of(request).get_job()(task_id, owner=caller_of(request).owner)
    except NotFound as error:
        error.hint = NEVER_SENT
        raise
    if record.failure is not None:
        return Response(failed_task(record), headers=NO_STORE)
    if record.is_open:
        waiting = {**NO_STORE, "retry-after": str(POLL_SECONDS)}
        return Response(pending_task(record), headers=waiting)
    replies = OpenAIReplies(
        event_json_of(request), image_urls_for(request), as_url=response_format == "url"
    )
    return Response(
        await _completed(request, record, replies, _form(output_format)), headers=NO_STORE
    )


get_task_unprefixed = route(
    "/images/tasks/{task_id:str}",
    http_method=GET_AND_HEAD,
    operation=unprefixed(GET_TASK, "get_task"),
)(get_task.fn)


def _form(name: str | None) -> Form | None:
    if name == "auto":
        return "auto"
    return ImageFormat(name) if name else None


async def _completed(
    request: AnyRequest, record: JobRecord, replies: OpenAIReplies, form: Form | None
) -> dict[str, Any]:
    try:
        found = await container_of(request).get_image()(record.id, owner=record.owner, form=form)
    except NotFound as error:
        error.hint = DELETED
        error.charged = ChargeStatus.NO if record.cost == 0 else ChargeStatus.YES
        raise
    if isinstance(found, JobHandle):  # it has just delivered, and fills the cache
        found = await found.result()
    if isinstance(found, JobRecord):
        return pending_task(found)
    return completed_task(record, found, replies)

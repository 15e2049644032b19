"""One call of a tool, with everything that the tool's handler needs."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from time import monotonic
from typing import TYPE_CHECKING

from mcp_types import CallToolResult
from msgspec import UNSET, UnsetType

from application.jobs.job_handle import JobHandle
from application.use_cases.confirm_spending import Ask, no_answer
from domain.requests import ImageRequest
from domain.results import ImageResult
from entrypoints.jobs.follow import Report, follow
from entrypoints.jobs.image_references import find_image_id
from entrypoints.mcp.reply_deadline import wait_until_deadline
from entrypoints.mcp.tool_results import (
    ImageData,
    ResultForm,
    base64_of,
    to_pending_result,
    to_tool_result,
)
from entrypoints.wire.caller import Caller
from entrypoints.wire.client_profiles import ClientProfile
from entrypoints.wire.image_results import TOOL_HINTS
from entrypoints.wire.inputs import Detail

if TYPE_CHECKING:  # the container loads dependency_injector, which must wait for the first call
    from entrypoints.bootstrap.container import Container


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """The application, the caller, and what its reply may take.

    `deadline` is a value of `time.monotonic()`. If the job is still running then, the reply has the
    job's ID instead of images. The reply has at most `max_bytes` bytes. `profile` says what the
    client does with it; `resource_links`, whether the client's version of the protocol has them.
    `on_job` is called with the job that the call waits for. `ask` puts a question to the person.
    """

    container: "Container"
    caller: Caller
    deadline: float
    max_bytes: int
    profile: ClientProfile
    resource_links: bool
    report_progress: Report
    on_job: Callable[[JobHandle], None]
    ask: Ask = no_answer
    image_data: ImageData = base64_of

    async def image_id(self, name: str, *, newest: bool = True, trashed: bool = False) -> str:
        """Return the ID of the caller's image with this name; raise InvalidRequest or NotFound.

        `newest`: whether `last` means the newest image, which another client may have made.
        `trashed`: whether images in the trash come before others.
        """
        owner, container = self.caller.owner, self.container
        return await find_image_id(name, container, owner, newest=newest, trashed=trashed)

    async def answer_job(
        self, job: JobHandle, detail: Detail | UnsetType = UNSET
    ) -> CallToolResult:
        """Report the job's progress and return its images.

        At the deadline, return the job's ID and how to get the images later.

        Raises the ImageServiceError that the job failed with.
        """
        self.on_job(job)
        room = self._form(detail).image_bytes(job.request.n)
        if room:
            job.expect_images(max_bytes=room)
        interval = self.container.settings().progress_interval
        following = follow(
            job,
            self.report_progress,
            every=interval,
            expect=lambda: self.container.expect_duration()(job.job),
        )
        images = await wait_until_deadline(job, following, self.deadline - monotonic())
        if images is None:
            return to_pending_result(job.snapshot)
        return await self.answer_images(images, job.job.request, detail)

    async def answer_images(
        self,
        images: ImageResult,
        request: ImageRequest | None = None,
        detail: Detail | UnsetType = UNSET,
    ) -> CallToolResult:
        """Return finished images. `request` is the request of this call's job, if it ran one."""
        preview = self.container.preview_images()
        return await to_tool_result(images, request, preview, self._form(detail))

    def _form(self, detail: Detail | UnsetType) -> ResultForm:
        can_edit = self.container.list_models()().can_edit
        return ResultForm(
            max_bytes=self.max_bytes,
            caller=self.caller,
            profile=self.profile,
            resource_links=self.resource_links,
            hints=TOOL_HINTS if can_edit else replace(TOOL_HINTS, edit=""),
            image_data=self.image_data,
            detail=detail,
        )

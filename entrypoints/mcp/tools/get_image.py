"""The tool get_image."""

from typing import Annotated, Literal

from mcp_types import CallToolResult
from msgspec import UNSET, Meta, Struct, UnsetType

from application.jobs.job_handle import JobHandle
from application.use_cases.get_image import Form
from domain.delivery_sizes import DeliverySize
from domain.image_formats import ImageFormat
from domain.job_records import JobRecord
from entrypoints.jobs.image_references import naming_images
from entrypoints.mcp.tool_call import ToolCall
from entrypoints.mcp.tool_results import to_pending_result, to_text_result
from entrypoints.mcp.tool_spec import READS, ToolSpec
from entrypoints.wire.argument_specs import IMAGE
from entrypoints.wire.image_texts import JOB_ID
from entrypoints.wire.inputs import Deliver, DetailArgument
from entrypoints.wire.recipes import recipe_result, recipe_text


class GetArguments(Struct, forbid_unknown_fields=True, kw_only=True):
    """Arguments of get_image."""

    id: Annotated[
        str,
        Meta(
            description="The job_… ID of an unfinished call, an img_… ID, or last.",
            extra=IMAGE,
        ),
    ]
    format: (
        Annotated[
            Literal["png", "jpeg", "webp", "avif", "auto"],
            Meta(description="Convert to this format; omit for the original."),
        ]
        | UnsetType
    ) = UNSET
    deliver: Annotated[Deliver, Meta(description="As 800x600, or 800x600 cover.")] | UnsetType = (
        UNSET
    )
    detail: DetailArgument | UnsetType = UNSET
    recipe: Annotated[bool, Meta(description="Get the call that made it instead.")] = False

    @property
    def form(self) -> Form | None:
        """The requested format; None if the arguments name none."""
        if self.format is UNSET:
            return None
        return "auto" if self.format == "auto" else ImageFormat(self.format)

    @property
    def delivery(self) -> DeliverySize | None:
        """The requested size; None for the original's. Raises InvalidRequest."""
        return DeliverySize.parse(self.deliver) if self.deliver else None


async def handle(call: ToolCall, arguments: GetArguments) -> CallToolResult:
    """Wait for a running job, or read the images of a finished one."""
    if arguments.recipe:
        return await _answer_recipe(call, arguments.id)
    container, owner = call.container, call.caller.owner
    id_ = arguments.id if JOB_ID.match(arguments.id) else await call.image_id(arguments.id)
    async with naming_images(container, owner, jobs=True):
        found = await container.get_image()(
            id_, owner=owner, form=arguments.form, deliver=arguments.delivery
        )
    if isinstance(found, JobHandle):
        return await call.answer_job(found, arguments.detail)
    if isinstance(found, JobRecord):
        return to_pending_result(found)
    return await call.answer_images(found, detail=arguments.detail)


async def _answer_recipe(call: ToolCall, name: str) -> CallToolResult:
    image_id = await call.image_id(name)
    recipe = await call.container.get_recipe()(image_id, owner=call.caller.owner)
    result = recipe_result(recipe)
    return to_text_result(recipe_text(result), result)


TOOL = ToolSpec(
    name="get_image",
    title="Get an image",
    description="Get the images of a job that was still running, or fetch an image again. Free.",
    input=GetArguments,
    annotations=READS,
    handle=handle,
)

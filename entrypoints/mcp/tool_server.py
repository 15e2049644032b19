"""The MCP server: which tools there are, and what a call does. Every transport uses this one."""

import logging
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel.server import Server
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
)

from application.jobs.job_handle import JobHandle
from domain.errors import ImageServiceError, InternalError
from domain.job_records import JobRecord
from domain.requests import ImageRequest
from domain.results import ImageResult
from entrypoints.bootstrap.version import version
from entrypoints.config.settings import APP, Settings
from entrypoints.mcp.cache_tools import cache_stats, clear_cache
from entrypoints.mcp.image_tools import delete_image, list_images
from entrypoints.mcp.reply_deadline import reply_deadline, wait_until_deadline
from entrypoints.mcp.tool_list import TOOLS
from entrypoints.mcp.tool_results import to_pending_result, to_tool_error, to_tool_result
from entrypoints.wire.caller import Caller
from entrypoints.wire.image_requests import edit_image, generate_image, get_image
from entrypoints.wire.progress import follow

if TYPE_CHECKING:  # the container loads dependency_injector, which must wait for the first call
    from entrypoints.bootstrap.container import Container

logger = logging.getLogger(__name__)

Context = ServerRequestContext[Any, Any]
OpenContainer = Callable[[], Awaitable["Container"]]
CallerOf = Callable[[Context], Caller]
Answer = Callable[["Container", dict[str, Any], str], Awaitable[CallToolResult]]

INSTRUCTIONS = (
    "Generates and edits pictures with OpenAI's GPT Image models. Every picture is stored and has "
    "an img_… id: pass ids to edit_image instead of picture data. A call can take two minutes; "
    "it may cost money, so do not repeat one that failed unless its text says so."
)
MIRRORED = {tool.name: tool.input_schema for tool in TOOLS if "x-mcp-header" in str(tool)}
"""Schemas with arguments that clients repeat in headers. We have none, so none is looked through
at each call; without this the SDK would list all tools to find out."""
PAINTING = {"generate_image": generate_image, "edit_image": edit_image, "get_image": get_image}
ANSWERING: dict[str, Answer] = {
    "list_images": list_images,
    "delete_image": delete_image,
    "clear_cache": clear_cache,
    "cache_stats": cache_stats,
}


class ToolHandler:
    """Answers `tools/list` and `tools/call`; `open_container` is first awaited at a call."""

    def __init__(
        self,
        open_container: OpenContainer,
        settings: Settings,
        caller_of: CallerOf,
        listed: Callable[[], None],
    ) -> None:
        self._open_container = open_container
        self._settings = settings
        self._caller_of = caller_of
        self._listed = listed

    async def list(self, _: Context, __: PaginatedRequestParams | None) -> ListToolsResult:
        self._listed()
        return ListToolsResult(tools=[*TOOLS])

    async def call(self, context: Context, params: CallToolRequestParams) -> CallToolResult:
        if params.name not in (*PAINTING, *ANSWERING):
            known = ", ".join((*PAINTING, *ANSWERING))
            message = f"There is no tool {params.name[:80]!r}; there are {known}."
            raise MCPError(INVALID_PARAMS, message)
        try:
            return await self._called(params.name, params.arguments or {}, context)
        except ImageServiceError as error:
            return to_tool_error(error)
        except Exception as error:
            incident = InternalError(uuid4().hex[:12])
            logger.error("incident %s", incident.incident, exc_info=error)
            return to_tool_error(incident)

    async def _called(
        self, name: str, arguments: dict[str, Any], context: Context
    ) -> CallToolResult:
        deadline = monotonic() + self._patience(context)
        container, caller = await self._open_container(), self._caller_of(context)
        if name in ANSWERING:
            return await ANSWERING[name](container, arguments, caller.owner)
        had = await PAINTING[name](container, arguments, caller)
        if isinstance(had, JobHandle):
            return await self._followed(had, caller, context, deadline)
        if isinstance(had, JobRecord):
            return to_pending_result(had)
        return await self._told(had, None, caller)

    async def _followed(
        self, ticket: JobHandle, caller: Caller, context: Context, deadline: float
    ) -> CallToolResult:
        report, every = context.session.report_progress, self._settings.progress_interval
        following = follow(ticket, report, every=every)
        images = await wait_until_deadline(ticket, following, deadline - monotonic())
        if images is None:
            return to_pending_result(ticket.snapshot)
        return await self._told(images, ticket.job.request, caller)

    async def _told(
        self, images: ImageResult, request: ImageRequest | None, caller: Caller
    ) -> CallToolResult:
        preview = (await self._open_container()).preview_image()
        room = self._settings.result_max_bytes
        return await to_tool_result(images, request, preview, room, caller.link)

    def _patience(self, context: Context) -> float:
        said = context.session.client_params
        client = said.client_info.name if said is not None else ""
        return reply_deadline(self._settings, client, context.meta or {})


def build_server(
    open_container: OpenContainer,
    settings: Settings,
    *,
    caller_of: CallerOf = lambda _: Caller(),
    listed: Callable[[], None] = lambda: None,
) -> Server[Any]:
    """Make the server; `listed` is called each time the tools were asked for."""
    door = ToolHandler(open_container, settings, caller_of, listed)
    return Server(
        APP,
        version=version(),
        title="GPT Image",
        instructions=INSTRUCTIONS,
        get_tool_input_schema=MIRRORED.get,
        on_list_tools=door.list,
        on_call_tool=door.call,
    )

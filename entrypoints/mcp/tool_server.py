"""The MCP server: lists the tools and answers their calls, the same over every transport."""

from collections.abc import Awaitable, Callable, Mapping
from time import monotonic
from typing import TYPE_CHECKING, Any

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
from opentelemetry.trace import ProxyTracerProvider, get_tracer_provider

from application.jobs.job_handle import JobHandle
from domain.errors import ImageServiceError
from entrypoints.bootstrap.version import version
from entrypoints.config.settings import APP, Settings
from entrypoints.mcp.reply_deadline import reply_deadline
from entrypoints.mcp.result_limit import result_limit
from entrypoints.mcp.tool_call import ToolCall
from entrypoints.mcp.tool_results import ImageData, base64_of, to_tool_error
from entrypoints.mcp.tools import TOOLS
from entrypoints.wire.caller import Caller
from entrypoints.wire.incidents import log_incident

if TYPE_CHECKING:  # the container loads dependency_injector, which must wait for the first call
    from entrypoints.bootstrap.container import Container

Context = ServerRequestContext[Any, Any]
OpenContainer = Callable[[], Awaitable["Container"]]
CallerOf = Callable[[Context], Caller]
ImageDataOf = Callable[[Context], ImageData]
Observe = Callable[[Context, JobHandle | ImageServiceError], None]
"""Called with the job that serves a call, or with the error that the call fails with."""

INSTRUCTIONS = (
    "Generates and edits images with OpenAI's GPT Image models. Every image is stored and has an "
    "img_… ID: pass IDs to edit_image instead of image data. A call can take two minutes and may "
    "cost money, so repeat a failed call only if its text says that this is safe."
)


class ToolHandler:
    """Answers `tools/list` and `tools/call`. The first call opens the container, not the list."""

    def __init__(
        self,
        open_container: OpenContainer,
        settings: Settings,
        caller_of: CallerOf,
        observe: Observe,
        on_list: Callable[[], None],
        image_data_of: ImageDataOf,
        large_results: Mapping[str, int],
    ) -> None:
        self._open_container = open_container
        self._settings = settings
        self._caller_of = caller_of
        self._observe = observe
        self._on_list = on_list
        self._image_data_of = image_data_of
        self._large_results = large_results
        self._tools = {tool.name: tool for tool in TOOLS}
        self._descriptions = [tool.describe() for tool in TOOLS]

    async def list(self, _: Context, __: PaginatedRequestParams | None) -> ListToolsResult:
        self._on_list()
        return ListToolsResult(tools=self._descriptions)

    async def call(self, context: Context, params: CallToolRequestParams) -> CallToolResult:
        tool = self._tools.get(params.name)
        if tool is None:
            known = ", ".join(self._tools)
            message = f"Unknown tool {params.name[:80]!r}. Available tools: {known}."
            raise MCPError(INVALID_PARAMS, message)
        try:
            return await tool.answer(await self._open_call(context), params.arguments or {})
        except ImageServiceError as error:
            self._observe(context, error)
            return to_tool_error(error)
        except Exception as error:  # noqa: BLE001 - logged, and answered with the incident
            return to_tool_error(log_incident(error))

    async def _open_call(self, context: Context) -> ToolCall:
        params = context.session.client_params
        client = params.client_info.name if params is not None else ""
        deadline = monotonic() + reply_deadline(self._settings, client, context.meta or {})
        return ToolCall(
            container=await self._open_container(),
            caller=self._caller_of(context),
            deadline=deadline,
            max_bytes=result_limit(self._settings, client, self._large_results),
            report_progress=context.session.report_progress,
            on_job=lambda job: self._observe(context, job),
            image_data=self._image_data_of(context),
        )


def build_server(
    open_container: OpenContainer,
    settings: Settings,
    *,
    caller_of: CallerOf = lambda _: Caller(),
    observe: Observe = lambda _, __: None,
    on_list: Callable[[], None] = lambda: None,
    image_data_of: ImageDataOf = lambda _: base64_of,
    large_results: Mapping[str, int] = {},
) -> Server[Any]:
    """Build the server.

    The SDK traces messages only if an OpenTelemetry tracer is installed in the process: without one
    each span would be created and dropped.

    `caller_of` identifies the client of a call. `on_list` is called at every `tools/list`.
    `image_data_of` returns what a result has as the data of an image. `large_results` are bytes
    that clients take, by their names.
    """
    handler = ToolHandler(
        open_container, settings, caller_of, observe, on_list, image_data_of, large_results
    )
    server = Server[Any](
        APP,
        version=version(),
        title="GPT Image",
        instructions=INSTRUCTIONS,
        get_tool_input_schema=lambda _: (
            None
        ),  # no argument is also sent as a header: nothing to check
        on_list_tools=handler.list,
        on_call_tool=handler.call,
    )
    if isinstance(get_tracer_provider(), ProxyTracerProvider):
        server.middleware.clear()
    return server

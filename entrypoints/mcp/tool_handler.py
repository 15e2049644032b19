"""Answers `tools/list` and `tools/call`."""

from time import monotonic
from typing import Any

from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    InputRequiredResult,
    ListToolsResult,
    PaginatedRequestParams,
)

from domain.errors import ImageServiceError
from entrypoints.jobs.image_references import naming_images
from entrypoints.mcp.client_roots import ROOTS_REQUIRED, RootsRequired
from entrypoints.mcp.elicitation import AnswerRequired, Elicitation
from entrypoints.mcp.reply_deadline import reply_deadline
from entrypoints.mcp.tool_call import ToolCall
from entrypoints.mcp.tool_results import to_tool_error
from entrypoints.mcp.tool_spec import ToolSpec
from entrypoints.mcp.tools import TOOLS
from entrypoints.mcp.transport_hooks import Context, TransportHooks
from entrypoints.wire.incidents import log_incident

RESOURCE_LINKS_SINCE = "2025-06-18"
"""The protocol version that brought resource links: older clients refuse a result with one."""


class ToolHandler:
    """Knows the tools. The first call opens the container, not the list."""

    def __init__(self, hooks: TransportHooks) -> None:
        self._hooks = hooks
        self._tools = {tool.name: tool for tool in TOOLS}
        self._descriptions = [tool.describe() for tool in TOOLS]

    async def list(self, context: Context, _: PaginatedRequestParams | None) -> ListToolsResult:
        self._hooks.on_list()
        if not self._hooks.shows_apps(context):
            return ListToolsResult(tools=self._descriptions)
        from entrypoints.mcp.apps.viewer import with_viewer

        return ListToolsResult(tools=with_viewer(self._descriptions))

    async def call(
        self, context: Context, params: CallToolRequestParams
    ) -> CallToolResult | InputRequiredResult:
        tool = self._tools.get(params.name) or self._app_tool(params.name)
        if tool is None:
            known = ", ".join(self._tools)
            message = f"Unknown tool {params.name[:80]!r}. Available tools: {known}."
            raise MCPError(INVALID_PARAMS, message)
        if self._hooks.client_roots is not None:
            self._hooks.client_roots.begin_call(context, params)
        try:
            call = await self._open_call(context, params)
            async with naming_images(call.container, call.caller.owner):
                return await tool.answer(call, params.arguments or {})
        except RootsRequired:
            return ROOTS_REQUIRED
        except AnswerRequired as question:
            return question.result
        except ImageServiceError as error:
            self._hooks.observe(context, error)
            return to_tool_error(error)
        except Exception as error:  # noqa: BLE001 - logged, and answered with the incident
            return to_tool_error(log_incident(error))

    def _app_tool(self, name: str) -> ToolSpec[Any] | None:
        """A tool of the viewer, which may call over another connection than the list came by."""
        if self._hooks.settings.mcp_apps == "off":
            return None
        from entrypoints.mcp.apps.tools import APP_TOOLS

        return APP_TOOLS.get(name)

    async def _open_call(self, context: Context, params: CallToolRequestParams) -> ToolCall:
        hooks = self._hooks
        profile, meta = hooks.profile(context), context.meta or {}
        deadline = monotonic() + reply_deadline(hooks.settings, profile, meta)
        return ToolCall(
            deadline=deadline,
            ask=Elicitation(context, params, deadline, within_call=hooks.takes_questions(context)),
            container=await hooks.open_container(),
            caller=hooks.named_caller(context),
            max_bytes=hooks.max_bytes(context),
            profile=profile,
            resource_links=context.protocol_version >= RESOURCE_LINKS_SINCE,
            report_progress=context.session.report_progress,
            on_job=lambda job: hooks.observe(context, job),
            image_data=hooks.image_data_of(context),
        )

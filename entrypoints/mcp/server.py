"""The MCP server: tools, resources, prompts and completions, the same over every transport."""

from collections.abc import Callable
from typing import Any

from mcp.server.lowlevel.server import Server
from opentelemetry.trace import ProxyTracerProvider, get_tracer_provider

from entrypoints.bootstrap.preset_files import PresetUseCases
from entrypoints.bootstrap.version import version
from entrypoints.config.settings import APP, Settings
from entrypoints.mcp.client_roots import ClientRoots
from entrypoints.mcp.completions import CompletionHandler
from entrypoints.mcp.prompts.prompt_handler import PromptHandler
from entrypoints.mcp.resource_handler import ResourceHandler
from entrypoints.mcp.tool_handler import ToolHandler
from entrypoints.mcp.tool_results import base64_of
from entrypoints.mcp.transport_hooks import (
    CallerOf,
    ImageDataOf,
    Observe,
    OpenContainer,
    OpenPresets,
    TakesQuestions,
    TransportHooks,
)
from entrypoints.wire.caller import Caller

INSTRUCTIONS = (
    "Generates and edits images with OpenAI's GPT Image models. Every image is stored and has an "
    "img_… ID: pass IDs to edit_image instead of image data. A call can take two minutes and may "
    "cost money, so repeat a failed call only if its text says that this is safe."
)


def build_server(
    open_container: OpenContainer,
    settings: Settings,
    *,
    open_presets: OpenPresets | None = None,
    caller_of: CallerOf = lambda _: Caller(),
    observe: Observe = lambda _, __: None,
    on_list: Callable[[], None] = lambda: None,
    image_data_of: ImageDataOf = lambda _: base64_of,
    takes_questions: TakesQuestions = lambda _: True,
    over_stdio: bool = False,
    client_roots: ClientRoots | None = None,
) -> Server[Any]:
    """Build the server from what TransportHooks has; without `open_presets`, from the container.

    The SDK traces messages only if an OpenTelemetry tracer is installed in the process: without one
    each span would be created and dropped.
    """

    async def presets_of_the_container() -> PresetUseCases:
        return PresetUseCases.of((await open_container()).presets())

    hooks = TransportHooks(
        open_container=open_container,
        open_presets=open_presets or presets_of_the_container,
        settings=settings,
        caller_of=caller_of,
        observe=observe,
        on_list=on_list,
        image_data_of=image_data_of,
        takes_questions=takes_questions,
        over_stdio=over_stdio,
        client_roots=client_roots,
    )
    server = _server(ToolHandler(hooks), ResourceHandler(hooks), PromptHandler(hooks))
    if isinstance(get_tracer_provider(), ProxyTracerProvider):
        server.middleware.clear()
    return server


def _server(tools: ToolHandler, resources: ResourceHandler, prompts: PromptHandler) -> Server[Any]:
    completions = CompletionHandler(
        {"ref/resource": resources.complete, "ref/prompt": prompts.complete}
    )
    return Server(
        APP,
        version=version(),
        title="GPT Image",
        instructions=INSTRUCTIONS,
        # No argument is also sent as a header: nothing to check.
        get_tool_input_schema=lambda _: None,
        on_list_tools=tools.list,
        on_call_tool=tools.call,
        on_list_resources=resources.list,
        on_list_resource_templates=resources.list_templates,
        on_read_resource=resources.read,
        on_list_prompts=prompts.list,
        on_get_prompt=prompts.get,
        on_completion=completions.complete,
    )

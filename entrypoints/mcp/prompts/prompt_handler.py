"""Answers `prompts/list` and `prompts/get`, and completes the arguments of prompts.

A prompt is a preset. What a client gets is a message of its user that asks for one call of a tool.
"""

import json
from collections.abc import Mapping, Sequence

from mcp_types import (
    CompleteRequestParams,
    GetPromptRequestParams,
    GetPromptResult,
    ListPromptsResult,
    PaginatedRequestParams,
    Prompt,
    PromptMessage,
    PromptReference,
    TextContent,
)

from domain.styles import find_style
from entrypoints.mcp.prompts.prompt_arguments import (
    IMAGE,
    MODEL,
    STYLE,
    prompt_arguments,
    split_arguments,
)
from entrypoints.mcp.protocol_errors import protocol_errors
from entrypoints.mcp.transport_hooks import Context, TransportHooks

LAST = "last"
"""The name of the newest image."""
MESSAGE = (
    "Call the tool {tool} once, with exactly these arguments, and show me the image:\n\n{json}"
)


class PromptHandler:
    """Lists and fills in presets without a container: hosts list prompts when they connect."""

    def __init__(self, hooks: TransportHooks) -> None:
        self._hooks = hooks

    async def list(self, _: Context, __: PaginatedRequestParams | None) -> ListPromptsResult:
        """All presets, as they are now."""
        with protocol_errors():
            found = await (await self._hooks.open_presets()).list_presets()
        return ListPromptsResult(
            prompts=[
                Prompt(
                    name=preset.name,
                    title=preset.title,
                    description=preset.description,
                    arguments=prompt_arguments(preset),
                )
                for preset in found.by_name.values()
            ]
        )

    async def get(self, _: Context, params: GetPromptRequestParams) -> GetPromptResult:
        """The message that asks for the call; raise MCPError with everything that is wrong."""
        with protocol_errors():
            presets = await self._hooks.open_presets()
            preset = (await presets.list_presets()).get(params.name)
            values, shared = split_arguments(preset, params.arguments or {})
            if STYLE in shared:
                shared[STYLE] = find_style(await presets.list_styles(), shared[STYLE]).name
            image = shared.pop(IMAGE, None)
            expanded = await presets.expand_preset(params.name, values, has_images=bool(image))
        images = {"images": [image]} if image else {}
        arguments = {"prompt": expanded.prompt, **images, **expanded.options, **shared}
        text = _message("edit_image" if image else "generate_image", arguments)
        content = TextContent(text=text)
        return GetPromptResult(
            description=preset.description, messages=[PromptMessage(role="user", content=content)]
        )

    async def complete(self, context: Context, params: CompleteRequestParams) -> Sequence[str]:
        """Values of an argument: those that begin as was typed, then those that have it within."""
        assert isinstance(params.ref, PromptReference), "of another type"
        name, typed = params.argument.name, params.argument.value
        presets = await self._hooks.open_presets()
        preset = (await presets.list_presets()).get(params.ref.name)
        if name == IMAGE:
            return await self._images(context, typed)
        if name == STYLE:
            return _matching([*(await presets.list_styles()).by_name], typed)
        if name == MODEL:
            listing = (await self._hooks.open_container()).list_models()()
            return _matching([each.name for each in listing.catalog.models], typed)
        offered = next((each.offered for each in preset.arguments if each.name == name), ())
        return _matching(offered, typed)

    async def _images(self, context: Context, typed: str) -> Sequence[str]:
        container = await self._hooks.open_container()
        owner = self._hooks.caller_of(context).owner
        found = await container.suggest_images()(typed, owner=owner)
        is_last = bool(found) if not typed else LAST.startswith(typed.strip().lower())
        return [LAST, *found] if is_last else found


def _message(tool: str, arguments: Mapping[str, object]) -> str:
    return MESSAGE.format(tool=tool, json=json.dumps(arguments, ensure_ascii=False, indent=1))


def _matching(values: Sequence[str], typed: str) -> Sequence[str]:
    text = typed.strip().casefold()
    begun = [value for value in values if value.casefold().startswith(text)]
    return [*begun, *(each for each in values if text in each.casefold() and each not in begun)]

"""Resources, prompts and completions of the conformance suite."""

import json
from typing import Any

from mcp.shared.exceptions import MCPError
from mcp.shared.uri_template import UriTemplate
from mcp_types import (
    INVALID_PARAMS,
    CompleteRequestParams,
    CompleteResult,
    Completion,
    ContentBlock,
    EmptyResult,
    GetPromptRequestParams,
    GetPromptResult,
    InputRequiredResult,
    ListPromptsResult,
    ListResourcesResult,
    ListResourceTemplatesResult,
    Prompt,
    PromptArgument,
    PromptMessage,
    ReadResourceRequestParams,
    ReadResourceResult,
    Resource,
    ResourceTemplate,
    TextContent,
    TextResourceContents,
)

from tests.conformance.fixtures import Context, accepted_value, binary, form, image, resource
from tests.conformance.rounds import needs

TEMPLATE = "test://template/{id}/data"
TEXTS = {
    "test://static-text": "This is the content of the static text resource.",
    "test://watched-resource": "Watched resource content",
}
BINARY = "test://static-binary"
PROMPTS = {
    "test_simple_prompt": [],
    "test_prompt_with_arguments": ["arg1", "arg2"],
    "test_prompt_with_embedded_resource": ["resourceUri"],
    "test_prompt_with_image": [],
    "test_input_required_result_prompt": [],
}


async def list_resources(_: Context, __: object) -> ListResourcesResult:
    """All resources that are not templates."""
    named = [Resource(uri=uri, name=uri.removeprefix("test://")) for uri in (*TEXTS, BINARY)]
    return ListResourcesResult(resources=named)


async def list_templates(_: Context, __: object) -> ListResourceTemplatesResult:
    """The only resource template."""
    template = ResourceTemplate(uri_template=TEMPLATE, name="template")
    return ListResourceTemplatesResult(resource_templates=[template])


async def read_resource(_: Context, params: ReadResourceRequestParams) -> ReadResourceResult:
    """A text, a binary, or the template with its ID; any other URI is an error."""
    uri = str(params.uri)
    if uri == BINARY:
        return ReadResourceResult(contents=[binary(uri)])
    text = TEXTS.get(uri)
    if text is None and (found := UriTemplate.parse(TEMPLATE).match(uri)):
        text = json.dumps({"id": found["id"], "templateTest": True, "data": f"Data for {found}"})
    if text is None:
        raise MCPError(INVALID_PARAMS, "Resource not found", {"uri": uri})
    return ReadResourceResult(
        contents=[TextResourceContents(uri=uri, mime_type="text/plain", text=text)]
    )


async def acknowledge(_: Context, __: object) -> EmptyResult:
    """Accept the request and do nothing: the watched resource never changes."""
    return EmptyResult()


async def complete(_: Context, __: CompleteRequestParams) -> CompleteResult:
    """No suggestions."""
    return CompleteResult(completion=Completion(values=[], total=0, has_more=False))


async def list_prompts(_: Context, __: object) -> ListPromptsResult:
    """All prompts."""
    return ListPromptsResult(
        prompts=[
            Prompt(
                name=name,
                description=name,
                arguments=[PromptArgument(name=each, required=True) for each in arguments],
            )
            for name, arguments in PROMPTS.items()
        ]
    )


async def get_prompt(
    _: Context, params: GetPromptRequestParams
) -> GetPromptResult | InputRequiredResult:
    """The prompt with this name and these arguments."""
    given: dict[str, Any] = params.arguments or {}
    match params.name:
        case "test_simple_prompt":
            return _prompt("This is a simple prompt for testing.")
        case "test_prompt_with_arguments":
            return _prompt(f"Prompt with arguments: arg1='{given['arg1']}', arg2='{given['arg2']}'")
        case "test_prompt_with_embedded_resource":
            embedded = resource(given["resourceUri"], "Embedded resource content for testing.")
            return _prompt("Please process the embedded resource above.", embedded)
        case "test_prompt_with_image":
            return _prompt("Please analyze the image above.", image())
        case "test_input_required_result_prompt":
            context = accepted_value((params.input_responses or {}).get("user_context"), "context")
            if context:
                return _prompt(f"Use the following context: {context}")
            return needs(user_context=form("Which context?", context={"type": "string"}))
        case _:
            raise MCPError(INVALID_PARAMS, "There is no such prompt")


def _prompt(text: str, *before: ContentBlock) -> GetPromptResult:
    blocks = [*before, TextContent(type="text", text=text)]
    return GetPromptResult(messages=[PromptMessage(role="user", content=each) for each in blocks])

"""Translates requests into the arguments of the SDK's `responses.create`, with the image tool."""

from typing import Any

from adapters.openai.parameters import without_defaults
from adapters.openai.replies.base64_text import encode_base64
from adapters.openai.translate import Parameters
from domain.image import Image
from domain.money.mainline_pricing import max_tokens_out
from domain.requests import EditRequest, ImageRequest

TOOL = "image_generation"


def response_parameters(
    request: ImageRequest,
    *,
    mainline: str,
    store: bool,
    continuation: str | None,
    background: bool = False,
    without: bool = False,
    known_model: bool = True,
) -> Parameters:
    """Arguments of `responses.create` for one image.

    The tool is forced and may be called once, so that a call is one image. `continuation` is the
    response that this one continues: nothing of its context is sent again, nor its image if that is
    to be edited. Without one, the turns before the prompt are sent as text. `background`: generate
    even if the connection ends. `without`: leave out what is a default of OpenAI's, which another
    endpoint may not know.
    """
    tool = _tool(request)
    if without:
        tool = without_defaults(tool, known_model=known_model)
    parameters: Parameters = {
        "model": mainline,
        "input": [{"role": "user", "content": _content(request, continuation)}],
        "tools": [tool],
        "tool_choice": {"type": TOOL},
        "max_tool_calls": 1,
        "max_output_tokens": max_tokens_out(request),
        "store": store,
    }
    if continuation is not None:
        parameters["previous_response_id"] = continuation
    if background:
        parameters["background"] = True
    if request.partial_images:
        parameters["stream"] = True
    return parameters


def _tool(request: ImageRequest) -> Parameters:
    """The image tool with the request's options; the model is pinned, because no reply names it."""
    tool: Parameters = {
        "type": TOOL,
        "action": "edit" if isinstance(request, EditRequest) else "generate",
        "model": request.model,
        "size": "auto" if request.size is None else str(request.size),
        "quality": request.quality.value,
        "background": request.background.value,
        "output_format": request.provider_format.value,
        "moderation": request.moderation.value,
    }
    if request.compression is not None:
        tool["output_compression"] = request.compression
    if request.partial_images:
        tool["partial_images"] = request.partial_images
    if isinstance(request, EditRequest) and request.mask is not None:
        tool["input_image_mask"] = {"image_url": _data_url(request.mask)}
    return tool


def _content(request: ImageRequest, continuation: str | None) -> list[dict[str, Any]]:
    """The prompt, and the input images after it."""
    images = request.images if isinstance(request, EditRequest) else ()
    text = request.prompt if continuation else request.prompt_in_context
    if continuation and _is_last_image(request):
        images = ()
    parts: list[dict[str, Any]] = [{"type": "input_text", "text": text}]
    parts += [
        {"type": "input_image", "image_url": _data_url(image), "detail": "auto"} for image in images
    ]
    return parts


def _is_last_image(request: ImageRequest) -> bool:
    """Whether the request edits the one image of the latest turn, without a mask."""
    if not isinstance(request, EditRequest) or request.context is None or request.mask is not None:
        return False
    return request.context.edits_latest and len(request.images) == 1


def _data_url(image: Image) -> str:
    return f"data:{image.format.media_type};base64,{encode_base64(image.data)}"

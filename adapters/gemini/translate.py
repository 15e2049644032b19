"""Translates requests into the arguments of the SDK's `interactions.create`."""

from collections.abc import Iterator
from typing import Any

from adapters.gemini.gemini_catalog import DEFAULT_TIER, MAX_INPUT_IMAGES, shape_of
from adapters.gemini.image_data import encode
from domain.conversations import ConversationContext
from domain.counts import count
from domain.models import ModelCard
from domain.provider_errors import RequestRefused
from domain.requests import Background, EditRequest, ImageRequest, Moderation, Quality

Parameters = dict[str, Any]
OTHER_MODEL = "Leave it out, or choose a model of another provider: gpt-image models can do that."


def interaction_parameters(
    request: ImageRequest, *, store: bool, continuation: str | None
) -> Parameters:
    """Arguments of `interactions.create` for one image.

    With `store`, Google keeps the interaction and works on it in the background. `continuation` is
    the interaction that this one continues: nothing of it is sent again, nor its image if that is
    to be edited. Without one, the turns before the prompt are sent as text.
    """
    form: Parameters = {"type": "image", "mime_type": "image/jpeg", "delivery": "inline"}
    if request.size is None:
        form["image_size"] = DEFAULT_TIER
    else:
        form["aspect_ratio"], form["image_size"] = shape_of(request.size)
    parameters: Parameters = {
        "model": request.model,
        "input": _content(request, continuation),
        "response_format": form,
        "store": store,
    }
    if store:
        parameters["background"] = True
    if continuation is not None:
        parameters["previous_interaction_id"] = continuation
    if request.partial_images:
        parameters["generation_config"] = {"thinking_summaries": "auto"}
    return parameters


def check_options(request: ImageRequest) -> None:
    """Raise RequestRefused for an option that Gemini lacks and that changes the image.

    The card refuses them first; a model without a card is checked here only. Nothing is sent.
    """
    inputs = len(request.images) if isinstance(request, EditRequest) else 0
    lacking = {
        "masks": isinstance(request, EditRequest) and request.mask is not None,
        "transparent backgrounds": request.background is Background.TRANSPARENT,
        "an option for several images in one call": request.n > 1,
    }
    for name in (name for name, is_asked in lacking.items() if is_asked):
        raise RequestRefused(f"The Gemini API has no {name}; nothing was sent.", hint=OTHER_MODEL)
    if inputs > MAX_INPUT_IMAGES:
        raise RequestRefused(
            f"The Gemini API takes at most {MAX_INPUT_IMAGES} input images, not {inputs}; nothing "
            "was sent.",
            hint="Send fewer images.",
        )


def option_notes(request: ImageRequest, card: ModelCard, previews: int) -> Iterator[str]:
    """A note for each option that has no counterpart, and was not sent, and for missing previews.

    `previews` is how many there were.
    """
    if previews < request.partial_images:
        yield (
            f"{count(request.partial_images, 'preview')} requested, {previews} came: they are the "
            "drafts that the model makes while it thinks, at most two, and it need not make any."
        )
    if request.quality is not Quality.AUTO and not card.is_known:
        yield f"quality {request.quality} was not sent: the Gemini API has no such option."
    if request.output_compression is not None:
        yield (
            f"output_compression {request.output_compression} was not sent: the Gemini API has no "
            "such option."
        )
    if request.moderation is not Moderation.AUTO:
        yield (
            f"moderation {request.moderation} was not sent: the Gemini API filters as it always "
            "does."
        )


def _content(request: ImageRequest, continuation: str | None) -> list[Parameters]:
    """The prompt, and the input images after it."""
    images = request.images if isinstance(request, EditRequest) else ()
    text = request.prompt if continuation else request.prompt_in_context
    if continuation and _is_last_image(request, request.context):
        images = ()
    parts: list[Parameters] = [{"type": "text", "text": text}]
    parts += [
        {"type": "image", "data": encode(image.data), "mime_type": image.format.media_type}
        for image in images
    ]
    return parts


def _is_last_image(request: ImageRequest, context: ConversationContext | None) -> bool:
    """Whether the request edits the one image of the latest turn."""
    if not isinstance(request, EditRequest) or context is None:
        return False
    return context.edits_latest and len(request.images) == 1

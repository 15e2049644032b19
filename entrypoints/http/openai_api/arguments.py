"""The arguments of OpenAI's Images API, translated into those of generate_image and edit_image."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta
from msgspec.structs import replace

from application.use_cases.list_models import ModelListing
from domain.errors import InvalidRequest
from domain.requests import MAX_IMAGES, MAX_INPUT_IMAGES
from entrypoints.wire.argument_names import is_null_word
from entrypoints.wire.inputs import EditArguments, GenerateArguments
from entrypoints.wire.parsing import read

Action = Literal["generate", "edit"]
OpenAIArguments = Mapping[str, object]
Count = Annotated[int, Meta(ge=1, le=MAX_IMAGES, description="Number of images.")]

NAMES = {
    "prompt": "prompt",
    "model": "model",
    "n": "n",
    "size": "size",
    "quality": "quality",
    "background": "background",
    "moderation": "moderation",
    "output_format": "format",
    "output_compression": "output_compression",
    "partial_images": "partialImages",
    "stream": "stream",
    "fresh": "fresh",
    "confirm": "confirm",
    "fallback": "fallback",
}
"""This server's name for each argument. `fresh`, `confirm` and `fallback` are its own; all other
arguments are ignored."""
LEGACY_QUALITIES = {"hd": "high", "standard": "medium"}
"""Qualities of DALL·E, and those of today's models that cost about the same."""
IMAGE_HINT = (
    f"Send 1 to {MAX_INPUT_IMAGES} images: files in a form, or in JSON data: URLs, base64, or "
    "objects with image_url or file_id (an img_… ID)."
)
MASK_HINT = IMAGE_HINT.replace(f"1 to {MAX_INPUT_IMAGES} images: files", "one mask: a file", 1)
STRICT_HINT = "Send the new value, or have OPENAI_API_STRICT set to false."


class OpenAIGenerateArguments(GenerateArguments, kw_only=True):
    """Arguments of generate_image for a program, which may request more images than a tool."""

    n: Count = 1


class OpenAIEditArguments(EditArguments, kw_only=True):
    """Arguments of edit_image for a program, which may request more images than a tool."""

    n: Count = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageCall:
    """What a request asks for: `as_url` links instead of base64, `notes` what was changed in it."""

    arguments: GenerateArguments | EditArguments
    as_url: bool = False
    notes: tuple[str, ...] = ()


def read_call(action: Action, body: OpenAIArguments) -> ImageCall:
    """Translate and read the body of a request; raise one InvalidRequest for all that is wrong.

    Sizes and qualities are `auto` unless they are given, as OpenAI's API has it; an edit without a
    size keeps the shape of its first image. Previews are requested only for a stream.
    """
    ours = {NAMES[name]: value for name, value in body.items() if name in NAMES}
    quality = str(ours.get("quality", "")).strip().lower()
    notes: tuple[str, ...] = ()
    if quality in LEGACY_QUALITIES:
        ours["quality"] = LEGACY_QUALITIES[quality]
        notes = (f"quality {quality} → {ours['quality']}.",)
    if action == "edit":
        ours["images"] = [*_images(body)]
        ours["mask"] = next(iter(_entries(body, "mask")), None)
        arguments: GenerateArguments | EditArguments = _edit_arguments(ours)
    else:
        size = ours.get("size")
        ours["size"] = "auto" if size is None or is_null_word(size) else size
        arguments = read(OpenAIGenerateArguments, ours).result()
    if not arguments.stream:
        arguments = replace(arguments, partial_images=UNSET)
    return ImageCall(arguments=arguments, as_url=body.get("response_format") == "url", notes=notes)


def check_strictly(call: ImageCall, listing: ModelListing) -> None:
    """Raise one InvalidRequest for every value that would be replaced."""
    options = call.arguments
    chosen = listing.catalog.choose(options.model or None, listing.today)
    size = GenerateArguments(prompt="x", size=options.size or "auto").to_request()
    changes = [*(("quality", note) for note in call.notes)]
    changes += [("size", note) for note in chosen.card.size_notes(size)]
    if chosen.replaced:
        changes += [("model", note) for note in chosen.notes]
    if changes:
        raise InvalidRequest.of(
            [InvalidRequest(note, field=field, hint=STRICT_HINT) for field, note in changes]
        )


def _edit_arguments(ours: Mapping[str, Any]) -> OpenAIEditArguments:
    """Read the arguments of an edit, and say of images what can be sent here."""
    reading = read(OpenAIEditArguments, ours)
    faults = [*map(_told_here, reading.faults)]
    if not ours["images"]:
        faults.append(InvalidRequest("images is required.", field="images", hint=IMAGE_HINT))
    if faults:
        raise InvalidRequest.of(faults)
    return reading.result()


def _told_here(fault: InvalidRequest) -> InvalidRequest:
    """The fault, with the hint of this API if it is about images."""
    name = fault.field.partition("[")[0]
    hint = {"images": IMAGE_HINT, "mask": MASK_HINT}.get(name, fault.hint)
    return InvalidRequest(fault.message, field=fault.field, hint=hint)


def _images(body: OpenAIArguments) -> Iterator[object]:
    """The input images in every form that clients use."""
    for name in ("image", "images"):
        yield from _entries(body, name)


def _entries(body: OpenAIArguments, name: str) -> list[Any]:
    value = body.get(name)
    if value is None or is_null_word(value):
        return []
    entries = value if isinstance(value, list) else [value]
    return [entry for entry in entries if entry is not None]

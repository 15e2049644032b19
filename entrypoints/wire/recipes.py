"""The call that made an image, ready to be sent again."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from application.use_cases.get_recipe import ImageRecipe
from domain.job_records import JobRecord
from domain.recipes import Option, Recipe

ARGUMENTS: Mapping[str, tuple[str, Option]] = {
    "size": ("size", "1024x1024"),
    "quality": ("quality", "auto"),
    "format": ("format", "png"),
    "background": ("background", "auto"),
    "output_compression": ("output_compression", None),
    "moderation": ("moderation", "auto"),
    "n": ("n", 1),
    "partial_images": ("partialImages", 0),
    "style": ("style", None),
    "deliver": ("deliver", None),
}
"""The argument for each option of a recipe, and the value that is left out."""
IN_WORDS = "size_in_words"
"""The option that is the argument size, too, if the caller wrote it so."""
NULL_MEANS_AUTO = frozenset({"size", "format"})
CLEARED = (
    "Its conversation was cleared, and with it the prompt and the options: it cannot be requested "
    "again."
)
NOT_RECORDED = (
    "An earlier version of the server recorded this job, and kept the prompt and the model only: "
    "size, quality, format and other options are not known."
)
IN_CONVERSATION = (
    "It built on earlier turns of a conversation, which are not part of this call: "
    "the call alone makes another image."
)


OF_EDITS = "keep_shape"
"""An option that only requests of edit_image have. A style can make an edit of another request."""
STYLE = "The style {style} counts as it is now: if it has changed, the call makes another image."


class RecipeResult(Struct, kw_only=True, rename="camel"):
    """The call that made an image. `complete`: whether sending it asks for exactly the same."""

    id: str
    job_id: str
    tool: str
    arguments: dict[str, Any]
    complete: bool
    notes: list[str]


def recipe_result(found: ImageRecipe) -> RecipeResult:
    """The tool and its arguments, and why the call is not complete, if it is not."""
    record, notes = found.record, list[str]()
    recipe, action, more = record.recipe, record.action, list[str]()
    arguments: dict[str, Any] = {"model": found.model}
    if record.is_cleared:
        notes.append(CLEARED)
    elif recipe is None:
        arguments, notes = {"prompt": record.prompt, **arguments}, [NOT_RECORDED]
        if record.action == "edit":
            arguments["images"] = []  # without any, a body of POST /images is another request
            notes.append("Its input images are not known either: add them as images.")
    else:
        arguments = _arguments(record, recipe, found.model)
        notes += [_missing_note(recipe, each) for each in _inputs(recipe) if each in found.missing]
        notes += [IN_CONVERSATION] if recipe.in_conversation else []
        action = "edit" if OF_EDITS in recipe.options else "generate"
        more = [STYLE.format(style=arguments["style"])] if "style" in arguments else []
    return RecipeResult(
        id=found.image_id,
        job_id=record.id,
        tool=f"{action}_image",
        arguments=arguments,
        complete=not notes,
        notes=[*notes, *more],
    )


def recipe_text(found: RecipeResult) -> str:
    """The same as text: the call in one line, then the notes."""
    call = msgspec.json.encode(found.arguments).decode()
    first = "Complete: an equal call" if found.complete else "Not complete, see below"
    made = f"It made {found.id} in {found.job_id}."
    return "\n".join([f"{found.tool} {call}", f"{first}. {made}", *found.notes])


def recipe_call(found: RecipeResult) -> str:
    """The same for programs that read text: JSON, with the notes in it."""
    call = {"tool": found.tool, "arguments": found.arguments}
    return msgspec.json.format(msgspec.json.encode(call | {"notes": found.notes})).decode()


def _arguments(record: JobRecord, recipe: Recipe, model: str) -> dict[str, Any]:
    arguments: dict[str, Any] = {"prompt": recipe.prompt or record.prompt, "model": model}
    keeps_shape = bool(recipe.options.get("keep_shape"))
    for name, (argument, default) in ARGUMENTS.items():
        value = recipe.options.get(name)
        if name == "size":
            value = recipe.options.get(IN_WORDS) or value
        if value is None and name in NULL_MEANS_AUTO:
            value = "auto"
        is_default = value == default and not (name == "size" and OF_EDITS in recipe.options)
        if value is not None and not is_default and not (name == "size" and keeps_shape):
            arguments[argument] = value
    if recipe.images:
        arguments["images"] = [*recipe.images]
    if recipe.mask:
        arguments["mask"] = recipe.mask
    return arguments


def _inputs(recipe: Recipe) -> list[str]:
    return [*dict.fromkeys((*recipe.images, *([recipe.mask] if recipe.mask else [])))]


def _missing_note(recipe: Recipe, image_id: str) -> str:
    fields = [f"images[{at}]" for at, each in enumerate(recipe.images) if each == image_id]
    fields += ["mask"] if recipe.mask == image_id else []
    return (
        f"{' and '.join(fields)}: {image_id} is not stored here; it was sent as data, or deleted. "
        "Put the image itself there."
    )

"""Commands that generate and edit images."""

from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from entrypoints.cli.commands import job
from entrypoints.cli.options import generation_options

if TYPE_CHECKING:  # a command loads these when it runs
    from application.jobs.job_handle import JobHandle
    from application.use_cases.view_image import ViewImage
    from domain.image import Image
    from entrypoints.bootstrap.container import Container


@job
@click.argument("prompt")
@generation_options
async def generate(container: "Container", **options: object) -> "JobHandle":
    """Generate images from a PROMPT."""
    from entrypoints.wire.inputs import GenerateArguments
    from entrypoints.wire.parsing import parse

    arguments = parse(GenerateArguments, options)
    return await container.generate_image()(arguments.to_request(), fresh=arguments.fresh)


@job
@click.argument("prompt")
@click.option(
    *("-i", "--image", "images"),
    multiple=True,
    required=True,
    help="Image file or img_… ID; can be repeated.",
)
@click.option("--mask", help="PNG file or img_… ID; transparent pixels will be edited.")
@generation_options
async def edit(
    container: "Container", *, images: tuple[str, ...], mask: str | None, **options: object
) -> "JobHandle":
    """Edit or combine images, guided by a PROMPT."""
    from entrypoints.wire.inputs import EditArguments
    from entrypoints.wire.parsing import parse

    given = {**options, "images": list(images), "mask": mask or None}
    arguments, view = parse(EditArguments, given), container.view_image()
    inputs = [await _open(name, f"images[{at}]", view) for at, name in enumerate(images)]
    mask_image = await _open(mask, "mask", view) if mask else None
    request = arguments.to_request(tuple(inputs), mask_image)
    return await container.edit_image()(request, fresh=arguments.fresh)


async def _open(name: str, field: str, view: "ViewImage") -> "Image":
    """The image in a file or with an ID; raise InvalidRequest or NotFound if there is none."""
    from domain.errors import UnreadableImage
    from domain.image import Image
    from entrypoints.wire.image_texts import IMAGE_ID

    data = _file_bytes(name, field)
    if data is not None:
        return Image(data)
    if IMAGE_ID.match(name):
        return await view.original(name)
    raise UnreadableImage(
        f"{field} is neither a file nor a complete image ID.",
        field=field,
        hint="Check the path or the ID.",
    )


def _file_bytes(name: str, field: str) -> bytes | None:
    """The file's bytes; None for a name that starts like an image ID and is not a file."""
    from domain.errors import InvalidRequest

    path = Path(name)
    if name.startswith("img_") and not path.exists():
        return None
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidRequest(
            f"{name} cannot be read: {error.strerror}.", field=field, hint="Check the path."
        ) from error

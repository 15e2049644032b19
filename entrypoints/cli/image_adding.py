"""The command that stores images of the user, for later edits by their IDs. It costs nothing."""

from typing import TYPE_CHECKING

import rich_click as click

from entrypoints.cli.commands import query
from entrypoints.cli.help_texts import examples
from entrypoints.cli.suggestions import StoredId

if TYPE_CHECKING:  # a command loads these when it runs
    from entrypoints.bootstrap.container import Container
    from entrypoints.cli.runner import CommandOutput


@query(name="add")
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option(
    "--mask-of",
    "image",
    type=StoredId("images"),
    metavar="ID",
    help="Store one file as a mask for this stored image; its transparent (or white on black) "
    "areas will be edited.",
)
@examples(
    "gpt-image images add photo.jpg",
    "gpt-image images add *.jpg --json",
    "gpt-image images add mask.png --mask-of img_1f2e3d4c",
)
async def images_add(
    container: "Container", *, files: tuple[str, ...], image: str | None
) -> "CommandOutput":
    """Store images and print their IDs, which every tool and command takes.

    A file named - is standard input.
    """
    from entrypoints.cli.input_files import check_one_reader

    check_one_reader("", files)
    return await (_add_mask(container, files, image) if image else _add_images(container, files))


async def _add_mask(container: "Container", files: tuple[str, ...], name: str) -> "CommandOutput":
    from domain.errors import InvalidRequest
    from domain.jobs import LOCAL
    from entrypoints.cli.input_files import read_file
    from entrypoints.jobs.image_references import find_image_id, naming_images
    from entrypoints.wire.mask_results import mask_result

    if len(files) > 1:
        raise InvalidRequest(
            f"--mask-of takes one file, not {len(files)}.",
            field="files",
            hint="Add each mask by a command of its own.",
        )
    mask = await read_file(files[0], container)
    async with naming_images(container, LOCAL):
        image_id = await find_image_id(name, container, LOCAL)
        mask_id = await container.save_mask()(image_id, mask.data)
    return mask_id, mask_result(await container.get_mask()(mask_id))


async def _add_images(container: "Container", files: tuple[str, ...]) -> "CommandOutput":
    from contextlib import closing

    from entrypoints.cli.input_files import read_file
    from entrypoints.wire.listings import listed_image
    from entrypoints.wire.outputs import UploadsResult

    add_images = container.add_images()
    with closing(add_images.receive()) as incoming:
        for name in files:
            image = await read_file(name, container)
            await incoming.add("" if name == "-" else name)
            await incoming.write(image.data)
        uploads = await add_images(incoming)
    listed = [listed_image(upload, upload.image) for upload in uploads]
    return "\n".join(image.id for image in listed), UploadsResult(images=listed)

"""The command that stores images of the user, for later edits by their IDs. It costs nothing."""

from typing import TYPE_CHECKING

import rich_click as click

from entrypoints.cli.commands import query
from entrypoints.cli.help_texts import examples

if TYPE_CHECKING:  # a command loads these when it runs
    from entrypoints.bootstrap.container import Container
    from entrypoints.cli.runner import CommandOutput


@query(name="add")
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@examples("gpt-image images add photo.jpg", "gpt-image images add *.jpg --json")
async def images_add(container: "Container", *, files: tuple[str, ...]) -> "CommandOutput":
    """Store images and print their IDs, which every tool and command takes.

    A file named - is standard input.
    """
    from contextlib import closing

    from entrypoints.cli.input_files import check_one_reader, read_file
    from entrypoints.wire.listings import listed_image
    from entrypoints.wire.outputs import UploadsResult

    check_one_reader("", files)
    add_images = container.add_images()
    with closing(add_images.receive()) as incoming:
        for name in files:
            image = await read_file(name, container)
            await incoming.add("" if name == "-" else name)
            await incoming.write(image.data)
        uploads = await add_images(incoming)
    listed = [listed_image(upload, upload.image) for upload in uploads]
    return "\n".join(image.id for image in listed), UploadsResult(images=listed)

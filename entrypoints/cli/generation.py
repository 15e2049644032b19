"""Commands that generate and edit images."""

from typing import TYPE_CHECKING

import rich_click as click

from entrypoints.cli.commands import job
from entrypoints.cli.help_texts import examples
from entrypoints.cli.options import INPUT, generation_options
from entrypoints.cli.suggestions import ImageReference
from entrypoints.wire.client_names import COMMAND_LINE

if TYPE_CHECKING:  # a command loads these when it runs
    from application.jobs.job_handle import JobHandle
    from application.use_cases.confirm_spending import Consent
    from entrypoints.bootstrap.container import Container

YES_HINT = "Add --yes to agree to the cost."


@job
@click.argument("prompt", required=False)
@generation_options
@examples(
    'gpt-image generate "a lighthouse above a quiet sea" -o lighthouse.png',
    'gpt-image generate "a fox" --size 1536x1024 --partials 2 --open',
    "gpt-image generate - -o posters/ -n 2 < prompt.txt",
    "gpt-image generate --preset logo --set name=Northwind -o logo.png",
)
async def generate(container: "Container", *, prompt: str | None, **options: object) -> "JobHandle":
    """Generate images from a PROMPT.

    A PROMPT of - is read from standard input.
    """
    from entrypoints.cli.input_files import with_context
    from entrypoints.cli.preset_options import with_preset
    from entrypoints.wire.inputs import GenerateArguments
    from entrypoints.wire.parsing import parse

    given = await with_preset(container, prompt, options, has_images=False)
    arguments = parse(GenerateArguments, with_context(given))
    return await container.generate_image()(
        arguments.to_request(),
        client=COMMAND_LINE,
        fresh=arguments.fresh,
        admit=container.confirm_spending().admission(_consent(agreed=arguments.confirm)),
    )


@job
@click.argument("prompt", required=False)
@click.option(
    *("-i", "--image", "images"),
    multiple=True,
    type=ImageReference(),
    metavar="IMAGE",
    panel=INPUT,
    help="A file, ID, last, last:2, link, data: URL, or - for standard input; https if "
    "INPUT_URLS=true. Repeatable.",
)
@click.option(
    "--mask",
    type=ImageReference(),
    metavar="IMAGE",
    panel=INPUT,
    help="As --image, or the ID of a mask; its transparent (or white on black) areas will be "
    "edited.",
)
@generation_options
@examples(
    'gpt-image edit "make the sky green" -i last -o green.png',
    'gpt-image edit "put the cat on the chair" -i chair.png -i cat.jpg',
    'gpt-image edit "add a hat" -i - -o - < fox.png > hat.png',
    'gpt-image edit --preset restyle --set "look=woodcut print" -i last',
)
async def edit(
    container: "Container",
    *,
    prompt: str | None,
    images: tuple[str, ...],
    mask: str | None,
    **options: object,
) -> "JobHandle":
    """Edit or combine images, guided by a PROMPT.

    A PROMPT of - is read from standard input.
    """
    from domain.jobs import LOCAL
    from entrypoints.cli.input_files import check_one_reader, open_image, with_context
    from entrypoints.cli.preset_options import with_preset
    from entrypoints.jobs.image_references import naming_mask_image
    from entrypoints.wire.inputs import EditArguments
    from entrypoints.wire.parsing import parse

    check_one_reader(prompt or "", [*images, mask])
    given = await with_preset(container, prompt, options, has_images=True)
    arguments = parse(
        EditArguments, {**with_context(given), "images": [*images], "mask": mask or None}
    )
    opened = [await open_image(name, f"images[{at}]", container) for at, name in enumerate(images)]
    mask_image = await open_image(mask, "mask", container) if mask else None
    request = arguments.to_request(tuple(opened), mask_image)
    async with naming_mask_image(container, LOCAL, mask, request.images):
        return await container.edit_image()(
            request,
            client=COMMAND_LINE,
            fresh=arguments.fresh,
            admit=container.confirm_spending().admission(_consent(agreed=arguments.confirm)),
        )


def _consent(*, agreed: bool) -> "Consent | None":
    from application.use_cases.confirm_spending import Consent

    return None if agreed else Consent(hint=YES_HINT)

"""Commands that generate and edit images."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from entrypoints.bootstrap.import_gc import collector_paused
from entrypoints.cli.options import generation_options

if TYPE_CHECKING:  # a command loads these when it runs
    from application.jobs.job_handle import JobHandle
    from application.use_cases.view_image import ViewImage
    from domain.image import Image
    from entrypoints.bootstrap.container import Container


@click.command()
@click.argument("prompt")
@generation_options
def generate(prompt: str, *, as_json: bool, env_file: Path | None, **options: object) -> None:
    """Paint new pictures from a PROMPT."""
    with collector_paused():
        from entrypoints.cli.runner import run_job
        from entrypoints.wire.inputs import GenerateArguments
        from entrypoints.wire.parsing import parse

    async def start(container: "Container") -> "JobHandle":
        arguments = parse(GenerateArguments, {"prompt": prompt, **options})
        return await container.generate_image()(arguments.to_request(), fresh=arguments.fresh)

    sys.exit(run_job(start, as_json=as_json, env_file=env_file))


@click.command()
@click.argument("prompt")
@click.option(
    "-i", "--image", "images", multiple=True, required=True, help="A file or img_… id; repeat it."
)
@click.option("--mask", help="PNG file or img_… id, transparent where it may change.")
@generation_options
def edit(
    prompt: str,
    *,
    images: tuple[str, ...],
    mask: str | None,
    as_json: bool,
    env_file: Path | None,
    **options: object,
) -> None:
    """Change or combine pictures as a PROMPT says."""
    with collector_paused():
        from entrypoints.cli.runner import run_job
        from entrypoints.wire.inputs import EditArguments
        from entrypoints.wire.parsing import parse

    async def start(container: "Container") -> "JobHandle":
        given = {"prompt": prompt, "images": list(images), "mask": mask or None, **options}
        arguments, view = parse(EditArguments, given), container.view_image()
        inputs = [await _open(name, f"images[{at}]", view) for at, name in enumerate(images)]
        over = await _open(mask, "mask", view) if mask else None
        request = arguments.to_request(tuple(inputs), over)
        return await container.edit_image()(request, fresh=arguments.fresh)

    sys.exit(run_job(start, as_json=as_json, env_file=env_file))


async def _open(name: str, field: str, view: "ViewImage") -> "Image":
    """The image in a file or with an ID; raise InvalidRequest or NotFound if there is none."""
    from domain.image import Image
    from domain.jobs import LOCAL
    from entrypoints.requests.image_references import open_reference

    data = _file_bytes(name, field)
    return await open_reference(name, field, view, LOCAL) if data is None else Image(data)


def _file_bytes(name: str, field: str) -> bytes | None:
    """The file's bytes; None for a name that is an image ID and no file."""
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

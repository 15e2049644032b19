"""Submits a client's arguments as a job, the same for every client."""

from typing import TYPE_CHECKING

from application.jobs.job_handle import JobHandle
from domain.requests import EditRequest
from entrypoints.jobs.image_references import open_reference
from entrypoints.wire.caller import Caller
from entrypoints.wire.inputs import EditArguments, GenerateArguments

if TYPE_CHECKING:  # the container loads dependency_injector, which must wait for the first call
    from entrypoints.bootstrap.container import Container


async def submit(
    container: "Container", arguments: GenerateArguments | EditArguments, caller: Caller
) -> JobHandle:
    """Start or join the job for these arguments.

    Raises InvalidRequest or NotFound for arguments that cannot be used, TooManyRequests for a
    caller above its rate limit, and what GenerateImage and EditImage raise.
    """
    if isinstance(arguments, EditArguments):
        edit = await _edit_request(container, arguments, caller.owner)
        caller.check_rate()
        return await container.edit_image()(
            edit, owner=caller.owner, fresh=arguments.fresh, key=caller.key
        )
    generate = arguments.to_request()
    caller.check_rate()
    return await container.generate_image()(
        generate, owner=caller.owner, fresh=arguments.fresh, key=caller.key
    )


async def _edit_request(
    container: "Container", arguments: EditArguments, owner: str
) -> EditRequest:
    view = container.view_image()
    images = [
        await open_reference(reference, f"images[{at}]", view, owner)
        for at, reference in enumerate(arguments.images)
    ]
    mask = await open_reference(arguments.mask, "mask", view, owner) if arguments.mask else None
    return arguments.to_request(tuple(images), mask)

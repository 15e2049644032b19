"""From a client's arguments to a job, for all doors."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from application.jobs.job_handle import Ticket
from domain.errors import StudioError
from domain.job_records import JobRecord
from domain.results import ImageSet
from entrypoints.wire.caller import Caller
from entrypoints.wire.inputs import EditArguments, GenerateArguments, GetArguments
from entrypoints.wire.parsing import edit_request, validated

if TYPE_CHECKING:  # the container loads dependency_injector, which must wait for the first call
    from entrypoints.bootstrap.container import Container

Arguments = Mapping[str, object]


async def generate_image(container: "Container", arguments: Arguments, caller: Caller) -> Ticket:
    """Start or join the job for the arguments of generate_image; raise StudioError."""
    with _told(caller):
        wanted = validated(GenerateArguments, arguments)
        request = wanted.to_request()
        caller.admit()
        ticket = await container.generate_image()(
            request, owner=caller.owner, fresh=wanted.fresh, key=caller.key
        )
    caller.took(ticket)
    return ticket


async def edit_image(container: "Container", arguments: Arguments, caller: Caller) -> Ticket:
    """Start or join the job for the arguments of edit_image; raise StudioError."""
    with _told(caller):
        wanted = validated(EditArguments, arguments)
        request = await edit_request(wanted, container.find_picture(), caller.owner)
        caller.admit()
        ticket = await container.edit_image()(
            request, owner=caller.owner, fresh=wanted.fresh, key=caller.key
        )
    caller.took(ticket)
    return ticket


async def get_image(
    container: "Container", arguments: Arguments, caller: Caller
) -> Ticket | ImageSet | JobRecord:
    """What was asked for before, as GetImage has it; raise StudioError."""
    with _told(caller):
        wanted = validated(GetArguments, arguments)
        had = await container.get_image()(wanted.id, owner=caller.owner, form=wanted.form)
    if isinstance(had, Ticket):
        caller.took(had)
    return had


async def paint(container: "Container", arguments: Arguments, caller: Caller) -> Ticket:
    """Edit where there are `images`, else generate; raise StudioError."""
    start = edit_image if "images" in arguments else generate_image
    return await start(container, arguments, caller)


@contextmanager
def _told(caller: Caller) -> Iterator[None]:
    try:
        yield
    except StudioError as error:
        caller.refused(error)
        raise

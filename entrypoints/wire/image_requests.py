"""From a client's arguments to a job, for all doors."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from application.jobs.job_handle import JobHandle
from domain.errors import ImageServiceError
from domain.job_records import JobRecord
from domain.results import ImageResult
from entrypoints.wire.caller import Caller
from entrypoints.wire.inputs import EditArguments, GenerateArguments, GetArguments
from entrypoints.wire.parsing import edit_request, parse

if TYPE_CHECKING:  # the container loads dependency_injector, which must wait for the first call
    from entrypoints.bootstrap.container import Container

Arguments = Mapping[str, object]


async def generate_image(container: "Container", arguments: Arguments, caller: Caller) -> JobHandle:
    """Start or join the job for the arguments of generate_image; raise StudioError."""
    with _report_errors(caller):
        wanted = parse(GenerateArguments, arguments)
        request = wanted.to_request()
        caller.check_rate()
        ticket = await container.generate_image()(
            request, owner=caller.owner, fresh=wanted.fresh, key=caller.key
        )
    caller.on_job(ticket)
    return ticket


async def edit_image(container: "Container", arguments: Arguments, caller: Caller) -> JobHandle:
    """Start or join the job for the arguments of edit_image; raise StudioError."""
    with _report_errors(caller):
        wanted = parse(EditArguments, arguments)
        request = await edit_request(wanted, container.view_image(), caller.owner)
        caller.check_rate()
        ticket = await container.edit_image()(
            request, owner=caller.owner, fresh=wanted.fresh, key=caller.key
        )
    caller.on_job(ticket)
    return ticket


async def get_image(
    container: "Container", arguments: Arguments, caller: Caller
) -> JobHandle | ImageResult | JobRecord:
    """What was asked for before, as GetImage has it; raise StudioError."""
    with _report_errors(caller):
        wanted = parse(GetArguments, arguments)
        had = await container.get_image()(wanted.id, owner=caller.owner, form=wanted.form)
    if isinstance(had, JobHandle):
        caller.on_job(had)
    return had


async def submit(container: "Container", arguments: Arguments, caller: Caller) -> JobHandle:
    """Edit where there are `images`, else generate; raise StudioError."""
    start = edit_image if "images" in arguments else generate_image
    return await start(container, arguments, caller)


@contextmanager
def _report_errors(caller: Caller) -> Iterator[None]:
    try:
        yield
    except ImageServiceError as error:
        caller.on_error(error)
        raise

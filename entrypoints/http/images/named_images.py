"""The image that a path or a query parameter names."""

from domain.errors import InvalidRequest, NotFound
from entrypoints.http.request_context import AnyRequest, caller_of, container_of
from entrypoints.jobs.image_references import find_image_id
from entrypoints.wire.image_texts import IMAGE_ID


async def whole_id(
    request: AnyRequest, name: str, *, newest: bool = True, trashed: bool = False
) -> str:
    """The ID of the image that the name means, as `find_image_id` has it; NotFound for none."""
    if IMAGE_ID.match(name):
        return name
    owner = caller_of(request).owner
    try:
        return await find_image_id(
            name, container_of(request), owner, newest=newest, trashed=trashed
        )
    except InvalidRequest as error:
        raise NotFound(error.message.removeprefix("id: "), hint=error.hint) from error

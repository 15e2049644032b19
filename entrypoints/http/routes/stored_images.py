"""Routes for stored images: list, view in several sizes, delete, restore."""

from contextlib import nullcontext
from typing import Annotated, Any, Literal

from litestar import Response, delete, post, route
from litestar.openapi.spec import Example
from litestar.params import PathParameter, QueryParameter
from litestar.types import ASGIApp

from domain.delivery_sizes import DeliverySize
from domain.errors import ArchiveUnavailable, NotFound, UnreadableImage
from domain.image_formats import ImageFormat
from domain.renditions import ViewSpec
from entrypoints.http.asgi_responses import as_response
from entrypoints.http.content_negotiation import acceptable_formats
from entrypoints.http.images.conditional_responses import (
    conditional_response,
    range_not_satisfiable,
)
from entrypoints.http.images.named_images import whole_id
from entrypoints.http.images.view_responses import cacheable_view
from entrypoints.http.openapi.operation import ApiResponse, Operation, json_response
from entrypoints.http.openapi.schema_parts import BINARY, ref
from entrypoints.http.request_context import (
    GET_AND_HEAD,
    AnyRequest,
    caller_of,
    container_of,
    headers_of,
    image_urls_for,
)
from entrypoints.http.security.link_state import link_of
from entrypoints.http.security.signed_links import LINK_PARAMETERS, LINK_REFUSALS
from entrypoints.jobs.image_references import naming_images
from entrypoints.wire.delivery_texts import as_delivery
from entrypoints.wire.image_filters import read_query
from entrypoints.wire.json_schema import Schema
from entrypoints.wire.listings import listing
from entrypoints.wire.outputs import DeleteImageResult
from entrypoints.wire.recipes import RecipeResult, recipe_result
from entrypoints.wire.trash_results import RestoreResult, deletion

SIDES = {"full": None, "preview": 1024, "thumb": 256}
"""Maximum pixels on the longer side; None for the original."""

Size = Literal["full", "preview", "thumb"]
ImageId = Annotated[
    str,
    PathParameter(
        name="picture_id",
        description="The ID of an image, its beginning, or `last`, `last:2`.",
        examples=[Example(value="img_" + "0" * 32)],
    ),
]
Form = Annotated[
    ImageFormat | None,
    QueryParameter(name="format", description="The format; overrides the Accept header."),
]
Deliver = Annotated[
    str | None,
    QueryParameter(
        name="deliver",
        description="A smaller size: 800x600, or `800x600 cover`, which crops.",
    ),
]
Cursor = Annotated[
    str | None, QueryParameter(name="cursor", description="The nextCursor of the last page.")
]
Search = Annotated[
    str | None,
    QueryParameter(name="search", description="Words that the prompt has, in any case and order."),
]
Model = Annotated[
    str | None, QueryParameter(name="model", description="The model, or that of its snapshots.")
]
Since = Annotated[
    str | None,
    QueryParameter(
        name="since",
        description="Stored at this date or time or later: ISO 8601, or an age such as 7d.",
    ),
]
Before = Annotated[
    str | None, QueryParameter(name="before", description="Stored before this date or time.")
]
Limit = Annotated[
    int, QueryParameter(name="limit", ge=1, le=100, description="The maximum number of images.")
]


CACHING = {"ETag": "Strong.", "Cache-Control": "A year, immutable.", "Vary": "Accept."}
FILE = {**CACHING, "Accept-Ranges": "bytes.", "Content-Disposition": "A file name."}
MEDIA_TYPES: Schema = {form.media_type: {"schema": BINARY} for form in ImageFormat}
VIEW = Operation(
    tag="Images",
    responses={
        200: ApiResponse(description="The image.", content=MEDIA_TYPES, headers=FILE),
        206: ApiResponse(
            description="The requested range.",
            content=MEDIA_TYPES,
            headers={**FILE, "Content-Range": "The range."},
        ),
        304: ApiResponse(
            description="The client has the image: see If-None-Match.", headers=CACHING
        ),
    },
    parameters=LINK_PARAMETERS,
    refusals=(
        *LINK_REFUSALS,
        *(NotFound, ArchiveUnavailable, UnreadableImage, range_not_satisfiable(0)),
    ),
)


@route("/images/{picture_id:str}", http_method=GET_AND_HEAD, operation=VIEW)
async def get_image(
    request: AnyRequest, image_id: ImageId, form: Form = None, deliver: Deliver = None
) -> ASGIApp:
    """An image as the provider returned it; converted if the client accepts only other formats."""
    size = DeliverySize.parse(str(as_delivery(deliver))) if deliver else None
    return await _view(request, image_id, form, "full", size)


@route("/images/{picture_id:str}/preview", http_method=GET_AND_HEAD, operation=VIEW)
async def get_preview(request: AnyRequest, image_id: ImageId, form: Form = None) -> ASGIApp:
    """A preview: at most 1024 pixels wide and high, in a format that the client accepts."""
    return await _view(request, image_id, form, "preview")


@route("/images/{picture_id:str}/thumb", http_method=GET_AND_HEAD, operation=VIEW)
async def get_thumbnail(request: AnyRequest, image_id: ImageId, form: Form = None) -> ASGIApp:
    """A thumbnail: at most 256 pixels wide and high, in a format that the client accepts."""
    return await _view(request, image_id, form, "thumb")


@route(
    "/images",
    http_method=GET_AND_HEAD,
    operation=Operation(
        tag="Images",
        responses={
            200: json_response(
                "The newest first.",
                ref("ListImagesResult"),
                Link='The next page, with rel="next"; not on the last page.',
            )
        },
        refusals=(ArchiveUnavailable,),
    ),
)
async def list_images(
    request: AnyRequest,
    limit: Limit = 20,
    cursor: Cursor = None,
    search: Search = None,
    model: Model = None,
    since: Since = None,
    before: Before = None,
) -> Response[dict[str, Any]]:
    """The latest images, and jobs that are unfinished or have an unknown outcome.

    `nextCursor` and the Link header lead to the next page, without these jobs. A list with filters
    has no jobs; its cursor has the filters.
    """
    container = container_of(request)
    query = read_query(
        now=container.clock().now().astimezone(),
        cursor=cursor,
        search=search,
        model=model,
        since=since,
        before=before,
    )
    found = await container.list_images()(
        owner=caller_of(request).owner, limit=limit, cursor=query.cursor, matching=query.matching
    )
    urls, listed = image_urls_for(request), listing(found, limit, query=query)
    headers = {}
    if listed.next_cursor:
        headers["link"] = f'<{urls.list_link(limit, listed.next_cursor)}>; rel="next"'
    return Response(urls.listing(listed), headers=headers)


@route(
    "/images/{picture_id:str}/recipe",
    http_method=GET_AND_HEAD,
    operation=Operation(
        tag="Images",
        responses={200: json_response("The call.", ref("RecipeResult"))},
        refusals=(NotFound, ArchiveUnavailable),
    ),
)
async def get_recipe(request: AnyRequest, image_id: ImageId) -> RecipeResult:
    """The call that made an image: `arguments` is a body for `POST /images`."""
    container, owner = container_of(request), caller_of(request).owner
    image_id = await whole_id(request, image_id)
    async with naming_images(container, owner):
        return recipe_result(await container.get_recipe()(image_id, owner=owner))


@delete(
    "/images/{picture_id:str}",
    status_code=200,
    operation=Operation(
        tag="Images",
        responses={200: json_response("The image is in the trash.", ref("DeleteImageResult"))},
        refusals=(NotFound, ArchiveUnavailable),
    ),
)
async def delete_image(request: AnyRequest, image_id: ImageId) -> DeleteImageResult:
    """Move an image and its renditions to the trash; its cost stays in the records."""
    container, owner = container_of(request), caller_of(request).owner
    image_id = await whole_id(request, image_id, newest=False)
    async with naming_images(container, owner):
        deleted = await container.delete_image()(image_id, owner=owner)
    return deletion(image_id, deleted, undo=f"POST /images/{image_id}/restore")


@post(
    "/images/{picture_id:str}/restore",
    status_code=200,
    operation=Operation(
        tag="Images",
        responses={200: json_response("The image is back.", ref("RestoreResult"))},
        refusals=(NotFound, ArchiveUnavailable),
    ),
)
async def restore_image(request: AnyRequest, image_id: ImageId) -> RestoreResult:
    """Bring an image back from the trash, with its renditions and its record."""
    container, owner = container_of(request), caller_of(request).owner
    image_id = await whole_id(request, image_id, newest=False, trashed=True)
    async with naming_images(container, owner, trashed=True):
        await container.restore_image()(image_id, owner=owner)
    return RestoreResult(restored=[image_id])


async def _view(
    request: AnyRequest,
    name: str,
    form: ImageFormat | None,
    size: Size,
    deliver: DeliverySize | None = None,
) -> ASGIApp:
    container, headers = container_of(request), headers_of(request)
    owner, image_id = caller_of(request).owner, await whole_id(request, name)
    formats = (form,) if form else acceptable_formats(", ".join(headers.getlist("accept")))
    spec = ViewSpec(max_side=SIDES[size], formats=formats, deliver=deliver)
    link = link_of(request.scope)
    async with naming_images(container, owner) if link is None else nullcontext():
        view = await container.view_image()(image_id, spec, owner=owner)
    suffix = "" if size == "full" else f"-{size}"
    body = cacheable_view(
        view,
        f"{image_id}{suffix}",
        container.settings(),
        lasting=name == image_id,
        link=link,
    )
    return as_response(conditional_response(body, request.method, headers))

"""Routes for masks: store one for an image, and fetch it."""

from contextlib import closing
from typing import Annotated

import msgspec
from litestar import post, route
from litestar.openapi.spec import Example
from litestar.params import PathParameter, QueryParameter
from litestar.types import ASGIApp

from domain.errors import ArchiveUnavailable, InvalidRequest, NotFound, UnreadableImage
from domain.image_formats import ImageFormat
from domain.renditions import ViewSpec
from entrypoints.http.asgi_responses import BytesResponse, as_response, no_response
from entrypoints.http.images.conditional_responses import (
    conditional_response,
    range_not_satisfiable,
)
from entrypoints.http.images.named_images import whole_id
from entrypoints.http.images.view_responses import cacheable_view
from entrypoints.http.openapi.operation import ApiResponse, Operation, json_response
from entrypoints.http.openapi.schema_parts import BINARY, object_of, ref
from entrypoints.http.request_context import (
    GET_AND_HEAD,
    AnyRequest,
    caller_of,
    container_of,
    headers_of,
    image_urls_for,
)
from entrypoints.http.routes.stored_images import CACHING, FILE
from entrypoints.http.routes.uploads import IMAGE_TYPES
from entrypoints.http.security.request_checks import FORM
from entrypoints.http.security.upload_limits import NOT_AN_UPLOAD
from entrypoints.http.sse_response import until_disconnect
from entrypoints.http.upload_forms import Disconnected, UploadReader
from entrypoints.wire.json_schema import Schema
from entrypoints.wire.mask_results import mask_result

MISSING_IMAGE = InvalidRequest(
    "The query parameter image is missing.",
    field="image",
    hint="Name the image that the mask is for, as in /masks?image=img_….",
)
ImageName = Annotated[
    str,
    QueryParameter(
        name="image",
        description="The image that the mask is for: its ID, its beginning, or `last`.",
        examples=[Example(value="img_" + "0" * 32)],
    ),
]
MaskId = Annotated[
    str,
    PathParameter(
        name="mask_id",
        description="The ID of a mask.",
        examples=[Example(value="mask_" + "0" * 32)],
    ),
]
PNG: Schema = {ImageFormat.PNG.media_type: {"schema": BINARY}}
BODY: Schema = {
    FORM: {"schema": object_of("mask", mask={**BINARY, "description": "The mask."})},
    **{media_type: {"schema": BINARY} for media_type in IMAGE_TYPES},
}


@post(
    "/masks",
    status_code=201,
    operation=Operation(
        tag="Images",
        contents=BODY,
        responses={
            201: json_response(
                "The mask is stored.", ref("MaskResult"), Location="The URL of the mask."
            )
        },
        refusals=(InvalidRequest, UnreadableImage, NotFound, ArchiveUnavailable, NOT_AN_UPLOAD),
    ),
)
async def save_mask(request: AnyRequest, image: ImageName = "") -> ASGIApp:
    """Store a mask for an image, free of charge; every request that takes a mask takes its ID.

    The body is a form with one file, or the mask: a PNG whose transparent areas will be edited, or
    what else an edit takes for a mask. It is stored as it will be sent, in the size of the image.
    """
    container, owner = container_of(request), caller_of(request).owner
    content_type = ", ".join(request.headers.getall("content-type", []))
    with closing(container.add_images().receive()) as incoming:
        try:
            await UploadReader(incoming, request.receive, most=1).read(content_type)
        except Disconnected:
            return as_response(no_response)
        if not image:
            raise MISSING_IMAGE
        image_id = await whole_id(request, image)
        saving = container.save_mask()(image_id, incoming.files[0], owner=owner)
        mask_id = await until_disconnect(saving, request.receive)
    if mask_id is None:
        return as_response(no_response)
    url = image_urls_for(request).mask(mask_id)
    mask = await container.get_mask()(mask_id, owner=owner)
    body = msgspec.json.encode(mask_result(mask, url))
    headers = {
        "content-type": "application/json",
        "content-length": str(len(body)),
        "location": url,
    }
    return as_response(BytesResponse(201, headers, body))


@route(
    "/masks/{mask_id:str}",
    http_method=GET_AND_HEAD,
    operation=Operation(
        tag="Images",
        responses={
            200: ApiResponse(description="The mask.", content=PNG, headers=FILE),
            206: ApiResponse(
                description="The requested range.",
                content=PNG,
                headers={**FILE, "Content-Range": "The range."},
            ),
            304: ApiResponse(
                description="The client has the mask: see If-None-Match.", headers=CACHING
            ),
        },
        refusals=(NotFound, ArchiveUnavailable, range_not_satisfiable(0)),
    ),
)
async def get_mask(request: AnyRequest, mask_id: MaskId) -> ASGIApp:
    """A mask as it is sent: a PNG in the size of its image, transparent where it marks areas."""
    container, owner = container_of(request), caller_of(request).owner
    mask = await container.get_mask()(mask_id, owner=owner)
    spec = ViewSpec(max_side=None, formats=(ImageFormat.PNG,))
    view = await container.view_image()(mask.image.id, spec, owner=owner)
    body = cacheable_view(view, mask_id, container.settings(), lasting=True, link=None)
    return as_response(conditional_response(body, request.method, headers_of(request)))

"""The route for uploads: input images that later requests name by their IDs."""

from contextlib import closing

import msgspec
from litestar import post
from litestar.types import ASGIApp

from application.use_cases.add_images import MAX_FILES
from domain.errors import ArchiveUnavailable, InvalidRequest, UnreadableImage
from domain.foreign_formats import DECODABLE
from domain.image_formats import ImageFormat
from entrypoints.http.asgi_responses import BytesResponse, as_response, no_response
from entrypoints.http.openapi.operation import Operation, json_response
from entrypoints.http.openapi.schema_parts import BINARY, object_of, ref
from entrypoints.http.request_context import AnyRequest, caller_of, container_of, image_urls_for
from entrypoints.http.security.request_checks import FORM
from entrypoints.http.security.upload_limits import NOT_AN_UPLOAD
from entrypoints.http.sse_response import until_disconnect
from entrypoints.http.upload_forms import Disconnected, UploadReader
from entrypoints.wire.json_schema import Schema
from entrypoints.wire.listings import listed_image

IMAGE_TYPES = dict.fromkeys(
    (
        *(form.media_type for form in ImageFormat),
        *(f"image/{name.lower()}" for name in DECODABLE.values()),
    )
)
"""Media types of images; the bytes alone decide what an image is."""
FILES: Schema = {
    "type": "array",
    "items": BINARY,
    "maxItems": MAX_FILES,
    "description": "The images. The fields may have any names.",
}
BODY: Schema = {
    FORM: {"schema": object_of("image", image=FILES)},
    **{media_type: {"schema": BINARY} for media_type in IMAGE_TYPES},
}


@post(
    "/uploads",
    status_code=201,
    operation=Operation(
        tag="Images",
        contents=BODY,
        responses={
            201: json_response(
                "The images are stored.",
                ref("UploadsResult"),
                Location="The URL of the image, if it is the only one.",
            )
        },
        refusals=(InvalidRequest, UnreadableImage, ArchiveUnavailable, NOT_AN_UPLOAD),
    ),
)
async def upload_images(request: AnyRequest) -> ASGIApp:
    """Store input images, free of charge; every request that takes an image takes their IDs.

    The body is a form with files, or one image. All images are checked before one is stored. They
    are stored as they will be sent: upright, and without metadata. Equal images get equal IDs.
    """
    add_images = container_of(request).add_images()
    content_type = ", ".join(request.headers.getall("content-type", []))
    with closing(add_images.receive()) as images:
        try:
            await UploadReader(images, request.receive).read(content_type)
        except Disconnected:
            return as_response(no_response)
        adding = add_images(images, owner=caller_of(request).owner)
        uploads = await until_disconnect(adding, request.receive)
    if uploads is None:
        return as_response(no_response)
    urls = image_urls_for(request)
    listed = [listed_image(upload, upload.image) for upload in uploads]
    body = msgspec.json.encode({"images": [urls.listed(image) for image in listed]})
    headers = {"content-type": "application/json", "content-length": str(len(body))}
    if len(listed) == 1:
        headers["location"] = urls.image(listed[0])
    return as_response(BytesResponse(201, headers, body))

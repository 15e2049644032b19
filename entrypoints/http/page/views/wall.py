"""The view of all images: a wall that goes on as far as one scrolls, and each image by itself."""

from typing import Annotated, Any

from litestar import get
from litestar.params import PathParameter, QueryParameter
from litestar.types import ASGIApp

from application.use_cases.describe_image import ImageDescription
from application.use_cases.list_images import ImageListing
from domain.job_records import JobRecord, StoredImage
from domain.results import ServedFrom
from domain.uploads import Upload
from entrypoints.http.page.runs import Run
from entrypoints.http.page.view import Values, View, show
from entrypoints.http.request_context import AnyRequest, caller_of, container_of
from entrypoints.wire.cursors import encode_cursor
from entrypoints.wire.image_filters import read_query

AT_ONCE = 60
"""Images of one page of the wall, as many as the browser shows at most."""
MAX_PROMPT = 300
"""Characters of a prompt on the wall."""
REPEATED = "cache"
Cursor = Annotated[str | None, QueryParameter(name="cursor", description="From the last page.")]
Search = Annotated[str | None, QueryParameter(name="search", description="Words of the prompt.")]
ImageId = Annotated[str, PathParameter(description="The ID of an image.")]


async def _values(request: AnyRequest) -> Values:
    return {"search": request.query_params.get("search", "")}


@get("/page/wall/items")
async def list_items(
    request: AnyRequest, cursor: Cursor = None, search: Search = None
) -> dict[str, Any]:
    """One page of the wall, the newest images first, as the element `gallery-wall` reads it."""
    container = container_of(request)
    query = read_query(now=container.clock().now().astimezone(), cursor=cursor, search=search)
    found = await container.list_images()(
        owner=caller_of(request).owner,
        limit=AT_ONCE,
        cursor=query.cursor,
        matching=query.matching,
    )
    return {
        "items": _items(found)[:AT_ONCE],
        "next": encode_cursor(found.next, query) if found.next else None,
    }


async def latest_images(request: AnyRequest, at_most: int) -> list[dict[str, Any]]:
    """The newest images of the wall."""
    found = await container_of(request).list_images()(owner=caller_of(request).owner, limit=at_most)
    return _items(found)[:at_most]


def _items(found: ImageListing) -> list[dict[str, Any]]:
    return [_item(record, image) for record in found.completed for image in record.images]


def _item(record: JobRecord | Upload, image: StoredImage) -> dict[str, Any]:
    """A WallItem of the front end."""
    item = {
        "id": image.id,
        "thumb": f"images/{image.id}/thumb",
        "width": image.dimensions.width if image.dimensions else 1,
        "height": image.dimensions.height if image.dimensions else 1,
        "createdAt": record.created_at.isoformat(timespec="seconds"),
    }
    if isinstance(record, Upload):
        return {**item, "prompt": record.name, "model": "uploaded", "cost": None, "servedFrom": ""}
    return {
        **item,
        "prompt": record.prompt[:MAX_PROMPT],
        "model": record.model,
        "cost": None if record.cost is None else float(record.cost / len(record.images)),
        "servedFrom": REPEATED if record.repeated_at else ServedFrom.PROVIDER,
    }


@get("/page/wall/{image_id:str}")
async def show_image(request: AnyRequest, image_id: ImageId) -> ASGIApp:
    """An image by itself: all pixels, what is known of it, and what can be done with it."""
    container, owner = container_of(request), caller_of(request).owner
    found = await container.describe_image()(image_id, owner=owner)
    return show(request, "wall_image.html", _image_values(found), title="Image", view=VIEW)


def _image_values(found: ImageDescription) -> Values:
    record, image = found.record, found.recorded
    is_upload = isinstance(record, Upload)
    return {
        "image": image,
        "size": image.dimensions or found.image.dimensions,
        "format": found.image.format.value,
        "record": record,
        "is_upload": is_upload,
        "words": record.name if isinstance(record, Upload) else record.prompt,
        "run": None if isinstance(record, Upload) else Run(record=record),
    }


VIEW = View(
    name="wall", title="Wall", values=_values, json="images", parts=(list_items, show_image)
)

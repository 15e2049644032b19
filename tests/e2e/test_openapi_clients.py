"""What generated clients take from the OpenAPI document."""

import re
from pathlib import Path

import pytest

from domain.image_formats import ImageFormat
from tests.e2e.asgi_client import asgi_client
from tests.e2e.test_openapi import document, operations
from tests.testkit.fakes import FakeProvider, settings_in, small_image

pytestmark = pytest.mark.anyio

METHODS = {
    *("createImage", "deleteImage", "endMcpSession", "followJob", "getDocs", "getDocsAsset"),
    *("getHealth", "getImage", "getJob", "getLiveness", "getMetrics", "getOpenapi", "getPreview"),
    *("getReadiness", "getThumbnail", "listImages", "listenToMcpSession", "sendMcpMessage"),
    *("streamImage",),
}
"""The methods of generated clients. Existing code calls them, so none may be renamed."""


async def test_the_methods_of_clients_have_stable_camel_case_names(tmp_path: Path) -> None:
    spec, _ = await document(tmp_path)
    names = [operation["operationId"] for operation in operations(spec).values()]
    assert len(set(names)) == len(names)
    assert set(names) >= METHODS
    assert [name for name in names if not re.fullmatch(r"[a-z]+([A-Z][a-z]+)*", name)] == []


async def test_images_are_bytes_in_every_format(tmp_path: Path) -> None:
    spec, _ = await document(tmp_path)
    for size in ("", "/preview", "/thumb"):
        responses = operations(spec)["GET", f"/images/{{picture_id}}{size}"]["responses"]
        for status in ("200", "206"):
            content = responses[status]["content"]
            assert content.keys() == {form.media_type for form in ImageFormat}
            for media_type in content.values():
                assert media_type["schema"] == {"type": "string", "format": "binary"}


async def test_each_response_has_a_content_type_of_the_document(tmp_path: Path) -> None:
    spec, _ = await document(tmp_path)
    async with asgi_client(settings_in(tmp_path), provider=FakeProvider(small_image())) as client:
        made = await client.post("/images", {"prompt": "a fox"})
        image, job = made.json["images"][0]["id"], made.json["jobId"]
        for path, template in {
            "/images": "/images",
            f"/images/{image}": "/images/{picture_id}",
            f"/images/{image}/thumb": "/images/{picture_id}/thumb",
            "/images/img_x": "/images/{picture_id}",
            f"/jobs/{job}": "/jobs/{job_id}",
            f"/jobs/{job}/events": "/jobs/{job_id}/events",
            "/health": "/health",
            "/metrics": "/metrics",
            "/docs": "/docs",
            "/openapi.json": "/openapi.json",
        }.items():
            reply = await client.request("GET", path)
            described = operations(spec)["GET", template]["responses"][str(int(reply.status))]
            assert reply.headers["content-type"].partition(";")[0] in described["content"], path

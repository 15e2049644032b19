"""A list of images without end: pages that neither repeat nor skip an image."""

import json
import re
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from domain.job_records import ImageCursor, JobPosition
from entrypoints.wire.cursors import ListQuery, decode_cursor, encode_cursor
from tests.e2e.asgi_client import AsgiClient, Reply, asgi_client
from tests.testkit.contracts.job_repository import BEGUN
from tests.testkit.fakes import FakeProvider, settings_in, small_image

pytestmark = pytest.mark.anyio
COLORS = ("red", "green", "blue", "white", "black", "yellow", "purple")


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[AsgiClient]:
    """An application whose provider returns seven images for each request."""
    provider = FakeProvider(*(small_image(color) for color in COLORS))
    async with asgi_client(settings_in(tmp_path), provider=provider) as client:
        yield client


async def make(client: AsgiClient, prompt: str) -> None:
    """Store the images of one more job."""
    made = await client.post("/images", {"prompt": prompt, "n": 4, "fresh": True})
    assert made.status == 201, made.body


async def page(client: AsgiClient, limit: int, cursor: str | None) -> Reply:
    query = f"limit={limit}" + (f"&cursor={cursor}" if cursor else "")
    reply = await client.request("GET", f"/images?{query}")
    assert reply.status == 200, reply.body
    link = reply.headers.get("link", "")
    following = re.search(r"^<http://127.0.0.1:3000(/images\?[^>]*)>; rel=\"next\"$", link)
    cursor = reply.json.get("nextCursor")
    expected = f"/images?limit={limit}&cursor={cursor}" if cursor else None
    assert (following[1] if following else None) == expected
    return reply


async def pages(client: AsgiClient, limit: int) -> AsyncIterator[list[dict[str, Any]]]:
    cursor = None
    while True:
        reply = await page(client, limit, cursor)
        yield reply.json["images"]
        cursor = reply.json.get("nextCursor")
        if cursor is None:
            return


def places(images: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Images of two jobs may be equal, so each is named by its job, too."""
    return [(image["jobId"], image["id"]) for image in images]


@pytest.mark.parametrize("limit", [1, 3, 7, 20, 21, 100])
async def test_pages_of_any_size_have_each_image_once(limit: int, client: AsgiClient) -> None:
    for number in range(3):
        await make(client, f"fox {number}")
    whole = (await page(client, 100, None)).json["images"]
    found = [each async for each in pages(client, limit)]
    assert len(whole) == 3 * len(COLORS)
    assert places([image for images in found for image in images]) == places(whole)
    assert {len(images) for images in found[:-1]} <= {limit}


async def test_pages_of_jobs_with_one_image_each_do_not_end_early(tmp_path: Path) -> None:
    provider = FakeProvider(small_image("red"))
    async with asgi_client(settings_in(tmp_path), provider=provider) as client:
        for number in range(5):
            await make(client, f"fox {number}")
        whole = (await page(client, 100, None)).json["images"]
        assert len(whole) == 5
        for limit in range(1, 7):
            found = [each async for each in pages(client, limit)]
            assert places([image for images in found for image in images]) == places(whole)


async def test_images_that_arrive_meanwhile_do_not_move_the_pages(client: AsgiClient) -> None:
    for number in range(2):
        await make(client, f"fox {number}")
    whole = (await page(client, 100, None)).json["images"]
    found: list[dict[str, Any]] = []
    async for images in pages(client, 3):
        found += images
        await make(client, f"hare {len(found)}")
    assert places(found) == places(whole)


async def test_a_client_that_deletes_each_page_gets_them_all(client: AsgiClient) -> None:
    await make(client, "a fox")
    seen: list[str] = []
    async for images in pages(client, 2):
        seen += [image["id"] for image in images]
        for image in images:
            assert (await client.request("DELETE", f"/images/{image['id']}")).status == 200
    assert len(seen) == len(COLORS)
    assert (await page(client, 100, None)).json["images"] == []


def forged(at: str, *, since: str | None = None, before: str | None = None) -> str:
    """A cursor with these times, in the form of the server's own."""
    fields: list[object] = [at, "job_1", "img_1", "0" * 12, [], "", since, before]
    return urlsafe_b64encode(json.dumps(fields).encode()).decode().rstrip("=")


BROKEN = {
    "not base64": "%21%21",
    "another word": "page2",
    "a number": "2",
    "sibling: cut off": encode_cursor(ImageCursor(JobPosition(BEGUN, "job_1"), "img_1"))[:-9],
    "sibling: other JSON": urlsafe_b64encode(json.dumps({"a": 1}).encode()).decode().rstrip("="),
    "sibling: no time zone": urlsafe_b64encode(b'["2026-11-27T10:00:00","job_1","img_1"]').decode(),
    "sibling: very long": "A" * 5_000,
    "sibling: not ASCII": "%C3%BC",
    "sibling: empty": "",
    "sibling: before all time zones": forged("0001-01-01T00:00:00+14:00"),
    "sibling: after all time zones": forged("9999-12-31T23:59:59-12:00"),
    "sibling: since the first day": forged(BEGUN.isoformat(), since="0001-01-01T00:00:00Z"),
    "sibling: before the last day": forged(BEGUN.isoformat(), before="9999-12-31T23:59:59-12:00"),
}


@pytest.mark.parametrize("cursor", BROKEN.values(), ids=BROKEN)
async def test_any_other_cursor_is_refused(cursor: str, client: AsgiClient) -> None:
    reply = await client.request("GET", f"/images?cursor={cursor}")
    assert (reply.status, reply.code) == (400, "invalid_request")
    assert reply.problem["field"] == "cursor"


def test_a_cursor_survives_its_word() -> None:
    cursor = ImageCursor(JobPosition(BEGUN, "job_1"), "img_1")
    assert decode_cursor(encode_cursor(cursor)) == ListQuery(cursor=cursor)
    assert re.fullmatch(r"[\w-]+", encode_cursor(cursor))

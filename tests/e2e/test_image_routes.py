"""Images over HTTP, requested from the real application as browsers and programs do."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx2
import PIL.Image
import pytest

from adapters.pillow.optimizer import PillowOptimizer
from application.ports.image_optimizer import ImageOptimizer
from domain.image import Image
from domain.image_formats import ImageFormat
from domain.renditions import Rendition, RenditionSpec
from entrypoints.bootstrap.container_parts import Parts
from tests.e2e.loopback_server import serve
from tests.testkit.fakes import PNG, FakeProvider, ScriptedOptimizer, settings_in
from tests.testkit.photographs import cutout, graphic, photograph

pytestmark = pytest.mark.anyio
BODY = {"prompt": "a red bridge"}
UNKNOWN_ID = "img_" + "0" * 32


class CountingOptimizer(PillowOptimizer):
    """Counts its renditions."""

    count = 0

    async def render(self, image: Image, spec: RenditionSpec, /) -> Rendition:
        self.count += 1
        return await super().render(image, spec)


@asynccontextmanager
async def client_of(
    folder: Path,
    *images: Image,
    optimizer: ImageOptimizer | None = None,
    token: str = "",
    **settings: Any,  # noqa: ANN401 - fields of Settings
) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of a whole server whose provider returns `images`, by default PNG."""
    settings |= {"auth_token": token} if token else {}
    parts: Parts = {
        "provider": FakeProvider(*images),
        "optimizer": optimizer or PillowOptimizer(),
    }
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with (
        serve(settings_in(folder, **settings), **parts) as url,
        httpx2.AsyncClient(base_url=url, headers=headers) as client,
    ):
        yield client


async def create_image(client: httpx2.AsyncClient) -> str:
    """Create an image; return the path of its URL."""
    reply = await client.post("/images", json=BODY)
    assert reply.status_code == 201
    return httpx2.URL(reply.json()["images"][0]["url"]).path


def decode(reply: httpx2.Response) -> PIL.Image.Image:
    return PIL.Image.open(BytesIO(reply.content))


async def test_the_image_is_unchanged_and_immutable(
    tmp_path: Path,
) -> None:
    async with client_of(tmp_path) as client:
        reply = await client.get(await create_image(client))
    assert reply.status_code == 200
    assert reply.content == PNG.data
    assert {name: reply.headers.get(name) for name in IMMUTABLE_HEADERS} == IMMUTABLE_HEADERS
    assert reply.headers["etag"] == f'"{hashlib.sha256(PNG.data).hexdigest()[:32]}"'


IMMUTABLE_HEADERS = {
    "content-type": "image/png",
    "content-length": str(len(PNG.data)),
    "content-disposition": f'inline; filename="{PNG.id}.png"',
    "cache-control": "public, max-age=31536000, immutable",
    "vary": "Accept",
    "accept-ranges": "bytes",
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
}


async def test_images_behind_a_token_are_only_for_private_caches(tmp_path: Path) -> None:
    async with client_of(tmp_path, token="a-token-of-20-letters") as client:
        path = await create_image(client)
        reply = await client.get(path)
        assert reply.headers["cache-control"] == "private, max-age=31536000, immutable"
        assert (await client.get(path, headers={"Authorization": ""})).status_code == 401


@pytest.mark.parametrize(
    "behind", [{"public_url": "http://127.0.0.1"}, {"trusted_proxies": ("127.0.0.1",)}]
)
async def test_images_behind_a_proxy_are_only_for_private_caches(
    behind: dict[str, Any], tmp_path: Path
) -> None:
    """The proxy may require a login, and a shared cache in front of it would ignore that."""
    async with client_of(tmp_path, **behind) as client:
        reply = await client.get(await create_image(client))
    assert reply.headers["cache-control"] == "private, max-age=31536000, immutable"


async def test_a_client_gets_a_format_that_it_accepts(tmp_path: Path) -> None:
    async with client_of(tmp_path, photograph("png")) as client:
        path = await create_image(client)
        for accept, media_type in (
            ("image/webp", "image/webp"),
            ("image/jpeg, image/webp;q=0.5", "image/jpeg"),
            ("image/webp,*/*;q=0.8", "image/png"),
            ("application/json", "image/png"),
            ("", "image/png"),
            ("%;;q=x,,", "image/png"),
        ):
            reply = await client.get(path, headers={"Accept": accept})
            assert (reply.status_code, reply.headers["content-type"]) == (200, media_type), accept
            assert decode(reply).size == (1024, 1024)
        assert (await client.get(path, params={"format": "webp"})).content[8:12] == b"WEBP"
        for query, accept in (("?format=avif", "*/*"), ("", "image/avif")):
            reply = await client.get(path + query, headers={"Accept": accept})
            assert reply.headers["content-type"] == "image/avif"
            assert reply.content[4:12] == b"ftypavif"
            assert decode(reply).size == (1024, 1024)
        assert (await client.get(path, params={"format": "gif"})).status_code == 400


async def test_an_avif_that_cannot_be_made_is_refused_before_anything_is_charged(
    tmp_path: Path,
) -> None:
    optimizer = ScriptedOptimizer()
    optimizer.lacks = {ImageFormat.AVIF}
    async with client_of(tmp_path, optimizer=optimizer) as client:
        refused = await client.post("/images", json={**BODY, "format": "avif"})
        listed = (await client.get("/images")).json()
        path = await create_image(client)
        shown = await client.get(path, params={"format": "avif"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "format")
    assert refused.json()["charged"] == "no"
    assert listed["images"] == listed["jobs"] == []
    assert shown.headers["content-type"] == "image/png"
    assert "max-age=60" in shown.headers["cache-control"]


async def test_the_format_of_a_thumbnail_fits_client_and_image(tmp_path: Path) -> None:
    images = {"photo": photograph("png"), "graphic": graphic(), "cutout": cutout()}
    async with client_of(tmp_path, *images.values()) as client:
        assert (await client.post("/images", json={**BODY, "n": 3})).status_code == 201
        for name, accept, media_type in (
            ("photo", "*/*", "jpeg"),
            ("photo", "image/avif,image/webp,*/*;q=0.8", "webp"),
            ("photo", "image/png,image/jpeg", "jpeg"),
            ("graphic", "*/*", "webp"),
            ("cutout", "*/*", "webp"),
            ("cutout", "image/png,image/jpeg", "png"),
        ):
            path = f"/images/{images[name].id}/thumb"
            reply = await client.get(path, headers={"Accept": accept})
            assert reply.headers["content-type"] == f"image/{media_type}", (name, accept)
            assert reply.headers["vary"] == "Accept"
            assert f"{images[name].id}-thumb." in reply.headers["content-disposition"]
            assert decode(reply).size == (256, 256)


async def test_the_preview_of_a_small_image_has_fewer_bytes(
    tmp_path: Path,
) -> None:
    async with client_of(tmp_path, photograph("png")) as client:
        reply = await client.get(f"{await create_image(client)}/preview")
    assert decode(reply).size == (1024, 1024)
    assert len(reply.content) < len(photograph("png").data) / 2


async def test_a_matching_etag_gets_304_without_a_body(tmp_path: Path) -> None:
    async with client_of(tmp_path, photograph("png")) as client:
        path = await create_image(client)
        for url in (path, f"{path}/thumb", f"{path}?format=jpeg"):
            tag = (await client.get(url)).headers["etag"]
            again = await client.get(url, headers={"If-None-Match": f'"x", W/{tag}'})
            assert (again.status_code, again.content) == (304, b"")
            assert again.headers["etag"] == tag
            assert again.headers["vary"] == "Accept"
            assert "max-age=31536000" in again.headers["cache-control"]
            other = await client.get(url, headers={"If-None-Match": '"x"'})
            assert other.status_code == 200


async def test_each_representation_of_an_image_has_its_own_etag(tmp_path: Path) -> None:
    async with client_of(tmp_path, photograph("png")) as client:
        path = await create_image(client)
        urls = (path, f"{path}/thumb", f"{path}?format=jpeg", f"{path}?format=webp")
        replies = [await client.get(url) for url in urls]
    tags = {reply.headers["etag"] for reply in replies}
    assert len(tags) == len({reply.content for reply in replies}) == 4


async def test_a_range_and_the_rest_make_the_whole_image(tmp_path: Path) -> None:
    async with client_of(tmp_path) as client:
        path, size = await create_image(client), len(PNG.data)
        first = await client.get(path, headers={"Range": "bytes=0-9"})
        assert (first.status_code, first.headers["content-range"]) == (206, f"bytes 0-9/{size}")
        same = {"Range": "bytes=10-", "If-Range": first.headers["etag"]}
        rest = await client.get(path, headers=same)
        assert rest.status_code == 206
        assert first.content + rest.content == PNG.data
        other = await client.get(path, headers={**same, "If-Range": '"other"'})
        assert (other.status_code, other.content) == (200, PNG.data)


async def test_an_unsatisfiable_range_is_a_problem_with_the_size(tmp_path: Path) -> None:
    async with client_of(tmp_path) as client:
        reply = await client.get(await create_image(client), headers={"Range": "bytes=9999999-"})
    assert reply.status_code == 416
    assert reply.headers["content-range"] == f"bytes */{len(PNG.data)}"
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.json()["code"] == "no_such_part"


async def test_head_has_all_headers_and_no_body(tmp_path: Path) -> None:
    async with client_of(tmp_path) as client:
        path = await create_image(client)
        whole, head = await client.get(path), await client.head(path)
        assert (head.status_code, head.content) == (200, b"")
        for name in (*IMMUTABLE_HEADERS, "etag"):
            assert head.headers[name] == whole.headers[name]
        assert (await client.head(f"/images/{UNKNOWN_ID}")).status_code == 404


@pytest.mark.parametrize("size", ["", "/preview", "/thumb"])
async def test_an_unknown_image_is_a_problem(size: str, tmp_path: Path) -> None:
    async with client_of(tmp_path) as client:
        for image_id in (UNKNOWN_ID, "img_", "..%2F..%2Fetc%2Fpasswd", "%00%ff", "x" * 5000):
            reply = await client.get(f"/images/{image_id}{size}")
            assert (reply.status_code, reply.json()["code"]) == (404, "not_found"), image_id
            assert reply.headers["content-type"] == "application/problem+json"
            assert reply.headers["cache-control"] == "no-store"


async def test_images_of_another_owner_are_not_found(tmp_path: Path) -> None:
    """A server with a token and one without share the folders."""
    async with (
        client_of(tmp_path, token="anns-token-of-20-letters") as ann,
        client_of(tmp_path) as bob,
    ):
        path = await create_image(ann)
        for url in (path, f"{path}/preview", f"{path}/thumb"):
            assert (await ann.get(url)).status_code == 200
            assert (await bob.get(url)).status_code == 404
        assert await create_image(bob) == path, "equal bytes have one name"
        assert (await bob.get(path)).content == PNG.data


async def test_a_new_token_gives_access_to_images_of_the_old_one(tmp_path: Path) -> None:
    async with client_of(tmp_path, token="a-token-that-leaked") as client:
        path = await create_image(client)
    async with client_of(tmp_path, token="a-token-that-is-new") as client:
        assert (await client.get(path)).content == PNG.data
        old = {"Authorization": "Bearer a-token-that-leaked"}
        assert (await client.get(path, headers=old)).status_code == 401


async def test_concurrent_requests_for_a_thumbnail_cost_one_encoding(tmp_path: Path) -> None:
    optimizer = CountingOptimizer()
    async with client_of(tmp_path, photograph("png"), optimizer=optimizer) as client:
        path = f"{await create_image(client)}/thumb"
        replies = await asyncio.gather(*(client.get(path) for _ in range(20)))
        assert len({reply.content for reply in replies}) == 1
        assert optimizer.count == 1
        await client.get(path)
        assert optimizer.count == 1


async def test_without_a_thumbnail_the_image_is_served_and_cached_for_a_minute(
    tmp_path: Path,
) -> None:
    async with client_of(tmp_path, optimizer=ScriptedOptimizer(None)) as client:
        reply = await client.get(f"{await create_image(client)}/thumb")
    assert (reply.status_code, reply.content) == (200, PNG.data)
    assert reply.headers["cache-control"] == "public, max-age=60"
    assert reply.headers["content-type"] == "image/png"

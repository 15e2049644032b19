"""Pictures over HTTP: the real application, asked as browsers and programs ask."""

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
from domain.renditions import Rendition, RenditionSpec
from entrypoints.bootstrap.container import Parts
from tests.e2e.loopback_server import serve
from tests.testkit.fakes import PNG, FakeProvider, ScriptedOptimizer, settings_in
from tests.testkit.photographs import cutout, graphic, photograph

pytestmark = pytest.mark.anyio
ASK = {"prompt": "a red bridge"}
NOWHERE = "img_" + "0" * 32


class CountingOptimizer(PillowOptimizer):
    """Counts what it makes."""

    made = 0

    async def render(self, image: Image, spec: RenditionSpec, /) -> Rendition:
        self.made += 1
        return await super().render(image, spec)


@asynccontextmanager
async def client_of(
    folder: Path,
    *images: Image,
    optimizer: ImageOptimizer | None = None,
    token: str = "",
    **settings: Any,  # noqa: ANN401 - fields of Settings
) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of a whole server whose provider paints `images`, or else PNG."""
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


async def painted(client: httpx2.AsyncClient) -> str:
    """Ask for a picture; the path of its address."""
    answer = await client.post("/images", json=ASK)
    assert answer.status_code == 201
    return httpx2.URL(answer.json()["images"][0]["url"]).path


def opened(answer: httpx2.Response) -> PIL.Image.Image:
    return PIL.Image.open(BytesIO(answer.content))


async def test_the_picture_is_what_the_provider_sent_and_may_be_kept_for_good(
    tmp_path: Path,
) -> None:
    async with client_of(tmp_path) as client:
        answer = await client.get(await painted(client))
    assert answer.status_code == 200
    assert answer.content == PNG.data
    assert {name: answer.headers.get(name) for name in KEPT_FOR_GOOD} == KEPT_FOR_GOOD
    assert answer.headers["etag"] == f'"{hashlib.sha256(PNG.data).hexdigest()[:32]}"'


KEPT_FOR_GOOD = {
    "content-type": "image/png",
    "content-length": str(len(PNG.data)),
    "content-disposition": f'inline; filename="{PNG.id}.png"',
    "cache-control": "public, max-age=31536000, immutable",
    "vary": "Accept",
    "accept-ranges": "bytes",
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
}


async def test_what_a_token_lets_see_is_for_private_caches_alone(tmp_path: Path) -> None:
    async with client_of(tmp_path, token="a-token-of-20-letters") as client:
        path = await painted(client)
        answer = await client.get(path)
        assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
        assert (await client.get(path, headers={"Authorization": ""})).status_code == 401


@pytest.mark.parametrize(
    "behind", [{"public_url": "http://127.0.0.1"}, {"trusted_proxies": ("127.0.0.1",)}]
)
async def test_so_is_what_a_proxy_lets_see(behind: dict[str, Any], tmp_path: Path) -> None:
    """It may ask for a login, and what stands before it may keep pictures for others."""
    async with client_of(tmp_path, **behind) as client:
        answer = await client.get(await painted(client))
    assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"


async def test_a_client_gets_the_format_that_it_takes(tmp_path: Path) -> None:
    async with client_of(tmp_path, photograph("png")) as client:
        path = await painted(client)
        for accept, form in (
            ("image/webp", "image/webp"),
            ("image/jpeg, image/webp;q=0.5", "image/jpeg"),
            ("image/webp,*/*;q=0.8", "image/png"),
            ("application/json", "image/png"),
            ("", "image/png"),
            ("%;;q=x,,", "image/png"),
        ):
            answer = await client.get(path, headers={"Accept": accept})
            assert (answer.status_code, answer.headers["content-type"]) == (200, form), accept
            assert opened(answer).size == (1024, 1024)
        assert (await client.get(path, params={"format": "webp"})).content[8:12] == b"WEBP"
        assert (await client.get(path, params={"format": "gif"})).status_code == 400


async def test_thumbs_come_in_the_format_that_suits_client_and_picture(tmp_path: Path) -> None:
    images = {"photo": photograph("png"), "graphic": graphic(), "cutout": cutout()}
    async with client_of(tmp_path, *images.values()) as client:
        assert (await client.post("/images", json={**ASK, "n": 3})).status_code == 201
        for name, accept, form in (
            ("photo", "*/*", "jpeg"),
            ("photo", "image/avif,image/webp,*/*;q=0.8", "webp"),
            ("photo", "image/png,image/jpeg", "jpeg"),
            ("graphic", "*/*", "webp"),
            ("cutout", "*/*", "webp"),
            ("cutout", "image/png,image/jpeg", "png"),
        ):
            path = f"/images/{images[name].id}/thumb"
            answer = await client.get(path, headers={"Accept": accept})
            assert answer.headers["content-type"] == f"image/{form}", (name, accept)
            assert answer.headers["vary"] == "Accept"
            assert f"{images[name].id}-thumb." in answer.headers["content-disposition"]
            assert opened(answer).size == (256, 256)


async def test_a_preview_of_a_picture_that_is_small_enough_is_lighter_all_the_same(
    tmp_path: Path,
) -> None:
    async with client_of(tmp_path, photograph("png")) as client:
        answer = await client.get(f"{await painted(client)}/preview")
    assert opened(answer).size == (1024, 1024)
    assert len(answer.content) < len(photograph("png").data) / 2


async def test_who_has_it_is_told_so_and_sent_nothing(tmp_path: Path) -> None:
    async with client_of(tmp_path, photograph("png")) as client:
        path = await painted(client)
        for place in (path, f"{path}/thumb", f"{path}?format=jpeg"):
            tag = (await client.get(place)).headers["etag"]
            again = await client.get(place, headers={"If-None-Match": f'"x", W/{tag}'})
            assert (again.status_code, again.content) == (304, b"")
            assert again.headers["etag"] == tag
            assert again.headers["vary"] == "Accept"
            assert "max-age=31536000" in again.headers["cache-control"]
            other = await client.get(place, headers={"If-None-Match": '"x"'})
            assert other.status_code == 200


async def test_forms_of_a_picture_have_tags_of_their_own(tmp_path: Path) -> None:
    async with client_of(tmp_path, photograph("png")) as client:
        path = await painted(client)
        places = (path, f"{path}/thumb", f"{path}?format=jpeg", f"{path}?format=webp")
        answers = [await client.get(place) for place in places]
    tags = {answer.headers["etag"] for answer in answers}
    assert len(tags) == len({answer.content for answer in answers}) == 4


async def test_a_part_can_be_fetched_and_the_rest_added(tmp_path: Path) -> None:
    async with client_of(tmp_path) as client:
        path, size = await painted(client), len(PNG.data)
        first = await client.get(path, headers={"Range": "bytes=0-9"})
        assert (first.status_code, first.headers["content-range"]) == (206, f"bytes 0-9/{size}")
        same = {"Range": "bytes=10-", "If-Range": first.headers["etag"]}
        rest = await client.get(path, headers=same)
        assert rest.status_code == 206
        assert first.content + rest.content == PNG.data
        other = await client.get(path, headers={**same, "If-Range": '"other"'})
        assert (other.status_code, other.content) == (200, PNG.data)


async def test_a_part_that_is_not_there_is_a_problem_that_tells_the_size(tmp_path: Path) -> None:
    async with client_of(tmp_path) as client:
        answer = await client.get(await painted(client), headers={"Range": "bytes=9999999-"})
    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{len(PNG.data)}"
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "no_such_part"


async def test_head_tells_all_and_sends_nothing(tmp_path: Path) -> None:
    async with client_of(tmp_path) as client:
        path = await painted(client)
        whole, head = await client.get(path), await client.head(path)
        assert (head.status_code, head.content) == (200, b"")
        for name in (*KEPT_FOR_GOOD, "etag"):
            assert head.headers[name] == whole.headers[name]
        assert (await client.head(f"/images/{NOWHERE}")).status_code == 404


@pytest.mark.parametrize("size", ["", "/preview", "/thumb"])
async def test_what_does_not_exist_is_a_problem(size: str, tmp_path: Path) -> None:
    async with client_of(tmp_path) as client:
        for odd in (NOWHERE, "img_", "..%2F..%2Fetc%2Fpasswd", "%00%ff", "x" * 5000):
            answer = await client.get(f"/images/{odd}{size}")
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), odd
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.headers["cache-control"] == "no-store"


async def test_pictures_of_another_owner_do_not_exist(tmp_path: Path) -> None:
    """Servers with a token and without one share the folders."""
    async with (
        client_of(tmp_path, token="anns-token-of-20-letters") as ann,
        client_of(tmp_path) as bob,
    ):
        path = await painted(ann)
        for place in (path, f"{path}/preview", f"{path}/thumb"):
            assert (await ann.get(place)).status_code == 200
            assert (await bob.get(place)).status_code == 404
        assert await painted(bob) == path, "equal bytes have one name"
        assert (await bob.get(path)).content == PNG.data


async def test_a_new_token_opens_what_was_kept_under_the_old_one(tmp_path: Path) -> None:
    async with client_of(tmp_path, token="a-token-that-leaked") as client:
        path = await painted(client)
    async with client_of(tmp_path, token="a-token-that-is-new") as client:
        assert (await client.get(path)).content == PNG.data
        old = {"Authorization": "Bearer a-token-that-leaked"}
        assert (await client.get(path, headers=old)).status_code == 401


async def test_many_who_want_a_thumb_at_once_cost_one_encoding(tmp_path: Path) -> None:
    optimizer = CountingOptimizer()
    async with client_of(tmp_path, photograph("png"), optimizer=optimizer) as client:
        path = f"{await painted(client)}/thumb"
        answers = await asyncio.gather(*(client.get(path) for _ in range(20)))
        assert len({answer.content for answer in answers}) == 1
        assert optimizer.made == 1
        await client.get(path)
        assert optimizer.made == 1


async def test_where_no_thumb_can_be_made_the_picture_itself_comes_for_a_minute(
    tmp_path: Path,
) -> None:
    async with client_of(tmp_path, optimizer=ScriptedOptimizer(None)) as client:
        answer = await client.get(f"{await painted(client)}/thumb")
    assert (answer.status_code, answer.content) == (200, PNG.data)
    assert answer.headers["cache-control"] == "public, max-age=60"
    assert answer.headers["content-type"] == "image/png"

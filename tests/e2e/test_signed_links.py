"""Signed links: what they open without the token, and what they do not open."""

from datetime import timedelta
from pathlib import Path

import pytest

from entrypoints.http.security.link_signer import LinkTarget
from tests.e2e.linked_images import (
    BEARER,
    BODY,
    URLS,
    altered,
    assert_refused,
    changed,
    linked_image,
    parameter,
)
from tests.testkit.fakes import (
    PNG,
    FakeProvider,
    small_image,
)
from tests.testkit.photographs import photograph

pytestmark = pytest.mark.anyio


async def test_every_link_of_a_result_opens_without_the_token(tmp_path: Path) -> None:
    async with linked_image(tmp_path) as image:
        opened = [await image.open(image.facts[name]) for name in URLS]
        head = await image.open(image.facts["url"], "HEAD")
        part = await image.open(image.facts["url"], Range="bytes=0-9")
        known = await image.open(image.facts["url"], If_None_Match=opened[0].headers["etag"])
        bare = [await image.open(image.facts[name].partition("?")[0]) for name in URLS]
    assert [reply.status for reply in opened] == [200, 200, 200]
    assert opened[0].body == PNG.data
    assert (head.status, head.headers["content-length"]) == (200, str(len(PNG.data)))
    assert (part.status, part.body) == (206, PNG.data[:10])
    assert (known.status, known.body) == (304, b"")
    for reply in bare:
        assert_refused(reply, 401, "unauthorized")


async def test_an_altered_link_is_refused(tmp_path: Path) -> None:
    async with linked_image(tmp_path) as image:
        assert (await image.open(image.facts["url"])).status == 200
        for name, url in altered(image.facts).items():
            for method in ("GET", "HEAD"):
                reply = await image.open(url, method)
                assert (name, reply.status) == (name, 403)
            assert_refused(await image.open(url), 403, "link_invalid")


async def test_a_link_without_a_signature_is_no_link(tmp_path: Path) -> None:
    async with linked_image(tmp_path) as image:
        bare = await image.open(changed(image.facts["url"], signature=None))
    assert_refused(bare, 401, "unauthorized")


def other_paths(facts: dict[str, str]) -> list[str]:
    """Paths that no link opens, whatever its signature is of."""
    path = f"/images/{facts['id']}"
    return [
        *("/images", "/images/", "/usage", "/jobs", "/metrics", "/mcp", "/models"),
        *(f"{path}/", f"{path}/recipe", f"/{path}", f"{path}/preview/", path[:-1], f"{path}\n"),
        *("/images/last", "/images/last/preview", path.upper(), f"/jobs/{facts['jobId']}"),
        f"/jobs/{facts['jobId'].removeprefix('job_')}/events",
    ]


async def test_only_images_and_events_have_links(tmp_path: Path) -> None:
    """Even a valid signature of another path is none: the paths are checked, too."""
    async with linked_image(tmp_path) as image:
        listed = (await image.with_token("/images")).json["images"][0]
        signer = image.client.app.litestar.state.link_signer
        for path in other_paths(listed):
            signed = signer.sign(LinkTarget(owner="token", path=path))
            reply = await image.open(
                f"{path}?expires={signed['expires']}&signature={signed['signature']}"
            )
            assert reply.code in ("unauthorized", "not_found"), path
            assert PNG.data[:16] not in reply.body


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_a_link_changes_nothing(method: str, tmp_path: Path) -> None:
    async with linked_image(tmp_path) as image:
        for name in URLS:
            assert_refused(await image.open(image.facts[name], method), 401, "unauthorized")
        restore = image.facts["url"].replace("?", "/restore?")
        assert_refused(await image.open(restore, method), 401, "unauthorized")
        assert (await image.open(image.facts["url"])).body == PNG.data


async def test_a_link_of_another_owner_is_refused(tmp_path: Path) -> None:
    """A server without a token has the owner `local`, and may share the folder."""
    async with linked_image(tmp_path) as image:
        signer = image.client.app.litestar.state.link_signer
        path = f"/images/{image.facts['id']}"
        for owner, status in (("token", 200), ("local", 403), ("", 403), ("Token", 403)):
            signed = signer.sign(LinkTarget(owner=owner, path=path))
            url = f"{path}?expires={signed['expires']}&signature={signed['signature']}"
            assert (await image.open(url)).status == status, owner


async def test_an_expired_link_says_so_and_what_to_do(tmp_path: Path) -> None:
    async with linked_image(tmp_path) as image:
        end = int(parameter(image.facts["url"], "expires"))
        left = timedelta(seconds=end - int(image.clock.time.timestamp()))
        image.clock.time += left - timedelta(seconds=1)
        last = await image.open(image.facts["url"])
        assert (last.status, last.headers["cache-control"]) == (
            200,
            "private, max-age=1, immutable",
        )
        image.clock.time += timedelta(seconds=1)
        for name in URLS:
            expired = await image.open(image.facts[name])
            assert_refused(expired, 403, "link_expired")
            assert "get_image" in expired.problem["hint"]
            assert "Authorization" in expired.problem["hint"]
        altered_too = changed(image.facts["url"], expires=str(end - 1))
        assert_refused(await image.open(altered_too), 403, "link_invalid")
        again = (await image.with_token("/images")).json["images"][0]
        assert (await image.open(again["url"])).body == PNG.data


async def test_the_token_wins_over_the_link(tmp_path: Path) -> None:
    async with linked_image(tmp_path) as image:
        url = image.facts["url"]
        wrong = [*altered(image.facts).items()]
        image.clock.time += timedelta(days=1)
        with_token = {
            name: await image.with_token(link)
            for name, link in [("expired", url), *wrong]
            if "two" not in name and name not in ("another image", "another size")
        }
        assert {name for name, reply in with_token.items() if reply.status != 200} == set()
        assert with_token["expired"].headers["cache-control"] == (
            "private, max-age=31536000, immutable"
        )
        image.clock.time -= timedelta(days=1)
        reply = await image.open(url, Authorization="Bearer of-bad-news-for-this-server")
        assert (reply.status, reply.body) == (200, PNG.data)


async def test_a_rendition_has_a_link_that_covers_its_size(tmp_path: Path) -> None:
    async with linked_image(tmp_path, provider=FakeProvider(photograph("png"))) as image:
        body = {**BODY, "format": "webp", "deliver": "300x200 cover"}
        made = (await image.client.post("/images", body, **BEARER)).json["images"][0]
        url = made["rendition"]["url"]
        assert parameter(url, "deliver") == "300x200 cover"
        reply = await image.open(url)
        assert (reply.status, reply.headers["content-type"]) == (200, "image/webp")
        for size in ("301x200 cover", "300x200", None):
            assert_refused(await image.open(changed(url, deliver=size)), 403, "link_invalid")
        other_format = await image.open(changed(url, format="jpeg"))
        assert (other_format.status, other_format.headers["content-type"]) == (200, "image/jpeg")


async def test_a_deleted_image_is_not_found_by_its_link(tmp_path: Path) -> None:
    """Its problem names the latest images to a client with the token only."""
    other = small_image(size=(7, 7))
    provider = FakeProvider(PNG, other)
    async with linked_image(tmp_path, provider=provider, trash_days=0) as image:
        path = f"/images/{image.facts['id']}"
        assert (await image.with_token(path, "DELETE")).status == 200
        assert_refused(await image.with_token(path), 404, "not_found")
        assert other.id in str((await image.with_token(path)).problem["hint"])
        for name in URLS:
            reply = await image.open(image.facts[name])
            assert_refused(reply, 404, "not_found")
            assert other.id not in reply.body.decode()
            assert "a red bridge" not in reply.body.decode()


async def test_a_link_to_an_image_is_an_input_image(tmp_path: Path) -> None:
    async with linked_image(tmp_path) as image:
        for name in URLS:
            body = {"prompt": "make it blue", "images": [image.facts[name]]}
            reply = await image.client.post("/images", body, **BEARER)
            assert reply.status == 201, reply.body

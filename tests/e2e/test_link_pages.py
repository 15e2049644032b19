"""Signed links as pages and programs use them: in results, in other pages, and for jobs."""

import asyncio
import json
import re
from base64 import b64decode
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from mcp_types import TextContent, TextResourceContents

from tests.e2e.linked_images import (
    BASE,
    BEARER,
    BODY,
    TOKEN,
    URLS,
    altered,
    assert_refused,
    changed,
    linked_image,
    parameter,
    wait_for_state,
)
from tests.e2e.loopback_server import serve
from tests.e2e.mcp_http import ERAS, connect_over_http
from tests.testkit.fakes import (
    PNG,
    FakeProvider,
    settings_in,
    small_image,
)
from tests.testkit.photographs import photograph

pytestmark = pytest.mark.anyio


async def test_links_in_headers_are_not_signed(tmp_path: Path) -> None:
    async with linked_image(tmp_path) as image:
        created = await image.client.post("/images", BODY, **BEARER)
        assert created.headers["location"] == f"{BASE}/images/{image.facts['id']}"
        listed = await image.with_token("/images?limit=1")
        assert "signature" in listed.json["images"][0]["url"]
        assert "signature" not in listed.headers["link"]


async def test_links_are_below_the_public_url(tmp_path: Path) -> None:
    """The path of the public URL is the proxy's, and no part of the signature."""
    async with linked_image(tmp_path, public_url="https://images.example/studio/") as image:
        url = image.facts["url"]
        assert url.startswith(f"https://images.example/studio/images/{image.facts['id']}?expires=")
        reply = await image.open(url.removeprefix("https://images.example/studio"))
        assert reply.body == PNG.data


def events_of(body: bytes) -> list[dict[str, str]]:
    """The events of a stream, each with its fields."""
    return [
        dict(line.split(": ", 1) for line in event.splitlines() if not line.startswith(":"))
        for event in body.decode().strip().split("\n\n")
    ]


async def test_a_job_is_followed_by_a_link(tmp_path: Path) -> None:
    """Its images have links, too, which end no later than the link that it was followed by."""
    finish = asyncio.Event()
    provider = FakeProvider()
    async with linked_image(tmp_path, provider=provider) as image:
        provider.meanwhile = finish.wait
        running = asyncio.create_task(
            image.client.post("/images", {**BODY, "partialImages": 1}, **BEARER)
        )
        url = (await wait_for_state(image.client, "dispatched"))["eventsUrl"]
        assert_refused(await image.open(url.partition("?")[0]), 401, "unauthorized")
        assert_refused(await image.open(changed(url, expires="1")), 403, "link_invalid")
        image.clock.time += timedelta(minutes=30)
        following = asyncio.create_task(image.open(url))
        await asyncio.sleep(0)
        finish.set()
        stream, created = await following, await running
        events = events_of(stream.body)
        assert [event["event"] for event in events][-2:] == ["partial", "finished"]
        assert (
            b64decode(json.loads(events[-2]["data"])["partialImage"])
            == small_image("gray", size=(1, 1)).data
        )
        assert stream.headers["referrer-policy"] == "no-referrer"
        found = json.loads(events[-1]["data"])["result"]["images"][0]
        end = parameter(url, "expires")
        assert {parameter(found[name], "expires") for name in URLS} == {end}
        assert parameter(created.json["images"][0]["url"], "expires") > end
        assert (await image.open(found["url"])).body == PNG.data
        after = await image.open(url, Last_Event_ID=events[-1]["id"])
        assert after.status == 204
        (job,) = [
            job
            for job in (await image.with_token("/jobs?recent=true")).json["jobs"]
            if job["jobId"] == created.json["jobId"]
        ]
        assert "eventsUrl" not in job
        assert "signature" in job["images"][0]["url"]


CROSS_SITE = {
    "Sec_Fetch_Site": "cross-site",
    "Sec_Fetch_Mode": "no-cors",
    "Sec_Fetch_Dest": "image",
}
FOREIGN = {"Origin": "https://page.example"}


async def test_a_foreign_page_can_show_an_image_by_its_link_but_not_read_it(
    tmp_path: Path,
) -> None:
    async with linked_image(tmp_path) as image:
        url = image.facts["url"]
        for site in ("cross-site", "same-site"):
            shown = await image.open(url, **{**CROSS_SITE, "Sec_Fetch_Site": site})
            assert (shown.status, shown.body) == (200, PNG.data)
            assert shown.headers["cross-origin-resource-policy"] == "cross-origin"
            assert "access-control-allow-origin" not in shown.headers
        for destination in ("script", "iframe", "object", "empty", "style", "worker", "video"):
            headers = {**CROSS_SITE, "Sec_Fetch_Dest": destination}
            assert_refused(await image.open(url, **headers), 403, "foreign_page")
        for headers in (FOREIGN, {**CROSS_SITE, **FOREIGN}, {**CROSS_SITE, "Origin": "null"}):
            assert_refused(await image.open(url, **headers), 403, "foreign_page")
        assert_refused(
            await image.open(changed(url, expires="1"), **CROSS_SITE), 403, "link_invalid"
        )
        assert_refused(await image.open(url.partition("?")[0], **CROSS_SITE), 403, "foreign_page")
        image.clock.time += timedelta(days=1)
        assert_refused(await image.open(url, **CROSS_SITE), 403, "link_expired")


async def test_without_a_token_no_signature_lets_a_foreign_page_show_an_image(
    tmp_path: Path,
) -> None:
    async with linked_image(tmp_path, auth_token=None) as image:
        url = f"{image.facts['url']}?expires=9999999999&signature=x"
        assert_refused(await image.open(url, **CROSS_SITE), 403, "foreign_page")


async def test_a_configured_page_can_read_an_image_and_events_by_link(tmp_path: Path) -> None:
    async with linked_image(tmp_path, cors_origin=FOREIGN["Origin"]) as image:
        reply = await image.open(image.facts["url"], **FOREIGN)
        assert (reply.status, reply.body) == (200, PNG.data)
        assert reply.headers["access-control-allow-origin"] == FOREIGN["Origin"]
        assert "access-control-allow-credentials" not in reply.headers


async def test_a_link_opens_nothing_under_a_foreign_name(tmp_path: Path) -> None:
    async with linked_image(tmp_path) as image:
        path = image.facts["url"].removeprefix(BASE)
        for host, code in (("evil.example", "misdirected"), (None, "bad_host")):
            reply = await image.client.request("GET", path, host=host)
            assert reply.code == code
            assert PNG.data[:16] not in reply.body


async def test_the_log_and_the_answers_have_no_signature(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with linked_image(tmp_path, log_level="debug") as image:
        signature = parameter(image.facts["url"], "signature")
        for url in (image.facts["url"], *altered(image.facts).values()):
            for headers in ({}, CROSS_SITE, FOREIGN):
                reply = await image.open(url, **headers)
                assert signature.encode() not in reply.body + str(reply.headers).encode()
        for path in ("/unknown", "/images/x", "/usage"):
            await image.open(f"{path}?signature={signature}")
    lines = capsys.readouterr().err
    assert '"path": "/images/{picture_id}"' in lines.replace('":"', '": "')
    assert signature not in lines
    assert signature[:12] not in lines


@pytest.mark.parametrize("era", ERAS)
async def test_results_over_mcp_have_links_that_open(era: str, tmp_path: Path) -> None:
    settings = settings_in(tmp_path, auth_token=TOKEN)
    async with (
        serve(settings, provider=FakeProvider()) as url,
        connect_over_http(url, era, BEARER) as client,
        httpx2.AsyncClient() as stranger,
    ):
        made = await client.call_tool("generate_image", BODY)
        listed = await client.call_tool("list_images", {})
        assert made.structured_content is not None
        assert listed.structured_content is not None
        facts = made.structured_content["images"][0]
        described = await client.read_resource(f"image://{facts['id']}/metadata")
        (content,) = described.contents
        assert isinstance(content, TextResourceContents)
        links = [
            facts["url"],
            listed.structured_content["images"][0]["url"],
            json.loads(content.text)["url"],
        ]
        for result in (made, listed):
            assert isinstance(result.content[0], TextContent)
            assert facts["url"] in result.content[0].text
        for link in links:
            assert link.startswith(f"{url}/images/{facts['id']}?expires=")
            assert (await stranger.get(link)).content == PNG.data
            assert (await stranger.get(link.partition("?")[0])).status_code == 401


async def test_a_client_that_shows_links_is_given_the_link_of_a_preview(tmp_path: Path) -> None:
    base = "https://images.example"
    settings = settings_in(tmp_path, auth_token=TOKEN, public_url=base, client_profile="claude-web")
    async with (
        serve(settings, provider=FakeProvider()) as url,
        connect_over_http(url, headers=BEARER) as client,
        httpx2.AsyncClient() as stranger,
    ):
        made = await client.call_tool("generate_image", BODY)
        assert isinstance(made.content[0], TextContent)
        pattern = rf"!\[a red bridge\]\(({base}/images/[^)]+/preview\?[^)]+)\)"
        (link,) = re.findall(pattern, made.content[0].text)
        reply = await stranger.get(link.replace(base, url))
    assert (reply.status_code, reply.headers["content-type"]) == (200, "image/webp")


async def test_the_url_of_an_openai_client_opens_without_the_token(tmp_path: Path) -> None:
    provider = FakeProvider(photograph("png"))
    async with linked_image(tmp_path, provider=provider) as image:
        for form in ("png", "webp"):
            body = {"prompt": "a bridge", "response_format": "url", "output_format": form}
            made = await image.client.post("/v1/images/generations", body, **BEARER)
            assert made.status == 200, made.body
            url = made.json["data"][0]["url"]
            reply = await image.open(url)
            assert (reply.status, reply.headers["content-type"]) == (200, f"image/{form}")
            assert_refused(await image.open(changed(url, signature=None)), 401, "unauthorized")

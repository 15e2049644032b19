"""The views of the page without a browser: what they show, to whom, and from which use cases."""

import asyncio
import json
from decimal import Decimal
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

import pytest

from domain.errors import InvalidRequest
from domain.models import Catalog, ModelCard
from domain.provider_errors import OutcomeUnknown, RequestRefused
from tests.e2e.asgi_client import AsgiClient, Reply, asgi_client
from tests.e2e.loopback_server import wait_until
from tests.e2e.page.html_shape import Shape
from tests.e2e.page.page_client import FORM, HTML, TOKEN, csrf_token, signed_in
from tests.testkit.fakes import PNG, FakeProvider, settings_in, small_image

pytestmark = pytest.mark.anyio

PART = {**HTML, "HX-Request": "true"}
HOSTILE = {
    "markup": "</bdi></textarea></title><script>alert(1)</script><img src=x onerror=alert(1)>",
    "attributes": "\" onload=alert(1) x=' autofocus onfocus=alert(1) `{{7*7}}{% raw %}",
    "bidirectional": "safe\u202egnp.exe\u2066\u200f\u061c",
    "control": "bell\x07escape\x1b[31m\x85line\u2028line",
    "long": "<b>" + "a" * 31_997,
}


async def submit(client: AsgiClient, headers: dict[str, str], **fields: str) -> Reply:
    body = urlencode(fields).encode()
    return await client.request("POST", "/page/create/start", {**PART, **FORM, **headers}, body)


async def own_headers(client: AsgiClient) -> dict[str, str]:
    return {"X-CSRF-Token": await csrf_token(client, {})}


async def finished_job(client: AsgiClient, prompt: str) -> tuple[str, str]:
    """Create an image by the form; return the IDs of its job and of itself."""
    reply = await submit(client, await own_headers(client), prompt=prompt)
    assert reply.status == 200, reply.body
    job_id = reply.body.decode().split('data-job="')[1].split('"')[0]
    await wait_until(lambda: not client.container.job_runner().all(owner="local"))
    job = (await client.request("GET", f"/jobs/{job_id}")).json
    return job_id, job["images"][0]["id"]


async def test_the_form_starts_a_job_which_goes_on_without_its_reader(tmp_path: Path) -> None:
    gate = asyncio.Event()
    provider = FakeProvider(meanwhile=gate.wait)
    async with asgi_client(settings_in(tmp_path), provider=provider) as client:
        reply = await submit(
            client, await own_headers(client), prompt="a red\r\nbridge", n="2", partialImages="1"
        )
        shape = Shape(reply.body.decode())
        job_id = shape.values[shape.values.index("run") + 1]
        assert shape.values[:3] == ["run", job_id, f"jobs/{job_id}/events"]
        assert ("live-partials", "prompt", "count") in shape.tags
        await wait_until(lambda: provider.seen)
        assert job_id in (await client.request("GET", "/", HTML)).body.decode()
        gate.set()
        await wait_until(lambda: not client.container.job_runner().all(owner="local"))
        done = await client.request("GET", f"/page/create/runs/{job_id}", PART)
    (job,) = provider.seen
    assert (job.request.prompt, job.request.n, job.request.partial_images) == (
        "a red\nbridge",
        2,
        1,
    )
    assert f"images/{PNG.id}/preview" in done.body.decode()


async def test_the_timeline_has_the_events_of_a_job_and_follows_them(tmp_path: Path) -> None:
    gate, settings = asyncio.Event(), settings_in(tmp_path)
    provider = FakeProvider(meanwhile=gate.wait)
    async with asgi_client(settings, provider=provider) as client:
        reply = await submit(client, await own_headers(client), prompt="a bridge")
        job_id = reply.body.decode().split('data-job="')[1].split('"')[0]
        await wait_until(lambda: provider.seen)
        path = f"/page/jobs/{job_id}/timeline"
        running = (await client.request("GET", path, PART)).body.decode()
        gate.set()
        await wait_until(lambda: not client.container.job_runner().all(owner="local"))
        ended = (await client.request("GET", path, PART)).body.decode()
    async with asgi_client(settings, provider=FakeProvider()) as client:
        later = (await client.request("GET", path, PART)).body.decode()
    kinds = ["queued", "started", "dispatched", "finished"]
    assert [entry["type"] for entry in entries(running)] == kinds[:3]
    assert f'hx-get="{path[1:]}"' in running
    assert [entry["type"] for entry in entries(ended)] == kinds
    times = [entry["at"] for entry in entries(ended)]
    assert times == sorted(times)
    assert "hx-get" not in ended
    assert [entry["type"] for entry in entries(later)] == ["queued", "finished"]


def entries(page: str) -> list[dict[str, str]]:
    """What the timeline of this page says."""
    text = unescape(page.split('data-timeline="')[1].split('"')[0])
    found: list[dict[str, str]] = json.loads(text)
    return found


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"prompt": ""}, "prompt"),
        ({"prompt": "x", "n": "many"}, "n"),
        ({"prompt": "x", "x": "y"}, "x"),
    ],
)
async def test_a_wrong_form_is_told_what_is_wrong_beside_the_page(
    fields: dict[str, str], field: str, tmp_path: Path
) -> None:
    provider = FakeProvider()
    async with asgi_client(settings_in(tmp_path), provider=provider) as client:
        reply = await submit(client, await own_headers(client), **fields)
    assert (reply.status, reply.headers["hx-retarget"]) == (400, "#notices")
    assert field in Shape(reply.body.decode()).text
    assert InvalidRequest.code in reply.body.decode()
    assert provider.seen == []


@pytest.mark.parametrize(
    ("card", "n", "previews"),
    [
        (ModelCard(name="fake-1"), "1", 2),
        (ModelCard(name="fake-1"), "2", 0),
        (ModelCard(name="fake-1", streams_several=True), "2", 2),
        (ModelCard(name="fake-1", streams=False), "1", 0),
    ],
)
async def test_the_form_asks_for_previews_where_the_model_has_them(
    card: ModelCard, n: str, previews: int, tmp_path: Path
) -> None:
    provider = FakeProvider()
    provider.catalog = Catalog(cards=(card,), default=card.name)
    async with asgi_client(settings_in(tmp_path), provider=provider) as client:
        headers = await own_headers(client)
        reply = await submit(client, headers, prompt="x", n=n, partialImages="2")
        assert reply.status == 200, reply.body
        await wait_until(lambda: provider.seen)
    assert {job.request.partial_images for job in provider.seen} == {previews}


async def test_an_expensive_image_is_made_only_after_a_second_click(tmp_path: Path) -> None:
    provider = FakeProvider(cost=Decimal(2))
    settings = settings_in(tmp_path, confirm_above_usd="1")
    async with asgi_client(settings, provider=provider) as client:
        headers = await own_headers(client)
        asked = await submit(client, headers, prompt="x")
        assert asked.headers["hx-retarget"] == "#notices"
        assert ("button", "type", "form", "name", "value", "class") in Shape(
            asked.body.decode()
        ).tags
        assert provider.seen == []
        await submit(client, headers, prompt="x", confirm="true")
        await wait_until(lambda: provider.seen)


async def test_a_cached_image_says_so(tmp_path: Path) -> None:
    square = small_image(size=(1024, 1024))
    async with asgi_client(settings_in(tmp_path), provider=FakeProvider(square)) as client:
        _, image_id = await finished_job(client, "a red bridge")
        headers = await own_headers(client)
        while True:
            reply = await submit(client, headers, prompt="a red bridge")
            job_id = reply.body.decode().split('data-job="')[1].split('"')[0]
            run = await client.request("GET", f"/page/create/runs/{job_id}", PART)
            if "cached" in run.body.decode():
                break
        assert image_id in run.body.decode()
        await client.container.delivery_times().flush()
        wall = (await client.request("GET", "/page/wall/items")).json
    assert [item["servedFrom"] for item in wall["items"]] == ["cache"]


async def test_the_wall_has_pages_and_search(tmp_path: Path) -> None:
    images = [small_image("red", size=(1, side)) for side in range(1, 5)]
    provider = FakeProvider()
    async with asgi_client(settings_in(tmp_path), provider=provider) as client:
        for image in images:
            provider.images = (image,)
            await finished_job(client, f"bridge {image.dimensions.height}")
        found = (await client.request("GET", "/page/wall/items")).json
        assert [item["id"] for item in found["items"]] == [image.id for image in images[::-1]]
        assert found["next"] is None
        searched = (await client.request("GET", "/page/wall/items?search=bridge%203")).json
        assert [item["prompt"] for item in searched["items"]] == ["bridge 3"]
        wrong = await client.request("GET", "/page/wall/items?cursor=x", PART)
    assert (wrong.status, InvalidRequest.code in wrong.body.decode()) == (400, True)


async def test_before_the_first_request_create_shows_the_latest_images(tmp_path: Path) -> None:
    gate = asyncio.Event()
    async with asgi_client(settings_in(tmp_path), provider=(provider := FakeProvider())) as client:
        empty = (await client.request("GET", "/page/create", HTML)).body.decode()
        _, image_id = await finished_job(client, "a bridge")
        idle, varying, editing = [
            (await client.request("GET", f"/page/create{query}", HTML)).body.decode()
            for query in ("", f"?vary={image_id}", f"?edit={image_id}")
        ]
        provider.meanwhile = gate.wait
        await submit(client, await own_headers(client), prompt="another bridge")
        running = (await client.request("GET", "/page/create", HTML)).body.decode()
        gate.set()
    link = f'<a href="page/wall/{image_id}"><img src="images/{image_id}/thumb"'
    assert [link in page for page in (idle, varying)] == [True, True]
    assert [link in page for page in (empty, editing, running)] == [False, False, False]
    assert "What you create appears here" in empty


async def test_the_facts_of_a_job_follow_it_to_its_end(tmp_path: Path) -> None:
    gate = asyncio.Event()
    provider = FakeProvider(meanwhile=gate.wait)
    async with asgi_client(settings_in(tmp_path), provider=provider) as client:
        reply = await submit(client, await own_headers(client), prompt="a bridge")
        job_id = reply.body.decode().split('data-job="')[1].split('"')[0]
        await wait_until(lambda: provider.seen)
        path = f"/page/jobs/{job_id}/facts"
        page = (await client.request("GET", f"/page/jobs/{job_id}", HTML)).body.decode()
        gate.set()
        await wait_until(lambda: not client.container.job_runner().all(owner="local"))
        ended = (await client.request("GET", path, PART)).body.decode()
    assert f'hx-get="{path[1:]}"' in page
    assert "<dt>State</dt><dd>being generated</dd>" in page
    assert "<dt>State</dt><dd>stored</dd>" in ended
    assert "hx-get" not in ended


async def test_a_job_of_unknown_outcome_is_to_do_until_it_is_dismissed(tmp_path: Path) -> None:
    provider = FakeProvider(fails=[OutcomeUnknown("The connection broke.")])
    async with asgi_client(settings_in(tmp_path), provider=provider) as client:
        await client.post("/images", {"prompt": "a blue bridge"})
        page = (await client.request("GET", "/page/jobs", HTML)).body.decode()
        assert "To do: 1 of unknown outcome" in page
        job_id = page.split("page/jobs/job_")[1].split('"')[0].removesuffix("/dismiss")
        path = f"/page/jobs/job_{job_id}/dismiss"
        headers = {**PART, **await own_headers(client)}
        refused = await client.request("POST", path, PART)
        assert "csrf_token_missing" in refused.body.decode()
        assert "To do" not in (await client.request("POST", path, headers)).body.decode()
        again = await client.request("GET", f"/page/jobs/job_{job_id}", HTML)
    assert "dismissed" in again.body.decode()
    assert "The connection broke." in again.body.decode()


async def test_another_owner_sees_nothing_of_it(tmp_path: Path) -> None:
    """What this machine made without the token does not belong to those who have the token."""
    async with asgi_client(settings_in(tmp_path), provider=FakeProvider()) as client:
        job_id, image_id = await finished_job(client, "a secret bridge")
        mine = await client.request("GET", f"/page/wall/{image_id}", HTML)
        assert "a secret bridge" in mine.body.decode()
    settings = settings_in(tmp_path, auth_token=TOKEN)
    async with asgi_client(settings, provider=FakeProvider()) as client:
        headers = {**HTML, **await signed_in(client)}
        for path in ("/", "/page/wall", "/page/jobs", "/page/jobs/list"):
            assert "secret" not in (await client.request("GET", path, headers)).body.decode()
        assert (await client.request("GET", "/page/wall/items", headers)).json["items"] == []
        for path in (
            *(f"/page/wall/{image_id}", f"/page/jobs/{job_id}", f"/page/create/runs/{job_id}"),
            *(f"/page/create?edit={image_id}", f"/page/create?vary={image_id}"),
        ):
            reply = await client.request("GET", path, headers)
            assert (reply.status, "secret" in reply.body.decode()) == (404, False), path
        reply = await client.request("POST", f"/page/jobs/{job_id}/dismiss", headers)
        assert reply.status == 404


@pytest.mark.parametrize("kind", HOSTILE)
async def test_hostile_text_is_text_everywhere(kind: str, tmp_path: Path) -> None:
    """The tags of each page are those of a harmless one, whatever prompts and providers say."""
    shapes = {}
    for name, text in (("harmless", "words"), ("hostile", HOSTILE[kind])):
        refused = RequestRefused(f"Refused: {text}", hint=text)
        provider = FakeProvider(fails=[OutcomeUnknown(text, hint=text), refused])
        async with asgi_client(settings_in(tmp_path / name), provider=provider) as client:
            for number in range(2):
                await client.post("/images", {"prompt": f"{number}{text}"[:32_000]})
            job_id, image_id = await finished_job(client, text)
            jobs = (await client.request("GET", "/jobs?recent=true")).json["jobs"]
            paths = [f"/page/jobs/{job['jobId']}" for job in jobs]
            paths += [f"/page/wall/{image_id}", f"/page/create?vary={image_id}", "/page/jobs"]
            paths += [f"/page/create?edit={image_id}", f"/page/create/runs/{job_id}"]
            paths += [f"/page/wall?{urlencode({'search': text[:500]})}", "/page/nothing"]
            pages = [(await client.request("GET", path, HTML)).body.decode() for path in paths]
            shapes[name] = [Shape(page) for page in pages]
            items = (await client.request("GET", "/page/wall/items")).json["items"]
    assert items[0]["prompt"] == HOSTILE[kind][:300]
    assert [each.tags for each in shapes["hostile"]] == [each.tags for each in shapes["harmless"]]
    for shape in shapes["hostile"]:
        assert not {"\x1b", "\x07", "\u202e", "\u2066"} & set(shape.text) or "textarea" in str(
            shape.tags
        )

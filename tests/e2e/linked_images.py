"""A server with a token and an image, and the links to it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.e2e.asgi_client import HOST, AsgiClient, Reply, asgi_client
from tests.testkit.fakes import PNG, FakeProvider, FrozenClock, settings_in

TOKEN = "a-token-of-the-tests-5f1c"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
BASE = f"http://{HOST}"
BODY = {"prompt": "a red bridge", "fresh": True}
URLS = ("url", "previewUrl", "thumbUrl")
OTHER_ID = "img_" + "0" * 32


@dataclass(kw_only=True)
class LinkedImage:
    """A client without the token, the clock of its server, and the facts of an image."""

    client: AsgiClient
    clock: FrozenClock
    facts: dict[str, Any]

    async def open(self, url: str, method: str = "GET", **headers: str) -> Reply:
        """Request a URL of this server, without the token. Header names have `_` for `-`."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.request(method, url.removeprefix(BASE), given)

    async def with_token(self, url: str, method: str = "GET", **headers: str) -> Reply:
        return await self.open(url, method, **BEARER, **headers)


@asynccontextmanager
async def linked_image(
    folder: Path,
    *,
    provider: FakeProvider | None = None,
    clock: FrozenClock | None = None,
    **settings: Any,  # noqa: ANN401 - fields of Settings
) -> AsyncIterator[LinkedImage]:
    """A server with AUTH_TOKEN, and one image in its store."""
    clock = clock or FrozenClock()
    settings = {"auth_token": TOKEN, "rate_limit": "0", **settings}
    provider = provider or FakeProvider()
    async with asgi_client(settings_in(folder, **settings), provider=provider, clock=clock) as it:
        created = await it.post("/images", BODY, **BEARER)
        assert created.status == 201, created.body
        yield LinkedImage(client=it, clock=clock, facts=created.json["images"][0])


def changed(url: str, **parameters: str | None) -> str:
    """The URL with other values of these parameters; None removes one."""
    query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()} | parameters
    rest = {name: value for name, value in query.items() if value is not None}
    return f"{url.partition('?')[0]}?{urlencode(rest)}"


def parameter(url: str, name: str) -> str:
    """The value of a query parameter that is there once."""
    (value,) = parse_qs(urlsplit(url).query)[name]
    return value


def altered(facts: dict[str, str]) -> dict[str, str]:
    """Links that were changed, by what was changed."""
    url, preview, thumb = (facts[name] for name in URLS)
    signature, expires = parameter(url, "signature"), parameter(url, "expires")
    flipped = ("B" if signature[0] == "A" else "A") + signature[1:]
    image_id = facts["id"]
    return {
        "a later end": changed(url, expires=str(int(expires) + 1)),
        "an earlier end": changed(url, expires=str(int(expires) - 1)),
        "an end far away": changed(url, expires="9" * 12),
        "an end that is no number": changed(url, expires="never"),
        "no end": changed(url, expires=None),
        "an empty end": changed(url, expires=""),
        "a zero before the end": changed(url, expires=f"0{expires}"),
        "another character": changed(url, signature=flipped),
        "half a signature": changed(url, signature=signature[:20]),
        "an empty signature": changed(url, signature=""),
        "padding": changed(url, signature=f"{signature}="),
        "no ASCII": changed(url, signature="ü" * 43),
        "two ends": f"{url}&expires={expires}",
        "two signatures": f"{url}&signature={signature}",
        "two sizes": f"{url}&deliver=&deliver=",
        "another size": f"{url}&deliver=4x4",
        "another image": url.replace(image_id, OTHER_ID),
        "the preview's for the image": url.partition("?")[0] + "?" + preview.partition("?")[2],
        "the image's for the preview": preview.partition("?")[0] + "?" + url.partition("?")[2],
        "the preview's for the thumbnail": thumb.partition("?")[0]
        + "?"
        + preview.partition("?")[2],
    }


def assert_refused(reply: Reply, status: int, code: str) -> None:
    """The reply is this problem, for no cache, and has no byte of the image."""
    assert (reply.status, reply.code) == (status, code), reply.body[:200]
    assert reply.problem["hint"]
    assert reply.headers["cache-control"] == "no-store"
    assert PNG.data[:16] not in reply.body


async def wait_for_state(client: AsgiClient, state: str) -> dict[str, Any]:
    """The only job in this state, once there is one."""
    async with asyncio.timeout(10):
        while True:
            listed = (await client.request("GET", "/jobs?recent=true", BEARER)).json["jobs"]
            if found := [job for job in listed if job["state"] == state]:
                (job,) = found
                return dict(job)
            await asyncio.sleep(0.005)

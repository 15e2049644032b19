"""A link in place of an image is followed where that is safe; else the error has the link."""

import asyncio
import socket
from base64 import b64encode
from json import dumps
from typing import Any

import httpx2
import pytest

from adapters.openai.replies import result_links
from application.ports.image_provider import Delivered
from domain.errors import ChargeStatus, RecordedFailure
from domain.provider_errors import BadProviderReply
from domain.public_addresses import is_public
from entrypoints.wire.error_codes import as_dict, error_text
from tests.conftest import KEY
from tests.field_reports.provider_calls import GATEWAY, Upstream
from tests.standin import stream_faults
from tests.standin.raw_faults import Raw, body, page, raw, redirect
from tests.unit.openai_help import PLUM, TEAL

PATH = "/files/x.png"
IMAGE = body(TEAL.data, kind="image/png")
PAGE = b64encode(b"<html>see url</html>").decode()
SIGNED = f"http://127.0.0.1:1/private/org-AbCdEf/x.png?sig={'s' * 1500}"


@pytest.fixture
def base_url(upstream: Upstream) -> str:
    upstream.standin.reset()
    return upstream.standin.base_url


def call(upstream: Upstream, reply: object, file: Raw = IMAGE, **fields: Any) -> Delivered:  # noqa: ANN401 - fields of GenerateRequest
    """The result of a call whose reply is this value, while the file is at PATH."""
    fault = reply if isinstance(reply, Raw) else page(reply)
    base_url = fields.pop("base_url", upstream.standin.base_url)
    *_, delivered = upstream.events(fault, base_url, files={PATH: file}, **fields)
    assert isinstance(delivered, Delivered)
    return delivered


def shapes(base_url: str) -> dict[str, object]:
    """Replies with a link to PATH on the endpoint's own host."""
    host = base_url.removesuffix("/v1")
    link = f"{host}{PATH}"
    return {
        "F23 a link": {"data": [{"url": link}]},
        "no image in b64_json": {"data": [{"b64_json": PAGE, "url": link}]},
        "images": {"images": [{"url": link}]},
        "output": {"output": [link], "input": {"image": "https://a.example/in.png"}},
        "sibling: a path": {"data": [{"url": PATH}]},
        "sibling: this machine's other name": {
            "data": [{"url": link.replace("127.0.0.1", "localhost")}]
        },
        "sibling: a query and a fragment": {"data": [{"url": f"{link}?a=b#top"}]},
        "sibling: without a scheme": {"data": [{"url": f"//{host.partition('//')[2]}{PATH}"}]},
        "sibling: without a slash": {"data": [{"url": "../files/x.png"}]},
        "sibling: the address that listens everywhere": {
            "data": [{"url": link.replace("127.0.0.1", "0.0.0.0")}]  # noqa: S104 - a link
        },
        "sibling: a field of another name": {"data": [{"download_url": link}]},
        "sibling: a dead link first": {"data": [{"image_url": f"{host}/gone", "url": link}]},
    }


@pytest.mark.parametrize("name", shapes("http://127.0.0.1:1/v1"))
def test_a_link_to_the_endpoint_is_fetched_without_the_key(
    upstream: Upstream, base_url: str, name: str
) -> None:
    delivered = call(upstream, shapes(base_url)[name])
    assert [each.image for each in delivered.images] == [TEAL]
    gets = [each for each in upstream.standin.calls if each.method == "GET"]
    assert gets[-1].path == PATH
    assert not any("authorization" in get.headers or KEY in str(get.headers) for get in gets)


def test_a_link_in_a_stream_is_fetched(upstream: Upstream, base_url: str) -> None:
    event = {"type": "image_generation.completed", "url": PATH}
    upstream.standin.reset()
    fault = stream_faults.events(dumps(event))
    *_, last = upstream.events(fault, base_url, files={PATH: IMAGE}, partial_images=1)
    assert isinstance(last, Delivered)
    assert [each.image for each in last.images] == [TEAL]


@pytest.mark.parametrize(
    "base", ["http://gateway.example/v1", "http://gateway.example:8080/api/v1"]
)
def test_a_link_to_the_endpoint_goes_through_its_proxy(upstream: Upstream, base: str) -> None:
    link = f"{base.removesuffix('/v1').removesuffix('/api')}{PATH}"
    delivered = call(upstream, {"data": [{"url": link}]}, base_url=base)
    assert [each.image for each in delivered.images] == [TEAL]


UNSAFE = {
    "another port of this machine": "http://127.0.0.1:1/x.png",
    "HTTPS to this machine": "https://localhost/x.png",
    "a private address": "https://10.0.0.1/x.png",
    "the cloud's metadata": "https://169.254.169.254/latest/meta-data",
    "sibling: IPv4 within IPv6": "https://[::ffff:127.0.0.1]/x.png",
    "sibling: a translated address": "https://[64:ff9b::7f00:1]/x.png",
    "sibling: an octal address": "https://0177.0.0.1/x.png",
    "another host without TLS": "http://cdn.example/x.png",
    "sibling: user and password": "https://a:b@127.0.0.1/x.png",
    "a host that does not exist": "https://nowhere.invalid/x.png",
    "sibling: a decimal address": "https://2130706433/x.png",
    "sibling: a dot at the end": "https://localhost./x.png",
    "sibling: full-width dots": "https://127。0。0。1/x.png",
    "sibling: a store's own scheme": "gs://bucket/x.png",
    "sibling: a file": "file:///etc/passwd",
}


@pytest.mark.parametrize("link", [*UNSAFE.values(), SIGNED], ids=[*UNSAFE, "a long signed link"])
def test_a_link_that_is_not_followed_is_in_the_error(
    upstream: Upstream, base_url: str, link: str
) -> None:
    with pytest.raises(BadProviderReply) as raised:
        call(upstream, {"data": [{"url": link}]}, base_url=base_url)
    error = raised.value
    assert error_text(error).count(link) == 1
    assert as_dict(error)["links"] == [link]
    assert link in RecordedFailure.of(error).message
    assert "within the hour" in error.hint
    assert error.charged is ChargeStatus.YES
    assert error.raw_remainder == (link.encode(),)
    assert [each.method for each in upstream.standin.calls] == ["POST"]


BAD_FILES = {
    "a redirect": redirect(302, "http://127.0.0.1:1/x.png"),
    "not found": body(b"", code=404),
    "a page": body(b"<html>Sign in</html>", kind="text/html"),
    "too large": body(bytes(200_000)),
    "without an end": raw(b"", endless=b""),
}


@pytest.mark.parametrize("file", BAD_FILES.values(), ids=BAD_FILES)
def test_a_link_without_an_image_is_in_the_error(
    upstream: Upstream, base_url: str, file: Raw, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(result_links, "MAX_BYTES", 100_000)
    monkeypatch.setattr(result_links, "SECONDS", 0.3)
    with pytest.raises(BadProviderReply, match="sent a link, which was not fetched") as raised:
        call(upstream, {"data": [{"url": PATH}]}, file, base_url=base_url)
    assert raised.value.links == (f"{base_url.removesuffix('/v1')}{PATH}",)
    assert [each.method for each in upstream.standin.calls] == ["POST", "GET"]


def test_a_link_beside_an_image_is_in_a_note(upstream: Upstream) -> None:
    items = [{"b64_json": b64encode(PLUM.data).decode()}, {"url": SIGNED}]
    delivered = call(upstream, {"data": items}, n=2)
    assert [each.image for each in delivered.images] == [PLUM]
    (note,) = delivered.notes
    assert SIGNED in note


def test_a_public_host_is_called_at_the_address_that_was_checked(
    upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        requests.append(request)
        return httpx2.Response(200, content=TEAL.data)

    lookup = asyncio.BaseEventLoop.getaddrinfo

    async def resolve(loop: Any, host: Any, *rest: Any, **options: Any) -> Any:  # noqa: ANN401 - the event loop's own
        if host != "cdn.example":
            return await lookup(loop, host, *rest, **options)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", 443))]

    client = httpx2.AsyncClient(transport=httpx2.MockTransport(answer), trust_env=False)
    monkeypatch.setattr(result_links, "public_client", lambda: client)
    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", resolve)
    delivered = call(
        upstream,
        {"data": [{"url": "https://cdn.example/x.png?sig=1"}]},
        base_url=GATEWAY,
    )
    assert [each.image for each in delivered.images] == [TEAL]
    (request,) = requests
    assert str(request.url) == "https://93.184.216.34/x.png?sig=1"
    assert request.headers["host"] == "cdn.example"
    assert request.extensions["sni_hostname"] == "cdn.example"
    assert "authorization" not in request.headers


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:4700::1111", True),
        ("127.0.0.1", False),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("0.0.0.0", False),  # noqa: S104 - an address to refuse, not to listen on
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("fec0::1", False),
        ("2002:7f00:1::", False),
        ("64:ff9b::7f00:1", False),
    ],
)
def test_only_addresses_of_the_internet_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public

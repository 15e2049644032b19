"""Links in the replies of a server on a private address: bounded, and in no error text."""

from collections.abc import Iterator
from time import monotonic

import pytest

from adapters.openai.replies import result_links
from domain.errors import ChargeStatus
from domain.provider_errors import BadProviderReply
from entrypoints.wire.error_codes import as_dict, error_text
from tests.standin import Quirks, StandIn, faults
from tests.standin.raw_faults import Raw, body, head, page, raw, redirect
from tests.unit.compatible_help import deliver, refusal

CANARY = "tenant-7f1c"
PATH = "/files/x.png"
pytestmark = pytest.mark.anyio


@pytest.fixture
def server() -> Iterator[StandIn]:
    with StandIn(quirks=Quirks(keyless=True)) as server:
        yield server


async def linked_refusal(server: StandIn, file: Raw, link: str = PATH) -> BadProviderReply:
    server.serve(PATH, file)
    server.script(page({"data": [{"url": link}]}))
    error = await refusal(server)
    assert isinstance(error, BadProviderReply)
    assert error.charged is ChargeStatus.YES
    assert CANARY not in f"{error_text(error)} {as_dict(error)} {error.raw_remainder!r}"
    return error


async def test_a_link_to_the_server_itself_is_followed_at_a_private_address(
    server: StandIn,
) -> None:
    server.script(faults.linked())
    delivered = await deliver(server)
    assert len(delivered.images) == 1


@pytest.mark.parametrize(
    "where", ["http://127.0.0.1:1/", "http://10.0.0.1/", "http://169.254.169.254/", "/files/y.png"]
)
async def test_no_redirect_is_followed(server: StandIn, where: str) -> None:
    error = await linked_refusal(server, redirect(302, f"{where}{CANARY}"))
    assert "status 302" in error.message
    assert [call.path for call in server.calls if call.method == "GET"] == [PATH]


async def test_a_link_to_another_private_host_is_not_followed(server: StandIn) -> None:
    with StandIn() as other:
        link = f"{other.azure_url}{PATH}"
        error = await linked_refusal(server, body(b""), link)
        assert other.calls == []
    assert "only HTTPS links to other hosts are followed" in error.message


@pytest.mark.parametrize("announced", [True, False])
async def test_five_gigabytes_are_given_up(server: StandIn, announced: bool) -> None:
    length = ("content-length: 5000000000",) if announced else ()
    megabyte = CANARY.encode().ljust(1_000_000)
    flood = raw(head(200, "content-type: image/png", *length), endless=megabyte, pause=0)
    began = monotonic()
    error = await linked_refusal(server, flood)
    assert "more than 50,000,000 bytes" in error.message
    assert monotonic() - began < 20


async def test_a_slow_drip_ends_with_the_time_for_one_image(
    server: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(result_links, "SECONDS", 0.5)
    drip = raw(head(200, "content-type: image/png"), endless=CANARY.encode())
    error = await linked_refusal(server, drip)
    assert "it took too long" in error.message


@pytest.mark.parametrize("kind", ["text/html", "image/png", "image/svg+xml"])
async def test_what_is_no_image_is_refused_whatever_its_type_says(
    server: StandIn, kind: str
) -> None:
    file = body(f"<svg><title>{CANARY}</title></svg>".encode(), kind=kind)
    error = await linked_refusal(server, file)
    assert "it is no PNG, JPEG or WebP image" in error.message

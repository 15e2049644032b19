"""Signed links: for how long they open, with which setting, and by which secret."""

import asyncio
import re
from datetime import timedelta
from pathlib import Path

import pytest

from domain.errors import ArchiveUnavailable
from entrypoints.http.security import link_signer
from tests.e2e.asgi_client import asgi_client
from tests.e2e.linked_images import (
    BASE,
    BEARER,
    OTHER_ID,
    TOKEN,
    URLS,
    assert_refused,
    changed,
    linked_image,
    parameter,
)
from tests.testkit.fakes import (
    PNG,
    FakeProvider,
    FrozenClock,
    MemorySecretStore,
    settings_in,
)

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def _recheck_always(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link_signer, "RECHECK_SECONDS", 0.0)


async def test_responses_to_links_are_cached_privately_and_not_for_longer(tmp_path: Path) -> None:
    async with linked_image(tmp_path, link_ttl=600) as image:
        for name in URLS:
            reply = await image.open(image.facts[name])
            age = re.fullmatch(
                r"private, max-age=(\d+)(, immutable)?", reply.headers["cache-control"]
            )
            assert age is not None
            now = int(image.clock.time.timestamp())
            assert 0 < int(age[1]) <= int(parameter(image.facts[name], "expires")) - now <= 600
            assert reply.headers["referrer-policy"] == "no-referrer"
            assert reply.headers["cross-origin-resource-policy"] == "cross-origin"
        for refused in (changed(image.facts["url"], expires="1"), "/usage?signature=x"):
            reply = await image.open(refused)
            has_link = refused != "/usage?signature=x"
            assert ("referrer-policy" in reply.headers) is has_link
        plain = await image.with_token(image.facts["url"].partition("?")[0])
        assert "referrer-policy" not in plain.headers
        assert plain.headers["cross-origin-resource-policy"] == "same-origin"


async def test_without_a_token_links_are_plain_and_there_is_no_secret(tmp_path: Path) -> None:
    async with linked_image(tmp_path, auth_token=None) as image:
        assert image.facts["url"] == f"{BASE}/images/{image.facts['id']}"
        from_before = f"{image.facts['url']}?expires=1&signature=x"
        assert (await image.open(from_before)).body == PNG.data
    assert not (tmp_path / "data" / "link-secret").exists()
    assert not [*tmp_path.rglob("link-secret")]


async def test_with_a_lifetime_of_0_there_are_no_links(tmp_path: Path) -> None:
    async with linked_image(tmp_path) as image:
        from_before = image.facts["url"]
    async with linked_image(tmp_path, link_ttl=0) as image:
        assert image.facts["url"] == f"{BASE}/images/{image.facts['id']}"
        assert_refused(await image.open(from_before), 401, "unauthorized")
        assert (await image.with_token(from_before)).body == PNG.data


async def test_a_deleted_secret_ends_all_links_and_new_ones_work(tmp_path: Path) -> None:
    async with linked_image(tmp_path) as image:
        (secret,) = tmp_path.rglob("link-secret")
        secret.unlink()
        assert_refused(await image.open(image.facts["url"]), 403, "link_invalid")
        again = (await image.with_token("/images")).json["images"][0]
        assert (await image.open(again["url"])).body == PNG.data
        secret.write_bytes(bytes(32))
        assert_refused(await image.open(again["url"]), 403, "link_invalid")


async def test_without_the_secret_links_are_plain_and_the_token_still_works(
    tmp_path: Path,
) -> None:
    async with linked_image(tmp_path) as image:
        (secret,) = tmp_path.rglob("link-secret")
        secret.write_bytes(b"short")
        reply = await image.open(image.facts["url"])
        assert_refused(reply, 507, "archive_unavailable")
        assert str(tmp_path) not in reply.body.decode()
        listed = await image.with_token("/images")
        assert listed.json["images"][0]["url"] == f"{BASE}/images/{image.facts['id']}"
        assert (await image.with_token(image.facts["url"])).body == PNG.data


async def test_servers_that_share_a_folder_open_each_others_links(tmp_path: Path) -> None:
    """A restart in between is the same."""
    async with linked_image(tmp_path) as one, linked_image(tmp_path) as two:
        assert (await two.open(one.facts["url"])).body == PNG.data
        assert (await one.open(two.facts["url"])).body == PNG.data
    async with linked_image(tmp_path) as later:
        assert (await later.open(one.facts["url"])).body == PNG.data


@pytest.mark.parametrize(("minutes", "status"), [(-90, 200), (-10, 200), (10, 200), (61, 403)])
async def test_a_link_ends_by_the_clock_of_the_server_that_is_asked(
    minutes: int, status: int, tmp_path: Path
) -> None:
    clock = FrozenClock()
    clock.time += timedelta(minutes=minutes)
    async with linked_image(tmp_path) as one, linked_image(tmp_path, clock=clock) as two:
        assert (await two.open(one.facts["url"])).status == status


async def test_a_secret_that_cannot_be_read_is_logged_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = MemorySecretStore()
    store.failure = ArchiveUnavailable("The disk is gone.", hint="Plug it in.")
    settings = settings_in(tmp_path, auth_token=TOKEN)
    async with asgi_client(settings, provider=FakeProvider(), secret_store=store) as client:
        for _ in range(3):
            await client.request("GET", "/images", BEARER)
    told = [line for line in capsys.readouterr().err.splitlines() if "links_not_signed" in line]
    assert len(told) == 1
    assert "Plug it in." in told[0]


async def test_strangers_cannot_make_the_server_read_the_secret_again_and_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link_signer, "RECHECK_SECONDS", 5.0)
    store = MemorySecretStore()
    settings = settings_in(tmp_path, auth_token=TOKEN)
    async with asgi_client(settings, provider=FakeProvider(), secret_store=store) as client:
        path = f"/images/{OTHER_ID}?expires=9999999999&signature=x"
        replies = await asyncio.gather(*(client.request("GET", path) for _ in range(50)))
    assert {reply.code for reply in replies} == {"link_invalid"}
    assert store.calls == 1

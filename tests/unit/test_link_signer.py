"""Signatures of links: what they cover, when they end, and what they are made of."""

import hmac
from dataclasses import replace
from string import ascii_letters, digits
from typing import Any

import pytest

from domain.errors import ArchiveUnavailable
from entrypoints.http.security import link_signer
from entrypoints.http.security.link_signer import PURPOSE, LinkSigner, LinkTarget
from tests.testkit.fakes import MemorySecretStore

pytestmark = pytest.mark.anyio

SECRET = bytes(range(32))
IMAGE = LinkTarget(owner="token", path=f"/images/img_{'0' * 32}")
NOON = 1_795_867_200.0


class Lines:
    """A log that keeps its lines."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str, dict[str, Any]]] = []

    def enabled(self, _: str) -> bool:
        return True

    def write(self, level: str, event: str, /, **facts: object) -> None:
        self.lines.append((level, event, facts))


class Bench:
    """A signer with a clock and a secret of the test."""

    def __init__(self, *, ttl: int = 3600, secret: bytes = SECRET) -> None:
        self.now = NOON
        self.log = Lines()
        self.store = MemorySecretStore(secret)
        self.signer = LinkSigner(self.store.secret, lambda: self.now, ttl=ttl, log=self.log)

    async def sign(self, target: LinkTarget = IMAGE, until: int | None = None) -> tuple[str, str]:
        await self.signer.refresh()
        signed = self.signer.sign(target, until=until)
        assert [*signed] == ["expires", "signature"]
        return signed["expires"], signed["signature"]


@pytest.fixture(autouse=True)
def _recheck_always(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link_signer, "RECHECK_SECONDS", 0.0)


async def test_a_signature_is_of_its_target_and_its_end_only() -> None:
    bench = Bench()
    expires, signature = await bench.sign()
    is_signed = bench.signer.is_signed
    assert is_signed(IMAGE, expires, signature)
    others = [
        replace(IMAGE, owner="local"),
        replace(IMAGE, path=f"/images/img_{'1' * 32}"),
        replace(IMAGE, path=f"{IMAGE.path}/preview"),
        replace(IMAGE, path=f"{IMAGE.path}/"),
        replace(IMAGE, deliver="800x600"),
        LinkTarget(owner='token","/images', path=IMAGE.path),
    ]
    assert [other for other in others if is_signed(other, expires, signature)] == []
    for wrong in (str(int(expires) + 1), str(int(expires) - 1), f"0{expires}", f"{expires} ", ""):
        assert not is_signed(IMAGE, wrong, signature)


async def test_no_other_text_is_a_signature() -> None:
    """Not even one that decodes to the same bytes: the last character has two bits to spare."""
    bench = Bench()
    expires, signature = await bench.sign()
    alphabet = f"{ascii_letters}{digits}-_"
    accepted = [
        f"{signature[:at]}{character}{signature[at + 1 :]}"
        for at in range(len(signature))
        for character in alphabet
        if bench.signer.is_signed(
            IMAGE, expires, f"{signature[:at]}{character}{signature[at + 1 :]}"
        )
    ]
    assert {*accepted} == {signature}
    for other in ("", f"{signature}=", signature[:-1], f"{signature}A", "ü" * 43, "\ud800"):
        assert not bench.signer.is_signed(IMAGE, expires, other)


async def test_the_key_is_not_the_secret_and_has_one_purpose() -> None:
    bench = Bench()
    expires, signature = await bench.sign()
    for key in (SECRET, hmac.digest(SECRET, PURPOSE.replace(b"version 1", b"version 2"), "sha256")):
        bench.signer._key = key
        assert not bench.signer.is_signed(IMAGE, expires, signature)
    bench.signer._key = hmac.digest(SECRET, PURPOSE, "sha256")
    assert bench.signer.is_signed(IMAGE, expires, signature)


async def test_a_signed_end_that_is_no_number_is_not_accepted() -> None:
    bench = Bench()
    await bench.sign()
    for expires in ("", "-1", "1e9", "9" * 13, "١٢", "1.5"):
        assert not bench.signer.is_signed(IMAGE, expires, bench.signer._signature(IMAGE, expires))


@pytest.mark.parametrize("ttl", [1, 11, 60, 3600, 86_400, 31_536_000])
async def test_a_link_lives_at_most_as_long_as_the_setting_says(ttl: int) -> None:
    bench = Bench(ttl=ttl)
    for second in range(0, ttl, max(1, ttl // 100)):
        bench.now = NOON + second + 0.9
        expires, _ = await bench.sign()
        left = bench.signer.seconds_left(int(expires))
        assert max(1, ttl - ttl // 12) <= left <= ttl


async def test_a_link_is_the_same_for_a_while() -> None:
    """So browsers find the image in their cache."""
    bench = Bench()
    links = set()
    for second in range(300):
        bench.now = NOON + second
        links.add(await bench.sign())
    assert len(links) == 1


async def test_a_link_can_be_told_to_end_earlier_but_not_later() -> None:
    bench = Bench()
    usual, _ = await bench.sign()
    earlier, signature = await bench.sign(until=int(usual) - 7)
    later, _ = await bench.sign(until=int(usual) + 7)
    assert (earlier, later) == (str(int(usual) - 7), usual)
    assert bench.signer.is_signed(IMAGE, earlier, signature)


async def test_a_replaced_secret_ends_all_links() -> None:
    bench = Bench()
    expires, signature = await bench.sign()
    bench.store.value = bytes(32)
    assert bench.signer.is_signed(IMAGE, expires, signature)
    await bench.signer.refresh()
    assert not bench.signer.is_signed(IMAGE, expires, signature)
    assert bench.signer.is_signed(IMAGE, *await bench.sign())


async def test_the_secret_is_read_once_in_five_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link_signer, "RECHECK_SECONDS", 5.0)
    seconds = 1000.0
    monkeypatch.setattr(link_signer, "monotonic", lambda: seconds)
    bench = Bench()
    for step, calls in ((0, 1), (4.9, 1), (0.2, 2), (1, 2)):
        seconds += step
        await bench.signer.refresh()
        assert bench.store.calls == calls


async def test_without_the_secret_nothing_is_signed_and_nothing_is_valid() -> None:
    bench = Bench()
    expires, signature = await bench.sign()
    bench.store.failure = ArchiveUnavailable("The disk is gone.")
    await bench.signer.refresh()
    await bench.signer.refresh()
    assert bench.signer.sign(IMAGE) == {}
    unkeyed = bench.signer._signature(IMAGE, expires)
    assert not any(
        bench.signer.is_signed(IMAGE, expires, each) for each in ("", unkeyed, signature)
    )
    assert bench.signer.failure is bench.store.failure
    assert [(level, event) for level, event, _ in bench.log.lines] == [
        ("warning", "links_not_signed")
    ]
    bench.store.failure = None
    assert await bench.sign() == (expires, signature)
    assert bench.signer.failure is None

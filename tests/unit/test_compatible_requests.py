"""What is sent to compatible servers: the key, the model, and fields that they know."""

from typing import Any

import pytest

from adapters.openai.vendors.compatible import (
    NO_PREVIEWS,
)
from application.ports.image_provider import Delivered
from domain.provider_errors import (
    CredentialsRejected,
    RequestRefused,
)
from tests.conftest import KEY
from tests.standin import StandIn, raw_faults
from tests.unit.compatible_help import (
    PLUM,
    TEAL,
    charged,
    deliver,
    events_of,
    local,
    quirky,
    server,
)

__all__ = ["server"]
pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("field", "images", "posts"),
    [
        ("image", (TEAL,), [["image"]]),
        ("image", (TEAL, PLUM), [["image[]", "image[]"], ["image", "image"]]),
        ("image[]", (TEAL,), [["image"], ["image[]"]]),
        ("image[]", (TEAL, PLUM), [["image[]", "image[]"]]),
    ],
)
async def test_9_input_images_are_in_the_field_that_the_server_knows(
    field: str, images: tuple[Any, ...], posts: list[list[str]]
) -> None:
    with quirky(image_field=field) as server:
        delivered = await deliver(server, images=images)
    sent = [[file.field for file in post.files] for post in server.posts]
    assert sent == posts
    assert [file.data for file in server.posts[-1].files] == [each.data for each in images]
    assert {each.image.digest for each in delivered.images} == charged(server)
    assert len(server.ledger) == 1


async def test_the_field_that_worked_is_used_at_once_in_the_next_call() -> None:
    with quirky(image_field="image") as server:
        async with local(server.base_url) as provider:
            for _ in range(2):
                await events_of(provider, images=(TEAL, PLUM))
    assert len(server.posts) == 3
    assert len(server.ledger) == 2


@pytest.mark.parametrize(
    "message",
    [
        "missing image file",
        "At least one image is required",
        "Unknown parameter: 'image[]'.",
        "image: Field required",
    ],
)
async def test_a_server_that_finds_the_image_in_no_field_is_asked_twice_and_not_charged(
    server: StandIn, message: str
) -> None:
    server.default = raw_faults.refusal({"message": message}, code=422)
    async with local(server.base_url) as provider:
        for number in (2, 4):
            with pytest.raises(RequestRefused, match=r"did not find|does not take image"):
                await events_of(provider, images=(TEAL, PLUM))
            assert len(server.posts) == number
    assert server.ledger == []


async def test_10_a_server_that_refuses_streams_is_asked_without_one() -> None:
    with quirky(no_streams=True) as server:
        async with local(server.base_url) as provider:
            events = [await events_of(provider, partial_images=2) for _ in range(2)]
    for (last,) in events:
        assert isinstance(last, Delivered)
        assert NO_PREVIEWS in last.notes
    assert ["stream" in post.fields for post in server.posts] == [True, False, False]
    assert len(server.ledger) == 2


async def test_without_a_key_and_a_model_neither_is_sent(server: StandIn) -> None:
    await deliver(server)
    (post,) = server.posts
    assert "authorization" not in post.headers
    assert post.fields == {"prompt": "a hill", "size": "1024x1024"}


async def test_the_key_is_that_of_the_server_and_nothing_of_openai_is_sent(
    server: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("API_KEY", "ORG_ID", "PROJECT_ID", "ADMIN_KEY"):
        monkeypatch.setenv(f"OPENAI_{name}", "of-openai")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Team: of-openai\nAuthorization: of-openai")
    async with local(server.base_url, key=KEY) as provider:
        await events_of(provider)
    async with local(server.base_url) as provider:
        await events_of(provider)
    first, second = server.posts
    assert first.headers["authorization"] == f"Bearer {KEY}"
    assert "authorization" not in second.headers
    assert "of-openai" not in f"{first.headers} {second.headers}"


async def test_errors_name_the_settings_of_compatible_servers(openai_api: StandIn) -> None:
    async with local(openai_api.base_url) as provider:
        with pytest.raises(CredentialsRejected) as raised:
            await events_of(provider)
    assert "OPENAI_COMPATIBLE_KEYS" in raised.value.hint
    assert "OPENAI_COMPATIBLE_URLS" in raised.value.hint

"""Keys that cannot be sent, keys that a reply repeats, and errors of odd shapes."""

from base64 import b64encode
from json import dumps

import httpx2
import pytest
from openai import APIConnectionError

from adapters.openai.network.endpoint import Endpoint
from adapters.openai.refusals.errors import to_provider_error
from domain.errors import ChargeStatus
from domain.models import ModelCard
from domain.provider_errors import (
    ContentRefused,
    CredentialsRejected,
    NoCredentials,
    ProviderError,
    ProviderUnreachable,
    RequestRefused,
)
from domain.redactor import secret_spellings
from tests.conftest import KEY
from tests.standin import Fault, StandIn, faults
from tests.unit.openai_help import generate_events

pytestmark = pytest.mark.anyio
PLAIN_KEY = "0123456789-gateway"


@pytest.mark.parametrize("key", [f"{KEY}\n", f" {KEY}\r\n", f"\t{KEY} "])
async def test_whitespace_around_the_key_is_not_sent(openai_api: StandIn, key: str) -> None:
    await generate_events(openai_api.base_url, key=key, project="proj_1\n")
    assert openai_api.posts[0].headers["authorization"] == f"Bearer {KEY}"
    assert openai_api.posts[0].headers["openai-project"] == "proj_1"


@pytest.mark.parametrize(
    ("key", "project", "error"),
    [
        ("sk-äöü", None, CredentialsRejected),
        ("sk-abc\nsk-def", None, CredentialsRejected),
        ("sk-abc\0", None, CredentialsRejected),
        (KEY, "proj_ü", CredentialsRejected),
        (" \n", None, NoCredentials),
        (None, "proj_ü", NoCredentials),
    ],
)
async def test_a_key_that_no_header_can_carry_costs_nothing(
    openai_api: StandIn, key: str | None, project: str | None, error: type[ProviderError]
) -> None:
    with pytest.raises(error) as raised:
        await generate_events(openai_api.base_url, key=key, project=project)
    assert raised.value.charged is ChargeStatus.NO
    assert openai_api.calls == []


async def test_another_header_that_cannot_be_sent_costs_nothing(
    openai_api: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Team: café")
    with pytest.raises(RequestRefused, match="cannot be sent") as raised:
        await generate_events(openai_api.base_url)
    assert raised.value.charged is ChargeStatus.NO
    assert openai_api.calls == []


def test_a_request_that_the_transport_rejects_was_not_sent() -> None:
    error = APIConnectionError(request=httpx2.Request("POST", "http://nowhere"))
    error.__cause__ = httpx2.LocalProtocolError("Illegal header value")
    provider_error = to_provider_error(
        error, ModelCard(name="gpt-image-2"), Endpoint("http://nowhere")
    )
    assert isinstance(provider_error, ProviderUnreachable)
    assert provider_error.charged is ChargeStatus.NO


@pytest.mark.parametrize(
    "echo",
    [
        PLAIN_KEY,
        b64encode(PLAIN_KEY.encode()).decode(),
        b64encode(f"Bearer {PLAIN_KEY}".encode()).decode(),
        b64encode(f":{PLAIN_KEY}".encode()).decode(),
        b64encode(f"me:{PLAIN_KEY}, hello".encode()).decode(),
    ],
)
@pytest.mark.parametrize("status", [400, 403])
async def test_every_spelling_of_the_key_is_redacted(
    openai_api: StandIn, echo: str, status: int
) -> None:
    openai_api.script(faults.status(status, message=f"What is {echo} about?"))
    with pytest.raises(ProviderError) as raised:
        await generate_events(openai_api.base_url, key=PLAIN_KEY)
    assert "What is " in str(raised.value)
    assert "[hidden]" in str(raised.value)
    assert all(form not in str(raised.value) for form in secret_spellings(PLAIN_KEY))


async def test_a_placeholder_key_is_not_redacted(openai_api: StandIn) -> None:
    openai_api.script(faults.status(400, message="none of the sizes"))
    with pytest.raises(RequestRefused, match="none of the sizes"):
        await generate_events(openai_api.base_url, key="none")


def _moderation(details: object) -> Fault:
    error = {"code": "moderation_blocked", "message": "m", "moderation_details": details}
    return faults.status(400, body=dumps({"error": error}))


@pytest.mark.parametrize(
    ("details", "stage", "categories"),
    [
        ("a word", None, ()),
        (None, None, ()),
        ([1], None, ()),
        ({"categories": [1, None, "violence"]}, None, ("violence",)),
        ({"categories": "violence", "moderation_stage": ["x"]}, None, ("violence",)),
        ({"categories": {"violence": 1}, "moderation_stage": "input"}, "input", ()),
        ({"categories": ["half \ud83d"], "moderation_stage": "late"}, "late", ("half ?",)),
    ],
)
async def test_a_moderation_error_of_any_shape_is_a_refusal(
    openai_api: StandIn, details: object, stage: str | None, categories: tuple[str, ...]
) -> None:
    openai_api.script(_moderation(details))
    with pytest.raises(ContentRefused) as raised:
        await generate_events(openai_api.base_url)
    assert (raised.value.stage, raised.value.categories) == (stage, categories)
    assert raised.value.charged is ChargeStatus.NO


@pytest.mark.parametrize(
    "body", ['{"error": "abc"}', '{"error": {"code": ["a"], "message": 5}}', "[]", "", "\udcff"]
)
async def test_an_error_of_any_shape_is_a_refusal(openai_api: StandIn, body: str) -> None:
    openai_api.script(faults.status(400, body=body))
    with pytest.raises(RequestRefused):
        await generate_events(openai_api.base_url)

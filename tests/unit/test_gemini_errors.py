"""What Google's refusals and faults on the way become."""

from typing import Any

import pytest

from adapters.gemini.gemini_connection import GeminiConnection
from adapters.gemini.provider import GeminiImages
from domain import provider_errors as errors
from tests.standin import faults, raw_faults
from tests.standin.faults import Fault
from tests.standin.gemini import GeminiFault, GeminiStandIn
from tests.standin.gemini.gemini_faults import classic, page, refused
from tests.unit.gemini_help import GEMINI_KEY, MODEL, card_of, gemini_at, gemini_events

pytestmark = pytest.mark.anyio
RETRY_INFO = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "23s"}
KEY_INFO = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}


@pytest.mark.parametrize(
    ("fault", "expected", "words"),
    [
        (refused(400, "invalid_request", "Invalid aspect ratio."), errors.RequestRefused, "aspect"),
        (
            refused(400, "parameter_unknown", "Unknown parameter 'x'."),
            errors.RequestRefused,
            "'x'",
        ),
        (refused(401, "authentication", "Bad key."), errors.CredentialsRejected, "rejected the"),
        (
            classic(400, "INVALID_ARGUMENT", "API key not valid.", KEY_INFO),
            errors.CredentialsRejected,
            "API key not valid",
        ),
        (
            classic(403, "PERMISSION_DENIED", "Your API key was reported as leaked."),
            errors.CredentialsRejected,
            "leaked",
        ),
        (refused(402, "payment_required", "Add credit."), errors.QuotaExhausted, "cannot pay"),
        (
            refused(400, "failed_precondition", "Billing is disabled."),
            errors.QuotaExhausted,
            "Billing is disabled",
        ),
        (refused(403, "permission_denied", "No access."), errors.NotPermitted, "No access"),
        (
            classic(400, "FAILED_PRECONDITION", "User location is not supported for the API use."),
            errors.NotPermitted,
            "place",
        ),
        (refused(404, "model_not_found", "Model not found."), errors.ModelNotFound, MODEL),
        (refused(404, "not_found", "Not found."), errors.RequestRefused, "no Gemini API"),
        (page(404), errors.RequestRefused, "no Gemini API"),
        (refused(409, "aborted", "Conflict."), errors.RequestRefused, "Conflict"),
        (page(413), errors.RequestRefused, "takes no request of this size"),
        (
            refused(400, "invalid_request", "background=true is not supported for this model."),
            errors.RequestRefused,
            "in the background",
        ),
        (
            refused(400, "prohibited_content", "The prompt was blocked."),
            errors.ContentRefused,
            "rejected the request",
        ),
        (
            classic(400, "INVALID_ARGUMENT", "It violates our usage guidelines."),
            errors.ContentRefused,
            "usage guidelines",
        ),
        (refused(429, "quota_exceeded", "Daily quota."), errors.QuotaExhausted, "used up"),
        (
            classic(429, "RESOURCE_EXHAUSTED", "Quota exceeded, limit: 0, model: x"),
            errors.NotPermitted,
            "no images",
        ),
        (
            classic(429, "RESOURCE_EXHAUSTED", "Quota exceeded: requests per day."),
            errors.QuotaExhausted,
            "per day",
        ),
        (refused(503, "unavailable", "Overloaded."), errors.ProviderFailed, "status 503"),
        (page(502), errors.ProviderFailed, "Proxy"),
        (page(408), errors.ProviderTimedOut, "timed out"),
        (page(499), errors.OutcomeUnknown, "broke off"),
    ],
)
async def test_a_refusal_is_the_error_that_it_means_with_its_request_id(
    fault: Fault, expected: type[errors.ProviderError], words: str, gemini_api: GeminiStandIn
) -> None:
    gemini_api.script(fault)
    with pytest.raises(errors.ProviderError) as raised:
        await gemini_events(gemini_api.base_url)
    assert type(raised.value) is expected
    assert words in raised.value.message
    assert (raised.value.request_id or "").startswith("req_gemini_")
    maybe = isinstance(raised.value, errors.OutcomeUnknown)
    assert raised.value.charged == ("maybe" if maybe else "no")
    assert len(gemini_api.posts) == 1
    assert gemini_api.ledger == []


@pytest.mark.parametrize(
    ("fault", "seconds"),
    [
        (refused(429, "rate_limit_exceeded", "Slow.", headers={"Retry-After": "7"}), 7),
        (classic(429, "RESOURCE_EXHAUSTED", "Slow.", RETRY_INFO), 23),
        (classic(429, "RESOURCE_EXHAUSTED", "Please retry in 12.5s."), 12.5),
        (refused(429, "rate_limit_exceeded", "Slow."), None),
        (refused(429, "rate_limit_exceeded", "Slow.", headers={"Retry-After": "-3"}), None),
        (refused(429, "rate_limit_exceeded", "Slow.", headers={"Retry-After": "nan"}), None),
    ],
)
async def test_a_rate_limit_says_how_long_to_wait(
    fault: GeminiFault, seconds: float | None, gemini_api: GeminiStandIn
) -> None:
    gemini_api.script(fault)
    with pytest.raises(errors.RateLimited) as limited:
        await gemini_events(gemini_api.base_url)
    assert limited.value.retry_after == seconds
    assert len(gemini_api.posts) == 1


async def test_a_deprecated_model_that_is_gone_names_its_successor(
    gemini_api: GeminiStandIn,
) -> None:
    gemini_api.script(refused(404, "model_not_found", "Model not found."))
    old = "gemini-3.1-flash-image"
    with pytest.raises(errors.ModelNotFound) as gone:
        await gemini_events(gemini_api.base_url, model=old)
    assert gone.value.hint == f"Use '{MODEL}' instead."


async def test_a_hint_names_the_setting_that_avoids_the_background(
    gemini_api: GeminiStandIn,
) -> None:
    gemini_api.script(refused(400, "invalid_request", "background is not supported."))
    with pytest.raises(errors.RequestRefused) as raised:
        await gemini_events(gemini_api.base_url)
    assert "GEMINI_STORE=false" in raised.value.hint


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (faults.hang(), errors.ProviderTimedOut),
        (faults.reset_before_reply(), errors.OutcomeUnknown),
        (faults.reply_cut(), errors.OutcomeUnknown),
        (faults.no_body(), errors.BadProviderReply),
        (faults.html_page(), errors.BadProviderReply),
        (faults.malformed_json(), errors.BadProviderReply),
        (raw_faults.page([1, 2]), errors.BadProviderReply),
        (raw_faults.page({}), errors.BadProviderReply),
    ],
)
@pytest.mark.parametrize("store", [True, False])
async def test_a_request_that_may_be_charged_is_sent_once_whatever_comes_back(
    fault: Fault, expected: type[errors.ProviderError], store: bool, gemini_api: GeminiStandIn
) -> None:
    gemini_api.script(fault)
    options = {"seconds": 0.5, "store": store}
    with pytest.raises(errors.ProviderError) as raised:
        await gemini_events(gemini_api.base_url, options=options)
    assert type(raised.value) is expected
    assert raised.value.charged == "maybe"
    assert len(gemini_api.posts) == 1


async def test_what_arrived_of_a_broken_reply_is_kept(gemini_api: GeminiStandIn) -> None:
    gemini_api.script(faults.malformed_json())
    with pytest.raises(errors.BadProviderReply) as raised:
        await gemini_events(gemini_api.base_url, options={"store": False})
    assert raised.value.raw_remainder[0].startswith(b'{"id":"v1_standin')


async def test_a_redirect_is_not_followed(gemini_api: GeminiStandIn) -> None:
    gemini_api.script(raw_faults.redirect(307, f"{gemini_api.base_url}/elsewhere"))
    with pytest.raises(errors.RequestRefused, match="redirects"):
        await gemini_events(gemini_api.base_url)
    assert len(gemini_api.calls) == 1


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://gemini.invalid"])
async def test_without_a_connection_nothing_was_sent(url: str) -> None:
    with pytest.raises(errors.ProviderUnreachable, match="nothing was sent"):
        await gemini_events(url)


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (None, errors.NoCredentials),
        ("  ", errors.NoCredentials),
        ("AIza-kéy", errors.CredentialsRejected),
        ("AIza\nkey", errors.CredentialsRejected),
    ],
)
async def test_a_key_that_cannot_be_sent_is_an_error_before_the_sdk_is_loaded(
    key: str | None, expected: type[errors.ProviderError], gemini_api: GeminiStandIn
) -> None:
    with pytest.raises(expected) as raised:
        await gemini_events(gemini_api.base_url, options={"key": key})
    assert (key or "").strip() not in str(raised.value) or not (key or "").strip()
    assert gemini_api.calls == []


@pytest.mark.parametrize(
    "fault",
    [
        refused(401, "authentication", "Bad key: {key}."),
        refused(500, "api_error", "Failed with {key}."),
        refused(429, "rate_limit_exceeded", "{key} is too fast."),
        raw_faults.body(b"<html><title>{key}</title>", code=502, kind="text/html"),
    ],
)
async def test_the_key_is_in_no_error(fault: Fault, gemini_api: GeminiStandIn) -> None:
    gemini_api.script(fault)
    with pytest.raises(errors.ProviderError) as raised:
        await gemini_events(gemini_api.base_url)
    shown: list[Any] = [raised.value.message, raised.value.hint, raised.value.details()]
    assert GEMINI_KEY not in " ".join(map(str, shown))


async def test_the_environment_changes_neither_the_address_nor_the_key(
    gemini_api: GeminiStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "GOOGLE_API_KEY": "AIza-other",
        "GOOGLE_GENAI_USE_VERTEXAI": "true",
        "GOOGLE_CLOUD_PROJECT": "other",
        "GOOGLE_GEMINI_BASE_URL": "http://127.0.0.1:1",
    }.items():
        monkeypatch.setenv(name, value)
    await gemini_events(gemini_api.base_url)
    assert {call.headers["x-goog-api-key"] for call in gemini_api.calls} == {GEMINI_KEY}


async def test_a_proxy_that_cannot_be_used_is_named_as_a_setting(
    gemini_api: GeminiStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "gopher://127.0.0.1:1")
    with pytest.raises(errors.InvalidSettings, match="proxies or certificates"):
        await gemini_events(gemini_api.base_url)
    assert gemini_api.calls == []


async def test_an_endpoint_is_shown_without_its_password_and_its_query() -> None:
    url = "https://user:secret@gemini.example:8443/pre/?key=secret"
    connection = GeminiConnection(api_key="k", base_url=url, timeout=1, deadline=1)
    assert connection.endpoint.shown == "https://gemini.example:8443/pre"
    assert "secret" not in GeminiImages(connection).endpoint


async def test_closing_a_provider_that_was_never_used_loads_nothing() -> None:
    async with gemini_at("http://127.0.0.1:1") as provider:
        assert card_of() == provider.catalog.find(MODEL)

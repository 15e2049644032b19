"""An error is chosen by what a refusal says, and it names the endpoint that was called."""

from dataclasses import dataclass, field
from json import dumps
from typing import Any

import pytest

from domain.errors import ChargeStatus
from entrypoints.wire.error_codes import error_text
from tests.conftest import KEY
from tests.field_reports.provider_calls import GATEWAY, OPENAI, Upstream
from tests.standin import Fault
from tests.standin.faults import status

MODEL = "gpt-image-2.6-flare"
VERIFY = "verified organization"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A refusal, and the error that it must become.

    `says` and `never` are parts of the whole text for callers, `details` some of its details.
    """

    id: str
    fault: Fault
    code: str
    says: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    details: dict[str, object] = field(default_factory=dict)
    base_url: str = OPENAI
    charged: ChargeStatus = ChargeStatus.NO
    retryable: bool = False


def body(code: int, value: object, **headers: str) -> Fault:
    """A refusal with this JSON value, or this text, as its whole body."""
    text = value if isinstance(value, str) else dumps(value)
    return status(code, body=text, headers={k.replace("_", "-"): v for k, v in headers.items()})


LIMIT = (
    f"Rate limit reached for {MODEL} in organization org-x on input-images per min: "
    "Limit 5, Used 5, Requested 1."
)


def limited(words: str = "", **headers: str) -> Fault:
    """A 429 of OpenAI that ends with these words."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    message = f"{LIMIT} {words}".strip()
    return status(429, error_code="rate_limit_exceeded", message=message, headers=sent)


def wait(id: str, fault: Fault, seconds: float, **more: Any) -> Answer:  # noqa: A002, ANN401 - fields of Answer
    """A refusal that asks to wait this long."""
    details: dict[str, object] = {"retry_after": seconds}
    return Answer(id=id, fault=fault, code="rate_limited", details=details, retryable=True, **more)


WAITS = [
    wait("F05 in words", limited("Please try again in 26.604s."), 26.604, says=("Limit 5",)),
    wait("F05 retry-after-ms", limited(retry_after_ms="12000"), 12),
    wait("F05 reset of requests", limited(x_ratelimit_reset_requests="12s"), 12),
    wait("F05 minutes in words", limited("Please try again in 1m26.4s."), 86.4),
    wait("F05 after", limited("Try again after 51.84 seconds."), 51.84),
    wait("F05 a header before words", limited("Try again in 9s.", retry_after="700"), 700),
    wait(
        "sibling: an HTTP date by the server's own clock",
        limited(retry_after="Wed, 21 Oct 2037 07:28:30 GMT", date="Wed, 21 Oct 2037 07:28:00 GMT"),
        30,
    ),
    wait(
        "sibling: a date in the past",
        limited(retry_after="Wed, 21 Oct 2015 07:28:00 GMT"),
        0,
    ),
    wait(
        "sibling: the limit that is used up",
        limited(
            x_ratelimit_reset_requests="1s",
            x_ratelimit_reset_tokens="6m0s",
            x_ratelimit_remaining_tokens="0",
        ),
        360,
    ),
    wait(
        "sibling: Azure's words",
        body(
            429,
            {
                "error": {
                    "code": "429",
                    "message": "Exceeded call rate limit. Please retry after 26 seconds.",
                }
            },
        ),
        26,
        base_url=GATEWAY,
    ),
    wait(
        "sibling: Google's quota that is a rate",
        body(
            429,
            {
                "error": {
                    "code": 429,
                    "status": "RESOURCE_EXHAUSTED",
                    "message": "You exceeded your current quota. Please retry in 41.5s.",
                }
            },
        ),
        41.5,
        base_url=GATEWAY,
    ),
    wait(
        "sibling: a field of the body",
        body(429, {"message": "slow down", "retry_after": 33}),
        33,
        base_url=GATEWAY,
        says=("slow down",),
    ),
    wait("sibling: hours in words", limited("Please try again in 7h12m."), 25_920),
    Answer(
        id="F05 Limit 0",
        fault=status(
            429,
            error_code="rate_limit_exceeded",
            message="Limit 0, Used 0, Requested 1. Please try again in 1s.",
        ),
        code="not_permitted",
        says=("Limit 0", "Waiting does not help"),
    ),
    Answer(
        id="sibling: limit: 0",
        fault=body(429, {"error": {"message": "Quota exceeded, limit: 0, model: x"}}),
        code="not_permitted",
        base_url=GATEWAY,
        never=("platform.openai.com",),
    ),
]

HARD_LIMIT = "Billing hard limit has been reached"
CURRENT = "You exceeded your current quota, please check your plan and billing details."
QUOTA = [
    Answer(
        id="F07 the hard limit with 400",
        fault=status(400, error_code="billing_hard_limit_reached", message=HARD_LIMIT),
        code="quota_exhausted",
        says=(HARD_LIMIT, "platform.openai.com"),
    ),
    Answer(
        id="F07 not active",
        fault=status(429, error_code="billing_not_active", message="Your account is not active."),
        code="quota_exhausted",
    ),
    Answer(
        id="F07 by type",
        fault=status(429, error_type="insufficient_quota", message="No."),
        code="quota_exhausted",
    ),
    Answer(id="F07 by words", fault=status(429, message=CURRENT), code="quota_exhausted"),
    Answer(
        id="sibling: words with a Retry-After",
        fault=status(429, message=CURRENT, headers={"Retry-After": "1"}),
        code="quota_exhausted",
    ),
    Answer(
        id="sibling: 402",
        fault=body(402, {"error": {"code": 402, "message": "Insufficient credits"}}),
        code="quota_exhausted",
        base_url=GATEWAY,
        says=("gateway.example", "Insufficient credits"),
    ),
    Answer(
        id="sibling: a gateway's user quota with 403",
        fault=status(403, error_code="insufficient_user_quota", message="预扣费额度失败"),
        code="quota_exhausted",
        base_url=GATEWAY,
    ),
    Answer(
        id="sibling: a proxy's budget",
        fault=status(400, error_type="budget_exceeded", message="Budget has been exceeded!"),
        code="quota_exhausted",
        base_url=GATEWAY,
    ),
]

SCOPES = (
    "You have insufficient permissions for this operation. Missing scopes: "
    "api.model.images.request. Check that you have the correct role in your organization, and "
    f"if you're using a restricted API key {KEY}, that it has the necessary scopes."
)
MEMBER = "You must be a member of an organization to use the API."
NO_MODEL = f"Project `proj_x` does not have access to model `{MODEL}`"
REGION = "Country, region, or territory not supported"
PERMISSIONS = [
    Answer(
        id="F08 scopes",
        fault=status(401, message=SCOPES),
        code="not_permitted",
        says=("lacks the scope api.model.images.request", "platform.openai.com → API keys"),
        never=("mistyped", VERIFY),
    ),
    Answer(
        id="F08 an address",
        fault=status(401, error_code="ip_not_authorized", message="Your request was rejected."),
        code="not_permitted",
        says=("IP address", "IP allowlist"),
    ),
    Answer(
        id="F08 an organization",
        fault=status(401, message=MEMBER),
        code="not_permitted",
        says=("OPENAI_ORG_ID", "member"),
        never=("mistyped",),
    ),
    Answer(
        id="F08 a key that is bad",
        fault=status(401, error_code="invalid_api_key", message=f"Incorrect API key: {KEY}."),
        code="credentials_rejected",
        says=("Incorrect API key", "[hidden]"),
    ),
    Answer(
        id="F17 a project without the model",
        fault=status(403, error_code="model_not_found", message=NO_MODEL),
        code="not_permitted",
        says=("does not have access to model", "Limits"),
        never=("verif",),
    ),
    Answer(
        id="F17 archived",
        fault=status(403, message="Project is archived"),
        code="not_permitted",
        says=("archived", "active project"),
        never=("verif",),
    ),
    Answer(
        id="F17 verification",
        fault=status(
            403, message=f"Your organization must be verified to use the model `{MODEL}`."
        ),
        code="not_permitted",
        says=(VERIFY,),
    ),
    Answer(
        id="region",
        fault=status(403, error_code="unsupported_country_region_territory", message=REGION),
        code="not_permitted",
        says=("country or region", "VPN"),
        never=("verif",),
    ),
    Answer(
        id="sibling: a region with 400",
        fault=body(400, {"error": {"message": "User location is not supported for the API use."}}),
        code="not_permitted",
        base_url=GATEWAY,
        says=("The endpoint gateway.example does not serve the country",),
    ),
    Answer(
        id="sibling: another organization's header",
        fault=status(
            401,
            error_code="mismatched_organization",
            message="OpenAI-Organization header should match organization for API key",
        ),
        code="not_permitted",
        says=("OPENAI_ORG_ID",),
    ),
    Answer(
        id="sibling: a gateway's key without the model",
        fault=status(
            401, error_type="key_model_access_denied", message="key not allowed to access model."
        ),
        code="not_permitted",
        base_url=GATEWAY,
        says=("gateway.example",),
    ),
    Answer(
        id="sibling: two scopes",
        fault=status(403, message="Missing scopes: api.model.read, api.images.write."),
        code="not_permitted",
        says=("api.model.read, api.images.write",),
    ),
    Answer(
        id="sibling: a bad key with 400",
        fault=body(400, {"error": {"status": "INVALID_ARGUMENT", "message": "API key not valid."}}),
        code="credentials_rejected",
        base_url=GATEWAY,
        says=("a key for gateway.example",),
    ),
    Answer(
        id="sibling: 403 of unknown words",
        fault=status(403, message="Not on a Sunday."),
        code="not_permitted",
        says=("Not on a Sunday.",),
        never=("verif",),
    ),
]

FILTERED = {"violence": {"filtered": True, "severity": "high"}, "hate": {"filtered": False}}
AZURE = "The response was filtered due to the prompt triggering the content management policy."
VIOLENCE: dict[str, object] = {"categories": ["violence"]}


def moderated(id: str, fault: Fault, **more: Any) -> Answer:  # noqa: A002, ANN401 - fields of Answer
    """A refusal by moderation at a gateway."""
    more = {"base_url": GATEWAY, **more}
    return Answer(id=id, fault=fault, code="content_refused", **more)


MODERATION = [
    moderated(
        "F28 Azure's inner error",
        body(
            400,
            {
                "error": {
                    "code": "content_filter",
                    "param": "prompt",
                    "message": AZURE,
                    "innererror": {
                        "code": "ResponsibleAIPolicyViolation",
                        "content_filter_result": FILTERED,
                    },
                }
            },
        ),
        details={**VIOLENCE, "stage": "input"},
        says=("violence",),
    ),
    moderated(
        "F28 contentFilter",
        body(400, {"error": {"code": "contentFilter", "message": "Rejected."}}),
    ),
    moderated(
        "F28 inner_error",
        body(
            400,
            {
                "error": {
                    "code": None,
                    "message": "No.",
                    "inner_error": {
                        "code": "ResponsibleAIPolicyViolation",
                        "content_filter_results": FILTERED,
                    },
                }
            },
        ),
        details=VIOLENCE,
    ),
    moderated(
        "F28 only words",
        status(400, message="Your request was rejected as a result of our safety system."),
        base_url=OPENAI,
    ),
    moderated(
        "sibling: reasons of a router with 403",
        body(
            403,
            {
                "error": {
                    "code": 403,
                    "message": "Your input was flagged for violence.",
                    "metadata": {"reasons": ["violence"], "flagged_input": "a…"},
                }
            },
        ),
        details=VIOLENCE,
    ),
    moderated(
        "sibling: a list of filters",
        body(
            400,
            {
                "error": {
                    "code": "content_filter",
                    "content_filters": [
                        {"source_type": "prompt", "content_filter_results": FILTERED}
                    ],
                }
            },
        ),
        details=VIOLENCE,
    ),
    moderated(
        "sibling: a code within words",
        status(400, message="litellm.BadRequestError: content_policy_violation"),
    ),
    moderated(
        "sibling: FastAPI's list",
        body(422, {"detail": [{"loc": ["body", "prompt"], "type": "content_policy_violation"}]}),
    ),
    moderated(
        "sibling: the generated image",
        body(400, {"error": {"code": "contentFilter", "message": "Generated image was filtered."}}),
        details={"stage": "output"},
        charged=ChargeStatus.MAYBE,
    ),
]

CLOUDFLARE = (
    "<!DOCTYPE html>\n<html><head><title>Attention Required! | Cloudflare</title></head>"
    f"<body><h1>Sorry, you have been blocked</h1> {KEY}</body></html>"
)


def nginx(title: str) -> str:
    """An error page of nginx."""
    return f"<html>\r\n<head><title>{title}</title></head>\r\n<body><hr>nginx</body></html>"


MARKUP = ("<", "nginx", "verif", KEY)
PAGES = [
    Answer(
        id="F29 a firewall's 403",
        fault=body(403, CLOUDFLARE),
        code="not_permitted",
        says=("firewall", "“Attention Required! | Cloudflare”"),
        never=(*MARKUP, "blocked</h1>"),
    ),
    Answer(
        id="F29 413",
        fault=body(413, nginx("413 Request Entity Too Large")),
        code="request_refused",
        base_url=GATEWAY,
        says=("gateway.example takes no upload of this size", "smaller"),
        never=MARKUP,
    ),
    Answer(
        id="F29 404",
        fault=body(404, nginx("404 Not Found")),
        code="request_refused",
        base_url="http://gateway.example",
        says=("add /v1", "http://gateway.example/v1"),
        never=MARKUP,
    ),
    Answer(
        id="F29 524",
        fault=body(524, CLOUDFLARE.replace("Attention Required!", "A timeout occurred")),
        code="provider_failed",
        base_url=GATEWAY,
        says=("gateway of the endpoint gateway.example waited too long", "524"),
        never=MARKUP,
        charged=ChargeStatus.MAYBE,
    ),
    Answer(
        id="F29 401",
        fault=body(401, nginx("401 Authorization Required")),
        code="credentials_rejected",
        base_url=GATEWAY,
        says=("in front of the endpoint gateway.example", "“401 Authorization Required”"),
        never=MARKUP,
    ),
    Answer(
        id="sibling: 502",
        fault=body(502, nginx("502 Bad Gateway")),
        code="provider_failed",
        base_url=GATEWAY,
        says=("got no answer from the service behind it",),
        never=MARKUP,
        charged=ChargeStatus.MAYBE,
    ),
    Answer(
        id="sibling: a page without a title",
        fault=body(400, "<html><body><p>no</p></body></html>"),
        code="request_refused",
        never=MARKUP,
    ),
    Answer(
        id="sibling: XML of a store",
        fault=body(
            403, "<?xml version='1.0'?><Error><Message>Access &lt;Denied&gt;</Message></Error>"
        ),
        code="not_permitted",
        says=("Access",),
        never=("Error>",),
    ),
    Answer(
        id="sibling: a page within JSON",
        fault=status(502, message=nginx("502 Bad Gateway")),
        code="provider_failed",
        never=MARKUP,
        charged=ChargeStatus.MAYBE,
    ),
    Answer(
        id="sibling: a page of 429",
        fault=body(429, CLOUDFLARE.replace("Attention Required!", "You are being rate limited")),
        code="rate_limited",
        says=("You are being rate limited",),
        never=MARKUP,
        retryable=True,
    ),
]

ADDRESSES = [
    Answer(
        id="no version, FastAPI's words",
        fault=body(404, {"detail": "Not Found"}),
        code="request_refused",
        base_url="http://gateway.example",
        says=("add /v1",),
        never=("OpenAI has",),
    ),
    Answer(
        id="no version, plain text",
        fault=body(404, "404 page not found"),
        code="request_refused",
        base_url="http://gateway.example/api",
        says=("http://gateway.example/api/v1",),
    ),
    Answer(
        id="no version, OpenAI's words",
        fault=status(
            404, error_code="unknown_url", message="Invalid URL (POST /images/generations)"
        ),
        code="request_refused",
        base_url="http://api.openai.com",
        says=("http://api.openai.com/v1",),
    ),
    Answer(
        id="sibling: an empty 404",
        fault=body(404, ""),
        code="request_refused",
        base_url="http://gateway.example/",
        says=("add /v1",),
    ),
    Answer(
        id="sibling: 405",
        fault=body(405, {"detail": "Method Not Allowed"}),
        code="request_refused",
        base_url="http://gateway.example",
        says=("add /v1",),
    ),
    Answer(
        id="sibling: Azure without its path",
        fault=body(404, {"error": {"code": "404", "message": "Resource not found"}}),
        code="request_refused",
        base_url="http://me.openai.azure.com",
        says=("http://me.openai.azure.com/openai/v1",),
    ),
    Answer(
        id="sibling: a version, but no images",
        fault=body(404, {"detail": "Not Found"}),
        code="request_refused",
        base_url="http://gateway.example/api/v3",
        says=("http://gateway.example/api/v3",),
        never=("add /v1",),
    ),
    Answer(
        id="a deployment",
        fault=status(
            404,
            error_code="DeploymentNotFound",
            message="The API deployment for this resource does not exist.",
        ),
        code="model_not_found",
        base_url=GATEWAY,
        says=("no deployment 'gpt-image-2.6-flare'",),
        never=("/v1:",),
    ),
    Answer(
        id="a model",
        fault=status(
            404,
            error_code="model_not_found",
            message="The model `x` does not exist or you do not have access to it.",
        ),
        code="model_not_found",
        never=("add /v1",),
    ),
    Answer(
        id="sibling: a model that a gateway does not have",
        fault=body(404, {"error": "model 'x' not found, try pulling it first"}),
        code="model_not_found",
        base_url="http://gateway.example",
        says=("try pulling",),
    ),
]

TABLE = [*WAITS, *QUOTA, *PERMISSIONS, *MODERATION, *PAGES, *ADDRESSES]


@pytest.mark.parametrize("answer", TABLE, ids=lambda answer: answer.id)
def test_a_refusal_becomes_the_error_that_its_words_mean(
    upstream: Upstream, answer: Answer
) -> None:
    error = upstream.refusal(answer.fault, answer.base_url)
    text = error_text(error)
    assert error.code == answer.code, text
    assert [part for part in answer.says if part not in text] == [], text
    assert [part for part in answer.never if part in text] == [], text
    assert answer.details.items() <= error.details().items()
    assert (error.charged, error.retryable) == (answer.charged, answer.retryable)
    assert KEY not in text


@pytest.mark.parametrize(
    "answer", [each for each in TABLE if each.base_url == OPENAI], ids=lambda answer: answer.id
)
def test_the_error_of_another_endpoint_names_it_and_never_openai(
    upstream: Upstream, answer: Answer
) -> None:
    error = upstream.refusal(answer.fault, "http://gateway.example:81/v1")
    text = error_text(error)
    assert error.code == answer.code
    assert "gateway.example:81" in text
    assert "platform.openai.com" not in text
    assert "OpenAI " not in text

"""Pages of HTML, and base URLs at which there is no Images API."""

from domain.errors import ChargeStatus
from tests.conftest import KEY
from tests.field_reports.answers.answer import Answer, body
from tests.field_reports.provider_calls import GATEWAY
from tests.standin.faults import status

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

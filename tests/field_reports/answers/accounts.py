"""Refusals because of the account: its credit, its permissions, its place."""

from tests.conftest import KEY
from tests.field_reports.answers.answer import Answer, body
from tests.field_reports.provider_calls import GATEWAY
from tests.standin.faults import status
from tests.unit.openai_help import MODEL

VERIFY = "verified organization"


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

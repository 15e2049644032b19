"""Refusals of a key that is good: a scope, an address, a place or a model is not allowed."""

import re
from dataclasses import dataclass

from adapters.openai.network.endpoint import Endpoint
from adapters.openai.refusals.error_body import ErrorBody
from domain.provider_errors import NotPermitted

SCOPE = r"(?:[\w-]+\.)*[\w-]+"
SCOPES = re.compile(rf"missing scopes?:?\s+({SCOPE}(?:(?:,| and|, and)\s+{SCOPE})*)", re.IGNORECASE)
VERIFY = (
    "GPT Image models require a verified organization: platform.openai.com → Settings → "
    "Organization → General → Verify. It can take 15 minutes to take effect."
)
KEY_PERMISSIONS = (
    "Edit the key at platform.openai.com → API keys: set its permissions to All, or to Restricted "
    "with the scopes for images. Your role in the organization and the project must allow it too."
)
OTHER = "Check what this key is allowed to do at {host}, the host in {url}."


@dataclass(frozen=True, slots=True)
class Permission:
    """What is missing: how a refusal says it, a text for callers, and where to change it.

    `openai` is the hint for OpenAI, `other` that for other endpoints.
    """

    pattern: re.Pattern[str]
    text: str
    openai: str
    other: str = OTHER


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.DOTALL)


PERMISSIONS = (
    Permission(
        _words(
            r"missing scope|insufficient (permissions?|scope)|insufficient_(permissions?|scope)|"
            r"lacks the required"
        ),
        "The API key lacks a permission",
        KEY_PERMISSIONS,
    ),
    Permission(
        _words(
            r"unsupported_country|country, region|user location is not supported|"
            r"not (available|supported) in your (country|region|location)|"
            r"region.{0,30}(is )?not (supported|available)"
        ),
        "{endpoint} does not serve the country or region that the request came from",
        "The place is that of this machine, or of its proxy or VPN. platform.openai.com/docs/"
        "supported-countries lists the places that are served.",
        "The place is that of this machine, or of its proxy or VPN.",
    ),
    Permission(
        _words(r"ip_not_authorized|\bip\b.{0,60}(not|allow|deni|block|forbid)|ip allow"),
        "{endpoint} does not accept requests from this machine's IP address",
        "Add the address at platform.openai.com → Settings → Security → IP allowlist.",
        "Add the address to the IP rules of {host}, or call from an address that is allowed.",
    ),
    Permission(
        _words(
            r"must be verified|organization.{0,40}verif|verif\w*.{0,20}organization|"
            r"identity verification"
        ),
        "The organization is not verified for image models",
        VERIFY,
        "The operator of {host} must verify its organization for image models.",
    ),
    Permission(
        _words(
            r"member of an organi[sz]ation|mismatched_organization|invalid_organization|"
            r"no such organization|openai-organization|"
            r"organi[sz]ation.{0,40}(does not exist|not found|mismatch|do(es)? not belong)"
        ),
        "The API key does not belong to the organization",
        "Set OPENAI_ORG_ID to the key's organization, or remove it. The owner of the key must be a "
        "member: platform.openai.com → Settings → Organization → Members.",
        "Set OPENAI_ORG_ID to the organization of the key for {host}, or remove it.",
    ),
    Permission(
        _words(
            r"mismatched_project|invalid_project|no such project|openai-project|"
            r"project.{0,40}(does not exist|not found|mismatch)"
        ),
        "The API key does not belong to the project",
        "Set OPENAI_PROJECT_ID to the key's project, or remove it.",
        "Set OPENAI_PROJECT_ID to the project of the key for {host}, or remove it.",
    ),
    Permission(
        _words(r"project.{0,80}archived|archived project"),
        "The project of the API key is archived",
        "Create a key in an active project: platform.openai.com → Settings → Project.",
    ),
    Permission(
        _words(
            r"(project|team|key|user|organi[sz]ation|account|tier|plan)\b.{0,120}"
            r"(not have access to|not allowed to access|no access to).{0,20}model|"
            r"model_access_denied"
        ),
        "The model is not allowed for this key",
        "Allow it at platform.openai.com → Settings → Project → Limits → Allowed models, or use a "
        "key of another project.",
        "Allow the model for this key at {host}, or choose a model that is allowed.",
    ),
    Permission(
        _words(
            r"deactivated|(account|user|organi[sz]ation|key)\b.{0,60}"
            r"(disabled|suspended|blocked|banned|terminated)"
        ),
        "The account or the API key is disabled",
        "Use a key of another account, or ask the support of OpenAI: help.openai.com.",
        "Use a key of another account, or ask the support of {host}.",
    ),
)
"""Tried in this order."""


def missing_permission(body: ErrorBody, endpoint: Endpoint) -> NotPermitted | None:
    """The error for a permission that a refusal names; None if it names none."""
    found = next((each for each in PERMISSIONS if each.pattern.search(body.text)), None)
    if found is None:
        return None
    text = found.text.format(endpoint=endpoint.title)
    if scopes := SCOPES.search(body.message):
        text = f"The API key lacks the scope {scopes[1]}"
    hint = (
        found.openai
        if endpoint.is_openai
        else found.other.format(host=endpoint.host, url=endpoint.settings.url)
    )
    # The message about verification is only a link to the place that the hint names.
    reason = "" if found.openai == VERIFY else body.message.rstrip(".")
    return NotPermitted(f"{text}: {reason}." if reason else f"{text}.", hint=hint)

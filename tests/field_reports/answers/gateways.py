"""Refusals in the words of other services and gateways, each with the error that it must become."""

from domain.errors import ChargeStatus
from tests.field_reports.answers.answer import Answer, body
from tests.field_reports.provider_calls import GATEWAY
from tests.standin.faults import status


def answer(id: str, code: str, status: int, value: object, *says: str) -> Answer:  # noqa: A002 - a field of Answer
    """A refusal of a gateway, which names its host, and of which nothing is charged."""
    says = (*says, "gateway.example")
    return Answer(id=id, fault=body(status, value), code=code, base_url=GATEWAY, says=says)


def said(message: str, **more: object) -> dict[str, object]:
    """An error in OpenAI's shape."""
    return {"error": {"message": message, **more}}


OVERDUE = "The request failed because your account has an overdue balance."
GUARDED = {"success": False, "error": [{"code": 2016, "message": "Prompt blocked due to rules"}]}
NSFW = {"errors": [{"message": "AiError: Input prompt contains NSFW content", "code": 3030}]}
FLAGGED = {"errors": ["Your request was flagged."], "name": "content_moderation"}
ROLE = "The principal `x` lacks the required data action `images/generations/action`."
SENSITIVE = "InputTextSensitiveContentDetected"
INVALID = {"title": "Not valid.", "errors": {"Size": ["The field Size is invalid."]}}

GATEWAYS = [
    answer("a Chinese gateway's token", "quota_exhausted", 403, said("该令牌额度已用尽")),
    answer("a Chinese balance with 429", "quota_exhausted", 429, said("账户余额不足，请充值")),
    answer("an overdue account", "quota_exhausted", 403, said(OVERDUE)),
    answer("a code for arrears", "quota_exhausted", 400, {"code": "Arrearage", "message": "No."}),
    answer("a key's limit", "quota_exhausted", 403, said("Key limit exceeded (total limit).")),
    answer(
        "all credits used, with 429",
        "quota_exhausted",
        429,
        {"error": "Your team x has used all available credits."},
    ),
    answer(
        "an exhausted balance", "quota_exhausted", 403, {"detail": "Reason: Exhausted balance."}
    ),
    answer("a Chinese filter", "content_refused", 400, said("输入内容可能包含敏感内容")),
    answer("a code about content", "content_refused", 400, said("Failed.", code=SENSITIVE)),
    answer("a guard's 424", "content_refused", 424, GUARDED),
    answer("NSFW in a list of errors", "content_refused", 400, NSFW),
    answer("a name, and a list of texts", "content_refused", 403, FLAGGED),
    answer("no channel for a model, with 503", "model_not_found", 503, said("模型 x 无可用渠道")),
    answer(
        "no channel, by its code",
        "model_not_found",
        503,
        said("No available channel.", code="model_not_found"),
    ),
    answer(
        "a proxy's unknown model, with 400",
        "model_not_found",
        400,
        said("Invalid model name passed in model=x. Call `/v1/models`."),
    ),
    answer("a router's unknown model", "model_not_found", 400, said("x/y is not a valid model ID")),
    answer("a role at Azure, with 401", "not_permitted", 401, said(ROLE), "lacks a permission"),
    answer(
        "a leaked key", "credentials_rejected", 403, said("Your API key was reported as leaked.")
    ),
    answer(
        "415", "request_refused", 415, {"detail": "Unsupported media type"}, "cannot edit images"
    ),
    answer("no reason at all", "request_refused", 400, "", "gives no reason"),
    answer("a list of numbers", "request_refused", 422, [1, 2], "gives no reason"),
    answer("lists of faults by their fields", "request_refused", 400, INVALID, "Size: The field"),
    Answer(
        id="a code for throttling, with 400",
        fault=body(400, {"__type": "ThrottlingException", "message": "Rate exceeded"}),
        code="rate_limited",
        base_url=GATEWAY,
        retryable=True,
    ),
    Answer(
        id="a filter after generating",
        fault=status(400, error_code="OutputImageSensitiveContentDetected", message="Failed."),
        code="content_refused",
        base_url=GATEWAY,
        details={"stage": "output"},
        charged=ChargeStatus.MAYBE,
    ),
    Answer(
        id="499: the gateway itself was called off",
        fault=body(499, ""),
        code="outcome_unknown",
        base_url=GATEWAY,
        says=("broke off the call",),
        charged=ChargeStatus.MAYBE,
    ),
    Answer(
        id="Envoy's words",
        fault=body(503, "upstream connect error or disconnect/reset before headers."),
        code="provider_failed",
        base_url=GATEWAY,
        says=("upstream connect error",),
        charged=ChargeStatus.MAYBE,
    ),
]
"""Siblings of F07, F08, F23, F28 and F29."""

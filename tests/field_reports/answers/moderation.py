"""Refusals by moderation, in the words of several services."""

from typing import Any

from domain.errors import ChargeStatus
from tests.field_reports.answers.answer import Answer, body
from tests.field_reports.provider_calls import GATEWAY, OPENAI
from tests.standin import Fault
from tests.standin.faults import status

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

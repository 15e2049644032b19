"""Other endpoints than OpenAI's get only the parameters that were asked for."""

from typing import Any

import pytest

from domain.models import ModelCard
from domain.requests import Background, Moderation, Quality
from entrypoints.wire.error_codes import error_text
from tests.field_reports.answers.answer import body
from tests.field_reports.provider_calls import GATEWAY, OPENAI, Upstream
from tests.standin import Fault
from tests.standin.faults import normal, status
from tests.unit.openai_help import MODEL

DEFAULTS = {"background": "auto", "moderation": "auto", "n": 1, "output_format": "png"}
AUTOMATIC = {"size": "auto", "quality": "auto"}
WANTED = {"prompt": "a red bridge", "model": MODEL}
UNKNOWN = ModelCard(name=MODEL, is_known=False)


@pytest.mark.parametrize(
    ("base_url", "card", "sent"),
    [
        pytest.param(OPENAI, None, {**WANTED, **AUTOMATIC, **DEFAULTS}, id="OpenAI"),
        pytest.param(
            "http://eu.api.openai.com/v1",
            None,
            {**WANTED, **AUTOMATIC, **DEFAULTS},
            id="OpenAI in Europe",
        ),
        pytest.param(GATEWAY, None, {**WANTED, **AUTOMATIC}, id="F27 OpenAI's model at a gateway"),
        pytest.param(GATEWAY, UNKNOWN, WANTED, id="F27 another model at a gateway"),
        pytest.param(
            "http://api.openai.com.evil.example/v1", UNKNOWN, WANTED, id="sibling: not OpenAI"
        ),
    ],
)
def test_a_default_call_sends(
    upstream: Upstream, base_url: str, card: ModelCard | None, sent: dict[str, Any]
) -> None:
    upstream.events(normal(), base_url, card=card, size=None)
    assert upstream.standin.posts[0].fields == sent


def test_what_was_asked_for_is_sent_to_every_endpoint(upstream: Upstream) -> None:
    upstream.events(
        normal(),
        GATEWAY,
        card=UNKNOWN,
        n=2,
        moderation=Moderation.LOW,
        background=Background.OPAQUE,
        quality=Quality.LOW,
        size=None,
    )
    fields = {"n": 2, "moderation": "low", "background": "opaque", "quality": "low"}
    assert upstream.standin.posts[0].fields == {**WANTED, **fields}


def fastapi(name: str) -> Fault:
    """The refusal of a server that is written with FastAPI."""
    detail = {
        "type": "extra_forbidden",
        "loc": ["body", name],
        "msg": "Extra inputs are not permitted",
    }
    return body(422, {"detail": [detail]})


REFUSED = {
    "F27 by code": (
        status(400, error_code="unknown_parameter", message="Unknown parameter: 'moderation'."),
        "moderation",
    ),
    "F27 FastAPI": (fastapi("background"), "background"),
    "F27 a list of parameters": (
        status(
            400, message="UnsupportedParamsError: x does not support parameters: ['n'], for model=y"
        ),
        "n",
    ),
    "sibling: a strict decoder": (
        body(400, 'json: unknown field "output_format"'),
        "output_format",
    ),
    "sibling: a setting": (
        status(400, message="Additional properties are not allowed ('quality' was unexpected)"),
        "quality",
    ),
    "sibling: a Python function": (
        status(400, message="create() got an unexpected keyword argument 'size'"),
        "size",
    ),
    "sibling: the other way around": (
        status(400, message="'partial_images' is not supported by this model."),
        "partial_images",
    ),
}


@pytest.mark.parametrize(("fault", "name"), REFUSED.values(), ids=REFUSED)
def test_a_parameter_that_the_endpoint_does_not_take_is_named(
    upstream: Upstream, fault: Fault, name: str
) -> None:
    text = error_text(upstream.refusal(fault, GATEWAY))
    assert f"The endpoint gateway.example does not take {name}: " in text
    assert "Change the option that the provider's message names" not in text
    assert "request_refused" in text


@pytest.mark.parametrize(
    "message",
    [
        "Invalid value for 'size': '1x1'.",
        "The model is not supported.",
        "Your prompt is not allowed.",
    ],
)
def test_a_parameter_with_a_wrong_value_is_not_called_unknown(
    upstream: Upstream, message: str
) -> None:
    text = error_text(upstream.refusal(status(400, message=message), GATEWAY))
    assert "does not take" not in text
    assert message in text

"""The stand-in Gemini API refuses what the real one does not take, and keeps interactions."""

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from tests.standin import faults
from tests.standin.gemini import GeminiFault, GeminiStandIn
from tests.unit.gemini_help import GEMINI_KEY, MODEL

PATH = "/v1beta/interactions"
TEXT = {"type": "text", "text": "a red bridge"}
FORM = {"type": "image", "aspect_ratio": "1:1", "image_size": "1K"}


@pytest.fixture(scope="module")
def server() -> Iterator[GeminiStandIn]:
    with GeminiStandIn() as api:
        yield api


@pytest.fixture
def api(server: GeminiStandIn) -> GeminiStandIn:
    server.reset()
    return server


@pytest.fixture
def http(api: GeminiStandIn) -> Iterator[httpx2.Client]:
    headers = {"x-goog-api-key": GEMINI_KEY}
    with httpx2.Client(base_url=api.base_url, headers=headers, timeout=10) as client:
        yield client


def request(*content: Any, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    steps = [{"type": "user_input", "content": [TEXT, *content]}]
    return {"model": MODEL, "input": steps, "response_format": FORM, "store": False, **fields}


def image(data: str = "iVBORw0KGgo=", mime_type: str = "image/png") -> dict[str, str]:
    return {"type": "image", "data": data, "mime_type": mime_type}


def test_a_valid_request_is_charged_and_answered(api: GeminiStandIn, http: httpx2.Client) -> None:
    reply = http.post(PATH, json=request(image())).json()
    assert reply["status"] == "completed"
    assert reply["usage"]["output_tokens_by_modality"] == [{"modality": "image", "tokens": 1120}]
    assert [step["type"] for step in reply["steps"]] == ["user_input", "thought", "model_output"]
    (charge,) = api.ledger
    assert charge.usage == reply["usage"]


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        (request(quality="high"), 400, "parameter_unknown"),
        (request(response_format={**FORM, "n": 2}), 400, "parameter_unknown"),
        (request({**image(), "mask": "x"}), 400, "parameter_unknown"),
        (request(generation_config={"candidate_count": 2}), 400, "parameter_unknown"),
        (request(model="gemini-2.5-flash-image"), 404, "model_not_found"),
        (request(model=1), 400, "invalid_request"),
        (request(store="false"), 400, "invalid_request"),
        (request(input="a red bridge"), 400, "invalid_request"),
        (request(input=[{"type": "user_input", "content": []}]), 400, "invalid_request"),
        (request(input=[{"type": "model_output", "content": [TEXT]}]), 400, "invalid_request"),
        (request(response_format={**FORM, "aspect_ratio": "7:5"}), 400, "invalid_request"),
        (request(response_format={**FORM, "image_size": "1k"}), 400, "invalid_request"),
        (request(response_format={**FORM, "image_size": "512"}), 400, "invalid_request"),
        (request(response_format={**FORM, "mime_type": "image/png"}), 400, "invalid_request"),
        (request(response_format={}), 400, "invalid_request"),
        (request(background=True), 400, "invalid_request"),
        (request(image("!")), 400, "invalid_request"),
        (request(image(mime_type="image/svg+xml")), 400, "invalid_request"),
        (request(image(mime_type="image/jpeg")), 400, "invalid_request"),
        (request(*[image()] * 15), 400, "invalid_request"),
        (request(previous_interaction_id="v1_x"), 404, "not_found"),
        (
            request(model="gemini-3-pro-image", response_format={**FORM, "aspect_ratio": "8:1"}),
            400,
            "invalid_request",
        ),
    ],
)
def test_a_request_that_breaks_a_rule_is_refused_and_costs_nothing(
    fields: dict[str, Any], status: int, code: str, api: GeminiStandIn, http: httpx2.Client
) -> None:
    reply = http.post(PATH, json=fields)
    assert (reply.status_code, reply.json()["error"]["code"]) == (status, code)
    assert api.ledger == []


def test_a_request_without_a_key_is_refused(api: GeminiStandIn) -> None:
    reply = httpx2.post(f"{api.base_url}{PATH}", json=request())
    assert (reply.status_code, api.ledger) == (401, [])


def test_an_interaction_in_the_background_is_kept_until_it_is_forgotten(
    api: GeminiStandIn, http: httpx2.Client
) -> None:
    api.script(GeminiFault(asked=2))
    begun = http.post(PATH, json=request(store=True, background=True)).json()
    assert begun["status"] == "in_progress"
    assert "steps" not in begun
    name = f"{PATH}/{begun['id']}"
    states = [http.get(name).json()["status"] for _ in range(4)]
    assert states == ["in_progress", "in_progress", "completed", "completed"]
    api.reset()
    assert http.get(name).json()["status"] == "completed"
    api.forget_interactions()
    assert http.get(name).status_code == 404
    assert api.ledger == []


def test_a_stream_goes_on_after_the_event_that_is_named(
    api: GeminiStandIn, http: httpx2.Client
) -> None:
    begun = http.post(PATH, json=request(store=True, background=True)).json()
    name = f"{PATH}/{begun['id']}?stream=true"
    whole, rest = http.get(name).text, http.get(f"{name}&last_event_id=evt_2").text
    assert whole.endswith(rest)
    assert (whole.count("event_id"), rest.count("event_id")) == (8, 5)


@pytest.mark.parametrize(
    ("fault", "status"), [(faults.rate_limited("3"), 429), (faults.status(503), 503)]
)
def test_the_faults_of_the_other_stand_in_work_here_too(
    fault: faults.Fault, status: int, api: GeminiStandIn, http: httpx2.Client
) -> None:
    api.script(fault)
    assert http.post(PATH, json=request()).status_code == status
    assert api.ledger == []

"""What an endpoint itself reports that a call cost."""

import json
from decimal import Decimal

import pytest

from adapters.openai.replies.parsed_reply import parse_reply
from domain.results import NO_TOKENS
from tests.testkit.fakes import PNG

TOKENS = {"input_tokens": 10, "output_tokens": 1000}


def reply(**more: object) -> bytes:
    text = PNG.data.hex()  # never decoded here
    return json.dumps({"data": [{"b64_json": text}], **more}).encode()


@pytest.mark.parametrize(
    ("more", "reported"),
    [
        ({"cost_usd": 0.039}, "0.039"),
        ({"cost_usd": "0.07"}, "0.07"),
        ({"usage": {"cost_usd": 1}}, "1"),
        ({"usage": {**TOKENS, "cost_usd": 0.5}}, "0.5"),
        ({"usage": {"input_tokens": 0, "output_tokens": 0, "cost_usd": 0}}, "0"),
    ],
)
def test_a_reported_cost_is_exact(more: dict[str, object], reported: str) -> None:
    usage = parse_reply(reply(**more), None).usage
    assert usage is not None
    assert usage.reported_cost == Decimal(reported)


@pytest.mark.parametrize(
    "cost", [None, True, -1, "free", "NaN", "Infinity", 1001, [1], {"usd": 1}, "1e9999999"]
)
def test_what_is_no_amount_is_no_cost(cost: object) -> None:
    assert parse_reply(reply(cost_usd=cost), None).usage is None
    usage = parse_reply(reply(usage={**TOKENS, "cost_usd": cost}), None).usage
    assert usage is not None
    assert (usage.reported_cost, usage.tokens_out) == (None, 1000)


def test_a_reply_without_any_counts_has_no_usage() -> None:
    zeros = {"input_tokens": 0, "output_tokens": 0}
    for usage in (None, {}, zeros):
        assert parse_reply(reply(usage=usage), None).usage is None
    assert NO_TOKENS.reported_cost is None

"""Two usages are priced: the image tool's and the mainline model's; a missing one is no 0."""

from decimal import Decimal
from json import dumps
from typing import Any, NamedTuple

import pytest

from adapters.openai.replies.token_counts import MAX_TOKENS, parse_mainline_usage, parse_usage
from adapters.openai.responses.prices import mainline_pricing, responses_catalog
from adapters.openai.responses.response_usage import response_usage
from application.ports.image_provider import Delivered
from domain.conversations import ContextTurn, ConversationContext
from domain.errors import ChargeStatus
from domain.models import ModelCard
from domain.money.mainline_pricing import TwoModelPricing, expected_usage
from domain.provider_errors import BadProviderReply
from domain.requests import GenerateRequest, Quality
from domain.results import MainlineUsage, Usage
from tests.standin import StandIn, response_faults
from tests.unit.responses_help import MAINLINE, MODEL, card_of, delivered

M = 1_000_000
NO_IMAGE: dict[str, Any] = {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}


def tool(into: int, out: int, **more: object) -> dict[str, object]:
    """Usage of the image tool."""
    return {"input_tokens": into, "output_tokens": out, "total_tokens": into + out, **more}


def mainline(into: int, out: int, **details: object) -> dict[str, object]:
    """Usage of the mainline model."""
    return {"input_tokens": into, "output_tokens": out, "input_tokens_details": details}


class Shape(NamedTuple):
    """A reply's usages and what they cost in US dollars, with gpt-6-luna; None: unknown."""

    name: str
    response: dict[str, Any]
    dollars: str | None


def both(name: str, image: object, other: object, dollars: str | None) -> Shape:
    """A reply with both fields."""
    response = {"output": [], "tool_usage": {"image_gen": image}, "usage": other}
    return Shape(name, response, dollars)


RECORDED = tool(
    30,
    196,
    input_tokens_details={"image_tokens": 0, "text_tokens": 30},
    output_tokens_details={"image_tokens": 196, "text_tokens": 0},
)
"""As a gateway's test recorded it, with gpt-6-luna and 1,633 input and 43 output tokens of it."""
KINDS = {"image_tokens": 300, "text_tokens": 30}
SHAPES = [
    # 30 * 5 + 196 * 30 = 6030; 1633 * 0.1 + 43 * 0.5 = 184.8
    both("recorded", RECORDED, mainline(1633, 43), "0.0062148"),
    both("nulls for details", {**RECORDED, "cached_tokens": None}, mainline(1633, 43), "0.0062148"),
    both(
        "without details", tool(30, 196), {"input_tokens": 1633, "output_tokens": 43}, "0.0062148"
    ),
    # 30 * 5 + 300 * 8 + 196 * 30 = 8430
    both("an edit", tool(330, 196, input_tokens_details=KINDS), mainline(0, 0), "0.00843"),
    # 100 of 300 images cached: 8430 - 100 * 6 = 7830
    both(
        "cached by kind",
        tool(
            330,
            196,
            input_tokens_details=KINDS,
            cached_tokens=100,
            cached_tokens_details={"cached_image_tokens": 100, "cached_text_tokens": 0},
        ),
        mainline(0, 0),
        "0.00783",
    ),
    # 20 texts: 8430 - 20 * 3.75 = 8355
    both(
        "cached without a kind",
        tool(330, 196, input_tokens_details=KINDS, cached_tokens=20),
        mainline(0, 0),
        "0.008355",
    ),
    # 30 texts and 70 images: 8430 - 30 * 3.75 - 70 * 6 = 7897.5
    both(
        "cached beyond the text",
        tool(330, 196, input_tokens_details={**KINDS, "cached_tokens": 100}),
        mainline(0, 0),
        "0.0078975",
    ),
    both(
        "a cached count of 0",
        tool(330, 196, input_tokens_details=KINDS, cached_tokens=0),
        mainline(0, 0),
        "0.00843",
    ),
    # 600 * 0.1 + 1033 * 0.01 = 70.33; + 21.5
    both(
        "mainline input read from the cache",
        RECORDED,
        mainline(1633, 43, cached_tokens=1033),
        "0.00612183",
    ),
    # 633 * 0.1 + 1000 * 0.125 = 188.3; + 21.5
    both(
        "mainline input written to the cache",
        RECORDED,
        mainline(1633, 43, cache_write_tokens=1000),
        "0.0062398",
    ),
    # 133 * 0.1 + 500 * 0.01 + 1000 * 0.125 = 143.3; + 21.5
    both(
        "mainline input of both kinds",
        RECORDED,
        mainline(1633, 43, cache_write_tokens=1000, cached_tokens=500),
        "0.0061948",
    ),
    # more cached than there is: 1000 * 0.125 + 633 * 0.01
    both(
        "more in the cache than the input",
        RECORDED,
        mainline(1633, 43, cache_write_tokens=1000, cached_tokens=5000),
        "0.00618283",
    ),
    # reasoning is a part of the output
    both(
        "reasoning",
        RECORDED,
        {**mainline(1633, 943), "output_tokens_details": {"reasoning_tokens": 900}},
        "0.0066648",
    ),
    # above 272,000 tokens: 300000 * 0.2 + 43 * 0.75 = 60032.25
    both("a long context", RECORDED, mainline(300_000, 43), "0.06606225"),
    both("just not a long context", RECORDED, mainline(272_000, 0), "0.03323"),
    both("words only", NO_IMAGE, mainline(1633, 43), "0.0001848"),
    both("no usage of the mainline model", RECORDED, None, None),
    both("an empty usage of the mainline model", RECORDED, {}, None),
    both("no usage of the tool", None, mainline(1633, 43), None),
    both("a usage of the tool without its output", {"input_tokens": 3}, mainline(1, 1), None),
    both("texts for numbers", tool(30, 196) | {"output_tokens": "196"}, mainline(1, 1), None),
    both("negative", tool(-1, 196), mainline(1, 1), None),
    both("beyond any call", tool(30, MAX_TOKENS + 1), mainline(1, 1), None),
    both("a mainline model beyond any call", RECORDED, mainline(MAX_TOKENS + 1, 1), None),
    Shape("neither field", {"output": []}, None),
    Shape("other tools only", {"output": [], "tool_usage": {"web_search": {}}}, None),
    Shape("a list for a usage", {"output": [], "usage": [], "tool_usage": []}, None),
]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_both_usages_are_priced_exactly(shape: Shape) -> None:
    usage, notes = response_usage(shape.response, has_image=False)
    cost = card_of().cost(usage)
    assert (cost, bool(notes)) == (
        None if shape.dollars is None else Decimal(shape.dollars),
        shape.dollars is None,
    )


def test_there_are_more_than_twenty_shapes() -> None:
    assert len(SHAPES) > 20


def test_an_image_for_which_the_tool_counted_nothing_has_an_unknown_cost() -> None:
    response = {"output": [], "tool_usage": {"image_gen": NO_IMAGE}, "usage": mainline(1633, 43)}
    usage, (note,) = response_usage(response, has_image=True)
    assert card_of().cost(usage) is None
    assert "1,633 input tokens and 43 output tokens" in note


def test_a_model_without_a_price_has_an_unknown_cost_and_no_estimate() -> None:
    card = card_of(mainline="gpt-unheard-of")
    usage = Usage(
        text_tokens_in=1,
        image_tokens_in=0,
        tokens_out=1,
        mainline=MainlineUsage(tokens_in=1, tokens_out=1),
    )
    assert (card.cost(usage), card.estimate(GenerateRequest(prompt="x"))) == (None, None)


def test_an_image_model_without_a_price_has_an_unknown_cost_too() -> None:
    pricing = TwoModelPricing(image=None, mainline=mainline_pricing(MAINLINE))
    assert (pricing.cost(None), pricing.estimate(GenerateRequest(prompt="x"))) == (None, None)


def test_every_mainline_model_of_the_file_has_a_dated_price() -> None:
    for name in ("gpt-6-luna", "gpt-6.2-sol", "gpt-5.6-luna", "gpt-5.4-mini"):
        rates = mainline_pricing(name)
        assert rates is not None
        assert rates.tokens_out > rates.tokens_in > 0
        assert rates.as_of.year == 2026


def test_the_default_mainline_model_has_a_price() -> None:
    from entrypoints.config.settings import Settings

    default = Settings.model_fields["responses_model"].default
    assert mainline_pricing(default) is not None


@pytest.mark.anyio
@pytest.mark.parametrize("quality", list(Quality))
@pytest.mark.parametrize("prompt", ["a hill", "a hill " * 2_000])
async def test_an_estimate_is_never_below_the_cost(
    openai_api: StandIn, quality: Quality, prompt: str
) -> None:
    request = GenerateRequest(prompt=prompt, model=MODEL, quality=quality)
    made = await delivered(openai_api.base_url, request)
    card = card_of()
    cost, estimate = card.cost(made.usage), card.estimate(request)
    assert cost is not None
    assert estimate is not None
    assert estimate > cost


def test_a_continued_conversation_is_estimated_with_all_of_its_turns() -> None:
    def tokens(number: int, continuation: str | None) -> int:
        turn = ContextTurn(number=number, prompt="x" * 500)
        context = ConversationContext(turns=(turn,), continuation=continuation, provider="p")
        return expected_usage(GenerateRequest(prompt="x", context=context)).tokens_in

    assert tokens(1, None) < tokens(1, "resp_1") < tokens(50, "resp_50")
    assert tokens(50, "resp_50") - tokens(49, "resp_49") > 2 * 5_000


@pytest.mark.anyio
async def test_what_the_stand_in_charged_is_what_is_priced(openai_api: StandIn) -> None:
    made = await delivered(openai_api.base_url)
    charge = openai_api.ledger[0]
    usage = parse_usage(charge.usage)
    assert usage is not None
    assert made.usage is not None
    assert made.usage.mainline == parse_mainline_usage(charge.mainline)
    assert made.usage.tokens_out == usage.tokens_out
    assert made.notes == ()


@pytest.mark.anyio
@pytest.mark.parametrize("stream", [0, 1])
@pytest.mark.parametrize("omitted", [("usage",), ("tool_usage",), ("usage", "tool_usage")])
async def test_a_missing_usage_makes_the_cost_unknown_and_is_said(
    openai_api: StandIn, omitted: tuple[str, ...], stream: int
) -> None:
    openai_api.script(response_faults.without(*omitted))
    made = await delivered(openai_api.base_url, partial_images=stream)
    assert len(made.images) == 1
    assert card_of().cost(made.usage) is None
    assert "the cost is unknown" in made.notes[0]


@pytest.mark.anyio
async def test_words_instead_of_an_image_say_what_they_cost(openai_api: StandIn) -> None:
    openai_api.script(response_faults.text_only("No image today."))
    with pytest.raises(BadProviderReply, match=r"“No image today\.”") as bad:
        await delivered(openai_api.base_url)
    usage = bad.value.usage
    assert usage is not None
    assert usage.mainline == parse_mainline_usage(openai_api.ledger[0].mainline)
    assert bad.value.charged is ChargeStatus.YES
    assert "gpt-6-luna used 606 input tokens and 43 output tokens, for under $0.001." in str(
        bad.value.message
    )


@pytest.mark.anyio
async def test_words_at_an_unknown_price_say_so(openai_api: StandIn) -> None:
    openai_api.script(response_faults.text_only())
    card = ModelCard(name=MODEL, pricing=TwoModelPricing(image=None, mainline=None))
    with pytest.raises(BadProviderReply, match="at an unknown price"):
        await delivered(openai_api.base_url, card=card)


def test_a_delivery_of_the_images_mode_has_no_mainline_model() -> None:
    usage = parse_usage(loads_of(RECORDED))
    assert usage is not None
    assert (usage.mainline, usage.total) == (None, 226)
    assert Delivered(images=()).continuation is None


def loads_of(value: object) -> object:
    """The value as a reply has it."""
    from json import loads

    return loads(dumps(value))


def test_the_catalog_serves_the_same_models_as_the_images_api() -> None:
    from adapters.openai.catalog import openai_catalog

    own, other = responses_catalog(MAINLINE), openai_catalog()
    assert [card.name for card in own.cards] == [card.name for card in other.cards]
    assert own.default == other.default

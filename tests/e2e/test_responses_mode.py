"""API_MODE=responses from a client to the records: money, cache keys, refusals and cut streams."""

import re
from base64 import b64encode
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from adapters.openai.replies.token_counts import parse_mainline_usage, parse_usage
from domain.money.mainline_pricing import TwoModelPricing
from domain.requests import GenerateRequest, Quality
from domain.results import Usage
from entrypoints.config.settings import Settings
from tests.conftest import KEY
from tests.e2e.asgi_client import AsgiClient, asgi_client
from tests.standin import Charge, StandIn, faults, response_faults
from tests.testkit.fakes import settings_in, small_image
from tests.unit.responses_help import MODEL, card_of

pytestmark = pytest.mark.anyio
TEAL = b64encode(small_image("teal", (64, 64)).data).decode()


def settings_for(api: StandIn, folder: Path, **more: Any) -> Settings:  # noqa: ANN401 - settings
    """Settings of a server in responses mode that calls the stand-in."""
    given = {"api_mode": "responses", "openai_api_key": KEY, "openai_base_url": api.base_url}
    return settings_in(folder, **{"provider": "openai", "rate_limit": "0", **given, **more})


@pytest.fixture
async def client(openai_api: StandIn, tmp_path: Path) -> AsyncIterator[AsgiClient]:
    async with asgi_client(settings_for(openai_api, tmp_path)) as client:
        yield client


def priced(charge: Charge) -> Decimal:
    """What the stand-in charged, in US dollars."""
    usage = parse_usage(charge.usage)
    assert usage is not None
    cost = card_of().cost(
        Usage(**{**_own(usage), "mainline": parse_mainline_usage(charge.mainline)})
    )
    assert cost is not None
    return cost


def _own(usage: Usage) -> dict[str, Any]:
    names = ("text_tokens_in", "image_tokens_in", "tokens_out")
    return {name: getattr(usage, name) for name in names}


async def test_the_setting_generates_in_the_background_at_other_endpoints(
    openai_api: StandIn, tmp_path: Path
) -> None:
    openai_api.default = faults.slow(0.1)
    settings = settings_for(openai_api, tmp_path, responses_background="ON")
    async with asgi_client(settings) as client:
        made = await client.post("/images", {"prompt": "a red bridge", "quality": "low"})
    assert made.status == 201
    assert openai_api.posts[0].fields["background"] is True
    assert [call.method for call in openai_api.calls[1:]]
    (charge,) = openai_api.ledger
    assert made.json["costUsd"] == float(priced(charge))


def test_the_background_without_storing_is_refused_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="on needs RESPONSES_STORE=true"):
        settings_in(tmp_path, responses_store=False, responses_background="on")
    assert settings_in(tmp_path, responses_store=False).in_background is None


async def test_both_models_are_in_the_answer_the_record_and_the_ledger(
    client: AsgiClient, openai_api: StandIn
) -> None:
    made = await client.post("/images", {"prompt": "a red bridge", "quality": "low"})
    assert made.status == 201
    (charge,) = openai_api.ledger
    cost = priced(charge)
    assert (made.json["provider"], made.json["costUsd"]) == ("openai-responses", float(cost))
    assert cost > card_of().pricing.image.cost(parse_usage(charge.usage))  # type: ignore[union-attr] # it has prices
    record = await client.container.job_repository().get(made.json["jobId"], owner="local")
    assert record is not None
    assert record.usage is not None
    assert record.usage.mainline == parse_mainline_usage(charge.mainline)
    assert record.cost == cost
    report = await client.container.report_usage()(1)
    assert (report.total.cost, report.total.unknown) == (cost, 0)
    counted = made.json["usage"]
    assert counted == {
        "textIn": record.usage.text_tokens_in,
        "imageIn": 0,
        "out": record.usage.tokens_out,
        "mainlineIn": charge.mainline["input_tokens"],
        "mainlineOut": charge.mainline["output_tokens"],
    }
    assert (await client.request("GET", "/usage")).json["total"]["tokens"] == counted


async def test_an_edit_and_its_previews_stream_as_from_the_images_api(
    client: AsgiClient, openai_api: StandIn
) -> None:
    body = {"prompt": "blue", "images": [TEAL], "partialImages": 2}
    reply = await client.post("/mcp/stream", body)
    text = reply.body.decode()
    assert text.count('"type":"partial"') == 2
    assert text.count('"type":"complete"') == 1
    assert openai_api.posts[0].fields["tools"][0]["action"] == "edit"  # type: ignore[index] # fields are JSON
    assert len(openai_api.posts[0].files) == 1


async def test_words_instead_of_an_image_cost_what_the_language_model_used(
    client: AsgiClient, openai_api: StandIn
) -> None:
    openai_api.script(response_faults.text_only("I cannot."))
    refused = await client.post("/images", {"prompt": "a red bridge"})
    assert (refused.status, refused.code) == (502, "bad_provider_reply")
    assert (refused.problem["charged"], "gpt-6-luna used" in refused.problem["detail"]) == (
        "yes",
        True,
    )
    report = await client.container.report_usage()(1)
    assert (report.total.cost, report.total.unknown) == (priced(openai_api.ledger[0]), 0)
    assert (report.total.images, report.total.calls) == (0, 1)
    counted = report.total.usage
    assert counted.mainline == parse_mainline_usage(openai_api.ledger[0].mainline)
    assert counted.tokens_out == 0
    metrics = (await client.request("GET", "/metrics")).body.decode()
    (cost,) = re.findall(r"^gpt_image_cost_usd_total{.*} (.*)$", metrics, re.MULTILINE)
    assert float(cost) == pytest.approx(float(report.total.cost))
    assert "gpt_image_cost_unknown_total{" not in metrics


async def test_moderation_of_the_image_call_is_a_refusal_that_tells_its_price(
    client: AsgiClient, openai_api: StandIn
) -> None:
    openai_api.script(response_faults.call_moderated("output", ("violence",)))
    refused = await client.post("/images", {"prompt": "a red bridge"})
    assert (refused.status, refused.code) == (422, "content_refused")
    assert (refused.problem["categories"], refused.problem["charged"]) == (["violence"], "yes")


async def test_several_images_are_as_many_calls_and_one_result(
    client: AsgiClient, openai_api: StandIn
) -> None:
    made = await client.post("/images", {"prompt": "a red bridge", "n": 2})
    assert made.status == 201
    assert len(made.json["images"]) == 2
    assert len(openai_api.posts) == 2
    assert Decimal(str(made.json["costUsd"])) == sum(map(priced, openai_api.ledger))


async def test_a_cut_stream_leaves_an_unknown_outcome_and_its_last_preview(
    client: AsgiClient, openai_api: StandIn
) -> None:
    openai_api.script(faults.stream_cut_after(2))
    broken = await client.post("/images", {"prompt": "a red bridge", "partialImages": 3})
    assert (broken.status, broken.code) == (502, "outcome_unknown")
    assert len(broken.problem["quarantined"]) == 1
    report = await client.container.report_usage()(1)
    assert report.total.unknown == 1
    assert report.total.estimated > priced(openai_api.ledger[0])
    assert len(openai_api.posts) == 1


async def test_each_api_and_each_language_model_has_results_of_its_own(
    openai_api: StandIn, tmp_path: Path
) -> None:
    async def make(**settings: str) -> tuple[str, bool]:
        async with asgi_client(settings_for(openai_api, tmp_path, **settings)) as client:
            made = await client.post("/images", {"prompt": "a red bridge"})
            return made.json["provider"], made.json["servedFrom"] == "provider"

    luna, sol = {"responses_model": "gpt-6-luna"}, {"responses_model": "gpt-6.2-sol"}
    assert await make(api_mode="images") == ("openai", True)
    assert await make(**luna) == ("openai-responses", True)
    assert await make(**sol) == ("openai-responses", True)
    assert await make(**luna) == ("openai-responses", False)
    assert [call.path for call in openai_api.posts] == [
        "/v1/images/generations",
        "/v1/responses",
        "/v1/responses",
    ]


async def test_under_a_limit_a_language_model_without_a_price_is_refused(
    openai_api: StandIn, tmp_path: Path
) -> None:
    settings = settings_for(
        openai_api, tmp_path, responses_model="gpt-unheard-of", budget_day_usd="5"
    )
    async with asgi_client(settings) as client:
        refused = await client.post("/images", {"prompt": "a red bridge"})
    assert (refused.status, refused.code) == (429, "budget_exhausted")
    assert "cannot be estimated" in refused.problem["detail"]
    assert openai_api.calls == []


async def test_a_limit_covers_the_language_model_too(openai_api: StandIn, tmp_path: Path) -> None:
    request = GenerateRequest(prompt="a red bridge", model=MODEL, quality=Quality.LOW)
    card, body = card_of(), {"prompt": "a red bridge", "quality": "low"}
    assert isinstance(card.pricing, TwoModelPricing)
    assert card.pricing.image is not None
    alone, both = card.pricing.image.estimate(request), card.estimate(request)
    assert alone is not None
    assert both is not None
    for limit, status in (((alone + both) / 2, 429), (both, 201)):
        settings = settings_for(openai_api, tmp_path, budget_call_usd=limit)
        async with asgi_client(settings) as client:
            assert (await client.post("/images", body)).status == status
    assert len(openai_api.posts) == 1

"""Gemini through the whole application: formats, notes, records, conversations."""

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import anyio
import pytest

from domain.conversations import ConversationId, ConversationOptions
from domain.errors import UnsupportedByModel
from domain.image_formats import Dimensions, ImageFormat
from domain.requests import EditRequest, GenerateRequest, Quality
from entrypoints.bootstrap.lifecycle import run_application
from entrypoints.config.settings import Settings
from entrypoints.wire.model_results import catalog_entries
from entrypoints.wire.model_tables import catalog_text
from tests.standin.gemini import GeminiFault, GeminiStandIn
from tests.testkit.fakes import settings_in, small_image
from tests.unit.gemini_help import GEMINI_KEY, MODEL

pytestmark = pytest.mark.anyio


def settings(folder: Path, api: GeminiStandIn, **values: Any) -> Settings:  # noqa: ANN401 - fields of Settings
    own = {"gemini_api_key": GEMINI_KEY, "gemini_base_url": api.base_url, "provider": "auto"}
    return settings_in(folder, **{**own, **values})


@pytest.mark.parametrize(
    ("form", "delivered"),
    [
        (ImageFormat.PNG, ImageFormat.JPEG),
        (ImageFormat.JPEG, ImageFormat.JPEG),
        (ImageFormat.WEBP, ImageFormat.WEBP),
        (None, ImageFormat.JPEG),
    ],
)
async def test_the_caller_gets_the_format_or_is_told(
    form: ImageFormat | None, delivered: ImageFormat, tmp_path: Path, gemini_api: GeminiStandIn
) -> None:
    gemini_api.default = GeminiFault(asked=0)
    async with run_application(settings(tmp_path, gemini_api)) as container:
        request = GenerateRequest(prompt="a hill", size=Dimensions(1536, 1024), format=form)
        result = await (await container.generate_image()(request)).result()
    (made,) = result.images
    assert (made.image.format, made.delivered.format) == (ImageFormat.JPEG, delivered)
    assert (result.provider, result.model, str(made.image.dimensions)) == (
        "gemini",
        MODEL,
        "1264x848",
    )
    assert f"size 1536x1024 → 1264x848, the nearest that {MODEL} has." in result.notes
    is_told = f"requested {form}, the provider sent jpeg" in made.notes
    assert is_told == (form in (ImageFormat.PNG, ImageFormat.WEBP))
    assert made.stored is not None


async def test_a_call_is_recorded_with_the_price_of_its_tokens(
    tmp_path: Path, gemini_api: GeminiStandIn
) -> None:
    gemini_api.default = GeminiFault(asked=0, thoughts=200)
    async with run_application(settings(tmp_path, gemini_api)) as container:
        job = await container.generate_image()(GenerateRequest(prompt="a hill"))
        result = await job.result()
        report = await container.report_usage()(1)
    assert result.generation_cost == Decimal("0.0351015")  # 1 in, 1,120 image, 200 thoughts
    (account,) = report.accounts
    assert account.cost == result.generation_cost
    assert result.estimate is not None
    assert result.generation_cost < result.estimate


async def test_what_gemini_lacks_is_refused_before_spending_and_names_who_can(
    tmp_path: Path, gemini_api: GeminiStandIn
) -> None:
    both = settings(tmp_path, gemini_api, openai_api_key="sk-1", provider="gemini")
    async with run_application(both) as container:
        request = GenerateRequest(prompt="a hill", quality=Quality.HIGH)
        with pytest.raises(UnsupportedByModel) as refused:
            await container.generate_image()(request)
    assert refused.value.hint == "Use gpt-image-2.6-flare instead."
    assert gemini_api.calls == []


async def test_the_second_turn_of_a_conversation_continues_at_google(
    tmp_path: Path, gemini_api: GeminiStandIn
) -> None:
    gemini_api.default = GeminiFault(asked=0)
    options = ConversationOptions(id=ConversationId("logo"), context_turns=5)
    async with run_application(settings(tmp_path, gemini_api)) as container:
        first = GenerateRequest(prompt="a hill", conversation=options)
        await (await container.generate_image()(first)).result()
        edit = EditRequest(prompt="make it red", images=(), conversation=options)
        await (await container.edit_image()(edit)).result()
    _, second = gemini_api.posts
    assert second.fields["previous_interaction_id"] == "v1_standin_1"
    assert second.files == []


async def test_an_image_is_edited_by_a_model_that_is_named_behind_its_provider(
    tmp_path: Path, gemini_api: GeminiStandIn
) -> None:
    gemini_api.default = GeminiFault(asked=0)
    both = settings(tmp_path, gemini_api, openai_api_key="sk-1")
    lite = "gemini-3.1-flash-lite-image"
    async with run_application(both) as container:
        image = small_image("teal", (64, 64))
        edit = EditRequest(prompt="a lake", model=f"Gemini/{lite}", images=(image,))
        result = await (await container.edit_image()(edit)).result()
    assert (result.provider, result.model) == ("gemini", lite)
    assert len(gemini_api.posts[0].files) == 1


async def test_several_images_are_as_many_requests_and_one_result(
    tmp_path: Path, gemini_api: GeminiStandIn
) -> None:
    gemini_api.default = GeminiFault(asked=0)
    async with run_application(settings(tmp_path, gemini_api)) as container:
        request = GenerateRequest(prompt="a hill", n=3)
        result = await (await container.generate_image()(request)).result()
    assert len(result.images) == len(gemini_api.posts) == len(gemini_api.ledger) == 3
    assert result.generation_cost == 3 * Decimal("0.0351015")  # as above, each
    assert result.estimate is not None
    assert result.generation_cost < result.estimate


async def test_a_job_that_its_process_left_is_fetched_by_the_next_one_without_a_second_charge(
    tmp_path: Path, gemini_api: GeminiStandIn
) -> None:
    gemini_api.default = GeminiFault(asked=4)
    values = settings(tmp_path, gemini_api, shutdown_grace=0)
    async with run_application(values) as container:
        edit = EditRequest(prompt="a lake", images=(small_image("teal", (64, 64)),))
        left = await container.edit_image()(edit)
        while not gemini_api.ledger:  # noqa: ASYNC110 - there is no event to wait for
            await anyio.sleep(0.01)
        await anyio.sleep(0.2)
    async with run_application(values) as container:
        assert await container.resume_jobs()() == 1
        again = await container.edit_image()(edit)
        result = await again.result()
    assert (again.job.id, result.served_from) == (left.job.id, "joined")
    assert (len(result.images), len(gemini_api.posts), len(gemini_api.ledger)) == (1, 1, 1)
    assert result.generation_cost is not None


async def test_the_list_of_models_has_the_prices_of_each_kind_of_token(
    tmp_path: Path, gemini_api: GeminiStandIn
) -> None:
    async with run_application(settings(tmp_path, gemini_api)) as container:
        listing = container.list_models()()
    assert re.search(rf"{MODEL}.* 1.50?/1.50?/30", catalog_text(listing))
    (rates,) = [
        each["usdPerMillionTokens"] for each in catalog_entries(listing) if each["name"] == MODEL
    ]
    assert isinstance(rates, dict)
    assert (rates["textIn"], rates["out"], rates["textOut"]) == (1.5, 30.0, 7.5)

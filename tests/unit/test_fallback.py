"""Another model is asked only where the caller said so, and only after a refusal that was free."""

import asyncio
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from application.ports.image_provider import ImageProvider
from domain.errors import ChargeStatus, InvalidRequest, QueueFull
from domain.events import FallbackStarted
from domain.image_formats import Dimensions
from domain.jobs import LOCAL, JobState
from domain.models import Catalog, ModelCard
from domain.money.budget_errors import BudgetExhausted, ConfirmationRequired
from domain.money.prices import FreePricing
from domain.provider_errors import (
    BadProviderReply,
    CircuitOpen,
    ContentRefused,
    CredentialsRejected,
    ModelNotFound,
    NoCredentials,
    NotPermitted,
    OutcomeUnknown,
    ProviderError,
    ProviderFailed,
    ProviderTimedOut,
    ProviderUnreachable,
    QuotaExhausted,
    RateLimited,
    RequestRefused,
)
from domain.requests import Background, GenerateRequest
from entrypoints.bootstrap.lifecycle import run_application
from tests.e2e.loopback_server import wait_until
from tests.testkit.fakes import PNG, FakeProvider, settings_in
from tests.unit.fallback_scene import RED, Scene, Second, ask, failing, request

pytestmark = pytest.mark.anyio
FREE_ERRORS = [
    ProviderUnreachable("No route."),
    RateLimited("Too many."),
    QuotaExhausted("No credit."),
    CircuitOpen("Resting.", retry_after=9),
    NotPermitted("Not yours."),
    CredentialsRejected("Wrong key."),
    NoCredentials("No key."),
    ModelNotFound("No such model."),
]
OTHER_ERRORS = [
    ProviderFailed("Broken.", status=500),
    ProviderTimedOut("Late."),
    OutcomeUnknown("Cut."),
    BadProviderReply("Nonsense."),
    ContentRefused("Refused."),
    RequestRefused("No."),
]


FREE = FreePricing(as_of=date(2026, 11, 28))


@pytest.mark.parametrize("error", FREE_ERRORS, ids=lambda error: type(error).__name__)
async def test_after_an_error_that_is_free_the_fallback_makes_the_images(
    error: ProviderError, tmp_path: Path
) -> None:
    scene = Scene(tmp_path, failing(error))
    async with scene as container:
        handle = await ask(container, request(fallback="second/second-1", model="fake-1"))
        result = await handle.result()
        records = await container.job_repository().latest(owner=LOCAL, limit=9)
    assert result.images[0].image == RED
    assert (result.provider, result.model, result.requested_model) == (
        "second",
        "second-1",
        "fake-1",
    )
    reason = error.message.rstrip(".")
    assert result.notes[0] == (
        f"fake was asked first, and charged nothing: {reason} ({error.code}). "
        "The fallback second/second-1 served the request."
    )
    by_provider = {each.provider: each for each in records}
    assert len(records) == 2
    first, second = by_provider["fake"], by_provider["second"]
    assert (first.state, first.charged) == (JobState.FAILED, ChargeStatus.NO)
    assert first.id != handle.job.id
    assert (second.id, second.state, second.fingerprint) == (
        handle.job.id,
        JobState.STORED,
        handle.job.fingerprint,
    )
    assert second.notes[0] == result.notes[0]


@pytest.mark.parametrize("error", OTHER_ERRORS, ids=lambda error: type(error).__name__)
async def test_after_any_other_error_no_second_provider_is_asked(
    error: ProviderError, tmp_path: Path
) -> None:
    scene = Scene(tmp_path, failing(error), fallback="second-1")
    async with scene as container:
        with pytest.raises(type(error)):
            await (await ask(container, request())).result()
    assert scene.second.seen == []


async def test_an_error_that_says_that_it_may_cost_money_is_not_free(tmp_path: Path) -> None:
    error = RateLimited("Too many.")
    error.charged = ChargeStatus.MAYBE
    scene = Scene(tmp_path, failing(error), fallback="second-1")
    async with scene as container:
        with pytest.raises(RateLimited):
            await (await ask(container, request())).result()
    assert scene.second.seen == []


@pytest.mark.parametrize("fallback", [None, "none", "None", "fake-1"])
async def test_without_a_fallback_no_second_provider_is_asked(
    fallback: str | None, tmp_path: Path
) -> None:
    settings = {} if fallback is None else {"fallback": "second-1"}
    scene = Scene(tmp_path, failing(QuotaExhausted("No credit.")), **settings)
    async with scene as container:
        with pytest.raises(QuotaExhausted):
            await (await ask(container, request(fallback=fallback))).result()
    assert scene.second.seen == []


async def test_the_setting_counts_where_the_call_names_none(tmp_path: Path) -> None:
    scene = Scene(tmp_path, failing(QuotaExhausted("No credit.")), fallback="SECOND/second-1")
    async with scene as container:
        assert (await (await ask(container, request())).result()).provider == "second"
    (event,) = [each for each in scene.events if isinstance(each, FallbackStarted)]
    assert (event.failed_provider, event.failure.code) == ("fake", "quota_exhausted")
    assert (event.provider, event.model) == ("second", "second-1")


async def test_a_full_queue_of_one_provider_is_free(tmp_path: Path) -> None:
    gate = asyncio.Event()
    first = FakeProvider(PNG, meanwhile=gate.wait)
    scene = Scene(tmp_path, first, max_concurrent_calls=1, max_waiting_calls=0)
    async with scene as container:
        waiting = await ask(container, request())
        await wait_until(lambda: first.seen)  # it has the only slot, and its record
        busy = await ask(container, GenerateRequest(prompt="another"))
        with pytest.raises(QueueFull):
            await busy.result()
        third = GenerateRequest(prompt="a third", size=PNG.dimensions, fallback="second-1")
        result = await (await ask(container, third)).result()
        records = await container.job_repository().latest(owner=LOCAL, limit=9)
        gate.set()
        await waiting.result()
    assert result.provider == "second"
    assert [each.provider for each in records].count("second") == 1
    assert len(records) == 2  # the attempt that reserved no money has no record


async def test_a_fallback_that_cannot_serve_the_request_is_named_with_the_first_error(
    tmp_path: Path,
) -> None:
    scene = Scene(tmp_path, failing(QuotaExhausted("No credit.")), fallback="second-plain")
    async with scene as container:
        with pytest.raises(QuotaExhausted) as failed:
            await (await ask(container, request(background=Background.TRANSPARENT))).result()
    assert scene.second.seen == []
    assert failed.value.hint.endswith(
        "The fallback second-plain was not asked: second-plain does not support transparent "
        "backgrounds."
    )


async def test_the_size_is_that_of_the_fallbacks_card(tmp_path: Path) -> None:
    scene = Scene(tmp_path, failing(QuotaExhausted("No credit.")), fallback="second-1")
    wish = GenerateRequest(prompt="x", size=Dimensions(64, 64))
    async with scene as container:
        result = await (await ask(container, wish)).result()
    assert scene.second.seen[0].request.size == PNG.dimensions
    assert f"size 64x64 → {PNG.dimensions}, the nearest that second-1 has." in result.notes


async def test_a_fallback_that_no_provider_has_alone_is_refused_before_anything_is_sent(
    tmp_path: Path,
) -> None:
    third = Second(RED)
    third.name = "third"
    providers: list[ImageProvider] = [FakeProvider(PNG), Second(RED), third]
    async with run_application(settings_in(tmp_path), image_providers=providers) as container:
        with pytest.raises(InvalidRequest) as refused:
            await ask(container, request(fallback="second-1"))
    assert refused.value.field == "fallback"
    assert refused.value.hint == "Use second/second-1 or third/second-1."


async def test_the_budget_counts_for_the_fallback_too(tmp_path: Path) -> None:
    first = failing(QuotaExhausted("No credit."))
    scene = Scene(tmp_path, first, fallback="second-1", budget_images_hour=1)
    async with scene as container:
        assert (await (await ask(container, request())).result()).provider == "second"
        with pytest.raises(BudgetExhausted):
            await (await ask(container, GenerateRequest(prompt="another"))).result()
    scene = Scene(tmp_path / "b", failing(CircuitOpen("Resting.", retry_after=9)))
    scene.settings = settings_in(tmp_path / "b", fallback="second-1", budget_call_usd=Decimal(1))
    scene.first.catalog = Catalog(cards=(ModelCard(name="fake-1", pricing=FREE),), default="fake-1")
    async with scene as container:
        with pytest.raises(CircuitOpen) as failed:
            await (await ask(container, request())).result()
        assert "The fallback second-1 was not asked: " in failed.value.hint
        assert scene.second.seen == []


async def test_a_fallback_that_fails_raises_its_own_error_and_tells_the_first(
    tmp_path: Path,
) -> None:
    scene = Scene(tmp_path, failing(QuotaExhausted("No credit.")), fallback="second-1")
    scene.second.fails.append(ProviderFailed("Broken.", status=500))
    async with scene as container:
        handle = await ask(container, request())
        with pytest.raises(ProviderFailed) as failed:
            await handle.result()
        record = await container.job_repository().get(handle.job.id, owner=LOCAL)
    assert failed.value.charged is ChargeStatus.MAYBE
    assert failed.value.hint.endswith(
        "fake was asked first, and charged nothing: No credit (quota_exhausted)."
    )
    assert record is not None
    assert (record.provider, record.state) == ("second", JobState.UNKNOWN)


async def test_a_fallback_above_the_limit_needs_its_own_confirmation(tmp_path: Path) -> None:
    scene = Scene(tmp_path, failing(QuotaExhausted("No credit.")), fallback="second-1")
    asked: list[str] = []

    async def admit(job: Any) -> bool:  # noqa: ANN401 - any job
        asked.append(job.provider)
        if job.provider == "second":
            raise ConfirmationRequired(
                "A person must agree.", hint="", limit=Decimal(0), estimate=None
            )
        return False

    async with scene as container:
        with pytest.raises(QuotaExhausted) as failed:
            await (await ask(container, request(), admit=admit)).result()
    assert asked == ["fake", "second"]
    assert failed.value.hint.endswith("The fallback second-1 was not asked: A person must agree.")
    assert scene.second.seen == []

"""The log and the metrics tell of models that retire soon."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from domain.models import Catalog, ModelCard
from domain.requests import GenerateRequest
from entrypoints.bootstrap.lifecycle import run_application, warm
from tests.testkit.fakes import FakeProvider, FrozenClock, settings_in

pytestmark = pytest.mark.anyio


def provider_of(today: date) -> FakeProvider:
    """Three models: the default retires in 30 days, `soon` in 1, `later` in 31."""
    provider = FakeProvider()
    card = provider.catalog.cards[0]
    days = {card.name: 30, "soon": 1, "later": 31, "undated": None}
    cards: list[ModelCard] = [
        replace(
            card,
            name=name,
            aliases=(),
            retirement_date=None if n is None else today + timedelta(days=n),
        )
        for name, n in days.items()
    ]
    provider.catalog = Catalog(cards=tuple(cards), default=card.name)
    return provider


async def test_a_model_that_retires_soon_is_logged_once_at_the_start_or_at_its_first_job(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    clock = FrozenClock()
    settings = settings_in(tmp_path, log_level="warning", log_format="json")
    provider = provider_of(clock.now().date())
    async with run_application(settings, provider=provider, clock=clock) as container:
        warm(container)
        for model in ("soon", None, "soon", "later", "undated"):
            request = GenerateRequest(prompt="a red bridge", model=model)
            await (await container.generate_image()(request)).result()
        metrics = container.metrics().exposition().decode()
    lines = [line for line in capfd.readouterr().err.splitlines() if "model retirement" in line]
    assert ["fake-1 retires" in line for line in lines] == [True, False]
    assert ["soon retires" in line for line in lines] == [False, True]
    for model, days in (("fake-1", 30), ("soon", 1), ("later", 31)):
        labels = f'{{model="{model}",provider="fake"}}'
        assert f"gpt_image_model_days_until_shutdown{labels} {days}.0" in metrics
    assert "undated" not in metrics.partition("days_until_shutdown")[2].partition("# HELP")[0]

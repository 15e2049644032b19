"""The container publishes each event to all sinks: log, metrics, savings and added ones."""

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from domain.events import Finished
from domain.requests import GenerateRequest
from entrypoints.bootstrap.lifecycle import run_application
from entrypoints.bootstrap.observability import log_writer
from entrypoints.config.settings import Settings
from tests.testkit.fakes import FakeProvider, FrozenClock, RecordingSink, settings_in

pytestmark = pytest.mark.anyio

REQUEST = GenerateRequest(prompt="a red bridge")


async def test_an_added_sink_gets_events_and_log_metrics_and_savings_still_count(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    sink, clock, gate = RecordingSink(), FrozenClock(), asyncio.Event()
    async with run_application(
        settings_in(tmp_path, log_level="info", log_format="json"),
        provider=FakeProvider(meanwhile=gate.wait),
        clock=clock,
        extra_sinks=[sink],
    ) as container:
        first, joined = [await container.generate_image()(REQUEST) for _ in range(2)]
        gate.set()
        await asyncio.gather(first.result(), joined.result())
        metrics = container.metrics().exposition().decode()
        await container.savings_counter().flush()
        (account,) = await container.usage_ledger().accounts(clock.now() - timedelta(days=1))
    (finished,) = [event for event in sink.events if isinstance(event, Finished)]
    assert f'{finished.job_id}"' in capfd.readouterr().err
    labels = 'action="generate",model="fake-1",outcome="painted",provider="fake"'
    assert f"gpt_image_jobs_total{{{labels}}} 1.0" in metrics
    assert account.saved.results == finished.joined_callers == 1


class SettingsWithStore(Settings):
    store_url: SecretStr = SecretStr("store://:correct-horse@host")


async def test_the_log_hides_the_value_of_every_secret_setting(
    capfd: pytest.CaptureFixture[str],
) -> None:
    settings = SettingsWithStore.model_validate({"openai_api_key": "sk-1234567"})
    async with AsyncExitStack() as stack:
        log = log_writer(settings, stack)
        log.write("error", "connected to store://:correct-horse@host with sk-1234567")
    assert "connected to [hidden] with [hidden]" in capfd.readouterr().err

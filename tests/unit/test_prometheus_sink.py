"""The metrics match the events, to the last token."""

from decimal import Decimal

import pytest

from adapters.telemetry.prometheus_sink import PrometheusSink
from domain.errors import Canceled, ChargeStatus
from domain.events import Failed, Finished, JobQueued, JobStarted, ServiceEvent
from domain.models import ModelCard
from domain.provider_errors import BadProviderReply
from domain.results import MainlineUsage, Usage
from tests.testkit.contracts.usage_ledger import CARD
from tests.testkit.events import (
    Ticks,
    cached,
    every_event,
    failed,
    generated,
    images,
    job,
    publish_all,
)

LABELS = {"action": "generate", "model": "fake-1"}


class Counted:
    """Metrics after some events; `value` reads them as Prometheus does."""

    def __init__(self, *events: ServiceEvent) -> None:
        self.metrics = PrometheusSink(Ticks())
        publish_all(self.metrics, events)

    def value(self, name: str, **labels: str) -> float | None:
        registry = self.metrics.metrics.registry
        if "model" in labels:
            labels = {"provider": "fake", **labels}
        return registry.get_sample_value(f"gpt_image_{name}", labels)


@pytest.fixture
def counted() -> Counted:
    return Counted(*every_event())


def test_jobs_are_counted_by_outcome(counted: Counted) -> None:
    outcomes = {"painted": 1, "cached": 2, "outcome_unknown": 1, "internal": 1}
    for outcome, number in outcomes.items():
        assert counted.value("jobs_total", **LABELS, outcome=outcome) == number
    assert counted.value("jobs_total", action="edit", model="fake-1", outcome="painted") == 1
    assert counted.value("jobs_joined_total", **LABELS) == 1


def test_unknown_models_share_a_label() -> None:
    unknown = [
        job(f"job_{number}", card=ModelCard(name=f"model-{number}", is_known=False))
        for number in range(100)
    ]
    counted = Counted(*(event for each in unknown for event in generated(each)))
    assert counted.value("jobs_total", action="generate", model="other", outcome="painted") == 100
    assert b"model-" not in counted.metrics.exposition()


def test_no_job_is_running_after_all_have_ended(counted: Counted) -> None:
    assert (counted.value("jobs_running"), counted.value("jobs_queued")) == (0, 0)


def test_queued_and_running_jobs_are_counted_apart() -> None:
    events = every_event()
    queue = next(n for n, event in enumerate(events) if isinstance(event, JobQueued))
    counted = Counted(*events[: queue + 1])
    assert (counted.value("jobs_running"), counted.value("jobs_queued")) == (0, 1)
    counted.metrics.publish(events[queue + 1])
    assert (counted.value("jobs_running"), counted.value("jobs_queued")) == (1, 0)


def test_a_canceled_job_leaves_the_queue() -> None:
    events = every_event()
    queue = next(n for n, event in enumerate(events) if isinstance(event, JobQueued))
    canceled = Failed.of("job_waiting", Canceled("The caller left."))
    counted = Counted(*events[: queue + 1], canceled)
    assert (counted.value("jobs_running"), counted.value("jobs_queued")) == (0, 0)
    assert counted.value("jobs_total", **LABELS, outcome="canceled") == 1


def test_times_are_measured_from_the_right_event(counted: Counted) -> None:
    """The test's clock advances a second at each reading: start, dispatch, partial, end."""
    counted = Counted(*generated(job("job_1")))
    assert counted.value("first_partial_seconds_sum", model="fake-1") == 2
    assert counted.value("first_partial_seconds_count", model="fake-1") == 1
    assert counted.value("provider_seconds_sum", **LABELS, outcome="painted") == 2
    assert counted.value("provider_seconds_count", **LABELS, outcome="painted") == 1


def test_only_dispatched_jobs_are_timed_at_the_provider(counted: Counted) -> None:
    assert counted.value("provider_seconds_count", **LABELS, outcome="failed") == 2
    assert counted.value("provider_seconds_count", **LABELS, outcome="painted") == 1
    assert counted.value("provider_seconds_count", **LABELS, outcome="cached") is None


def test_cost_tokens_and_images_are_the_providers(counted: Counted) -> None:
    assert counted.value("pictures_total", **LABELS) == 1
    tokens = {"text_in": 10, "image_in": 20, "out": 1000}
    for kind, number in tokens.items():
        assert counted.value("tokens_total", model="fake-1", kind=kind) == number
    assert counted.value("cost_usd_total", model="fake-1") == 0.0325


def test_calls_of_unknown_cost_are_counted(counted: Counted) -> None:
    assert counted.value("cost_unknown_total", model="fake-1") == 2  # no usage; outcome unknown
    assert counted.value("cost_unknown_total", model="other") is None  # refused: nothing charged


@pytest.mark.parametrize("known", [True, False])
def test_a_failed_call_that_was_charged_is_counted_with_its_cost_if_that_is_known(
    known: bool,
) -> None:
    error = BadProviderReply("Words.")
    error.charged = ChargeStatus.YES
    if known:
        error.usage = Usage(
            text_tokens_in=0,
            image_tokens_in=0,
            tokens_out=1_000_000,
            mainline=MainlineUsage(tokens_in=2_700, tokens_out=90),
        )
    counted = Counted(*failed(job("job_1", card=CARD), error))
    assert counted.value("cost_unknown_total", model="fake-1") == (None if known else 1)
    assert counted.value("cost_usd_total", model="fake-1") == (1 if known else None)
    tokens = counted.value("tokens_total", model="fake-1", kind="mainline_in")
    assert tokens == (2_700 if known else None)


def test_a_free_job_has_a_known_cost() -> None:
    counted = Counted(*generated(job("job_1"), generation_cost=Decimal(0), usage=None))
    assert counted.value("cost_usd_total", model="fake-1") == 0
    assert counted.value("cost_unknown_total", model="fake-1") is None


def test_the_cache_saves_what_its_results_had_cost(counted: Counted) -> None:
    for tier in ("memory", "disk"):
        assert counted.value("cache_hits_total", tier=tier) == 1
        assert counted.value("cache_saved_usd_total", tier=tier) == 0.0325
    assert counted.value("cache_misses_total") == 5  # six went on, and one did not ask
    assert counted.value("cache_failures_total", scope="cache") == 1
    assert counted.value("cache_failures_total", scope="tier") == 1


def test_a_joined_request_saves_the_cost_of_the_job() -> None:
    finished = Finished(job_id="job_1", result=images(job("job_1")), joined_callers=3)
    counted = Counted(*generated(job("job_1"))[:-1], finished)
    assert counted.value("cache_saved_usd_total", tier="joined") == pytest.approx(3 * 0.0325)


def test_a_cache_of_any_name_is_counted_under_its_name() -> None:
    counted = Counted(*cached(job("job_1"), "redis"))
    assert counted.value("cache_hits_total", tier="redis") == 1
    assert counted.value("cache_saved_usd_total", tier="redis") == pytest.approx(0.0325)


def test_a_cached_result_of_unknown_cost_saves_no_known_amount() -> None:
    known = job("job_1")
    start, hit, _ = cached(known, "disk")
    unpriced = images(known, "disk", generation_cost=None)
    counted = Counted(start, hit, Finished(job_id=known.id, result=unpriced))
    assert counted.value("cache_hits_total", tier="disk") == 1
    assert counted.value("cache_saved_usd_total", tier="disk") == 0


def test_renditions_are_counted_with_the_bytes_that_they_save(counted: Counted) -> None:
    assert counted.value("renditions_total") == 2
    assert counted.value("rendition_saved_bytes_total") == 600  # one is larger, and saves none
    assert counted.value("rendition_failures_total") == 1


def test_negative_tokens_and_costs_count_as_zero() -> None:
    odd = Usage(text_tokens_in=-5, image_tokens_in=0, tokens_out=7)
    counted = Counted(*generated(job("job_1"), usage=odd, generation_cost=Decimal(-1)))
    assert counted.value("tokens_total", model="fake-1", kind="text_in") == 0
    assert counted.value("tokens_total", model="fake-1", kind="out") == 7
    assert counted.value("cost_usd_total", model="fake-1") == 0
    assert counted.value("jobs_running") == 0


def test_two_sinks_are_independent(counted: Counted) -> None:
    assert Counted().value("cache_misses_total") == 0
    assert counted.value("cache_misses_total") == 5


def test_the_exposition_has_service_and_process_metrics(counted: Counted) -> None:
    text = counted.metrics.exposition().decode()
    assert "\ngpt_image_cache_misses_total 5.0\n" in text
    assert "\nprocess_resident_memory_bytes " in text
    assert "_created" not in text


def test_the_state_of_ended_jobs_is_freed() -> None:
    counted = Counted(*every_event())
    ended = job("job_generated")
    publish_all(counted.metrics, generated(ended)[1:])  # its start was seen before, and it ended
    assert counted.value("jobs_total", **LABELS, outcome="painted") == 1
    counted.metrics.publish(JobStarted.of(ended))
    assert counted.value("jobs_running") == 1

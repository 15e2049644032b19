"""Tables of any width: no column is cut to nothing, and what is shown is whole."""

from datetime import date
from decimal import Decimal

import pytest

from adapters.openai.catalog import openai_catalog
from application.use_cases.cache_stats import TierStats
from application.use_cases.list_models import ModelListing
from application.use_cases.report_usage import UsageReport
from domain.joint_catalog import JointCatalog
from domain.money.usage_account import UsageAccount
from domain.results import Usage
from entrypoints.wire.cache_results import stored_text
from entrypoints.wire.model_tables import catalog_text
from entrypoints.wire.usage_tables import usage_text

LISTING = ModelListing(
    catalog=JointCatalog([("openai", openai_catalog())]), today=date(2026, 11, 22)
)
WIDTHS = (40, 60, 72, 80, 132)


@pytest.mark.parametrize("width", WIDTHS)
def test_the_models_fit(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    text = catalog_text(LISTING)
    assert "…" not in text
    assert max(map(len, text.splitlines())) <= width
    for card in openai_catalog().cards:
        assert card.name in text
        assert str(card.retirement_date or "-") in text
    assert ("5/8/30" in text) == (width >= 80)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("unknown", [0, 3])
def test_the_usage_fits(unknown: int, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    account = UsageAccount(
        day=date(2026, 11, 27),
        model="gpt-image-2.6-flare",
        calls=40,
        images=51,
        usage=Usage(text_tokens_in=0, image_tokens_in=0, tokens_out=123_456),
        cost=Decimal("3.7037"),
        unknown=unknown,
        estimated=Decimal("0.2321") * unknown,
    )
    text = usage_text(UsageReport(since=account.day, accounts=[account], statuses=[]))
    assert "…" not in text
    assert max(map(len, text.splitlines())) <= width
    assert "$3.70" in text
    assert ("123.5k" in text) == (width >= 70)
    assert ("unknown: calls" in text) == (width >= 70 and unknown > 0)


def test_no_tokens_are_0_and_an_estimate_is_the_one_of_the_jobs() -> None:
    account = UsageAccount(
        day=date(2026, 11, 27), model="sketch", calls=1, unknown=1, estimated=Decimal("0.2321")
    )
    text = usage_text(UsageReport(since=account.day, accounts=[account], statuses=[]))
    assert "0.0k" not in text
    assert "1, $0.233" in text


@pytest.mark.parametrize(
    ("tiers", "shown"),
    [
        (["memory", "disk"], "disk: 1 entry, 1.7 of 100 MB; an entry lives 3600 s"),
        (["memory"], "There is no cache on disk."),
        ([], "There is no cache on disk."),
    ],
)
def test_a_command_shows_the_cache_that_outlives_it(tiers: list[str], shown: str) -> None:
    stats = [
        TierStats(
            tier=tier,
            entries=1,
            bytes=1_736_157,
            max_bytes=100_000_000,
            ttl=3600.0,
            hits=0,
            misses=0,
            evictions=0,
        )
        for tier in tiers
    ]
    assert stored_text(stats) == shown

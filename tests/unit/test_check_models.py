"""The default model is checked against the list of its endpoint, and no list costs anything."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from adapters.openai.catalog import openai_catalog
from adapters.openai.responses.prices import responses_catalog
from application.ports.image_provider import ImageProvider, ListsModels
from application.safeguards.redaction import Redaction
from application.use_cases.check_models import MAX_NAME, CheckModels, ModelCheck
from domain.errors import ChargeStatus
from domain.model_comparison import ListedModel
from domain.models import Catalog, ModelCard
from domain.provider_errors import (
    BadProviderReply,
    CredentialsRejected,
    OutcomeUnknown,
    ProviderError,
    ProviderFailed,
    ProviderTimedOut,
)
from tests.testkit.fakes import FakeProvider, FrozenClock

pytestmark = pytest.mark.anyio
FLARE, SUNBURST = "gpt-image-2.6-flare", "gpt-image-2.6-sunburst"
SECRET = "0123456789-gateway"
CLOCK = FrozenClock(datetime(2026, 11, 22, 12, tzinfo=UTC))


class Listing(FakeProvider):
    """A provider with OpenAI's catalog whose endpoint lists these models, or raises this error."""

    def __init__(
        self,
        *names: str,
        default: str = FLARE,
        error: ProviderError | None = None,
        catalog: Catalog | None = None,
        dates: dict[str, date] | None = None,
    ) -> None:
        super().__init__()
        self.catalog = replace(catalog or openai_catalog(), default=default)
        self.names, self.error, self.dates = names, error, dates or {}

    async def list_models(self) -> Sequence[ListedModel]:
        if self.error is not None:
            raise self.error
        return [ListedModel(name=each, shutdown_date=self.dates.get(each)) for each in self.names]


class Silent(FakeProvider):
    """A provider whose endpoint never answers."""

    async def list_models(self) -> Sequence[ListedModel]:
        await asyncio.Event().wait()
        return []


async def check(*providers: ImageProvider, seconds: float = 5) -> ModelCheck:
    return await CheckModels(providers, CLOCK, [SECRET], seconds=seconds)()


async def test_a_listed_default_model_has_no_problem() -> None:
    found = await check(Listing(FLARE, SUNBURST))
    assert found.problems == []
    assert found.default.model == FLARE
    (comparison,) = [each.comparison for each in found.providers]
    assert comparison is not None
    assert "gpt-image-2" in comparison.missing


async def test_a_default_model_that_is_not_listed_is_a_problem_and_another_one_is_named() -> None:
    found = await check(Listing(SUNBURST))
    assert found.problems == [
        f"The endpoint does not list {FLARE}. Set IMAGE_MODEL to another model, such as {SUNBURST}."
    ]


@pytest.mark.parametrize("listed", [[FLARE], []], ids=["with", "without its successor"])
async def test_a_retired_default_model_is_a_problem_and_so_is_a_missing_successor(
    listed: list[str],
) -> None:
    found = await check(Listing(*listed, default="gpt-image-1"))
    retired, *missing = found.problems
    assert retired.startswith(f"gpt-image-1 retired on 2026-10-23; {FLARE} is used instead. Set ")
    assert [text.startswith(f"The endpoint does not list {FLARE}.") for text in missing] == [
        True
    ] * (not listed)


async def test_a_default_model_that_retires_later_is_no_problem_yet() -> None:
    found = await check(Listing("gpt-image-1.5", default="gpt-image-1.5"))
    assert found.problems == []
    assert found.retiring[0].startswith("gpt-image-1.5 retires on 2026-12-01")


async def test_a_retired_default_model_without_a_successor_is_a_problem_too() -> None:
    card = ModelCard(name="fake-1", retirement_date=date(2026, 11, 22))
    catalog = Catalog(cards=(card,), default="fake-1")
    found = await check(Listing("fake-1", default="fake-1", catalog=catalog))
    assert found.problems == ["fake-1 retired on 2026-11-22. Set IMAGE_MODEL to another model."]


async def test_a_default_model_that_the_endpoint_has_shut_down_is_a_problem() -> None:
    for day, is_problem in ((date(2026, 11, 22), True), (date(2026, 11, 23), False)):
        found = await check(Listing(FLARE, dates={FLARE: day}))
        assert [f"{FLARE} as shut down on {day}" in text for text in found.problems] == (
            [True] * is_problem
        )
        assert any(note.startswith(FLARE) for note in found.retiring) is not is_problem


@pytest.mark.parametrize("listed", [True, False])
async def test_the_language_model_of_the_responses_api_must_be_listed_too(listed: bool) -> None:
    names = [FLARE, "gpt-6-luna"] if listed else [FLARE]
    found = await check(Listing(*names, catalog=responses_catalog("gpt-6-luna")))
    text = "The endpoint does not list gpt-6-luna. Set RESPONSES_MODEL to a language model "
    assert [problem.startswith(text) for problem in found.problems] == [True] * (not listed)


async def test_a_provider_without_a_list_is_not_compared_and_its_retired_default_still_told() -> (
    None
):
    plain = FakeProvider()
    found = await check(plain)
    assert [each.comparison for each in found.providers] == [None]
    assert found.problems == []
    plain.catalog = replace(openai_catalog(), default="gpt-image-1")
    found = await check(plain)
    assert [text.startswith("gpt-image-1 retired") for text in found.problems] == [True]
    assert any(note.startswith("gpt-image-1.5 retires on") for note in found.retiring)


async def test_the_default_is_checked_at_the_endpoint_of_the_provider_that_serves_it() -> None:
    other = Listing("x", default="fake-1", catalog=FakeProvider.catalog)
    other.name = "other"
    found = await check(Listing(FLARE, default="fake-1"), other)
    assert [text.startswith("The endpoint does not list fake-1.") for text in found.problems] == [
        True
    ]
    other.names = ("fake-1",)
    assert (await check(Listing(FLARE, default="fake-1"), other)).problems == []


async def test_names_are_redacted_and_bounded() -> None:
    found = await check(Listing(FLARE, f"{SECRET}\x1b[2J", "x" * 1000))
    comparison = found.providers[0].comparison
    assert comparison is not None
    _, hidden, long = [model.name for model in comparison.listed]
    assert (hidden, len(long)) == ("[hidden]?[2J", MAX_NAME)


@pytest.mark.parametrize(
    ("error", "kind", "repeatable"),
    [
        (CredentialsRejected(f"No: {SECRET}"), CredentialsRejected, False),
        (ProviderFailed(f"No: {SECRET}", status=500), ProviderFailed, True),
        (ProviderTimedOut(f"No: {SECRET}"), ProviderTimedOut, True),
        (BadProviderReply(f"No: {SECRET}"), BadProviderReply, True),
        (OutcomeUnknown(f"No: {SECRET}"), BadProviderReply, True),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, ProviderError) else "",
)
async def test_an_error_says_that_nothing_was_charged_and_has_no_secret(
    error: ProviderError, kind: type[ProviderError], repeatable: bool
) -> None:
    error.request_id = "req_1"
    with pytest.raises(ProviderError) as raised:
        await check(Listing(error=error))
    assert type(raised.value) is kind
    assert (raised.value.charged, raised.value.retryable) == (ChargeStatus.NO, repeatable)
    assert (raised.value.message, raised.value.request_id) == ("No: [hidden]", "req_1")
    assert "billed" not in raised.value.hint


async def test_an_endpoint_that_never_answers_is_given_up() -> None:
    with pytest.raises(ProviderTimedOut, match=r"list of models within 0\.05 s") as raised:
        await check(Silent(), seconds=0.05)
    assert (raised.value.charged, raised.value.retryable) == (ChargeStatus.NO, True)


async def test_a_safeguard_hides_the_list_so_the_use_case_needs_the_provider_itself() -> None:
    provider = Listing(FLARE)
    assert isinstance(provider, ListsModels)
    assert not isinstance(Redaction(provider, []), ListsModels)

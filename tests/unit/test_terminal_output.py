"""What providers and other clients wrote cannot act on a terminal."""

from datetime import date
from time import perf_counter

import pytest

from application.use_cases.list_images import ImageListing
from application.use_cases.report_usage import UsageReport
from domain.jobs import LOCAL
from domain.money.usage_account import UsageAccount
from domain.provider_errors import ContentRefused
from domain.requests import GenerateRequest
from domain.untrusted_text import UNSAFE
from entrypoints.cli import console
from entrypoints.wire.listings import listing, listing_text
from entrypoints.wire.usage_tables import usage_text
from tests.testkit.fakes import MemoryJobRepository, job_for

ODD = "\x1b[2J\x9b31m\u202egnp [red]x[/red] :smile:"
SHOWN = "?[2J?31m?gnp [red]x[/red] :smile:"


def test_an_error_is_printed_as_it_is_but_for_control_characters(
    capsys: pytest.CaptureFixture[str],
) -> None:
    console.print_error(ContentRefused(ODD, categories=[ODD]), {}, as_json=False)
    printed = capsys.readouterr().err
    assert printed.count(SHOWN) == 2
    assert not UNSAFE.search(printed)


def test_a_word_of_any_length_is_printed_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    started = perf_counter()
    console.print_error(ContentRefused("x" * 100_000), {}, as_json=False)
    assert perf_counter() - started < 2
    assert len(capsys.readouterr().err) > 100_000


@pytest.mark.anyio
async def test_a_prompt_is_listed_in_one_line() -> None:
    records = MemoryJobRepository()
    request = GenerateRequest(prompt=f"{ODD}\nJob job_1", model="fake-1")
    await records.save(job_for(request).dispatched())
    unsettled = await records.unsettled(owner=LOCAL, limit=9)
    text = listing_text(listing(ImageListing(completed=[], unsettled=unsettled), 9))
    assert f"{SHOWN} Job job_1" in text
    assert not UNSAFE.search(text)


def test_the_name_of_a_model_is_no_markup() -> None:
    account = UsageAccount(day=date(2026, 11, 27), model="\x9b[red]x[/red]")
    text = usage_text(UsageReport(since=account.day, accounts=[account], statuses=[]))
    assert "?[red]x[/red]" in text

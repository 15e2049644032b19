"""`gpt-image models --check`: the real SDK reads the list of models of the stand-in."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from adapters.openai.connection import MAX_BODY_BYTES
from application.ports.image_provider import ListsModels
from application.use_cases.check_models import CheckModels, ModelCheck
from domain.errors import ChargeStatus
from domain.provider_errors import (
    BadProviderReply,
    CredentialsRejected,
    NoCredentials,
    NotPermitted,
    ProviderError,
    ProviderFailed,
    ProviderTimedOut,
    RequestRefused,
)
from entrypoints.bootstrap.lifecycle import run_application
from entrypoints.wire.error_codes import error_text
from entrypoints.wire.model_check import model_check_text
from tests.conftest import KEY
from tests.standin import StandIn, raw_faults
from tests.standin.model_list import models_page
from tests.standin.raw_faults import Raw
from tests.testkit.fakes import FrozenClock, settings_in

CLOCK = FrozenClock(datetime(2026, 11, 22, 12, tzinfo=UTC))
OTHER_KEY = "0123456789-gateway"
"""Without the beginning that all keys of OpenAI have."""
FLARE, LIST = "gpt-image-2.6-flare", "/v1/models"
SILENT = raw_faults.raw(b"", endless=b"")
DRIPPING = raw_faults.raw(raw_faults.head(200, "content-type: application/json"), endless=b" ")


def page_without(*missing: str, **dates: str | None) -> Raw:
    """The usual list without these models; `dates` are further models, in which `_` is a dash."""
    usual: Any = models_page()["data"]
    entries = [entry for entry in usual if entry["id"] not in missing]
    more = [{"id": name.replace("_", "-"), "shutdown_date": day} for name, day in dates.items()]
    return raw_faults.page({"object": "list", "data": entries + more})


@asynccontextmanager
async def use_case(api: StandIn, folder: Path, **values: object) -> AsyncIterator[CheckModels]:
    values = {"openai_api_key": KEY, "openai_base_url": api.base_url, **values}
    settings = settings_in(folder, provider="openai", **values)
    async with run_application(settings, clock=CLOCK) as container:
        yield container.check_models()


async def check(api: StandIn, folder: Path, **values: object) -> ModelCheck:
    async with use_case(api, folder, **values) as check_models:
        return await check_models()


@pytest.mark.anyio
@pytest.mark.parametrize("mode", ["images", "responses"])
async def test_a_usual_list_agrees_with_the_catalog_in_both_modes_and_costs_nothing(
    mode: str, openai_api: StandIn, tmp_path: Path, snapshot: SnapshotAssertion
) -> None:
    found = await check(openai_api, tmp_path, api_mode=mode)
    text = model_check_text(found).replace(openai_api.base_url, "https://gateway.example/v1")
    assert text == snapshot
    assert [(call.method, call.path) for call in openai_api.calls] == [("GET", LIST)]
    assert openai_api.ledger == []


@pytest.mark.anyio
async def test_what_differs_is_told_with_what_to_do(
    openai_api: StandIn, tmp_path: Path, snapshot: SnapshotAssertion
) -> None:
    moved = {"gpt_image_1.5": "2027-03-01", "gpt_image_2": "2026-12-20"}
    new = {"gpt_image_3": "2028-01-01", "openai/dall_e_4": None, "gpt_7": None}
    page = page_without(FLARE, "gpt-image-1.5", "gpt-image-2", **moved, **new)
    openai_api.serve(LIST, page)
    text = model_check_text(await check(openai_api, tmp_path))
    assert text.replace(openai_api.base_url, "https://gateway.example/v1") == snapshot


@pytest.mark.anyio
async def test_very_many_unknown_models_are_cut_short_in_the_text(
    openai_api: StandIn, tmp_path: Path
) -> None:
    many = {f"gpt_image_{number}": None for number in range(100, 135)}
    openai_api.serve(LIST, page_without(**many))
    text = model_check_text(await check(openai_api, tmp_path))
    assert "  gpt-image-119\n  and 15 more: --json has all\n" in text


@pytest.mark.anyio
@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"data": [{"id": FLARE}, {"id": FLARE}, {"id": 7}, 7, {}]}, id="odd entries"),
        pytest.param([{"id": FLARE}], id="no envelope"),
        pytest.param({"data": [{"id": FLARE, "shutdown_date": 1_799_000_000}]}, id="a number"),
        pytest.param({"data": [{"id": FLARE, "shutdown_date": "soon"}]}, id="a word"),
    ],
)
async def test_lists_of_other_services_are_read(
    body: object, openai_api: StandIn, tmp_path: Path
) -> None:
    openai_api.serve(LIST, raw_faults.page(body))
    found = await check(openai_api, tmp_path)
    comparison = found.providers[0].comparison
    assert comparison is not None
    assert [(model.name, model.shutdown_date) for model in comparison.listed] == [(FLARE, None)]
    assert found.problems == []


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("reply", "kind", "words"),
    [
        (
            raw_faults.refusal({"message": "Incorrect API key provided: {key}"}, code=401),
            CredentialsRejected,
            "rejected the API key: Incorrect API key provided: [hidden].",
        ),
        (
            raw_faults.refusal({"message": "Missing scopes: api.model.read"}, code=403),
            NotPermitted,
            "lacks the scope api.model.read",
        ),
        (raw_faults.page({"detail": "Not Found"}, code=404), RequestRefused, "no list of models"),
        (
            raw_faults.refusal({"message": "no such model", "code": "model_not_found"}, code=404),
            RequestRefused,
            "no list of models",
        ),
        (raw_faults.body(b"<html>", code=404, kind="text/html"), RequestRefused, "no list of mod"),
        (raw_faults.page({"detail": "boom"}, code=500), ProviderFailed, "failed with status 500"),
        (raw_faults.redirect(302, "https://x.example/"), RequestRefused, "https://x.example/"),
        (raw_faults.body(b"<html>", kind="text/html"), BadProviderReply, "not a list of models"),
        (raw_faults.page({"models": []}), BadProviderReply, "not a list of models"),
        (raw_faults.body(b"", "content-length: 9"), BadProviderReply, "broke before the reply"),
        (
            raw_faults.raw(raw_faults.head(200), endless=b" " * 1_000_000, pause=0.001),
            BadProviderReply,
            f"more than {MAX_BODY_BYTES:,} bytes",
        ),
    ],
)
async def test_a_list_that_cannot_be_read_is_an_error_that_cost_nothing(
    reply: Raw, kind: type[ProviderError], words: str, openai_api: StandIn, tmp_path: Path
) -> None:
    openai_api.serve(LIST, reply)
    with pytest.raises(ProviderError) as raised:
        await check(openai_api, tmp_path)
    assert type(raised.value) is kind
    assert words in raised.value.message
    assert raised.value.charged is ChargeStatus.NO
    text = error_text(raised.value)
    assert "Nothing was charged." in text
    assert "billed" not in text
    assert KEY not in text


@pytest.mark.anyio
async def test_a_key_of_another_service_is_hidden_wherever_the_endpoint_repeats_it(
    openai_api: StandIn, tmp_path: Path
) -> None:
    openai_api.serve(LIST, raw_faults.refusal({"message": "Wrong: {key}."}, code=401))
    with pytest.raises(CredentialsRejected, match=r": Wrong: \[hidden\]\.$"):
        await check(openai_api, tmp_path, openai_api_key=OTHER_KEY)
    openai_api.serve(LIST, raw_faults.page([{"id": f"gpt-image-{OTHER_KEY}"}]))
    found = await check(openai_api, tmp_path, openai_api_key=OTHER_KEY)
    assert "\n  gpt-image-[hidden]\n" in model_check_text(found)


@pytest.mark.anyio
async def test_without_a_key_nothing_is_sent(openai_api: StandIn, tmp_path: Path) -> None:
    with pytest.raises(NoCredentials, match="OPENAI_API_KEY is not set"):
        await check(openai_api, tmp_path, openai_api_key=None)
    assert openai_api.calls == []


@pytest.mark.anyio
@pytest.mark.parametrize("reply", [SILENT, DRIPPING], ids=["silent", "dripping"])
async def test_an_endpoint_that_does_not_finish_is_given_up_and_disconnected(
    reply: Raw, openai_api: StandIn, tmp_path: Path
) -> None:
    openai_api.serve(LIST, reply)
    async with use_case(openai_api, tmp_path) as check_models:
        check_models.seconds = 0.3
        with pytest.raises(ProviderTimedOut, match=r"within 0\.3 s"):
            await check_models()
        await asyncio.to_thread(openai_api.wait_for_hang_ups, 1)


@pytest.mark.anyio
async def test_a_canceled_check_disconnects(openai_api: StandIn, tmp_path: Path) -> None:
    openai_api.serve(LIST, SILENT)
    async with use_case(openai_api, tmp_path) as check_models:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await check_models()
        await asyncio.to_thread(openai_api.wait_for_hang_ups, 1)


@pytest.mark.anyio
async def test_sketches_have_no_list_to_compare(openai_api: StandIn, tmp_path: Path) -> None:
    async with run_application(settings_in(tmp_path, provider="sketch")) as container:
        assert not any(isinstance(each, ListsModels) for each in container.image_providers())
        text = model_check_text(await container.check_models()())
    assert text.startswith("The provider sketch has no list of models")
    assert openai_api.calls == []

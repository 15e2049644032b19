"""/readyz reports the state of each check; only the log contains the reason."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest

from domain.models import Catalog
from tests.e2e.loopback_server import serve
from tests.testkit.fakes import DictCache, FakeProvider, FrozenClock, settings_in

pytestmark = pytest.mark.anyio


async def test_the_reply_does_not_name_the_unusable_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "occupied"
    folder.write_text("a file, where a folder should be")
    async with (
        serve(settings_in(tmp_path, provider="sketch", output_dir=folder)) as url,
        httpx2.AsyncClient(base_url=url) as http,
    ):
        reply = await http.get("/readyz")
    assert reply.status_code == 503
    assert reply.json()["checks"] == {"archive": "unavailable", "records": "ok", "cache": "ok"}
    assert str(folder) in capsys.readouterr().err


@pytest.mark.parametrize(("fails", "state"), [(False, "ok"), (True, "unavailable")])
async def test_a_failing_cache_is_reported_and_does_not_affect_readiness(
    tmp_path: Path, fails: bool, state: str
) -> None:
    cache = DictCache(fails=fails)
    async with (
        serve(settings_in(tmp_path, provider="sketch"), cache=cache) as url,
        httpx2.AsyncClient(base_url=url) as http,
    ):
        reply = await http.get("/readyz")
    assert reply.status_code == 200
    assert reply.json()["checks"] == {"archive": "ok", "records": "ok", "cache": state}


@pytest.mark.parametrize(
    ("days", "successor", "warning"),
    [
        (31, None, None),
        (30, None, "fake-1 retires on {day}."),
        (1, "fake-2", "fake-1 retires on {day}; fake-2 will replace it."),
        (0, "fake-2", "fake-1 retired on {day}; fake-2 is used instead."),
        (-9, None, "fake-1 retired on {day}."),
    ],
)
async def test_a_default_model_that_retires_is_a_warning_and_does_not_affect_readiness(
    tmp_path: Path, days: int, successor: str | None, warning: str | None
) -> None:
    clock, provider = FrozenClock(), FakeProvider()
    day = clock.now().date() + timedelta(days=days)
    (card,) = provider.catalog.cards
    others = [replace(card, name="fake-2"), replace(card, name="fake-3", retirement_date=day)]
    dated = replace(card, retirement_date=day, successor=successor)
    provider.catalog = Catalog(cards=(dated, *others), default=card.name)
    async with (
        serve(settings_in(tmp_path), provider=provider, clock=clock) as url,
        httpx2.AsyncClient(base_url=url) as http,
    ):
        reply = await http.get("/readyz")
    assert (reply.status_code, reply.json()["status"]) == (200, "ready")
    assert reply.json()["warnings"] == ([warning.format(day=day)] if warning else [])

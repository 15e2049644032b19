"""/readyz reports the state of each check; only the log contains the reason."""

from pathlib import Path

import httpx2
import pytest

from tests.e2e.loopback_server import serve
from tests.testkit.fakes import DictCache, settings_in

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

"""/readyz tells everybody whether, and only the log why."""

from pathlib import Path

import httpx2
import pytest

from tests.e2e.loopback_server import serve
from tests.testkit.fakes import DictCache, settings_in

pytestmark = pytest.mark.anyio


async def test_where_pictures_cannot_be_kept_strangers_do_not_hear_of_the_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "occupied"
    folder.write_text("a file, where a folder should be")
    async with (
        serve(settings_in(tmp_path, provider="sketch", output_dir=folder)) as url,
        httpx2.AsyncClient(base_url=url) as http,
    ):
        answer = await http.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"] == {"archive": "unavailable", "cache": "ok"}
    assert str(folder) in capsys.readouterr().err


@pytest.mark.parametrize(("fails", "state"), [(False, "ok"), (True, "unavailable")])
async def test_a_cache_that_fails_is_told_and_is_no_reason(
    tmp_path: Path, fails: bool, state: str
) -> None:
    cache = DictCache(fails=fails)
    async with (
        serve(settings_in(tmp_path, provider="sketch"), cache=cache) as url,
        httpx2.AsyncClient(base_url=url) as http,
    ):
        answer = await http.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["checks"] == {"archive": "ok", "cache": state}

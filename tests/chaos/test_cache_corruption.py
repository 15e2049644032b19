"""With any damage to the cache's files, no wrong byte is served, and no code is run."""

import pickle
from pathlib import Path
from random import Random

import pytest

from tests.chaos.conftest import share_of
from tests.chaos.entry_points import Arguments, HttpClient
from tests.chaos.oracles import Allowed
from tests.chaos.processes import HttpServer
from tests.chaos.trial import Trial
from tests.contracts.disk_folder import files, sql
from tests.contracts.test_disk_damage import DAMAGES, Bomb

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(600)]
CORRUPTIONS = 50
ENTRIES = 8


def request_images(
    trial: Trial, server: HttpServer, requests: list[Arguments]
) -> list[tuple[str, ...]]:
    """The digests of the images that the server returns for these requests."""
    client = HttpClient("images", server.port, trial.check_secrets)
    outcomes = [client.call(arguments) for arguments in requests]
    trial.record(*outcomes)
    assert all(outcome.succeeded for outcome in outcomes), outcomes
    return [outcome.images for outcome in outcomes]


def generated_for(trial: Trial, requests: list[Arguments]) -> dict[str, set[tuple[str, ...]]]:
    """All digests that the stand-in generated, by prompt."""
    found: dict[str, set[tuple[str, ...]]] = {str(each["prompt"]): set() for each in requests}
    for charge in trial.api.ledger:
        prompt = str(trial.api.calls[charge.call].fields["prompt"])
        found.setdefault(prompt, set()).add(charge.digests)
    return found


def terminate(server: HttpServer) -> None:
    server.process.terminate()
    assert server.wait() == 0


def test_a_corrupted_cache_serves_no_wrong_byte_and_a_server_still_starts(
    trial: Trial,
) -> None:
    trial.allowed = Allowed(posts=CORRUPTIONS + 1)
    trial.settings["CACHE_MEMORY_SIZE"] = "0"
    requests = [trial.small("cached") for _ in range(ENTRIES)]
    with trial:
        server = trial.serve(warm=False)
        for seed in range(share_of(CORRUPTIONS)):
            rng = Random(seed)  # noqa: S311 - damage that can be repeated, no secrets
            request_images(trial, server, requests)
            files = [path for path in trial.disk.images.iterdir() if path.is_file()]
            before = {path: path.read_bytes() for path in files}
            running = seed // len(DAMAGES) % 2 == 0
            if not running:
                terminate(server)
            DAMAGES[seed % len(DAMAGES)](trial.folder, rng)
            server = server if running else trial.serve(warm=False)
            for served, arguments in zip(
                request_images(trial, server, requests), requests, strict=True
            ):
                assert served in generated_for(trial, requests)[str(arguments["prompt"])]
            assert all(path.read_bytes() == data for path, data in before.items())
            trial.counts["corruptions"] += 1
        trial.notes.append(f"{len(trial.api.posts) - ENTRIES} generated again")


@pytest.mark.parametrize("form", ["value", "file", "key", "setting"])
def test_a_planted_pickle_is_not_run(trial: Trial, form: str) -> None:
    trial.settings["CACHE_MEMORY_SIZE"] = "0"
    trial.allowed = Allowed(posts=2)
    marker = trial.folder / "marker"
    requests = [trial.small("cached")]
    with trial:
        server = trial.serve()
        request_images(trial, server, requests)
        terminate(server)
        plant(trial.folder, form, pickle.dumps(Bomb(marker)))
        server = trial.serve()
        request_images(trial, server, requests)
        assert not marker.exists()
        trial.counts["planted"] += 1


def plant(folder: Path, form: str, bomb: bytes) -> None:
    """Write the pickle where the cache's library would read it."""
    if form == "value":
        sql(folder, "UPDATE Cache SET mode = 4, filename = NULL, value = ?", bomb)
    elif form == "file":
        for file in files(folder):
            file.write_bytes(bomb)
        sql(folder, "UPDATE Cache SET mode = 4, size = ?", len(bomb))
    elif form == "key":
        sql(folder, "UPDATE Cache SET raw = 0, key = ?||rowid", bomb)
    else:
        for name in ("disk_pickle_protocol", "size", "eviction_policy", "get", "disk_x"):
            sql(folder, "INSERT OR REPLACE INTO Settings VALUES (?, ?)", name, bomb)

"""N4 and N5: whatever befalls the cache's files, no wrong byte is served, and nothing is run."""

import pickle
from pathlib import Path
from random import Random

import pytest

from tests.chaos.conftest import share_of
from tests.chaos.doors import Arguments, WebDoor
from tests.chaos.oracles import Allowed
from tests.chaos.processes import WebServer
from tests.chaos.trial import Trial
from tests.contracts.disk_folder import files, sql
from tests.contracts.test_disk_damage import DAMAGES, Bomb

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(600)]
CORRUPTIONS = 50
ENTRIES = 8


def painted(trial: Trial, server: WebServer, asked: list[Arguments]) -> list[tuple[str, ...]]:
    """The pictures that are served for these."""
    door = WebDoor("images", server.port, trial.look_at)
    outcomes = [door.ask(arguments) for arguments in asked]
    trial.note(*outcomes)
    assert all(outcome.painted for outcome in outcomes), outcomes
    return [outcome.pictures for outcome in outcomes]


def ours(trial: Trial, asked: list[Arguments]) -> dict[str, set[tuple[str, ...]]]:
    """What was ever painted for these prompts."""
    found: dict[str, set[tuple[str, ...]]] = {str(each["prompt"]): set() for each in asked}
    for charge in trial.api.ledger:
        prompt = str(trial.api.calls[charge.call].fields["prompt"])
        found.setdefault(prompt, set()).add(charge.digests)
    return found


def ended(server: WebServer) -> None:
    server.process.terminate()
    assert server.ended() == 0


def test_a_corrupted_cache_serves_no_wrong_byte_and_keeps_no_server_from_starting(
    trial: Trial,
) -> None:
    trial.allowed = Allowed(posts=CORRUPTIONS + 1)
    trial.settings["CACHE_MEMORY_SIZE"] = "0"
    asked = [trial.small("kept") for _ in range(ENTRIES)]
    with trial:
        server = trial.serve(warm=False)
        for seed in range(share_of(CORRUPTIONS)):
            chance = Random(seed)  # noqa: S311 - damage that can be repeated, no secrets
            painted(trial, server, asked)
            before = {path: path.read_bytes() for path in trial.disk.pictures.iterdir()}
            running = seed // len(DAMAGES) % 2 == 0
            if not running:
                ended(server)
            DAMAGES[seed % len(DAMAGES)](trial.folder, chance)
            server = server if running else trial.serve(warm=False)
            for served, arguments in zip(painted(trial, server, asked), asked, strict=True):
                assert served in ours(trial, asked)[str(arguments["prompt"])]
            assert all(path.read_bytes() == data for path, data in before.items())
            trial.counts["corruptions"] += 1
        trial.notes.append(f"{len(trial.api.posts) - ENTRIES} painted anew")


@pytest.mark.parametrize("form", ["value", "file", "key", "setting"])
def test_a_planted_pickle_is_not_run(trial: Trial, form: str) -> None:
    trial.settings["CACHE_MEMORY_SIZE"] = "0"
    trial.allowed = Allowed(posts=2)
    marker = trial.folder / "marker"
    asked = [trial.small("kept")]
    with trial:
        server = trial.serve()
        painted(trial, server, asked)
        ended(server)
        plant(trial.folder, form, pickle.dumps(Bomb(marker)))
        server = trial.serve()
        painted(trial, server, asked)
        assert not marker.exists()
        trial.counts["planted"] += 1


def plant(folder: Path, form: str, bomb: bytes) -> None:
    """Put it where the library below the cache would read it."""
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

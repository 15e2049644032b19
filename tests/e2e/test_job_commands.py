"""`gpt-image jobs`: what is unsettled is listed, shown and dismissed; usage still counts it."""

import asyncio
import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from domain.image import StoredRef
from domain.jobs import Job
from domain.provider_errors import OutcomeUnknown, RateLimited
from domain.requests import ImageRequest
from domain.results import ResultImage
from entrypoints.cli.app import cli
from entrypoints.wire.short_ids import short_id
from tests.contracts.data_folder import DataFolder
from tests.testkit.fakes import PNG, job_for

NOW = datetime.now(UTC)
LOST, OLD, REFUSED, STORED = (f"job_{digit * 32}" for digit in "1234")


def jobs() -> Iterable[Job[ImageRequest]]:
    def job(id_: str, *, days: float = 0) -> Job[Any]:
        return job_for(id=id_, created_at=NOW - timedelta(days=days), estimate=Decimal("0.211"))

    yield job(LOST).dispatched().ended(OutcomeUnknown("The connection broke."))
    yield job(OLD, days=3).dispatched().ended(OutcomeUnknown("The connection broke."))
    yield job(REFUSED, days=0.1).dispatched().failed(RateLimited("Not now."))
    yield (
        job(STORED, days=0.2)
        .dispatched()
        .stored((ResultImage(image=PNG, stored=StoredRef(ref="/x.png")),))
    )


class Terminal:
    """Runs commands on one data folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        names = {"DATA_DIR": "data", "OUTPUT_DIR": "images", "CACHE_DIR": "cache"}
        self.environment = {name: str(folder / value) for name, value in names.items()}
        self.environment |= {"PROVIDER": "sketch", "BUDGET_DAY_USD": "5"}

    async def fill(self) -> None:
        home = DataFolder(self.folder)
        for job in jobs():
            await home.records.save(job)
        await home.close()

    def run(self, *arguments: str, code: int = 0) -> str:
        done = CliRunner().invoke(cli, arguments, env=self.environment)
        assert done.exit_code == code, done.output
        return done.output

    def json(self, *arguments: str) -> Any:  # noqa: ANN401 - any JSON value
        return json.loads(self.run(*arguments, "--json"))


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.chdir(tmp_path)
    terminal = Terminal(tmp_path)
    asyncio.run(terminal.fill())
    return terminal


def test_unsettled_jobs_are_listed_in_eighty_columns(terminal: Terminal) -> None:
    output = terminal.run("jobs", "list")
    assert [line.split()[0] for line in output.splitlines() if "job_" in line] == [LOST, OLD]
    assert "≈ $0.211" in output
    assert "a red bridge" in output
    assert "2 jobs of unknown outcome may have been billed." in output
    assert max(map(len, output.splitlines())) <= 80
    recent = terminal.json("jobs", "list", "--recent")["jobs"]
    assert [job["jobId"] for job in recent] == [LOST, REFUSED, STORED, OLD]
    assert (recent[0]["estimatedUsd"], recent[0]["charged"]) == (0.211, "maybe")


@pytest.mark.parametrize(
    ("id_", "facts"),
    [
        (
            LOST,
            [
                "outcome unknown; may have been billed",
                "unknown, estimated ≈ $0.211",
                "outcome_unknown: The connection broke.",
                "A charge is possible.",
                f"Then run: gpt-image jobs dismiss {LOST}",
            ],
        ),
        (REFUSED, ["failed", "nothing", "rate_limited: Not now.", "Nothing was charged."]),
        (STORED, ["finished", f"{PNG.id} · /x.png", f"gpt-image edit PROMPT -i {PNG.id}"]),
    ],
)
def test_everything_about_a_job_is_shown(terminal: Terminal, id_: str, facts: list[str]) -> None:
    output = terminal.run("jobs", "show", id_)
    for fact in (id_, "generate with fake-1", "a red bridge", *facts):
        assert fact in output


def test_a_dismissed_job_leaves_the_lists_and_stays_in_the_records(terminal: Terminal) -> None:
    before = terminal.json("usage")
    assert "Dismissed 1 job." in terminal.run("jobs", "dismiss", LOST)
    assert [job["jobId"] for job in terminal.json("jobs", "list")["jobs"]] == [OLD]
    assert terminal.json("images", "list")["jobs"] == []
    assert "(dismissed)" in terminal.run("jobs", "show", LOST)
    assert terminal.json("jobs", "list", "--recent")["jobs"][0]["dismissed"]
    assert terminal.json("usage") == before
    assert terminal.json("jobs", "dismiss", "--all") == {"dismissed": 1}
    assert "No jobs are unfinished" in terminal.run("jobs", "list")


def test_a_job_is_named_by_the_short_id_that_tables_show(terminal: Terminal) -> None:
    assert LOST in terminal.run("jobs", "show", short_id(LOST))
    terminal.run("jobs", "show", "job_1", code=3)
    assert "Dismissed 2 jobs." in terminal.run("jobs", "dismiss", short_id(LOST), short_id(OLD))
    assert terminal.json("jobs", "list")["jobs"] == []


@pytest.mark.parametrize(
    ("ids", "code", "words"),
    [
        ([LOST, STORED], 2, "has a known outcome"),
        ([LOST, "job_" + "9" * 32], 3, "job_9"),
        ([], 2, "Either IDs of jobs or --all"),
        ([LOST, "--all"], 2, "Either IDs of jobs or --all"),
    ],
)
def test_a_wrong_job_dismisses_none(
    terminal: Terminal, ids: list[str], code: int, words: str
) -> None:
    output = terminal.run("jobs", "dismiss", *ids, code=code)
    assert words in output.replace("\n", " ")
    assert len(terminal.json("jobs", "list")["jobs"]) == 2


def test_the_list_of_images_has_the_jobs_of_the_last_day_and_counts_older_ones(
    terminal: Terminal,
) -> None:
    listed = terminal.json("images", "list")
    assert [job["jobId"] for job in listed["jobs"]] == [LOST]
    assert listed["olderJobs"] == 1
    assert "1 older job of unknown outcome: the command `gpt-image jobs list`" in terminal.run(
        "images", "list"
    )

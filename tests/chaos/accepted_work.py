"""Kills a server whose provider has accepted its work."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from random import Random

from tests.chaos.calls import HttpCall
from tests.chaos.disk import JobRow
from tests.chaos.entry_points import HttpClient
from tests.chaos.processes import HttpServer
from tests.chaos.trial import Trial
from tests.chaos.waiting import sleep_for, wait_until
from tests.standin import body_faults

CONCURRENT = 5
MAX_SECONDS = 0.8
"""Seconds of the slowest generation; the others are spread evenly below."""
OPEN = ("reserved", "dispatched")
IN_BACKGROUND = {"API_MODE": "responses", "RESPONSES_BACKGROUND": "on"}


def is_cleaned_up(trial: Trial) -> bool:
    """Whether no job of an ended process is open, and no partial file is left."""
    open_jobs = [job for job in trial.disk.jobs() if job.state in OPEN]
    return not open_jobs and not trial.disk.partial_files()


def kill_after_accepted(trial: Trial, servers: list[HttpServer], rng: Random) -> list[JobRow]:
    """Start generations, and kill the server once all are accepted; return their jobs."""
    trial.api.reset()
    waits = [body_faults.small(MAX_SECONDS * n / CONCURRENT) for n in range(CONCURRENT)]
    trial.api.script(*waits)
    client = HttpClient("images", servers[0].port, trial.check_secrets)
    arguments = [trial.small("killed") for _ in range(CONCURRENT)]
    prompts = {each["prompt"] for each in arguments}

    def mine() -> list[JobRow]:
        return [job for job in trial.disk.jobs() if job.prompt in prompts]

    def are_accepted() -> bool:
        return len(mine()) == CONCURRENT and all(job.handle for job in mine())

    with ThreadPoolExecutor(CONCURRENT) as threads:
        calls = list(threads.map(client.start, arguments))
        wait_until(are_accepted, "all are accepted")
        sleep_for(rng.uniform(0, MAX_SECONDS))
        for server in servers:
            server.kill()
        trial.record(*threads.map(HttpCall.outcome, calls))
    return mine()


def check_all_stored(trial: Trial, jobs: list[JobRow]) -> None:
    """Wait until the jobs have ended: all are stored, and each image was charged once."""
    wait_until(lambda: is_cleaned_up(trial), "the killed server's jobs are fetched", 60)
    ids = {job.id for job in jobs}
    states = Counter(job.state for job in trial.disk.jobs() if job.id in ids)
    assert states == {"stored": len(jobs)}
    assert len(trial.api.ledger) == len(jobs)
    trial.check_ledger()
    assert not trial.faults, "\n".join(trial.faults)

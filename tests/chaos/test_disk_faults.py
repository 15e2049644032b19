"""With a failing cache, images are generated and a warning is logged; full disks lose none."""

import json
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from shutil import rmtree

import pytest

from tests.chaos.entry_points import HttpClient
from tests.chaos.fault_injection import FailingDisk, fill, make_read_only, small_disk
from tests.chaos.oracles import Allowed
from tests.chaos.trial import Trial
from tests.chaos.waiting import wait_until
from tests.standin import body_faults

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(120)]
IMAGES = 10
LARGE_ENOUGH = 70
"""Megabytes of a disk with enough free space to start a generation."""
BreakCache = Callable[[ExitStack, Path], None]


def read_only(stack: ExitStack, folder: Path) -> None:
    stack.enter_context(small_disk(folder, 8))
    make_read_only(folder)


def full(stack: ExitStack, folder: Path) -> None:
    stack.enter_context(small_disk(folder, 1))
    fill(folder)


def a_file(_: ExitStack, folder: Path) -> None:
    rmtree(folder, ignore_errors=True)
    folder.write_bytes(b"not a folder")


def missing(_: ExitStack, folder: Path) -> None:
    rmtree(folder, ignore_errors=True)
    folder.symlink_to("/proc/nothing/of/the/kind")


@pytest.mark.parametrize("at_start", [True, False])
@pytest.mark.parametrize("break_cache", [read_only, full, a_file, missing])
def test_a_failing_cache_is_a_miss_and_a_warning(
    trial: Trial, break_cache: BreakCache, at_start: bool
) -> None:
    trial.settings["CACHE_MEMORY_SIZE"] = "0"
    with ExitStack() as stack, trial:
        if at_start:
            break_cache(stack, trial.disk.cache)
        server = trial.serve()
        if not at_start:
            break_cache(stack, trial.disk.cache)
        client = HttpClient("images", server.port, trial.check_secrets)
        outcomes = trial.call_concurrently(client, [trial.small() for _ in range(IMAGES)])
        assert all(outcome.succeeded for outcome in outcomes)
        wait_until(lambda: warnings(server.log, "cache"), "the log warns of the cache")


def warnings(log: Path, word: str) -> list[str]:
    """The warnings and errors in a log that contain the word."""
    lines = [line for line in log.read_text().splitlines() if line.startswith("{")]
    entries = [json.loads(line) for line in lines]
    severe = [entry for entry in entries if entry.get("level") in ("warning", "error")]
    return [text for text in map(json.dumps, severe) if word in text]


def test_a_full_image_disk_is_reported_before_anything_is_charged(trial: Trial) -> None:
    with ExitStack() as stack, trial:
        client = HttpClient("images", trial.serve().port, trial.check_secrets)
        trial.api.reset()
        stack.enter_context(small_disk(trial.disk.images, 1))
        fill(trial.disk.images)
        outcomes = trial.call_concurrently(client, [trial.small() for _ in range(IMAGES)])
        assert {outcome.code for outcome in outcomes} == {"archive_unavailable"}
        assert trial.api.posts == []


@pytest.mark.parametrize("name", ["images", "stream", "mcp"])
def test_images_that_do_not_fit_the_disk_are_stored_with_the_records(
    trial: Trial, name: str
) -> None:
    with ExitStack() as stack, trial:
        stack.enter_context(small_disk(trial.disk.images, LARGE_ENOUGH))
        client = HttpClient(name, trial.serve().port, trial.check_secrets)
        fill_during_generation(trial, client, trial.disk.images)
        assert not trial.unstored


@pytest.mark.parametrize("name", ["images", "stream", "mcp"])
def test_images_that_fit_no_disk_are_delivered_as_not_stored(trial: Trial, name: str) -> None:
    trial.allowed = Allowed(unstored=True)
    with ExitStack() as stack, trial:
        for folder in (trial.disk.images, trial.disk.data):
            stack.enter_context(small_disk(folder, LARGE_ENOUGH))
        client = HttpClient(name, trial.serve().port, trial.check_secrets)
        fill_during_generation(trial, client, trial.disk.images, trial.disk.data)
        assert len(trial.unstored) == IMAGES


def fill_during_generation(trial: Trial, client: HttpClient, *folders: Path) -> None:
    """Request IMAGES concurrently, and fill the disks before they arrive."""
    trial.api.reset()
    trial.api.default = body_faults.small(1.0)
    calls = [client.start(trial.small()) for _ in range(IMAGES)]
    trial.api.wait_for_calls(IMAGES)
    fillers = [fill(folder) for folder in folders]
    outcomes = [call.outcome() for call in calls]
    trial.record(*outcomes)
    assert all(outcome.succeeded for outcome in outcomes)
    for filler in fillers:
        filler.unlink()
    trial.api.default = body_faults.small()
    assert client.call(trial.small()).succeeded


@pytest.mark.parametrize("call", ["rw/pwrite", "sync/fsync", "sync/fdatasync"])
@pytest.mark.parametrize("share", [0.3, 1.0])
def test_a_disk_that_fails_intermittently_loses_no_image(
    trial: Trial, call: str, share: float
) -> None:
    failing = FailingDisk(trial.folder)
    trial.settings |= failing.environment
    trial.allowed = Allowed(unstored=True, unknown=True)
    with trial:
        server = trial.serve()
        client = HttpClient("images", server.port, trial.check_secrets)
        failing.fail(server.pid, call, share)
        outcomes = trial.call_concurrently(client, [trial.small() for _ in range(IMAGES * 4)])
        failing.stop(server.pid, call)
        assert {outcome.code for outcome in outcomes} <= {None, "archive_unavailable"}
        assert client.call(trial.small()).succeeded

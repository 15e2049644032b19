"""N3: without its cache a server paints, and says so; a full disk costs no picture."""

import json
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from shutil import rmtree

import pytest

from tests.chaos.doors import WebDoor
from tests.chaos.meddling import FailingDisk, fill, make_read_only, small_disk
from tests.chaos.oracles import Allowed
from tests.chaos.trial import Trial
from tests.chaos.waiting import until
from tests.standin import body_faults

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(120)]
PICTURES = 10
ENOUGH = 70
"""Megabytes of a disk that a picture may still be paid for on."""
Trouble = Callable[[ExitStack, Path], None]


def read_only(stack: ExitStack, folder: Path) -> None:
    stack.enter_context(small_disk(folder, 8))
    make_read_only(folder)


def full(stack: ExitStack, folder: Path) -> None:
    stack.enter_context(small_disk(folder, 1))
    fill(folder)


def a_file(_: ExitStack, folder: Path) -> None:
    rmtree(folder, ignore_errors=True)
    folder.write_bytes(b"no folder")


def missing(_: ExitStack, folder: Path) -> None:
    rmtree(folder, ignore_errors=True)
    folder.symlink_to("/proc/nothing/of/the/kind")


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize("trouble", [read_only, full, a_file, missing])
def test_a_cache_that_fails_is_a_miss_and_a_warning(
    trial: Trial, trouble: Trouble, at_once: bool
) -> None:
    trial.settings["CACHE_MEMORY_SIZE"] = "0"
    with ExitStack() as stack, trial:
        if at_once:
            trouble(stack, trial.disk.cache)
        server = trial.serve()
        if not at_once:
            trouble(stack, trial.disk.cache)
        door = WebDoor("images", server.port, trial.look_at)
        outcomes = trial.ask_at_once(door, [trial.small() for _ in range(PICTURES)])
        assert all(outcome.painted for outcome in outcomes)
        until(lambda: warnings(server.log, "cache"), "the log warns of the cache")


def warnings(log: Path, word: str) -> list[str]:
    """The warnings in a log that are about something."""
    lines = [line for line in log.read_text().splitlines() if line.startswith("{")]
    entries = [json.loads(line) for line in lines]
    told = [entry for entry in entries if entry.get("level") in ("warning", "error")]
    return [text for text in map(json.dumps, told) if word in text]


def test_a_disk_for_pictures_that_is_full_is_said_before_anything_is_paid(trial: Trial) -> None:
    with ExitStack() as stack, trial:
        door = WebDoor("images", trial.serve().port, trial.look_at)
        trial.api.reset()
        stack.enter_context(small_disk(trial.disk.pictures, 1))
        fill(trial.disk.pictures)
        outcomes = trial.ask_at_once(door, [trial.small() for _ in range(PICTURES)])
        assert {outcome.code for outcome in outcomes} == {"archive_unavailable"}
        assert trial.api.posts == []


@pytest.mark.parametrize("name", ["images", "stream", "mcp"])
def test_pictures_that_the_disk_refuses_are_kept_with_the_records(trial: Trial, name: str) -> None:
    with ExitStack() as stack, trial:
        stack.enter_context(small_disk(trial.disk.pictures, ENOUGH))
        door = WebDoor(name, trial.serve().port, trial.look_at)
        filled_while_painting(trial, door, trial.disk.pictures)
        assert not trial.unstored


@pytest.mark.parametrize("name", ["images", "stream", "mcp"])
def test_pictures_that_no_disk_takes_are_delivered_as_not_stored(trial: Trial, name: str) -> None:
    trial.allowed = Allowed(unstored=True)
    with ExitStack() as stack, trial:
        for folder in (trial.disk.pictures, trial.disk.data):
            stack.enter_context(small_disk(folder, ENOUGH))
        door = WebDoor(name, trial.serve().port, trial.look_at)
        filled_while_painting(trial, door, trial.disk.pictures, trial.disk.data)
        assert len(trial.unstored) == PICTURES


def filled_while_painting(trial: Trial, door: WebDoor, *folders: Path) -> None:
    """Ask for PICTURES at once, and let the disks fill up before they come."""
    trial.api.reset()
    trial.api.default = body_faults.small(1.0)
    calls = [door.begin(trial.small()) for _ in range(PICTURES)]
    trial.api.wait_for_calls(PICTURES)
    fillers = [fill(folder) for folder in folders]
    outcomes = [call.outcome() for call in calls]
    trial.note(*outcomes)
    assert all(outcome.painted for outcome in outcomes)
    for filler in fillers:
        filler.unlink()
    trial.api.default = body_faults.small()
    assert door.ask(trial.small()).painted


@pytest.mark.parametrize("call", ["rw/pwrite", "sync/fsync", "sync/fdatasync"])
@pytest.mark.parametrize("share", [0.3, 1.0])
def test_a_disk_that_fails_now_and_then_costs_no_picture(
    trial: Trial, call: str, share: float
) -> None:
    failing = FailingDisk(trial.folder)
    trial.settings |= failing.environment
    trial.allowed = Allowed(unstored=True, unknown=True)
    with trial:
        server = trial.serve()
        door = WebDoor("images", server.port, trial.look_at)
        failing.fail(server.pid, call, share)
        outcomes = trial.ask_at_once(door, [trial.small() for _ in range(PICTURES * 4)])
        failing.mend(server.pid, call)
        assert {outcome.code for outcome in outcomes} <= {None, "archive_unavailable"}
        assert door.ask(trial.small()).painted

"""P1 to P9: whatever the provider does, it is asked once, and what it sent is kept."""

from base64 import b64encode
from collections.abc import Iterator

import pytest

from tests.chaos.doors import AnyDoor, Arguments
from tests.chaos.provider_faults import GROUPS, TIMEOUT, Row
from tests.chaos.trial import Trial
from tests.testkit.fakes import small_image

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]
SHORT = {"PROVIDER_TIMEOUT": str(TIMEOUT)}
GIVEN = b64encode(small_image("teal", (64, 64)).data).decode()
MOST_MEMORY = 300_000_000


def shapes(trial: Trial, row: Row) -> Iterator[Arguments]:
    """To generate and to edit, each with partials and without, as far as the fault knows them."""
    for images in ({}, {"images": [GIVEN]}):
        if row.streamed is not True:
            yield trial.small(row.name, **images, **row.arguments)
        if row.streamed is not False:
            yield trial.small(row.name, **images, **row.arguments, partialImages=3)


def befall(trial: Trial, door: AnyDoor, row: Row) -> None:
    """Let the fault befall each shape of a call; afterwards the provider is well, and so are we."""
    for arguments in shapes(trial, row):
        trial.api.script(*row.small_script)
        isolated = len(trial.disk.quarantined())
        outcome = door.ask(arguments)
        trial.note(outcome)
        assert outcome.code in row.codes, (row.name, arguments, outcome)
        assert outcome.seconds < row.within, (row.name, outcome)
        if row.leaves_rubbish and outcome.code == "bad_provider_reply":
            assert len(trial.disk.quarantined()) > isolated, (row.name, arguments, outcome)
        trial.api.clear_script()
        assert door.ask(trial.small("is it well?")).painted, row.name


@pytest.mark.parametrize("name", ["images", "stream", "mcp", "stdio"])
@pytest.mark.parametrize("group", GROUPS)
def test_a_fault_of_the_provider_costs_one_call_and_loses_nothing(
    trial: Trial, group: str, name: str
) -> None:
    trial.settings = SHORT
    with trial:
        door = trial.door(name)
        for row in GROUPS[group]:
            trial.allowed = row.allowed
            trial.api.reset()
            befall(trial, door, row)
            trial.judge_ledger()

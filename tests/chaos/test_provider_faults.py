"""With any provider fault, one request is one call, and the reply is stored."""

from base64 import b64encode
from collections.abc import Iterator

import pytest

from tests.chaos.entry_points import AnyClient, Arguments
from tests.chaos.provider_faults import GROUPS, TIMEOUT, FaultCase
from tests.chaos.trial import Trial
from tests.testkit.fakes import small_image

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]
SHORT = {"PROVIDER_TIMEOUT": str(TIMEOUT)}
INPUT_IMAGE = b64encode(small_image("teal", (64, 64)).data).decode()


def shapes(trial: Trial, case: FaultCase) -> Iterator[Arguments]:
    """Generate and edit, each with and without partials, where the fault applies to them."""
    for images in ({}, {"images": [INPUT_IMAGE]}):
        if case.streamed is not True:
            yield trial.small(case.name, **images, **case.arguments)
        if case.streamed is not False:
            yield trial.small(case.name, **images, **case.arguments, partialImages=3)


def inject(trial: Trial, client: AnyClient, case: FaultCase) -> None:
    """Inject the fault into each shape of call; after each one, a normal call must succeed."""
    for arguments in shapes(trial, case):
        trial.api.script(*case.small_script)
        quarantined = len(trial.disk.quarantined())
        outcome = client.call(arguments)
        trial.record(outcome)
        assert outcome.code in case.codes, (case.name, arguments, outcome)
        assert outcome.seconds < case.within, (case.name, outcome)
        if case.is_quarantined and outcome.code == "bad_provider_reply":
            assert len(trial.disk.quarantined()) > quarantined, (case.name, arguments, outcome)
        trial.api.clear_script()
        assert client.call(trial.small("after the fault")).succeeded, case.name


@pytest.mark.parametrize("name", ["images", "stream", "mcp", "stdio"])
@pytest.mark.parametrize("group", GROUPS)
def test_a_provider_fault_costs_one_call_and_loses_nothing(
    trial: Trial, group: str, name: str
) -> None:
    trial.settings = SHORT
    with trial:
        client = trial.client(name)
        for case in GROUPS[group]:
            trial.allowed = case.allowed
            trial.api.reset()
            inject(trial, client, case)
            trial.check_ledger()

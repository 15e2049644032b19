"""A job makes only valid transitions."""

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest

from domain.jobs import TRANSITIONS, InvalidTransition, Job, JobState
from domain.provider_errors import OutcomeUnknown, RateLimited
from domain.requests import EditRequest
from domain.results import Usage
from tests.testkit.fakes import PNG, job_for

CHANGES: dict[JobState, Callable[[Job[Any]], Job[Any]]] = {
    JobState.DISPATCHED: lambda job: job.dispatched(),
    JobState.STORED: lambda job: job.stored(()),
    JobState.FAILED: lambda job: job.failed(RateLimited("Not now.")),
    JobState.UNKNOWN: lambda job: job.ended(OutcomeUnknown("Cut.")),
}


@pytest.mark.parametrize(("start", "to"), list(product(JobState, CHANGES)))
def test_every_transition_is_valid_or_rejected(start: JobState, to: JobState) -> None:
    job = job_for(state=start)
    if to in TRANSITIONS[start]:
        assert CHANGES[to](job).state is to
    else:
        with pytest.raises(InvalidTransition, match=f"from {start} to {to}"):
            CHANGES[to](job)


def test_a_charge_is_only_possible_after_dispatch() -> None:
    assert {JobState.DISPATCHED, JobState.FAILED} == TRANSITIONS[JobState.RESERVED]


def test_an_unknown_cost_is_none_and_never_zero() -> None:
    usage = Usage(text_tokens_in=1, image_tokens_in=0, tokens_out=1)
    assert job_for(usage=usage).cost is None


def test_a_job_has_its_action() -> None:
    assert job_for().action == "generate"
    assert job_for(EditRequest(prompt="x", images=(PNG,))).action == "edit"

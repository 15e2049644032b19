"""A client that disconnects before its call was sent costs nothing; later, no image is lost."""

from collections.abc import Mapping

import pytest

from tests.chaos.disconnects import (
    GENERATION_SECONDS,
    Disconnect,
    DisconnectingClient,
    after_partial,
    after_storing,
    during_generation,
    during_reply,
)
from tests.chaos.entry_points import ENTRY_POINTS, HttpClient, StdioClient
from tests.chaos.oracles import Allowed
from tests.chaos.trial import Trial
from tests.chaos.waiting import sleep_for, wait_until
from tests.standin import body_faults

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(120)]
CANCEL_SECONDS = 1.0
"""Seconds from the client's disconnect to the end of the connection to the provider."""
AFTER_SENDING: Mapping[str, tuple[tuple[Disconnect, float], ...]] = {
    "images": (
        *((during_generation, share) for share in (0, 0.5, 0.9)),
        *((during_reply, share) for share in (0.01, 0.5, 0.99)),
        (after_storing, 0),
    ),
    "stream": (
        (during_generation, 0),
        *((after_partial, number) for number in (1, 2, 3)),
        *((during_reply, share) for share in (0.01, 0.99)),
        (after_storing, 0),
    ),
    "mcp": (
        *((during_generation, share) for share in (0, 0.3, 0.6, 0.9)),
        *((during_reply, share) for share in (0.01, 0.99)),
        (after_storing, 0),
    ),
    "stdio": (
        *((during_generation, share) for share in (0, 0.15, 0.3, 0.5, 0.7, 0.9)),
        (after_storing, 0),
    ),
}
"""28 points; with the three below at each entry point there are 40."""
BEFORE_SENDING = (0.0, 0.3, 0.9)
INTERRUPTED = (during_generation, after_partial)
"""The points at which the generation can still be canceled."""


@pytest.mark.parametrize("name", ENTRY_POINTS)
@pytest.mark.parametrize("policy", ["finish", "cancel"])
def test_an_image_is_stored_if_the_client_disconnects_after_the_call_was_sent(
    trial: Trial, policy: str, name: str
) -> None:
    trial.settings = {"ON_DISCONNECT": policy}
    cancels = policy == "cancel"
    with trial:
        client = trial.client(name)
        for disconnect, share in AFTER_SENDING[name]:
            interrupted = cancels and disconnect in INTERRUPTED
            trial.api.reset()
            trial.allowed = Allowed(unknown=interrupted)
            disconnect(DisconnectingClient(trial=trial, client=client, share=share))
            if interrupted:
                trial.api.wait_for_hang_ups(1, CANCEL_SECONDS)
                wait_until(lambda: trial.disk.jobs()[-1].state == "unknown", "the job is unknown")
            trial.check_ledger()
            trial.counts[f"disconnected {disconnect.__name__}"] += 1


@pytest.mark.parametrize("name", ENTRY_POINTS)
@pytest.mark.parametrize("policy", ["finish", "cancel"])
def test_a_client_that_disconnects_before_its_call_was_sent_costs_nothing(
    trial: Trial, policy: str, name: str
) -> None:
    trial.settings = {"ON_DISCONNECT": policy, "MAX_CONCURRENT_CALLS": "1"}
    with trial:
        client = trial.client(name)
        for share in BEFORE_SENDING:
            trial.api.reset()
            trial.api.script(body_faults.small(GENERATION_SECONDS))
            first = client.start(trial.small("first in the queue"))
            wait_until(lambda: trial.api.posts, "the first is sent")
            call = client.start(trial.small("second in the queue"))
            sleep_for(share * GENERATION_SECONDS)
            call.disconnect()
            assert first.outcome().succeeded
            last = client.call(trial.small("last in the queue"))
            assert last.succeeded, last
            prompts = [str(call.fields["prompt"]) for call in trial.api.posts]
            assert not [prompt for prompt in prompts if prompt.startswith("second")]
            trial.check_ledger()
            trial.counts["disconnected in the queue"] += 1


@pytest.mark.parametrize("name", ["images", "stream", "mcp"])
def test_a_client_that_disconnects_during_its_request_costs_nothing(
    trial: Trial, name: str
) -> None:
    with trial:
        client = trial.client(name)
        assert isinstance(client, HttpClient)
        trial.api.reset()
        for sent in (0.0, 0.5, 0.99):
            client.start(trial.small(), sent=sent).disconnect()
            trial.counts["disconnected during the request"] += 1
        assert client.call(trial.small()).succeeded
        assert len(trial.api.posts) == 1


@pytest.mark.parametrize("share", [0, 0.5, 0.9])
def test_images_are_on_the_disk_after_the_host_exits(trial: Trial, share: float) -> None:
    with trial:
        host = trial.host()
        trial.api.reset()
        trial.api.default = body_faults.small(GENERATION_SECONDS)
        client = StdioClient(host)
        for _ in range(10):
            client.start(trial.small("the host exits"))
        trial.api.wait_for_calls(10)
        sleep_for(share * GENERATION_SECONDS)
        host.close_input()
        assert host.wait_for_exit() == 0
        trial.counts["calls of hosts that exited"] += 10

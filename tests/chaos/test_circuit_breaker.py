"""An unreachable provider costs nothing; a failing one gets no calls for a while."""

import pytest

from tests.chaos.entry_points import ENTRY_POINTS, HttpClient, StdioClient
from tests.chaos.oracles import Allowed
from tests.chaos.trial import Trial
from tests.standin.faults import status

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(120)]
FAILURES = 5
REFUSAL_SECONDS = 0.25
"""Seconds within which a call that is not sent gets its reply."""
CONNECT_SECONDS = 6.0
"""Seconds within which three attempts to connect fail."""
UNREACHABLE = ["http://127.0.0.1:9/v1", "http://missing.invalid/v1", "https://{standin}/v1"]
"""A port without a listener, a name without an address, and a port without TLS."""


@pytest.mark.parametrize("name", ENTRY_POINTS)
@pytest.mark.parametrize("address", UNREACHABLE)
def test_nothing_is_sent_to_an_unreachable_provider(trial: Trial, address: str, name: str) -> None:
    standin = trial.api.base_url.partition("//")[2].partition("/")[0]
    trial.settings["OPENAI_BASE_URL"] = address.format(standin=standin)
    with trial:
        client = (
            StdioClient(trial.host(warm=False))
            if name == "stdio"
            else HttpClient(name, trial.serve(warm=False).port, trial.check_secrets)
        )
        outcome = client.call(trial.small())
        trial.record(outcome)
        assert outcome.code == "provider_unreachable"
        assert outcome.seconds < CONNECT_SECONDS
    assert trial.api.calls == []


@pytest.mark.parametrize("name", ENTRY_POINTS)
def test_the_circuit_opens_after_five_consecutive_failures(trial: Trial, name: str) -> None:
    trial.allowed = Allowed(unknown=True)
    with trial:
        client = trial.client(name)
        known = trial.small("a cached image")
        generated = client.call(known)
        assert generated.succeeded
        trial.api.default = status(500)
        failed = [client.call(trial.small("failing")) for _ in range(FAILURES)]
        posts = len(trial.api.posts)
        refused = [client.call(trial.small("refused")) for _ in range(FAILURES)]
        again = client.call(known)
        trial.record(generated, *failed, *refused, again)
        assert [outcome.code for outcome in failed] == ["provider_failed"] * FAILURES
        assert [outcome.code for outcome in refused] == ["provider_resting"] * FAILURES
        assert len(trial.api.posts) == posts
        assert max(outcome.seconds for outcome in refused) < REFUSAL_SECONDS
        assert again.images == generated.images

"""Clients that disconnect during a call, at different points."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from tests.chaos.entry_points import AnyClient, Arguments, Call
from tests.chaos.trial import Trial
from tests.chaos.waiting import sleep_for, wait_until
from tests.standin import Fault, body_faults, faults

GENERATION_SECONDS = 0.4
"""Seconds of a generation during which a client disconnects."""
SLOW = body_faults.small(GENERATION_SECONDS)
LARGE = {"size": "1024x640"}
"""Its reply arrives in enough chunks to disconnect between two of them."""


@dataclass(frozen=True, kw_only=True)
class DisconnectingClient:
    """One client, the point at which it disconnects, and the provider's behavior."""

    trial: Trial
    client: AnyClient
    share: float
    fault: Fault = SLOW

    def start(self, text: str, **more: object) -> tuple[Call, Arguments]:
        """Start a call, and wait until it was sent to the provider."""
        arguments = self.trial.small(text, **more)
        posts = len(self.trial.api.posts)
        self.trial.api.script(self.fault)
        call = self.client.start(arguments)
        wait_until(lambda: len(self.trial.api.posts) > posts, "the request is sent")
        return call, arguments


Disconnect = Callable[[DisconnectingClient], Arguments]


def during_generation(client: DisconnectingClient) -> Arguments:
    """Disconnect at that share of the generation."""
    call, arguments = client.start("disconnected during generation")
    sleep_for(client.share * GENERATION_SECONDS)
    call.disconnect()
    return arguments


def after_partial(client: DisconnectingClient) -> Arguments:
    """Disconnect after that many partials."""
    call, arguments = client.start("disconnected after a partial", partialImages=3)
    call.read_until(lambda received: received.count(b"partialImageIndex") >= client.share)
    call.disconnect()
    return arguments


def during_reply(client: DisconnectingClient) -> Arguments:
    """Disconnect at that share of the reply's bytes."""
    normal = replace(client, fault=faults.normal())
    whole, _ = normal.start("measured", **LARGE)
    outcome = whole.outcome()
    assert outcome.succeeded, outcome
    call, arguments = normal.start("disconnected during the reply", **LARGE)
    call.read_until(lambda received: len(received) >= client.share * outcome.bytes)
    call.disconnect()
    return arguments


def after_storing(client: DisconnectingClient) -> Arguments:
    """Disconnect once the image is on the disk, without reading the reply."""
    call, arguments = replace(client, fault=body_faults.small()).start("disconnected after storing")
    api = client.trial.api
    wait_until(lambda: api.ledger, "the image is generated")
    digests = {*api.ledger[-1].digests}
    wait_until(lambda: client.trial.disk.stored_digests() >= digests, "the image is on the disk")
    call.disconnect()
    return arguments

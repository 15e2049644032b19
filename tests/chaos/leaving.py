"""Clients that go in the middle of a call, and the points at which they do."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from tests.chaos.doors import AnyDoor, Arguments, Call
from tests.chaos.trial import Trial
from tests.chaos.waiting import pass_time, until
from tests.standin import Fault, body_faults, faults

PAINTING_TAKES = 0.4
"""Seconds of a picture in whose middle somebody leaves."""
SLOW = body_faults.small(PAINTING_TAKES)
LARGE = {"size": "1024x640"}
"""Its answer comes in so many pieces that one can leave between them."""


@dataclass(frozen=True, kw_only=True)
class Leaving:
    """One client, what it asks for, and how the provider answers."""

    trial: Trial
    door: AnyDoor
    share: float
    fault: Fault = SLOW

    def asked(self, words: str, **more: object) -> tuple[Call, Arguments]:
        """Call, and wait until that was sent to the provider."""
        arguments = self.trial.small(words, **more)
        posts = len(self.trial.api.posts)
        self.trial.api.script(self.fault)
        call = self.door.begin(arguments)
        until(lambda: len(self.trial.api.posts) > posts, "the request is sent")
        return call, arguments


Way = Callable[[Leaving], Arguments]


def while_painting(client: Leaving) -> Arguments:
    """At that share of the painting."""
    call, arguments = client.asked("left while it was painted")
    pass_time(client.share * PAINTING_TAKES)
    call.leave()
    return arguments


def after_a_partial(client: Leaving) -> Arguments:
    """After that many partials."""
    call, arguments = client.asked("left after a partial", partialImages=3)
    call.read_until(lambda came: came.count(b"partialImageIndex") >= client.share)
    call.leave()
    return arguments


def while_answered(client: Leaving) -> Arguments:
    """At that share of the answer's bytes."""
    painted = replace(client, fault=faults.normal())
    whole, _ = painted.asked("measured", **LARGE)
    outcome = whole.outcome()
    assert outcome.painted, outcome
    call, arguments = painted.asked("left while it was answered", **LARGE)
    call.read_until(lambda came: len(came) >= client.share * outcome.bytes)
    call.leave()
    return arguments


def once_stored(client: Leaving) -> Arguments:
    """When the picture is on the disk, with nothing read of the answer."""
    call, arguments = replace(client, fault=body_faults.small()).asked("left once stored")
    api = client.trial.api
    until(lambda: api.ledger, "the picture is painted")
    digests = {*api.ledger[-1].digests}
    until(lambda: client.trial.disk.kept() >= digests, "the picture is on the disk")
    call.leave()
    return arguments

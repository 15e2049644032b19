"""A hostile provider, in front of the provider adapter alone: a part that takes seconds."""

from collections import Counter

import pytest

from application.ports.image_provider import Delivered, PartialImage
from domain.errors import ImageServiceError
from tests.chaos.canaries import KEY, secrets_in
from tests.hostile.provider_behaviors import BEHAVIORS, ENDLESS, Behavior, redirects
from tests.standin import StandIn
from tests.unit.openai_help import generate_events

DEADLINE = 0.2
"""Seconds of one call."""


def in_part() -> list[Behavior]:
    """Every fifth behavior, and three of those that only the deadline ends."""
    others = [each for each in BEHAVIORS if each not in ENDLESS]
    return [*redirects("http://127.0.0.1:1/v1")[::4], *ENDLESS[1::8], *others[::4]]


@pytest.mark.anyio
async def test_a_hostile_provider_gets_one_post_and_ends_at_the_deadline(
    openai_api: StandIn, counts: Counter[str]
) -> None:
    for behavior in in_part():
        openai_api.reset()
        openai_api.script(behavior.fault)
        code, charged, text = await outcome_of(openai_api, behavior)
        counts[code or "images"] += 1
        assert code == behavior.code, behavior.name
        assert charged in (None, behavior.charged), behavior.name
        assert len(openai_api.posts) == 1, behavior.name
        assert not secrets_in(text), (behavior.name, text)


async def outcome_of(api: StandIn, behavior: Behavior) -> tuple[str | None, str | None, bytes]:
    """The error's code and charge, None for images, and all texts and data of the outcome.

    A result without an image counts as what the Inspection safeguard makes of it.
    """
    previews = 1 if behavior.streamed else 0
    try:
        events = await generate_events(
            api.base_url, key=KEY, deadline=DEADLINE, partial_images=previews
        )
    except ImageServiceError as error:
        return error.code, error.charged, f"{error} {error.details()} {vars(error)}".encode()
    shown = b"".join(each.image.data for each in events if isinstance(each, PartialImage))
    *_, last = events
    assert isinstance(last, Delivered)
    code = None if last.images else "bad_provider_reply"
    return code, None, repr(events).encode() + shown

"""A hostile provider, in front of the provider adapter alone: a part that takes seconds."""

from collections import Counter

import pytest

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
        code, text = await outcome_of(openai_api, behavior)
        counts[code or "images"] += 1
        assert len(openai_api.posts) == 1, behavior.name
        assert not secrets_in(text.encode()), (behavior.name, text)


async def outcome_of(api: StandIn, behavior: Behavior) -> tuple[str | None, str]:
    """The error's code, None for images, and all texts of the outcome."""
    streamed = behavior.streamed is True
    try:
        events = await generate_events(
            api.base_url, key=KEY, deadline=DEADLINE, partial_images=1 if streamed else 0
        )
    except ImageServiceError as error:
        assert (error.code, error.charged) == (behavior.code, behavior.charged), behavior.name
        return error.code, f"{error} {error.details()} {vars(error)}"
    assert behavior.code in (None, "bad_provider_reply"), behavior.name
    return behavior.code, repr(events)

"""2,000 mutated tool calls: what is certain is served, the rest is one answer that names all."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from tests.field_reports.argument_doors import SQUARE, Doors, open_doors
from tests.field_reports.argument_mutations import GoodCall, Mutation, Mutator
from tests.testkit.fakes import small_image

pytestmark = pytest.mark.anyio
SMALL = small_image("teal", (32, 32))
CALLS = 2_000
SEED = 11
REST = ("moderation", "partialImages", "stream", "model", "fresh")


def good_calls(image_id: str) -> list[GoodCall]:
    """Calls in the words of the schema; the first three are sent to the provider."""
    options = ("size", "quality", "format", "background", "output_compression", "n", *REST)
    return [
        GoodCall(tool="generate_image", arguments={"prompt": "a red bridge"}, optional=options),
        GoodCall(
            tool="generate_image",
            arguments={"prompt": "null", "size": "1024x1024", "quality": "high", "n": 1},
            optional=("format", "background", "output_compression", *REST),
        ),
        GoodCall(
            tool="edit_image",
            arguments={"prompt": "winter", "images": [image_id], "size": "1024x1024"},
            optional=("quality", "format", "background", "output_compression", "n", *REST),
        ),
        GoodCall(tool="get_image", arguments={"id": image_id}),
        GoodCall(tool="list_images", arguments={"limit": 2}),
        GoodCall(tool="list_images", arguments={}, optional=("limit",)),
        GoodCall(tool="cache_stats", arguments={}),
    ]


async def check(doors: Doors, mutation: Mutation) -> str:
    """Send a call and compare the answer with the oracle; return what it was."""
    sent = len(doors.provider.requests)
    answer = await doors.call(mutation.call.tool, mutation.arguments)
    if answer.succeeded:
        assert not mutation.wrong, (mutation, answer)
        return "served"
    assert mutation.wrong, (mutation, answer)
    assert answer.text.count("[Error ") == 1
    assert answer.fields == mutation.wrong, (mutation, answer)
    assert len(doors.provider.requests) == sent
    return f"{min(len(mutation.wrong), 4)} faults"


async def test_mutated_calls_are_served_or_refused_with_all_their_faults(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    random, counts = Random(SEED), Counter[str]()  # noqa: S311 - the same calls in every run
    async with open_doors(tmp_path) as doors:
        doors.provider.images = (SMALL,)
        image_id = (await doors.new_image("the image to edit"))["id"]
        doors.provider.images = (SQUARE,)
        mutator = Mutator(random, SMALL)
        calls = good_calls(image_id)
        for call in calls:
            assert (await doors.call(call.tool, dict(call.arguments))).succeeded, call
        sent = len(doors.provider.requests)
        for _ in range(CALLS):
            mutation = mutator.mutate(random.choice(calls))
            counts[await check(doors, mutation)] += 1
        assert len(doors.provider.requests) == sent, "a spelling has another cache entry"
    record_property("counts", dict(sorted(counts.items())))
    assert counts["served"] > CALLS / 4
    assert all(counts[f"{number} faults"] > CALLS / 50 for number in range(1, 4)), counts

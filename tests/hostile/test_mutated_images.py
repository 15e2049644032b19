"""Mutated images in every role: each is accepted or gets a typed refusal, and costs little."""

from collections import Counter
from pathlib import Path

import pytest

from tests.hostile.conftest import share_of
from tests.hostile.image_mutations import mutation, original_files
from tests.hostile.image_trial import image_trial

pytestmark = pytest.mark.anyio
FAST, ALL, BATCH = 150, 5_000, 250
"""Mutations in `make test` and in `make hostile`, and those that one application gets."""


async def test_mutated_images_are_accepted_or_refused(tmp_path: Path, counts: Counter[str]) -> None:
    async with image_trial(tmp_path, counts) as trial:
        await trial.try_all(map(mutation, range(FAST)))


async def test_the_originals_are_accepted(tmp_path: Path, counts: Counter[str]) -> None:
    async with image_trial(tmp_path, counts) as trial:
        *still, animation = original_files()
        for data in still:
            outcomes = await trial.as_every_role("original", data)
            assert outcomes["input"] == outcomes["reply"] == "accepted"
        outcomes = await trial.as_every_role("an animation", animation)
        assert outcomes["input"] == "unreadable_image"


@pytest.mark.hostile
@pytest.mark.timeout(3600)
async def test_all_mutated_images_are_accepted_or_refused(
    tmp_path: Path, counts: Counter[str]
) -> None:
    total = share_of(ALL)
    for start in range(0, total, BATCH):
        async with image_trial(tmp_path / str(start), counts) as trial:
            await trial.try_all(map(mutation, range(start, min(start + BATCH, total))))
    counts["mutations"] = total

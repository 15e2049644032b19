"""A process that is killed after its request was accepted loses no image, and pays once."""

import asyncio
import subprocess
import sys
from random import Random

import pytest

from tests.standin import StandIn, faults
from tests.unit.background_help import check_image, job, read
from tests.unit.responses_help import provider_at

pytestmark = pytest.mark.anyio
GENERATING = 0.6
"""Seconds of a generation."""
KILLS = 6


@pytest.mark.parametrize("number", range(KILLS))
async def test_another_process_reads_the_image_of_a_killed_one(
    openai_api: StandIn, number: int
) -> None:
    openai_api.default = faults.slow(GENERATING)
    module, partials = "tests.e2e.accepting_client", str(2 * (number % 2))
    client = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, openai_api.base_url, partials), stdout=subprocess.PIPE
    )
    assert client.stdout is not None
    handle = (await client.stdout.readline()).decode().strip()
    moment = Random(number).uniform(0, GENERATING)  # noqa: S311 - moments that can be repeated
    await asyncio.sleep(moment)
    client.kill()
    await client.wait()
    async with provider_at(openai_api.base_url, in_background=True) as restarted:
        first, again = [await read(restarted.resume(job(), handle)) for _ in range(2)]
    check_image(openai_api, first)
    check_image(openai_api, again)
    assert len(openai_api.posts) == 1

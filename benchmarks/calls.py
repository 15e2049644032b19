"""The time that we add to one call of OpenAI's SDK, in process and over stdio."""

from base64 import b64decode
from contextlib import AsyncExitStack

from openai import AsyncOpenAI

from benchmarks.measure import Line, Stopwatch, interleave
from benchmarks.rig import KEY, Rig, first_base64, parameters, prompt
from benchmarks.stdio_client import StdioServer
from domain.requests import GenerateRequest
from entrypoints.bootstrap.container import Container
from entrypoints.bootstrap.lifecycle import run_application
from tests.testkit.fakes import settings_in

GOAL_MS = 20.0
BARE = "SDK call + b64decode"


def call_lines(rig: Rig, rounds: int) -> list[Line]:
    """An equal image through our whole path, over stdio, and from the bare SDK."""
    times = _measure(rig, rounds)
    return [
        Line(
            name="added to a bare SDK call",
            ours=times["ours"],
            against=BARE,
            base=times["bare"],
            goal=GOAL_MS,
            judged="added",
        ),
        Line(
            name="generate_image over stdio",
            ours=times["stdio"],
            against=BARE,
            base=times["bare"],
        ),
    ]


def _measure(rig: Rig, rounds: int) -> dict[str, list[float]]:
    folder = rig.folder / "in-process"
    settings = settings_in(folder, openai_api_key=KEY, openai_base_url=rig.base_url)
    stack = AsyncExitStack()
    run = rig.runner.run
    try:
        container = run(stack.enter_async_context(run_application(settings)))
        client = run(stack.enter_async_context(rig.client()))
        with StdioServer([rig.server], rig.environment) as server:
            server.list_tools()
            return interleave(
                rounds,
                lambda: {"bare": run(_bare(client))},
                lambda: {"ours": run(_ours(container))},
                lambda: {"stdio": server.generate_image()},
            )
    finally:
        run(stack.aclose())


async def _ours(container: Container) -> float:
    with Stopwatch() as watch:
        job = await container.generate_image()(GenerateRequest(prompt=prompt()))
        images = await job.result()
    assert images.images[0].stored, images.notes
    return watch.wall


async def _bare(client: AsyncOpenAI) -> float:
    with Stopwatch() as watch:
        reply = await client.images.generate(**parameters())
        data = b64decode(first_base64(reply))
    assert data
    return watch.wall

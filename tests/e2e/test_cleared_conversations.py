"""What is left of a conversation that was cleared: its images, and no word."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from domain.errors import Canceled, NotFound
from domain.results import ImageResult
from entrypoints.bootstrap.container import Container
from entrypoints.bootstrap.lifecycle import run_application
from tests.e2e.conversing import LOGO, OTHER, CountingProvider, generate, request
from tests.e2e.loopback_server import wait_until
from tests.testkit.fakes import settings_in

pytestmark = pytest.mark.anyio


@pytest.fixture
def provider() -> CountingProvider:
    """What the container's jobs are sent to."""
    return CountingProvider()


@pytest.fixture
async def container(
    tmp_path: Path, provider: CountingProvider, anyio_backend: str
) -> AsyncIterator[Container]:
    """The whole application on this provider."""
    async with run_application(settings_in(tmp_path), provider=provider) as running:
        yield running


async def test_files_of_a_conversation_are_not_named_by_its_words(container: Container) -> None:
    inside = await generate(container, "a secret fox")
    outside = await generate(container, "a public fox", id_=None)
    assert Path(str(inside.images[0].stored)).name.startswith("image-")
    assert Path(str(outside.images[0].stored)).name.startswith("public-fox-")


async def test_after_clearing_nothing_is_sent_or_told(
    container: Container, provider: CountingProvider
) -> None:
    first = await generate(container, "a fox")
    cleared = await container.clear_conversation()(LOGO)
    assert (cleared.turns, cleared.is_overwritten) == (1, True)
    with pytest.raises(NotFound, match="no conversation logo"):
        await container.get_conversation()(LOGO)
    with pytest.raises(NotFound):
        await container.clear_conversation()(LOGO)
    assert await container.list_conversations()() == []
    record = await container.get_job()(first.job_id)
    assert (record.prompt, record.revised_prompt, record.cost) == ("", None, first.generation_cost)
    assert (await container.view_image().original(first.images[0].id, owner="local")).data
    assert isinstance(await container.get_image()(first.job_id, form="auto"), ImageResult)
    with pytest.raises(NotFound):
        await container.follow_job()(first.job_id)
    again = await generate(container, "in snow", turns=5)
    assert again.turn is not None
    assert again.turn.number == 1
    assert provider.seen[-1].request.prompt_in_context == "in snow"
    assert not (await generate(container, "a fox")).is_cached


async def test_another_process_forgets_what_this_one_clears(
    tmp_path: Path, provider: CountingProvider
) -> None:
    settings = settings_in(tmp_path)
    async with (
        run_application(settings, provider=provider) as here,
        run_application(settings, provider=provider) as there,
    ):
        first = await generate(there, "a fox")
        await wait_until(lambda: there.job_runner().by_id(first.job_id, owner="local") is None)
        again = await there.generate_image()(request("a fox"))
        await again.result()
        await here.clear_conversation()(LOGO)
        for job_id in (first.job_id, again.job.id):
            with pytest.raises(NotFound):
                await there.follow_job()(job_id)
        with pytest.raises(NotFound):
            await there.get_job()(again.job.id)
        assert not (await generate(there, "a fox")).is_cached


async def test_a_request_that_waits_for_a_place_is_not_sent_once_its_conversation_is_cleared(
    tmp_path: Path, provider: CountingProvider
) -> None:
    gate = asyncio.Event()
    provider.meanwhile = gate.wait
    settings = settings_in(tmp_path, max_concurrent_calls=1)
    async with run_application(settings, provider=provider) as container:
        running = await container.generate_image()(request("a bear", id_=OTHER))
        waiting = await container.generate_image()(request("a fox"))
        await container.clear_conversation()(LOGO)
        gate.set()
        await running.result()
        with pytest.raises(Canceled, match="was cleared"):
            await waiting.result()
    assert [job.request.prompt for job in provider.seen] == ["a bear"]


async def test_a_text_that_arrives_after_clearing_is_in_no_file(
    tmp_path: Path, provider: CountingProvider
) -> None:
    settings = settings_in(tmp_path)
    async with (
        run_application(settings, provider=provider) as here,
        run_application(settings, provider=provider) as there,
    ):

        async def clear() -> None:
            await there.clear_conversation()(LOGO)

        provider.meanwhile = clear
        result = await generate(here, "a fox")
        await here.drain_jobs()(5)
    assert (result.turn, result.revised_prompt) == (None, "revised a fox")
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert files
    assert not [file for file in files if b"revised a fox" in file.read_bytes()]


async def test_an_image_that_arrives_after_clearing_is_no_turn(container: Container) -> None:
    await generate(container, "a fox")
    cached = await container.generate_image()(request("a fox"))
    await container.clear_conversation()(LOGO)
    result = await cached.result()
    assert result.turn is None
    assert any("was cleared meanwhile" in note for note in result.notes)

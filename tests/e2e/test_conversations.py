"""Conversations through the use cases: what is sent, what is recorded, and what is left of it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from domain.errors import InvalidRequest, KeyReused, NotFound
from entrypoints.bootstrap.container import Container
from entrypoints.bootstrap.lifecycle import run_application
from tests.e2e.conversing import LOGO, OTHER, CountingProvider, edit, generate, request, turns_of
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


async def wait_for_cache(container: Container) -> None:
    """Wait until the results so far are in the cache."""
    await wait_until(lambda: not container.job_runner().running)


async def test_a_request_builds_on_the_turns_before_it(
    container: Container, provider: CountingProvider
) -> None:
    first = await generate(container, "a fox", turns=5)
    second = await generate(container, "in snow", turns=5)
    third = await generate(container, "at night", turns=1)
    alone = await generate(container, "a bear")
    sent = [job.request for job in provider.seen]
    assert sent[0].prompt_in_context == "a fox"
    assert "1. revised a fox\n" in sent[1].prompt_in_context
    assert sent[1].prompt_in_context.endswith("\nin snow")
    assert "revised a fox" not in sent[2].prompt_in_context
    assert "1. revised in snow\n" in sent[2].prompt_in_context
    assert sent[3].prompt_in_context == "a bear"
    assert [each.context and each.context.continuation for each in sent] == [
        None,
        "resp_1",
        "resp_2",
        None,
    ]
    assert [each.turn and each.turn.number for each in (first, second, third, alone)] == [
        1,
        2,
        3,
        4,
    ]
    assert [turn.context for turn in await turns_of(container)] == [(), (1,), (2,), ()]
    assert [turn.prompt for turn in await turns_of(container)] == [
        "a fox",
        "in snow",
        "at night",
        "a bear",
    ]


async def test_a_cached_request_is_a_turn_and_its_context_is_part_of_the_key(
    container: Container, provider: CountingProvider
) -> None:
    await generate(container, "a fox")
    await wait_for_cache(container)
    again = await generate(container, "a fox")
    assert again.is_cached
    assert again.turn is not None
    assert again.turn.number == 2
    with_context = await generate(container, "a fox", turns=2)
    assert not with_context.is_cached
    elsewhere = [await generate(container, "a fox", turns=3, id_=OTHER) for _ in range(2)]
    assert [each.is_cached for each in elsewhere] == [True, False]  # the second has a context
    assert len(provider.seen) == 3
    cached = (await turns_of(container))[1]
    assert (cached.served_from, cached.revised_prompt) == ("memory", "revised a fox")
    assert cached.continuation == "resp_1"
    assert [turn.number for turn in await turns_of(container, OTHER)] == [1, 2]


async def test_equal_requests_at_once_are_two_turns_of_one_job(
    tmp_path: Path, provider: CountingProvider
) -> None:
    gate = asyncio.Event()
    provider.meanwhile = gate.wait
    async with run_application(settings_in(tmp_path), provider=provider) as container:
        jobs = [await container.generate_image()(request("a fox", id_=id_)) for id_ in (LOGO, LOGO)]
        plain = await container.generate_image()(request("a fox", id_=None))
        gate.set()
        results = [await job.result() for job in (*jobs, plain)]
        turns = await turns_of(container)
    assert len(provider.seen) == 1
    assert {each.turn.number for each in results if each.turn} == {1, 2}
    assert results[2].turn is None
    assert sorted(turn.served_from for turn in turns) == ["joined", "provider"]


async def test_an_edit_without_images_edits_the_last_image_that_is_there(
    container: Container, provider: CountingProvider
) -> None:
    with pytest.raises(InvalidRequest, match="logo has no image to edit") as refusal:
        await edit(container, "add a hat")
    assert refusal.value.field == "images"
    first = await generate(container, "a fox")
    second = await edit(container, "add a hat")
    assert _edited(provider) == first.images[0].id
    assert second.notes == (f"Edited {first.images[0].id}, the image of turn 1.",)
    await edit(container, "add a scarf")
    assert _edited(provider) == second.images[0].id
    await container.delete_image()((await turns_of(container))[-1].images[0].id)
    await edit(container, "make it blue")
    assert _edited(provider) == second.images[0].id
    for turn in await turns_of(container):
        if not turn.images[0].deleted:
            await container.delete_image()(turn.images[0].id)
    with pytest.raises(InvalidRequest, match="all of them were deleted"):
        await edit(container, "add shoes")
    assert [turn.action for turn in await turns_of(container)] == ["generate", *["edit"] * 3]


async def test_a_last_image_whose_file_is_gone_is_named_with_what_to_do(
    container: Container, provider: CountingProvider
) -> None:
    first = await generate(container, "a fox")
    second = await edit(container, "add a hat")
    Path(str(second.images[0].stored)).unlink()
    with pytest.raises(NotFound, match=second.images[0].id) as refusal:
        await edit(container, "add a scarf")
    assert "delete this one" in refusal.value.hint
    await container.delete_image()(second.images[0].id)
    await edit(container, "add a scarf")
    assert _edited(provider) == first.images[0].id


def _edited(provider: CountingProvider) -> str:
    (image,) = provider.seen[-1].request.images  # type: ignore[attr-defined] # an edit's
    return str(image.id)


async def test_a_repeated_request_is_the_same_turn_although_its_context_has_changed(
    container: Container, provider: CountingProvider
) -> None:
    first = await generate(container, "a fox", turns=5, key="k-1")
    changed = await edit(container, "add a hat", turns=5, key="k-2")
    await edit(container, "add a scarf", turns=5)
    assert (await generate(container, "a fox", turns=5, key="k-1")).turn == first.turn
    again = await edit(container, "add a hat", turns=5, key="k-2")
    assert (again.images[0].id, again.turn) == (changed.images[0].id, changed.turn)
    assert len(provider.seen) == 3
    assert len(await turns_of(container)) == 3
    for other in ({"turns": 4}, {"turns": 5, "id_": OTHER}):
        with pytest.raises(KeyReused):
            await generate(container, "a fox", key="k-1", **other)


async def test_nothing_of_another_owner_is_found(container: Container) -> None:
    await generate(container, "a fox")
    assert await container.list_conversations()(owner="other") == []
    for use_case in (
        container.get_conversation(),
        container.clear_conversation(),
        container.undo_turn(),
    ):
        with pytest.raises(NotFound):
            await use_case(LOGO, owner="other")
    other = await generate(container, "a wolf", owner="other", turns=5)
    assert other.turn is not None
    assert other.turn.number == 1
    assert [turn.prompt for turn in await turns_of(container)] == ["a fox"]


async def test_a_turn_can_be_taken_back(container: Container, provider: CountingProvider) -> None:
    first = await generate(container, "a fox")
    await edit(container, "add a hat", turns=5)
    assert (await container.undo_turn()(LOGO)).prompt == "add a hat"
    await edit(container, "add a scarf", turns=5)
    assert _edited(provider) == first.images[0].id
    assert provider.seen[-1].request.context is not None
    assert provider.seen[-1].request.context.continuation == "resp_1"

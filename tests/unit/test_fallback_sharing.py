"""Retries, keys and equal requests of jobs with a fallback."""

import asyncio
from pathlib import Path

import pytest

from domain.errors import KeyReused
from domain.provider_errors import (
    QuotaExhausted,
    RateLimited,
)
from entrypoints.cli.generation import generate
from entrypoints.http.openai_api.arguments import read_call
from entrypoints.wire.inputs import GenerateArguments
from entrypoints.wire.parsing import parse
from tests.testkit.fakes import PNG, FakeProvider, FakeResumableProvider
from tests.unit.fallback_scene import RED, Scene, Second, ask, failing, request

pytestmark = pytest.mark.anyio


async def test_a_key_gives_the_same_image_again_after_a_fallback(tmp_path: Path) -> None:
    scene = Scene(tmp_path, failing(QuotaExhausted("No credit.")))
    wish = request(fallback="second-1")
    async with scene as container:
        first = await ask(container, wish, key="k-1")
        again = await ask(container, wish, key="k-1")
        assert again.job.id == first.job.id
        results = [await first.result(), await again.result()]
    scene = Scene(tmp_path, failing(QuotaExhausted("No credit.")))
    async with scene as container:
        results.append(await (await ask(container, wish, key="k-1")).result())
        with pytest.raises(KeyReused):
            await ask(container, request(), key="k-1")
    assert {each.job_id for each in results} == {first.job.id}
    assert {each.provider for each in results} == {"second"}
    assert scene.first.seen == scene.second.seen == []


async def test_a_retry_without_a_key_gets_the_image_of_the_fallback(tmp_path: Path) -> None:
    scene = Scene(tmp_path, failing(RateLimited("Too many.")), cache_ttl=0)
    wish = request(fallback="second-1")
    async with scene as container:
        first = await (await ask(container, wish)).result()
        again = await (await ask(container, wish, retried=True)).result()
    assert again.job_id == first.job_id
    assert len(scene.second.seen) == 1


async def test_equal_requests_share_one_fallback_and_others_do_not(tmp_path: Path) -> None:
    gate, reached = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        reached.set()
        await gate.wait()

    scene = Scene(tmp_path, FakeProvider(PNG, fails=[QuotaExhausted("No credit.")]), cache_ttl=0)
    scene.second = Second(RED, meanwhile=hold)
    async with scene as container:
        asked = [await ask(container, request(fallback="second-1")) for _ in range(2)]
        await asyncio.wait_for(reached.wait(), 5)
        alone = await ask(container, request())
        assert asked[0].job.id == asked[1].job.id != alone.job.id
        assert (await alone.result()).provider == "fake"
        direct = await ask(container, request(model="second-1"))
        assert direct.job.id == asked[0].job.id
        gate.set()
        results = [await each.result() for each in (*asked, direct)]
    assert {each.provider for each in results} == {"second"}
    assert ["was asked first" in " ".join(each.notes) for each in results] == [True, True, False]
    assert len(scene.second.seen) == 1


async def test_a_cached_image_of_the_fallback_has_the_note_of_this_call_only(
    tmp_path: Path,
) -> None:
    scene = Scene(tmp_path, failing(QuotaExhausted("No credit.")))
    async with scene as container:
        for _ in range(2):
            result = await (await ask(container, request(fallback="second-1"))).result()
            assert len([note for note in result.notes if "was asked first" in note]) == 1
        direct = await (await ask(container, request(model="second-1"))).result()
    assert not any("was asked first" in note for note in direct.notes)
    assert len(scene.second.seen) == 1


def test_every_entry_point_can_name_a_fallback() -> None:
    tool = parse(GenerateArguments, {"prompt": "x", "fallback": "second-1"})
    program = read_call("generate", {"prompt": "x", "fallback": "second-1"}).arguments
    assert isinstance(program, GenerateArguments)
    assert [each.to_request().fallback for each in (tool, program)] == ["second-1"] * 2
    assert parse(GenerateArguments, {"prompt": "x"}).to_request().fallback is None
    assert "--fallback" in {name for each in generate.params for name in each.opts}


async def test_accepted_work_is_shared_whatever_the_fallback_is(tmp_path: Path) -> None:
    gate, reached = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        reached.set()
        await gate.wait()

    scene = Scene(tmp_path, FakeResumableProvider(PNG, meanwhile=hold), cache_ttl=0)
    async with scene as container:
        plain = await ask(container, request())
        await asyncio.wait_for(reached.wait(), 5)
        joined = await ask(container, request(fallback="second-1"))
        gate.set()
        results = [await each.result() for each in (plain, joined)]
        assert joined.job.id == plain.job.id
        again = await ask(container, request(fallback="second-1"))
        assert again.job.id != plain.job.id
        assert (await again.result()).provider == "fake"
    assert [each.served_from for each in results] == ["provider", "joined"]

"""Several providers: each serves the models of its catalog, with its own safeguards."""

import asyncio
from pathlib import Path

import pytest

from application.jobs.job_handle import JobHandle
from application.ports.image_provider import ImageProvider, ProviderStream
from application.provider_registry import ProviderRegistry
from domain.fingerprint import fingerprint
from domain.jobs import Job
from domain.models import Catalog, ModelCard
from domain.money.budget_errors import BudgetExhausted
from domain.provider_errors import CircuitOpen, OutcomeUnknown
from domain.requests import EditRequest, GenerateRequest
from entrypoints.bootstrap.container import Container
from entrypoints.bootstrap.lifecycle import run_application
from tests.testkit.fakes import PNG, FakeProvider, job_for, settings_in, small_image

pytestmark = pytest.mark.anyio
RED = small_image("red")


class OtherProvider(FakeProvider):
    """A second vendor, with one model of its own."""

    name = "other"
    endpoint = "elsewhere"
    catalog = Catalog(
        cards=(ModelCard(name="other-1", aliases=("other-1-2026",)), ModelCard(name="fake-1")),
        default="other-1",
    )


def two(
    *, fake: FakeProvider | None = None, other: FakeProvider | None = None
) -> list[ImageProvider]:
    """Both providers, for a container."""
    return [fake or FakeProvider(PNG), other or OtherProvider(RED)]


async def ask(container: Container, model: str | None, prompt: str = "a red bridge") -> JobHandle:
    handle: JobHandle = await container.generate_image()(
        GenerateRequest(prompt=prompt, model=model)
    )
    return handle


@pytest.mark.parametrize(
    ("model", "provider"),
    [
        (None, "fake"),
        ("fake-1", "fake"),
        ("other-1", "other"),
        ("other-1-2026", "other"),
        ("Other/fake-1", "other"),
        ("other/unheard-of", "other"),
        ("fake/fake-1", "fake"),
        ("unheard-of", "fake"),
    ],
)
async def test_a_job_goes_to_the_provider_of_its_model(
    model: str | None, provider: str, tmp_path: Path
) -> None:
    async with run_application(settings_in(tmp_path), image_providers=two()) as container:
        handle = await ask(container, model)
        result = await handle.result()
    assert (handle.job.provider, result.provider) == (provider, provider)
    assert result.requested_model == (model or "fake-1")
    assert result.model == (model or "fake-1").rpartition("/")[2]
    assert result.images[0].image == (PNG if provider == "fake" else RED)


async def test_an_edit_goes_to_the_edits_of_its_provider() -> None:
    class Editor(OtherProvider):
        def generate(self, job: Job[GenerateRequest], /) -> ProviderStream:
            raise AssertionError(f"{job.id} is an edit")

    editor = Editor(RED)
    registry = ProviderRegistry(FakeProvider(), editor)
    edit = job_for(EditRequest(prompt="x", images=(PNG,)), provider="other")
    assert [event async for event in registry.stream(edit)]
    assert editor.seen == [edit]


async def test_the_models_of_all_are_listed(tmp_path: Path) -> None:
    async with run_application(settings_in(tmp_path), image_providers=two()) as container:
        catalog = container.list_models()().catalog
    assert [each.name for each in catalog.models] == ["fake-1", "other-1", "other/fake-1"]
    assert catalog.default == "fake-1"


async def test_the_fingerprint_depends_on_the_provider_and_its_endpoint(tmp_path: Path) -> None:
    async with run_application(settings_in(tmp_path), provider=FakeProvider()) as container:
        job = (await ask(container, "fake-1")).job
    facts = {"provider": "fake", "endpoint": "nowhere", "owner": "local"}
    assert job.fingerprint == fingerprint(job.request, **facts)
    assert job.fingerprint == "955524fe33a5f6e9a25bc93fd6410f23d41f575fb0e1310e2772c79fae6bafb0"


async def test_a_failing_provider_does_not_affect_others(tmp_path: Path) -> None:
    down = FakeProvider(fails=[OutcomeUnknown("?") for _ in range(5)])
    async with run_application(settings_in(tmp_path), image_providers=two(fake=down)) as container:
        for number in range(5):
            with pytest.raises(OutcomeUnknown):
                await (await ask(container, "fake-1", f"number {number}")).result()
        with pytest.raises(CircuitOpen):
            await (await ask(container, "fake-1", "one more")).result()
        assert (await (await ask(container, "other-1")).result()).images[0].image == RED


async def test_a_busy_provider_takes_no_slot_of_another(tmp_path: Path) -> None:
    gate = asyncio.Event()
    settings = settings_in(tmp_path, max_concurrent_calls=1)
    busy = FakeProvider(meanwhile=gate.wait)
    async with run_application(settings, image_providers=two(fake=busy)) as container:
        waiting = await ask(container, "fake-1")
        assert (await (await ask(container, "other-1")).result()).images[0].image == RED
        gate.set()
        await waiting.result()


async def test_a_recipe_names_the_provider_where_its_model_needs_it(tmp_path: Path) -> None:
    async with run_application(settings_in(tmp_path), image_providers=two()) as container:
        for model, name in (("other/fake-1", "other/fake-1"), ("other/other-1", "other-1")):
            result = await (await ask(container, model)).result()
            found = await container.get_recipe()(result.images[0].id)
            assert found.model == name
            made_again = await (await ask(container, found.model, "another")).result()
            assert (made_again.provider, made_again.model) == (result.provider, result.model)


async def test_a_provider_that_is_not_set_up_any_more_leaves_the_name_in_a_recipe(
    tmp_path: Path,
) -> None:
    async with run_application(settings_in(tmp_path), image_providers=two()) as container:
        result = await (await ask(container, "other/other-1")).result()
    async with run_application(settings_in(tmp_path), provider=FakeProvider()) as container:
        assert (await container.get_recipe()(result.images[0].id)).model == "other-1"


async def test_a_budget_holds_for_all_providers_together(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, budget_images_hour=2)
    async with run_application(settings, image_providers=two()) as container:
        for model in ("fake-1", "other-1"):
            await (await ask(container, model)).result()
        for model in ("fake-1", "other-1"):
            with pytest.raises(BudgetExhausted):
                await (await ask(container, model, "one more")).result()

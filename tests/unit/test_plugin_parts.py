"""Plugins of every group but providers take the places that the documents name."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from domain.image_formats import ImageFormat
from domain.provider_errors import ContentRefused
from domain.requests import GenerateRequest
from domain.results import ImageResult
from entrypoints.bootstrap.container import Container
from entrypoints.bootstrap.lifecycle import run_application
from tests.testkit.fakes import FakeProvider, settings_in, small_image
from tests.unit.plugin_help import Packages

pytestmark = pytest.mark.anyio
WIDE = small_image(size=(16, 8))
REQUEST = GenerateRequest(prompt="a red bridge", size=WIDE.dimensions, format=ImageFormat.PNG)
AS_WEBP = GenerateRequest(prompt="a red bridge", size=WIDE.dimensions, format=ImageFormat.WEBP)
IS_CACHE = """
from tests.testkit.fakes import DictCache
class Broken(DictCache):
    async def get(self, key, /):
        1 / 0
    put = get
cache, broken = DictCache(), Broken()
def build(context):
    return broken if context.data_folder.name == "broken" else cache
"""


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Packages:
    return Packages(tmp_path / "packages", monkeypatch)


async def result_of(container: Container, request: GenerateRequest = REQUEST) -> ImageResult:
    return await (await container.generate_image()(request)).result()


async def sources(folder: Path, **settings: Any) -> list[str]:  # noqa: ANN401 - fields of Settings
    """Where two equal requests are served from, the second one after a restart."""
    found = []
    for _ in range(2):
        values = settings_in(folder, **settings)
        async with run_application(values, provider=FakeProvider(WIDE)) as container:
            found.append((await result_of(container)).served_from)
    return found


async def test_the_cache_that_the_setting_names_is_the_one_below_the_memory(
    packages: Packages, tmp_path: Path
) -> None:
    packages.install("one", IS_CACHE, caches="one")
    assert await sources(tmp_path / "a") == ["provider", "disk"]
    assert await sources(tmp_path / "b", image_cache="one") == ["provider", "dict"]
    assert not (tmp_path / "b" / "cache").exists()
    assert await sources(tmp_path / "c", image_cache="one", cache_ttl=0) == ["provider"] * 2


async def test_without_the_plugin_the_cache_is_the_disk(packages: Packages, tmp_path: Path) -> None:
    packages.install("one", "import nowhere_at_all", caches="one")
    assert await sources(tmp_path, image_cache="one") == ["provider", "disk"]


async def test_a_cache_that_breaks_its_promise_costs_no_image(
    packages: Packages, tmp_path: Path
) -> None:
    packages.install("one", IS_CACHE, caches="broken")
    assert await sources(tmp_path, image_cache="broken") == ["provider", "provider"]


async def test_the_optimizer_that_the_setting_names_makes_the_renditions(
    packages: Packages, tmp_path: Path
) -> None:
    code = (
        "from tests.testkit.fakes import ScriptedOptimizer, small_image\n"
        "def build(context):\n    return ScriptedOptimizer(small_image('red', form='WEBP'))\n"
    )
    packages.install("one", code, optimizers="one")
    settings = settings_in(tmp_path, image_optimizer="one")
    async with run_application(settings, provider=FakeProvider(WIDE)) as container:
        (image,) = (await result_of(container, AS_WEBP)).images
    assert image.delivered == small_image("red", form="WEBP")


STEPS = """
from tests.testkit.fakes import Turned
class Broken(Turned):
    async def process(self, image, /):
        1 / 0
def build(context):
    name = context.data_folder.name
    kind = Broken if name == "broken" else Turned
    return kind(int(context.settings.get(f"{name.upper()}_DEGREES", 90)), name)
"""


async def processed(folder: Path, variables: Mapping[str, str], names: str) -> Any:  # noqa: ANN401 - a result's image
    settings = settings_in(folder, image_processors=names).with_other_variables(variables)
    async with run_application(settings, provider=FakeProvider(WIDE)) as container:
        (image,) = (await result_of(container, AS_WEBP)).images
        assert image.image == WIDE
        assert await container.view_image().original(image.id) == WIDE
        return image


async def test_processors_change_renditions_in_their_order_and_never_the_original(
    packages: Packages, tmp_path: Path
) -> None:
    packages.install("one", STEPS, image_processors="once twice")
    image = await processed(tmp_path, {"TWICE_DEGREES": "180"}, "twice, once")
    assert image.rendition.description.startswith("twice, once, ")
    assert image.delivered.format is ImageFormat.WEBP
    assert str(image.delivered.dimensions) == "8x16"


async def test_with_other_options_or_steps_a_rendition_is_made_again(
    packages: Packages, tmp_path: Path
) -> None:
    packages.install("one", STEPS, image_processors="once twice")
    cases: list[tuple[Mapping[str, str], str, str]] = [
        ({}, "", "16x8"),
        ({}, "once", "8x16"),
        ({"ONCE_DEGREES": "180"}, "once", "16x8"),
        ({"ONCE_DEGREES": "180"}, "once twice", "8x16"),
    ]
    for variables, names, size in cases:  # with one cache on disk
        image = await processed(tmp_path, variables, names)
        assert str(image.delivered.dimensions) == size, names


async def test_an_image_without_a_rendition_is_the_original(
    packages: Packages, tmp_path: Path
) -> None:
    packages.install("one", STEPS, image_processors="once")
    settings = settings_in(tmp_path, image_processors="once")
    async with run_application(settings, provider=FakeProvider(WIDE)) as container:
        (image,) = (await result_of(container)).images
    assert image.delivered == WIDE


async def test_a_processor_that_fails_leaves_no_rendition_without_it(
    packages: Packages, tmp_path: Path
) -> None:
    packages.install("one", STEPS, image_processors="broken")
    image = await processed(tmp_path, {}, "broken")
    assert image.delivered == WIDE
    assert image.notes[-1] == "no rendition could be made: the image processor broken failed"


async def test_a_processor_that_was_left_out_is_skipped(packages: Packages, tmp_path: Path) -> None:
    packages.install("one", "import nowhere_at_all", image_processors="once")
    image = await processed(tmp_path, {}, "once")
    assert image.delivered.format is ImageFormat.WEBP
    assert image.delivered.dimensions == WIDE.dimensions


POLICY = """
from contextlib import aclosing
from functools import partial
from application.safeguards.safeguard import Safeguard
from domain.provider_errors import ContentRefused
seen = []
class Policy(Safeguard):
    def __init__(self, inner, name):
        super().__init__(inner)
        self.plugin = name
    async def wrap(self, job, call_next, /):
        if "red" in job.request.prompt and self.plugin == "no-red":
            raise ContentRefused("No red, please.")
        async with aclosing(call_next(job)) as stream:
            async for event in stream:
                seen.append((self.plugin, event))
                yield event
def build(context):
    return partial(Policy, name=context.data_folder.name)
"""


async def test_a_safeguard_is_around_ours_and_refuses_before_anything_is_reserved(
    packages: Packages, tmp_path: Path
) -> None:
    packages.install("one", POLICY, safeguards="b a no-red")
    settings = settings_in(tmp_path, budget_images_hour=1)
    provider = FakeProvider(WIDE)
    async with run_application(settings, provider=provider) as container:
        for _ in range(2):
            with pytest.raises(ContentRefused, match="No red"):
                await result_of(container)
        await result_of(container, GenerateRequest(prompt="a blue bridge"))
    import one  # type: ignore[import-not-found] # installed above

    assert len(provider.seen) == 1
    assert [name for name, _ in one.seen[-3:]] == ["no-red", "b", "a"]
    (image,) = one.seen[-1][1].images
    assert image.stored is not None


async def test_what_is_no_safeguard_is_left_out(packages: Packages, tmp_path: Path) -> None:
    packages.install("one", "def build(context): return lambda inner: inner", safeguards="one")
    async with run_application(settings_in(tmp_path), provider=FakeProvider(WIDE)) as container:
        (status,) = container.plugins().statuses()
        await result_of(container)
    assert status.fault == "its factory returns nothing that puts a Safeguard around a provider"


async def test_a_safeguard_that_fits_one_provider_only_leaves_the_other_alone(
    packages: Packages, tmp_path: Path
) -> None:
    choosy = "build = lambda _: lambda inner: Policy(inner, '') if inner.name == 'one' else 1 / 0"
    code = POLICY + choosy
    packages.install("one", code, safeguards="one")
    async with run_application(settings_in(tmp_path), provider=FakeProvider(WIDE)) as container:
        assert (await result_of(container)).images[0].image == WIDE


SINK = """
events = []
class Sink:
    def publish(self, event):
        events.append(event)
{}
def build(context):
    return Sink()
"""


async def test_all_event_sinks_get_every_event_and_one_that_raises_disturbs_none(
    packages: Packages, tmp_path: Path
) -> None:
    packages.install("one", SINK.format("        1 / 0"), event_sinks="one")
    packages.install("two", SINK.format(""), event_sinks="two")
    async with run_application(settings_in(tmp_path), provider=FakeProvider(WIDE)) as container:
        await result_of(container)
    import one
    import two  # type: ignore[import-not-found] # installed above

    names = [type(event).__name__ for event in two.events]
    assert names[0] == "JobStarted"
    assert names[-1] == "Finished"
    assert one.events == two.events

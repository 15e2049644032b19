"""Two providers, the first of which fails."""

from pathlib import Path
from typing import Any

from application.jobs.job_handle import JobHandle
from application.ports.image_provider import ImageProvider
from domain.events import ServiceEvent
from domain.models import Catalog, ModelCard
from domain.provider_errors import ProviderError
from domain.requests import GenerateRequest
from domain.size_rules import SizeRule
from entrypoints.bootstrap.container import Container
from entrypoints.bootstrap.lifecycle import run_application
from tests.testkit.fakes import PNG, FakeProvider, settings_in, small_image

RED = small_image("red")


class Second(FakeProvider):
    """The second vendor."""

    name = "second"
    endpoint = "elsewhere"
    catalog = Catalog(
        cards=(
            ModelCard(name="second-1", sizes=SizeRule(listed=frozenset({PNG.dimensions}))),
            ModelCard(name="second-plain", transparent=False),
        ),
        default="second-1",
    )


def request(**options: Any) -> GenerateRequest:  # noqa: ANN401 - fields of a request
    return GenerateRequest(prompt="a red bridge", size=PNG.dimensions, **options)


def failing(error: ProviderError, times: int = 9) -> FakeProvider:
    """A first provider that always raises this error; Retry asks three times at most."""
    return FakeProvider(PNG, fails=[error] * times)


class Scene:
    """The application with two providers, and the events that its sink got."""

    def __init__(self, folder: Path, first: FakeProvider, **settings: Any) -> None:  # noqa: ANN401 - any setting
        self.first, self.second = first, Second(RED)
        self.events: list[ServiceEvent] = []
        self.settings = settings_in(folder, **settings)
        self.running: Any = None

    def publish(self, event: ServiceEvent, /) -> None:
        self.events.append(event)

    async def __aenter__(self) -> Container:
        providers: list[ImageProvider] = [self.first, self.second]
        self.running = run_application(self.settings, image_providers=providers, extra_sinks=[self])
        container: Container = await self.running.__aenter__()
        return container

    async def __aexit__(self, *error: object) -> None:
        await self.running.__aexit__(*error)


async def ask(container: Container, request: GenerateRequest, **how: Any) -> JobHandle:  # noqa: ANN401 - arguments of the use case
    handle: JobHandle = await container.generate_image()(request, **how)
    return handle

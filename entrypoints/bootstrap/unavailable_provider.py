"""A provider that the settings name and that cannot be used."""

from datetime import date

from application.ports.image_provider import ProviderStream
from domain.jobs import Job
from domain.models import Catalog, ModelCard
from domain.money.prices import FreePricing
from domain.provider_errors import InvalidSettings
from domain.requests import ImageRequest


class UnavailableProvider:
    """An ImageProvider in the place of a plugin that was left out: every call says why.

    Without it another provider would serve the requests that name no model, and bill them.
    """

    endpoint = ""

    def __init__(self, name: str, reason: str, *, model: str | None = None) -> None:
        self.name = name
        self.reason = reason
        card = ModelCard(
            name=model or name, is_known=False, pricing=FreePricing(as_of=date(2026, 11, 28))
        )
        self.catalog = Catalog(cards=(card,), default=card.name, fallback_card=card, listed=False)

    async def generate(self, _job: Job[ImageRequest], /) -> ProviderStream:
        raise InvalidSettings(
            f"PROVIDER names the plugin {self.name}, which was left out: {self.reason}.",
            hint="See gpt-image plugins, or change PROVIDER.",
        )
        yield  # type: ignore[unreachable] # makes this function a generator, as the port requires

    edit = generate

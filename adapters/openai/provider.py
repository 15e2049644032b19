"""The OpenAI provider: calls the Images API through the official SDK."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from adapters.openai.catalog import openai_catalog
from adapters.openai.connection import Connection, with_default
from adapters.openai.model_list import listed_models
from adapters.openai.parameters import without_defaults
from adapters.openai.probing import probe_endpoint
from adapters.openai.replies.images_format import ImagesFormat
from adapters.openai.translate import Parameters, edit_parameters, generate_parameters
from application.ports.image_provider import ProviderStream
from domain.jobs import Job
from domain.model_comparison import ListedModel
from domain.models import Catalog, ModelCard
from domain.probes import Ability, Finding
from domain.requests import EditRequest, GenerateRequest

FORM = ImagesFormat()
ROUTES = {Ability.GENERATE: "/images/generations", Ability.EDIT: "/images/edits"}


class OpenAIImages:
    """The provider `openai`: any endpoint with OpenAI's Images API. See Connection for errors.

    Other vendors with that API have another name, and a catalog of their own.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        name: str = "openai",
        catalog: Catalog | None = None,
        default_model: str | None = None,
        models_file: Path | None = None,
        listed: bool = True,
    ) -> None:
        self._connection = connection
        self.name = name
        self.endpoint = connection.base_url
        catalog = with_default(catalog or openai_catalog(models_file), default_model)
        self.catalog = replace(catalog, listed=listed, slashes=not connection.is_openai)
        if connection.client is not None and listed:
            # Loads what the first call would otherwise wait for.
            _ = connection.client.images.with_streaming_response

    def generate(self, job: Job[GenerateRequest], /) -> ProviderStream:
        parameters = self._sent(generate_parameters(job.request), job.card)
        return self._connection.call(
            lambda client: client.images.with_streaming_response.generate(**parameters), job, FORM
        )

    def edit(self, job: Job[EditRequest], /) -> ProviderStream:
        parameters = self._sent(edit_parameters(job.request), job.card)
        return self._connection.call(
            lambda client: client.images.with_streaming_response.edit(**parameters), job, FORM
        )

    def _sent(self, parameters: Parameters, card: ModelCard) -> Parameters:
        if self._connection.is_openai:
            return parameters
        return without_defaults(parameters, known_model=card.is_known)

    @property
    def sent_links(self) -> bool | None:
        return self._connection.sent_links

    def _route(self, path: str) -> str:
        """The path of a route for images, below the base URL."""
        return path

    async def probe(self) -> Sequence[Finding]:
        routes = {ability: self._route(path) for ability, path in ROUTES.items()}
        return await probe_endpoint(self._connection, routes)

    async def list_models(self) -> Sequence[ListedModel]:
        return await listed_models(self._connection)

    async def close(self) -> None:
        """Close the connections."""
        await self._connection.close()

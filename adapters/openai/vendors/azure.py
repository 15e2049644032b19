"""The provider for Azure OpenAI: OpenAI's models as deployments of a resource in Azure."""

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import httpx2
from openai import AsyncAzureOpenAI, AsyncOpenAI

from adapters.openai.connection import ClientFactory, Connection
from adapters.openai.network.bounded_http_client import HttpClient
from adapters.openai.network.endpoint import SettingNames
from adapters.openai.provider import OpenAIImages
from adapters.openai.translate import Parameters
from adapters.openai.vendors.cards import card_elsewhere
from adapters.openai.vendors.clients import replace_authorization, without_environment
from domain.models import Catalog, ModelCard

AZURE_SETTINGS = SettingNames(
    url="AZURE_OPENAI_ENDPOINT",
    key="AZURE_OPENAI_API_KEY",
    model="AZURE_OPENAI_DEPLOYMENTS",
    others="the deployment and AZURE_OPENAI_API_VERSION",
)
V1 = "v1"
"""The version without dates: paths below /openai/v1, and the deployment as the model."""
BY_TOKEN = "entra"  # noqa: S105 - stands for a key where there is none
EntraToken = Callable[[], Awaitable[str]]
"""Returns a token of Microsoft Entra ID; called for each request, raises ProviderError only."""


class AzureImages(OpenAIImages):
    """The provider `azure`: the Images API of one resource.

    `deployments` has the deployment of each model that can be requested. The first one is the
    default, unless `default_model` is another one of them. Any other model is taken as the name of
    a deployment. No call has a known cost, unless the operator's file has a price for the model:
    Microsoft's prices depend on the region and the type of the deployment, which no reply says.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        deployments: Mapping[str, str],
        default_model: str | None = None,
        models_file: Path | None = None,
    ) -> None:
        models = list(deployments)
        catalog = Catalog(
            cards=tuple(card_elsewhere(model, models_file) for model in models),
            default=next((model for model in models if model == default_model), models[0]),
        )
        super().__init__(connection, name="azure", catalog=catalog)
        self._deployments = deployments

    def _route(self, path: str) -> str:
        dated = self.endpoint.endswith("/openai")
        return f"/deployments/{self._deployments[self.catalog.default]}{path}" if dated else path

    def _sent(self, parameters: Parameters, card: ModelCard) -> Parameters:
        model = parameters["model"]
        return {
            **super()._sent(parameters, card),
            "model": self._deployments.get(model, model),
        }


def azure_connection(
    *,
    resource: str,
    api_key: str | None,
    api_version: str,
    timeout: float,
    deadline: float,
    token: EntraToken | None = None,
) -> Connection:
    """The connection to a resource, such as `https://example.openai.azure.com`.

    Requests have the key in the header `api-key`; without a key, they have the token.
    """
    path = "/openai/v1" if api_version == V1 else "/openai"
    by_token = token if not api_key else None
    return Connection(
        api_key=BY_TOKEN if by_token else api_key,
        base_url=f"{resource.rstrip('/')}{path}",
        timeout=timeout,
        deadline=deadline,
        client_factory=_client_factory(api_version, by_token),
        settings=AZURE_SETTINGS,
    )


def _client_factory(api_version: str, token: EntraToken | None) -> ClientFactory:
    def create(
        *,
        api_key: str,
        base_url: str,
        timeout: httpx2.Timeout,
        max_retries: int,
        http_client: HttpClient,
    ) -> AsyncOpenAI:
        if api_version == V1 and token is None:
            replace_authorization(http_client, {"api-key": api_key})
        client: AsyncOpenAI = (
            AsyncOpenAI(
                api_key=token or api_key,
                base_url=base_url,
                timeout=timeout,
                max_retries=max_retries,
                http_client=http_client,
            )
            if api_version == V1
            else AsyncAzureOpenAI(
                api_version=api_version,
                api_key=None if token else api_key,
                azure_ad_token_provider=token,
                base_url=base_url,
                timeout=timeout,
                max_retries=max_retries,
                http_client=http_client,
            )
        )
        return without_environment(client)

    return create

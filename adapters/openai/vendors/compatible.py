"""The provider for a server that has OpenAI's Images API, or much of it."""

from collections.abc import Callable
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
from openai import AsyncOpenAI

from adapters.openai.connection import Connection
from adapters.openai.network.bounded_http_client import HttpClient
from adapters.openai.network.endpoint import SettingNames
from adapters.openai.provider import FORM, OpenAIImages
from adapters.openai.translate import Parameters, edit_parameters, generate_parameters
from adapters.openai.vendors.cards import card_elsewhere
from adapters.openai.vendors.clients import replace_authorization, without_environment
from adapters.openai.vendors.repeated_field import edit_with_repeated_field
from application.ports.image_provider import Delivered, ProviderStream
from domain.jobs import Job
from domain.joint_catalog import SERVERS_DEFAULT
from domain.models import Catalog, ModelCard
from domain.provider_errors import RequestRefused
from domain.requests import EditRequest, GenerateRequest, ImageRequest

COMPATIBLE_SETTINGS = SettingNames(
    url="OPENAI_COMPATIBLE_URLS", key="OPENAI_COMPATIBLE_KEYS", model="OPENAI_COMPATIBLE_MODELS"
)
NO_KEY = "none"
NO_PREVIEWS = "The endpoint sends no partial images."
Sender = Callable[..., Any]
"""Starts a request with the client and the parameters."""


class CompatibleImages(OpenAIImages):
    """A provider of any name: the Images API of one server.

    `model` is the default model; without one, requests name none, and the server chooses. Any other
    name is sent as it is. No call has a known cost, unless the operator's file has a price for the
    model and the reply counts tokens: what a relay bills, only the relay knows, and one without a
    key on this machine may bill all the same.

    A request is sent a second time in one case only: when a status of 4xx names the field that the
    server does not take, `stream` or that of the input images, and nothing can have been generated.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        name: str,
        model: str | None = None,
        models_file: Path | None = None,
    ) -> None:
        card = card_elsewhere(model or SERVERS_DEFAULT, models_file)
        super().__init__(connection, name=name, catalog=Catalog(cards=(card,), default=card.name))
        self._refused: frozenset[str] = frozenset()

    def generate(self, job: Job[GenerateRequest], /) -> ProviderStream:
        return self._call(job, _generate, generate_parameters(job.request))

    def edit(self, job: Job[EditRequest], /) -> ProviderStream:
        return self._call(job, _edit, edit_parameters(job.request))

    def _sent(self, parameters: Parameters, card: ModelCard) -> Parameters:
        sent = super()._sent(parameters, card)
        if sent["model"] == SERVERS_DEFAULT:
            del sent["model"]
        return sent

    async def _call(
        self, job: Job[ImageRequest], send: Sender, parameters: Parameters
    ) -> ProviderStream:
        """Send the request, and once more if the server refused the name of a field.

        What the second request taught is kept for later calls, once it has brought an image.
        """
        sent, refused = self._sent(parameters, job.card), self._refused
        try:
            async with aclosing(self._once(job, send, _adapted(sent, refused))) as events:
                async for event in events:
                    yield event
            return
        except RequestRefused as error:
            field = _field(error.parameter, sent)
            if field is None or field in refused:
                raise
        refused |= {field}
        async with aclosing(self._once(job, send, _adapted(sent, refused))) as events:
            async for event in events:
                yield event
        self._refused |= {field}

    async def _once(self, job: Job[ImageRequest], send: Sender, sent: Parameters) -> ProviderStream:
        call = self._connection.call(lambda client: send(client, sent), job, FORM)
        async with aclosing(call) as events:
            async for event in events:
                without = job.request.partial_images and "stream" not in sent
                if without and isinstance(event, Delivered):
                    event = replace(event, notes=(*event.notes, NO_PREVIEWS))
                yield event


def _generate(client: AsyncOpenAI, parameters: Parameters) -> Any:  # noqa: ANN401 - the SDK's own
    return client.images.with_streaming_response.generate(**parameters)


def _edit(client: AsyncOpenAI, parameters: Parameters) -> Any:  # noqa: ANN401 - the SDK's own
    if parameters.pop("repeated", False):
        return edit_with_repeated_field(client, parameters)
    return client.images.with_streaming_response.edit(**parameters)


def _field(parameter: str, sent: Parameters) -> str | None:
    """What the server did not take and can get in another form; None for all else."""
    if parameter in ("stream", "partial_images") and "stream" in sent:
        return "stream"
    return "image" if parameter == "image" and "image" in sent else None


def _adapted(parameters: Parameters, refused: frozenset[str]) -> Parameters:
    """The parameters without the stream, and with the images in the other field, where refused.

    One image is in the field `image`, which all servers know, and several are in `image[]`. The
    other way is `image[]` for one, and `image` again and again for several.
    """
    if "stream" in refused:
        left_out = ("stream", "partial_images")
        parameters = {name: each for name, each in parameters.items() if name not in left_out}
    images = parameters.get("image", [])
    if len(images) == 1 and "image" not in refused:
        return {**parameters, "image": images[0]}
    if len(images) > 1 and "image" in refused:
        return {**parameters, "repeated": True}
    return parameters


def compatible_connection(
    *, base_url: str, api_key: str | None, timeout: float, deadline: float
) -> Connection:
    """The connection to a server. Without a key, requests have no header `Authorization`."""
    return Connection(
        api_key=api_key or NO_KEY,
        base_url=base_url,
        timeout=timeout,
        deadline=deadline,
        client_factory=partial(_client, bool(api_key)),
        settings=COMPATIBLE_SETTINGS,
    )


def _client(
    has_key: bool,
    *,
    api_key: str,
    base_url: str,
    timeout: httpx2.Timeout,
    max_retries: int,
    http_client: HttpClient,
) -> AsyncOpenAI:
    if not has_key:
        replace_authorization(http_client, {})
    client = AsyncOpenAI(
        api_key=api_key,
        base_url=base_url,
        timeout=timeout,
        max_retries=max_retries,
        http_client=http_client,
    )
    return without_environment(client)

"""The OpenAI provider: calls the Images API through the official SDK."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import replace
from typing import Any

import httpx2
from openai import AsyncOpenAI

from adapters.openai.catalog import openai_catalog
from adapters.openai.network.bounded_http_client import HttpClient
from adapters.openai.network.endpoint import Endpoint, base_url_of
from adapters.openai.network.proxies import Network, network_for
from adapters.openai.parameters import without_defaults
from adapters.openai.refusals.errors import can_be_sent, missing_client_error, to_provider_error
from adapters.openai.replies.deliveries import check_says_nothing, with_linked_images
from adapters.openai.replies.parsed_reply import ParsedReply
from adapters.openai.replies.reply_buffer import MAX_REPLY_BYTES, ReplyBuffer, TooLarge
from adapters.openai.replies.reply_reader import FROM_SDK, read_reply
from adapters.openai.replies.result_links import ResultLinks
from adapters.openai.translate import Parameters, edit_parameters, generate_parameters
from application.ports.image_provider import Delivered, ProviderStream
from domain.jobs import Job
from domain.models import Catalog, ModelCard
from domain.provider_errors import BadProviderReply, InvalidSettings, ProviderError
from domain.requests import EditRequest, GenerateRequest, ImageRequest

CONNECT_SECONDS = 10.0
REPLY_TOO_LARGE = f"The reply has more than {MAX_REPLY_BYTES:,} bytes, too many for images."

Call = Callable[..., AbstractAsyncContextManager[Any]]


class OpenAIImages:
    """The provider `openai`: any endpoint with OpenAI's Images API.

    `timeout` is in seconds, for each wait for bytes; an image can take two minutes. `deadline` is
    in seconds, for the whole call: after it, ProviderTimedOut is raised unless images have arrived.
    Every call raises NoCredentials without a key, CredentialsRejected with one that no header
    can carry, and InvalidSettings if the environment names a proxy or certificates that cannot be
    used. Texts and data are passed on as received: the Redaction safeguard cleans them.
    """

    name = "openai"

    def __init__(
        self,
        *,
        api_key: str | None,
        base_url: str,
        timeout: float,
        deadline: float,
        organization: str | None = None,
        project: str | None = None,
        default_model: str | None = None,
    ) -> None:
        base_url = base_url_of(base_url)
        self.endpoint = base_url
        self._called = Endpoint(base_url)
        self.catalog = _with_default(openai_catalog(), default_model)
        self._key, organization, project = map(_strip, (api_key, organization, project))
        self._network, self._fault = _network(base_url)
        usable = self._key and all(map(can_be_sent, (self._key, organization, project)))
        http_client = (
            HttpClient(deadline=deadline, network=self._network)
            if usable and self._network
            else None
        )
        self._links = ResultLinks(self._called, http_client) if http_client else None
        self._client = (
            AsyncOpenAI(
                api_key=self._key,
                base_url=base_url,
                organization=organization,
                project=project,
                timeout=httpx2.Timeout(timeout, connect=CONNECT_SECONDS, pool=CONNECT_SECONDS),
                max_retries=0,
                http_client=http_client,
            )
            if http_client
            else None
        )
        if self._client is not None:
            # Loads what the first call would otherwise wait for.
            _ = self._client.images.with_streaming_response

    def generate(self, job: Job[GenerateRequest], /) -> ProviderStream:
        return self._call("generate", job, self._sent(generate_parameters(job.request), job.card))

    def edit(self, job: Job[EditRequest], /) -> ProviderStream:
        return self._call("edit", job, self._sent(edit_parameters(job.request), job.card))

    def _sent(self, parameters: Parameters, card: ModelCard) -> Parameters:
        if self._called.is_openai:
            return parameters
        return without_defaults(parameters, known_model=card.is_known)

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.close()

    def _client_error(self) -> ProviderError:
        if self._key and self._fault:
            return InvalidSettings(self._fault.message, hint=self._fault.hint)
        return missing_client_error(self._key, self._called)

    async def _call(
        self, action: str, job: Job[ImageRequest], parameters: Parameters
    ) -> ProviderStream:
        if self._client is None:
            raise self._client_error()
        call: Call = getattr(self._client.images.with_streaming_response, action)
        buffer, answered = ReplyBuffer(), False
        try:
            async with call(**parameters) as reply:
                answered = True
                response = reply.http_response
                async with aclosing(read_reply(response, job.request, buffer)) as events:
                    async for event in events:
                        if isinstance(event, ParsedReply):
                            event = await self._delivered(event, job.card, response)
                        yield event
        except TooLarge as error:
            raise BadProviderReply(REPLY_TOO_LARGE, raw_remainder=buffer.remainder()) from error
        except FROM_SDK as error:
            provider_error = to_provider_error(error, job.card, self._called, answered=answered)
            if self._network and not answered:
                provider_error = self._network.explain(provider_error, error)
            provider_error.raw_remainder = buffer.remainder()
            raise provider_error from error

    async def _delivered(
        self, reply: ParsedReply, card: ModelCard, response: httpx2.Response
    ) -> Delivered:
        """The images of the reply, also those that it links to; or what it says instead."""
        if not (reply.images or reply.linked):
            check_says_nothing(reply, card, self._called)
        assert self._links is not None, "a reply comes through a client"
        deadline: float = response.extensions["deadline"]
        return await with_linked_images(reply, self._links, self._called, deadline=deadline)


def _network(base_url: str) -> tuple[Network | None, InvalidSettings | None]:
    """The way to the endpoint, or why there is none."""
    try:
        return network_for(base_url), None
    except InvalidSettings as error:
        return None, error


def _strip(text: str | None) -> str | None:
    """The text without the whitespace that files and shells leave around a secret."""
    return text.strip() if text else text


def _with_default(catalog: Catalog, model: str | None) -> Catalog:
    return replace(catalog, default=model) if model else catalog

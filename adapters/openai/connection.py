"""The SDK's client for one endpoint, and the way of every call through it.

The providers for the Images API and for the Responses API differ in what they send and in how they
read a reply; they share everything else.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    aclosing,
    asynccontextmanager,
)
from dataclasses import replace
from typing import Any, Protocol

import httpx2
from openai import APIStatusError, AsyncOpenAI

from adapters.openai.network.bounded_http_client import HttpClient, read_chunks, until
from adapters.openai.network.endpoint import (
    OPENAI_SETTINGS,
    Api,
    Endpoint,
    SettingNames,
    base_url_of,
)
from adapters.openai.network.proxies import Network, network_for
from adapters.openai.refusals.errors import can_be_sent, missing_client_error, to_provider_error
from adapters.openai.replies.deliveries import with_linked_images
from adapters.openai.replies.parsed_reply import ParsedReply
from adapters.openai.replies.reply_buffer import MAX_REPLY_BYTES, ReplyBuffer, TooLarge
from adapters.openai.replies.reply_reader import FROM_SDK, ReplyFormat, read_reply
from adapters.openai.replies.result_links import ResultLinks
from application.ports.image_provider import Delivered, ProviderEvent
from domain.jobs import Job
from domain.models import Catalog, ModelCard
from domain.provider_errors import BadProviderReply, InvalidSettings, ProviderError
from domain.requests import ImageRequest

CONNECT_SECONDS = 10.0
REPLY_TOO_LARGE = f"The reply has more than {MAX_REPLY_BYTES:,} bytes, too many for images."
MAX_BODY_BYTES = 16_000_000
"""Of a reply without images. The list of a gateway with 400 models has about a million."""
BODY_TOO_LARGE = f"The reply has more than {MAX_BODY_BYTES:,} bytes."

Send = Callable[[AsyncOpenAI], AbstractAsyncContextManager[Any]]
"""Starts the one request of a call; the reply is read under its context manager."""


class ClientFactory(Protocol):
    """Makes the SDK's client for one vendor. AsyncOpenAI itself makes the one for OpenAI."""

    def __call__(
        self,
        *,
        api_key: str,
        base_url: str,
        timeout: httpx2.Timeout,
        max_retries: int,
        http_client: HttpClient,
    ) -> AsyncOpenAI:
        """A client that sends its requests through `http_client`."""


class Connection:
    """A client for the endpoint at `base_url`, made by `client_factory`.

    `timeout` is in seconds, for each wait for bytes; an image can take two minutes. `deadline` is
    in seconds, for the whole call: after it, ProviderTimedOut is raised unless images have arrived.
    Every call raises NoCredentials without a key, CredentialsRejected with one that no header
    can carry, and InvalidSettings if the environment names a proxy or certificates that cannot be
    used. `settings` are the names of the settings in those texts. Texts and data are passed on as
    received: the Redaction safeguard cleans them.
    """

    def __init__(
        self,
        *,
        api_key: str | None,
        base_url: str,
        timeout: float,
        deadline: float,
        organization: str | None = None,
        project: str | None = None,
        client_factory: ClientFactory = AsyncOpenAI,
        settings: SettingNames = OPENAI_SETTINGS,
    ) -> None:
        self.base_url = base_url_of(base_url)
        self.deadline = deadline
        self._endpoint = Endpoint(self.base_url, settings=settings)
        self._key, organization, project = map(_strip, (api_key, organization, project))
        self._network, self._fault = _network(self.base_url)
        usable = self._key and all(map(can_be_sent, (self._key, organization, project)))
        http_client = (
            HttpClient(deadline=deadline, network=self._network)
            if usable and self._network
            else None
        )
        self._links = ResultLinks(self._endpoint, http_client) if http_client else None
        self.client: AsyncOpenAI | None = None
        self.sent_links: bool | None = None
        if http_client is not None and self._key:
            self.client = client_factory(
                api_key=self._key,
                base_url=self.base_url,
                timeout=httpx2.Timeout(timeout, connect=CONNECT_SECONDS, pool=CONNECT_SECONDS),
                max_retries=0,
                http_client=http_client,
            )
            # The SDK takes those of the environment otherwise, which may be another vendor's.
            self.client.organization, self.client.project = organization, project

    @property
    def is_openai(self) -> bool:
        """Whether it is OpenAI itself, and not a gateway or another service."""
        return self._endpoint.is_openai

    @property
    def title(self) -> str:
        """The endpoint's name at the beginning of a sentence."""
        return self._endpoint.title

    async def close(self) -> None:
        """Close the connections."""
        if self.client is not None:
            await self.client.close()

    async def call(
        self, send: Send, job: Job[ImageRequest], form: ReplyFormat, *, ends_at: float | None = None
    ) -> AsyncGenerator[ProviderEvent, None]:
        """Send one request and yield what its reply has, as an ImageProvider does.

        `ends_at` is a time of the event loop's clock, for a call whose deadline is sooner.
        """
        if self.client is None:
            raise self.client_error()
        endpoint = replace(self._endpoint, api=form.api)
        buffer, answered = ReplyBuffer(), False
        try:
            async with _sent(send(self.client), ends_at) as reply:
                answered = True
                response = reply.http_response
                async with aclosing(read_reply(response, job.request, buffer, form)) as events:
                    async for event in events:
                        if isinstance(event, ParsedReply):
                            if not (event.images or event.linked):
                                form.check_without_image(event, job.card, endpoint)
                            self.sent_links = bool(event.linked)
                            event = await self._delivered(event, response, endpoint)
                        yield event
        except TooLarge as error:
            raise BadProviderReply(REPLY_TOO_LARGE, raw_remainder=buffer.remainder()) from error
        except FROM_SDK as error:
            provider_error = self._error(error, job.card, endpoint, answered=answered)
            provider_error.raw_remainder = buffer.remainder()
            raise provider_error from error

    async def status(self, send: Send) -> int:
        """Send one request that generates nothing, and return the status of its reply.

        Raises what `call` does, if no reply came.
        """
        if self.client is None:
            raise self.client_error()
        try:
            async with send(self.client) as reply:
                status: int = reply.http_response.status_code
                return status
        except APIStatusError as error:
            return error.status_code
        except FROM_SDK as error:
            no_card = ModelCard(name="", is_known=False)
            raise self._error(error, no_card, self._endpoint, answered=False) from error

    async def read(self, send: Send, api: Api) -> bytes:
        """Send one request that generates nothing, and return the body of its reply.

        Raises what `call` does, and BadProviderReply for more than MAX_BODY_BYTES.
        """
        if self.client is None:
            raise self.client_error()
        endpoint, body, answered = replace(self._endpoint, api=api), bytearray(), False
        try:
            async with send(self.client) as reply:
                answered = True
                async with aclosing(read_chunks(reply.http_response)) as chunks:
                    async for chunk in chunks:
                        body += chunk
                        if len(body) > MAX_BODY_BYTES:
                            raise BadProviderReply(BODY_TOO_LARGE)
        except FROM_SDK as error:
            no_card = ModelCard(name="", is_known=False)
            raise self._error(error, no_card, endpoint, answered=answered) from error
        return bytes(body)

    def _error(
        self, error: Exception, card: ModelCard, endpoint: Endpoint, *, answered: bool
    ) -> ProviderError:
        provider_error = to_provider_error(error, card, endpoint, answered=answered)
        if self._network and not answered:
            return self._network.explain(provider_error, error)
        return provider_error

    async def _delivered(
        self, reply: ParsedReply, response: httpx2.Response, endpoint: Endpoint
    ) -> Delivered:
        """The reply with the images that it links to."""
        assert self._links is not None, "a reply comes through a client"
        deadline: float = response.extensions["deadline"]
        return await with_linked_images(reply, self._links, endpoint, deadline=deadline)

    def client_error(self) -> ProviderError:
        """Why there is no client, and no call can be made."""
        if self._key and self._fault:
            return InvalidSettings(self._fault.message, hint=self._fault.hint)
        return missing_client_error(self._key, self._endpoint)


@asynccontextmanager
async def _sent(
    sending: AbstractAsyncContextManager[Any], deadline: float | None
) -> AsyncIterator[Any]:
    """The reply, which has to be complete by this time of the event loop's clock."""
    async with AsyncExitStack() as opened:
        async with until(deadline):
            reply = await opened.enter_async_context(sending)
        if deadline is not None:
            extensions = reply.http_response.extensions
            extensions["deadline"] = min(deadline, extensions["deadline"])
        yield reply


def with_default(catalog: Catalog, model: str | None) -> Catalog:
    """The catalog with this model as its default; unchanged without one."""
    return replace(catalog, default=model) if model else catalog


def _network(base_url: str) -> tuple[Network | None, InvalidSettings | None]:
    """The way to the endpoint, or why there is none."""
    try:
        return network_for(base_url), None
    except InvalidSettings as error:
        return None, error


def _strip(text: str | None) -> str | None:
    """The text without the whitespace that files and shells leave around a secret."""
    return text.strip() if text else text

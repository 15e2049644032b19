"""The SDK's client for one endpoint, and the way of every request through it."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, aclosing
from typing import TYPE_CHECKING, Any

import httpx2

from adapters.gemini.event_lines import EventLines
from adapters.gemini.gemini_endpoint import GeminiEndpoint
from adapters.gemini.gemini_errors import (
    can_be_sent,
    is_from_sdk,
    is_missing,
    missing_key_error,
    status_error,
    to_provider_error,
)
from adapters.gemini.gemini_refusals import KEY_HINT
from adapters.gemini.single_request_client import SingleRequestClient, read_chunks
from domain.models import ModelCard
from domain.provider_errors import (
    BadProviderReply,
    CredentialsRejected,
    InvalidSettings,
    ProviderError,
    WorkLost,
)

if TYPE_CHECKING:  # loading it takes seconds
    from google.genai import Client

MAX_REPLY_BYTES = 128_000_000
"""An image of 16 million pixels and two drafts have some 60 million bytes as JPEG and in base64."""
KEPT_BYTES = 4_000_000
"""Bytes that are kept of a larger reply: enough to see what it is."""
API_VERSION = "v1beta"
Json = dict[str, Any]
Send = Callable[[Any], AbstractAsyncContextManager[Any]]
"""Starts one request with the SDK's `interactions`; its reply is read under the context manager."""


class Deadline:
    """A point of the event loop's clock after which a call has taken too long."""

    def __init__(self, seconds: float) -> None:
        self.at = asyncio.get_running_loop().time() + seconds

    @property
    def left(self) -> float:
        """Seconds until then; 0 if it has passed."""
        return max(0.0, self.at - asyncio.get_running_loop().time())


class GeminiConnection:
    """A client for the endpoint at `base_url`; the SDK is loaded by the first request.

    `timeout` is in seconds, for each wait for bytes; `deadline` in seconds, for a whole call with
    all its requests. Every request raises NoCredentials without a key, CredentialsRejected with one
    that no header can carry, and InvalidSettings if the environment's proxies or certificates
    cannot be used. Texts are passed on as received: the Redaction safeguard cleans them.
    """

    def __init__(
        self, *, api_key: str | None, base_url: str, timeout: float, deadline: float
    ) -> None:
        self.endpoint = GeminiEndpoint(base_url.rstrip("/"))
        self.seconds = deadline
        self._key = api_key.strip() if api_key else ""
        self._timeout = timeout
        self._http: SingleRequestClient | None = None
        self._client: Client | None = None
        self._loading = asyncio.Lock()

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.aio.aclose()
            self._client.close()
        if self._http is not None:  # the SDK closes no client that it is given
            await self._http.aclose()

    async def load(self) -> Any:  # noqa: ANN401 - the SDK's `interactions`, which has no public type
        """Load the SDK in a thread, unless it is loaded; return its `interactions`."""
        if not self._key:
            raise missing_key_error()
        if not can_be_sent(self._key):
            raise CredentialsRejected("The API key contains invalid characters.", hint=KEY_HINT)
        async with self._loading:
            if self._client is None:
                self._client = await asyncio.to_thread(self._new_client)
        return self._client.aio.interactions

    def _new_client(self) -> "Client":
        from google.genai import Client
        from google.genai.types import HttpOptions, HttpRetryOptions

        try:
            self._http = SingleRequestClient(timeout=self._timeout)
            client = Client(
                api_key=self._key,
                vertexai=False,  # whatever the environment says
                http_options=HttpOptions(
                    base_url=self.endpoint.url,
                    api_version=API_VERSION,
                    retry_options=HttpRetryOptions(attempts=1),
                    httpx_client=httpx2.Client(trust_env=False),
                    httpx_async_client=self._http,
                ),
            )
        except (ImportError, OSError, ValueError, httpx2.InvalidURL) as error:
            raise InvalidSettings(
                "The environment's proxies or certificates cannot be used: "
                f"{type(error).__name__}.",
                hint="Check HTTPS_PROXY, ALL_PROXY, NO_PROXY, SSL_CERT_FILE and SSL_CERT_DIR.",
            ) from error
        _ = client.aio.interactions  # loads its types
        return client

    async def read(
        self, send: Send, card: ModelCard, deadline: Deadline, *, missing: str = ""
    ) -> Json:
        """Send one request and return the JSON object of its reply.

        Raises BadProviderReply for a reply of any other kind, with what arrived of it; and
        WorkLost with the text `missing`, if there is one, for what the API does not have.
        """
        interactions, body, answered = await self.load(), bytearray(), False
        try:
            async with asyncio.timeout_at(deadline.at), send(interactions) as reply:
                answered = self._check_status(reply.http_response, card)
                async with aclosing(read_chunks(reply.http_response)) as chunks:
                    async for chunk in chunks:
                        body += chunk
                        if len(body) > MAX_REPLY_BYTES:
                            raise self._too_large(body)
        except Exception as error:
            if not is_from_sdk(error):
                raise
            if missing and is_missing(error):
                raise WorkLost(missing) from error
            raise self._error(error, card, bytes(body), answered=answered) from error
        return self._json(bytes(body))

    async def events(
        self, send: Send, card: ModelCard, deadline: Deadline
    ) -> AsyncGenerator[object, None]:
        """Send one request and yield the JSON values of the events of its stream.

        A reply that is not a stream has no events.
        """
        interactions, lines, answered = await self.load(), EventLines(), False
        try:
            async with AsyncExitStack() as stack:
                async with asyncio.timeout_at(deadline.at):
                    reply = await stack.enter_async_context(send(interactions))
                answered = self._check_status(reply.http_response, card)
                async with aclosing(read_chunks(reply.http_response)) as chunks:
                    while True:
                        async with asyncio.timeout_at(deadline.at):
                            chunk = await anext(chunks, None)
                        if chunk is None:
                            return
                        for value in lines.feed(chunk):
                            yield value
                        if lines.held > MAX_REPLY_BYTES:
                            raise self._too_large(lines.remainder)
        except Exception as error:
            if not is_from_sdk(error):
                raise
            raise self._error(error, card, b"", answered=answered) from error

    def _check_status(self, response: httpx2.Response, card: ModelCard) -> bool:
        """Raise the error of a redirect, which the SDK takes for a reply; else return True."""
        if not response.is_success:
            raise status_error(response, card, self.endpoint)
        return True

    def _json(self, body: bytes) -> Json:
        try:
            value = json.loads(body)
        except (ValueError, RecursionError):
            value = None
        if isinstance(value, dict):
            return value
        text = f"{self.endpoint.title} answered with something else than JSON."
        raise BadProviderReply(text, raw_remainder=(body,) if body else ())

    def _too_large(self, body: bytes | bytearray) -> BadProviderReply:
        text = f"The reply has more than {MAX_REPLY_BYTES:,} bytes, too many for an image."
        return BadProviderReply(text, raw_remainder=(bytes(body[:KEPT_BYTES]),))

    def _error(
        self, error: Exception, card: ModelCard, body: bytes, *, answered: bool
    ) -> ProviderError:
        provider_error = to_provider_error(error, card, self.endpoint, answered=answered)
        provider_error.raw_remainder = (body,) if body else ()
        return provider_error

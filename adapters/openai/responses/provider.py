"""The OpenAI provider for conversations, and for images that survive the server."""

from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any

from openai import AsyncOpenAI

from adapters.openai.connection import Connection, with_default
from adapters.openai.model_list import listed_models
from adapters.openai.network.endpoint import Api
from adapters.openai.responses.background import BackgroundResponse, Pace
from adapters.openai.responses.prices import SEVERAL, responses_catalog
from adapters.openai.responses.response_format import Progress, ResponsesFormat
from adapters.openai.responses.translate import response_parameters
from adapters.openai.responses.unread_response import unread_error
from application.ports.image_provider import ProviderStream
from domain.jobs import Job
from domain.model_comparison import ListedModel
from domain.provider_errors import RequestRefused
from domain.requests import EditRequest, GenerateRequest, ImageRequest

PACE = Pace()
ONE_IMAGE = "The image tool of the Responses API generates one image a call."


class OpenAIResponses:
    """The provider `openai-responses`: any endpoint with the Responses API.

    A language model, `mainline`, calls the image model that a request names. Both are charged.
    With `store`, the endpoint keeps each response, and a conversation continues from it; without,
    the earlier turns are sent as text, as to the Images API. `endpoint`, which tells fingerprints
    apart, has the mainline model too: it rewrites the prompt. Connection says which errors a call
    raises.

    With `background`, the endpoint goes on without a connection, and the ID of the response is the
    handle: `resume` reads the rest from any process. It needs `store`. None: at OpenAI itself, and
    nowhere else, because other endpoints may not know the parameter. `pace` is that of reading.
    """

    name = "openai-responses"

    def __init__(
        self,
        connection: Connection,
        *,
        mainline: str,
        store: bool = True,
        background: bool | None = None,
        pace: Pace = PACE,
        default_model: str | None = None,
        models_file: Path | None = None,
        listed: bool = True,
    ) -> None:
        self._connection = connection
        self._mainline, self._store = mainline, store
        wanted = connection.is_openai if background is None else background
        self._background, self._pace = store and wanted, pace
        api = Api("Responses API", mainline=mainline, in_background=self._background)
        self._form = ResponsesFormat(store, api)
        self.endpoint = f"{connection.base_url}/responses?model={mainline}"
        catalog = with_default(responses_catalog(mainline, models_file), default_model)
        self.catalog = replace(catalog, listed=listed, slashes=not connection.is_openai)
        if connection.client is not None and listed:
            # Loads what the first call would otherwise wait for.
            _ = connection.client.responses.with_streaming_response

    @property
    def in_background(self) -> bool:
        """Whether requests are sent to be generated in the background."""
        return self._background

    def _continuation(self, request: ImageRequest) -> str | None:
        """The response to continue: it must be this provider's own, and be stored."""
        context = request.context
        if not self._store or context is None or context.provider != self.name:
            return None
        return context.continuation

    def generate(self, job: Job[GenerateRequest], /) -> ProviderStream:
        return self._call(job)

    def edit(self, job: Job[EditRequest], /) -> ProviderStream:
        return self._call(job)

    async def resume(self, job: Job[ImageRequest], handle: str, /) -> ProviderStream:
        """Read the response with this ID: nothing but GET requests. See BackgroundResponse."""
        if self._connection.client is None:
            error = self._connection.client_error()
            raise unread_error(self._connection.title, error) from error
        rest = self._response(job, Progress(handle=handle)).rest()
        async with aclosing(rest) as stream:
            async for event in stream:
                yield event

    async def list_models(self) -> Sequence[ListedModel]:
        return await listed_models(self._connection)

    async def close(self) -> None:
        """Close the connections."""
        await self._connection.close()

    async def _call(self, job: Job[ImageRequest]) -> ProviderStream:
        if job.request.n > 1:  # of a model that is not in the catalog
            raise RequestRefused(ONE_IMAGE, hint=SEVERAL)
        parameters = response_parameters(
            job.request,
            mainline=self._mainline,
            store=self._store,
            continuation=self._continuation(job.request),
            background=self._background,
            without=not self._connection.is_openai,
            known_model=job.card.is_known,
        )

        def send(client: AsyncOpenAI) -> Any:  # noqa: ANN401 - a context manager of the SDK
            return client.responses.with_streaming_response.create(**parameters)

        if self._background:
            events = self._response(job, Progress()).create(send)
        else:
            events = self._connection.call(send, job, self._form)
        async with aclosing(events) as stream:
            async for event in stream:
                yield event

    def _response(self, job: Job[ImageRequest], progress: Progress) -> BackgroundResponse:
        form = replace(self._form, progress=progress)
        return BackgroundResponse(self._connection, job, form, self._pace)

"""The models that an endpoint lists, read with one request that costs nothing."""

import re
from collections.abc import Sequence
from datetime import date

from adapters.openai.connection import Connection
from adapters.openai.network.endpoint import Api
from adapters.openai.replies.fields import get_field, text_or_empty
from adapters.openai.replies.reply_json import parse_json
from domain.model_comparison import ListedModel
from domain.provider_errors import BadProviderReply, RequestRefused

LIST_OF_MODELS = Api("list of models", takes_model=False)
IMAGE_MODEL = re.compile(r"(.*/)?(gpt-image|chatgpt-image|dall-e)-.+", re.DOTALL)
"""The names of OpenAI's image models: all those in the SDK's types/image_model.py (openai 3.54.0).
The list does not say what a model can do. Gateways put a vendor in front: `openai/gpt-image-2`."""
NO_LIST = "Some services have no list of models, and generate images all the same."
NOT_A_LIST = "The reply is not a list of models."


async def listed_models(connection: Connection) -> Sequence[ListedModel]:
    """All models that the endpoint lists; raises what `ListsModels.list_models` does."""
    try:
        body = await connection.read(
            lambda client: client.models.with_streaming_response.list(), LIST_OF_MODELS
        )
    except RequestRefused as error:
        error.hint = f"{error.hint} {NO_LIST}".strip()
        raise
    return _parse(body)


def _parse(body: bytes) -> Sequence[ListedModel]:
    """The models of `{"data": [...]}`, as OpenAI sends it, or of the list alone."""
    try:
        page = parse_json(body)
    except (ValueError, RecursionError) as error:
        raise BadProviderReply(NOT_A_LIST) from error
    entries = page if isinstance(page, list) else get_field(page, "data")
    if not isinstance(entries, list):
        raise BadProviderReply(NOT_A_LIST)
    named = {name: each for each in entries if (name := text_or_empty(get_field(each, "id")))}
    return [_model(name, entry) for name, entry in named.items()]


def _model(name: str, entry: object) -> ListedModel:
    return ListedModel(
        name=name,
        shutdown_date=_date(get_field(entry, "shutdown_date")),
        makes_images=IMAGE_MODEL.fullmatch(name) is not None,
    )


def _date(value: object) -> date | None:
    """A date as OpenAI writes it, YYYY-MM-DD; None for null and for anything else.

    Source: developers.openai.com/api/docs/deprecations, read on 2026-11-28.
    """
    try:
        return date.fromisoformat(text_or_empty(value))
    except ValueError:
        return None

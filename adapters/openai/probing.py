"""Asks an endpoint which routes it has, without asking for an image."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from openai import AsyncOpenAI

from adapters.openai.connection import Connection
from adapters.openai.model_list import listed_models
from domain.counts import count
from domain.probes import Ability, Answer, Finding
from domain.provider_errors import (
    CredentialsRejected,
    NoCredentials,
    ProviderError,
    ProviderUnreachable,
)

SHOWN = 5
"""Models that the finding about the list names."""
RAW = {"X-Stainless-Raw-Response": "stream"}
"""The SDK's own: the reply is not read."""
MISSING = (404, 405, 410, 501)
REFUSED = (400, 411, 413, 415, 422)
"""Statuses of a service that has read an empty request and did not like it."""


async def probe_endpoint(
    connection: Connection, routes: Mapping[Ability, str]
) -> Sequence[Finding]:
    """Findings about the list of models and about each route; see `Probes.probe`."""
    findings = [await _models(connection)]
    for ability, path in routes.items():
        findings.append(await _route(connection, ability, path))
    return findings


async def _models(connection: Connection) -> Finding:
    try:
        listed = await listed_models(connection)
    except (NoCredentials, CredentialsRejected, ProviderUnreachable):
        raise
    except ProviderError as error:
        return Finding(ability=Ability.MODELS, answer=Answer.NO, detail=error.message)
    images = [model for model in listed if model.makes_images] or listed
    names = ", ".join(model.name for model in images[:SHOWN])
    more = f" and {len(images) - SHOWN} more" if len(images) > SHOWN else ""
    detail = f"{count(len(listed), 'model')}: {names}{more}" if listed else "the list is empty"
    return Finding(ability=Ability.MODELS, answer=Answer.YES, detail=detail)


async def _route(connection: Connection, ability: Ability, path: str) -> Finding:
    """Send an empty POST. A GET shows nothing: servers answer 405 for what they lack, too."""
    status = await connection.status(partial(_empty_post, path=path))
    said = f"an empty POST {path} was answered with status {status}"
    if status in REFUSED:
        return Finding(ability=ability, answer=Answer.YES, detail=said)
    if status in MISSING:
        return Finding(ability=ability, answer=Answer.NO, detail=said)
    accepted = 200 <= status < 300
    return Finding(ability=ability, answer=Answer.UNKNOWN, detail=said, may_cost=accepted)


@asynccontextmanager
async def _empty_post(client: AsyncOpenAI, *, path: str) -> AsyncIterator[Any]:
    """Send a request whose body is an empty list: no service generates from it."""
    options: Any = {"headers": RAW}
    reply: Any = await client.post(path, cast_to=object, body=[], options=options)
    try:
        yield reply
    finally:
        await reply.close()

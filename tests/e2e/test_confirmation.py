"""CONFIRM_ABOVE_USD from the client to the provider: who is asked, and what is sent."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

import pytest
from mcp import Client
from mcp.client.session import ClientRequestContext
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp_types import ElicitRequestParams, ElicitResult

from application.use_cases.confirm_spending import Consent
from domain.requests import GenerateRequest
from entrypoints.bootstrap.lifecycle import run_application
from entrypoints.config.settings import Settings
from tests.conftest import environment_in
from tests.e2e.asgi_client import asgi_client
from tests.e2e.host import SERVER
from tests.e2e.loopback_server import serve
from tests.e2e.mcp_http import ERAS, connect_over_http
from tests.e2e.mcp_websocket import connect_over_websocket
from tests.e2e.test_money import Environment, generate
from tests.standin import StandIn
from tests.testkit.fakes import settings_in

LIMIT = {"CONFIRM_ABOVE_USD": "0.001"}
CALL = {"prompt": "a red bridge", "quality": "low"}
Action = Literal["accept", "decline", "cancel"]


def asking_settings(folder: Path, api: StandIn) -> Settings:
    return settings_in(
        folder, openai_api_key="sk-test", openai_base_url=api.base_url, confirm_above_usd="0.001"
    )


class Person:
    """Answers the questions of a client with one action after the other, and keeps them."""

    def __init__(self, *actions: Action) -> None:
        self.actions = [*actions]
        self.questions: list[str] = []

    async def __call__(
        self, context: ClientRequestContext, params: ElicitRequestParams
    ) -> ElicitResult:
        self.questions.append(params.message)
        return ElicitResult(action=self.actions.pop(0), content={})


@asynccontextmanager
async def connect(
    transport: str, era: str, api: StandIn, folder: Path, person: Person | None = None
) -> AsyncIterator[Client]:
    """The official client of a server that asks; without a person, it cannot ask."""
    if transport != "stdio":
        over = connect_over_http if transport == "http" else connect_over_websocket
        async with (
            serve(asking_settings(folder, api)) as url,
            over(url, era, answer=person) as client,
        ):
            yield client
        return
    server = StdioServerParameters(command=SERVER, env=environment_in(folder, api) | LIMIT)
    async with Client(stdio_client(server), mode=era, elicitation_callback=person) as client:
        yield client


in_all_ways = pytest.mark.parametrize(
    ("transport", "era"), [(way, era) for way in ("stdio", "http", "websocket") for era in ERAS]
)


@pytest.mark.anyio
@in_all_ways
async def test_the_client_asks_and_the_answer_decides(
    transport: str, era: str, openai_api: StandIn, tmp_path: Path
) -> None:
    person = Person("decline", "cancel", "accept")
    async with connect(transport, era, openai_api, tmp_path, person) as client:
        declined = await client.call_tool("generate_image", CALL)
        closed = await client.call_tool("generate_image", CALL)
        assert len(openai_api.posts) == 0
        agreed = await client.call_tool("generate_image", CALL)
        cached = await client.call_tool("generate_image", CALL)
        confirmed = await client.call_tool("generate_image", CALL | {"confirm": True, "n": 2})
    assert declined.is_error
    assert "The user declined to generate 1 image" in declined.content[0].text  # type: ignore[union-attr] # an error has one text
    assert closed.is_error
    assert "with confirm: true only if the user agrees" in closed.content[0].text  # type: ignore[union-attr] # an error has one text
    assert not agreed.is_error, agreed.content
    assert "cache" in cached.content[0].text  # type: ignore[union-attr] # the first content is text
    assert not confirmed.is_error, confirmed.content
    assert len(person.questions) == 3
    assert {*person.questions} == {person.questions[0]}
    assert person.questions[0].startswith("Generate 1 image with gpt-image-2.6-flare for about $0.")
    assert [post.fields.get("n", 1) for post in openai_api.posts] == [1, 2]


@pytest.mark.anyio
@in_all_ways
async def test_a_client_that_cannot_ask_is_told_how_to_allow_the_call(
    transport: str, era: str, openai_api: StandIn, tmp_path: Path
) -> None:
    async with connect(transport, era, openai_api, tmp_path) as client:
        refused = await client.call_tool("generate_image", CALL)
        assert refused.is_error
        told = refused.content[0].text  # type: ignore[union-attr] # an error has one text
        assert "CONFIRM_ABOVE_USD is $0.001. " in told.replace("\n", " ")
        assert "Nothing was charged. [Error confirmation_required" in told
        assert openai_api.posts == []
        allowed = await client.call_tool("generate_image", CALL | {"confirm": True})
    assert not allowed.is_error, allowed.content


@pytest.mark.anyio
async def test_over_http_a_call_is_refused_until_it_is_confirmed(
    tmp_path: Path, openai_api: StandIn
) -> None:
    async with asgi_client(asking_settings(tmp_path, openai_api)) as client:
        refused = await client.post("/images", CALL)
        assert (refused.status, refused.problem["code"]) == (402, "confirmation_required")
        assert refused.problem["charged"] == "no"
        assert openai_api.posts == []
        assert (await client.post("/images", CALL | {"confirm": True})).status == 201
        assert (await client.post("/images", CALL)).status == 201  # from the cache
    assert len(openai_api.posts) == 1


def test_a_command_is_refused_until_it_is_confirmed(
    environment: Environment, openai_api: StandIn
) -> None:
    code, report = generate(environment, **LIMIT)
    error: Any = report["error"]
    assert (code, error["code"], error["limit"]) == (6, "confirmation_required", 0.001)
    assert error["estimate"] > 0.001
    assert "--yes" in error["hint"]
    assert openai_api.posts == []
    assert generate(environment, "--yes", **LIMIT)[0] == 0
    assert generate(environment, "--fresh", CONFIRM_ABOVE_USD="100")[0] == 0


@pytest.mark.anyio
async def test_an_equal_call_that_ends_while_a_person_thinks_is_not_paid_for_again(
    tmp_path: Path, openai_api: StandIn
) -> None:
    settings = asking_settings(tmp_path, openai_api)
    request = GenerateRequest(prompt="a red bridge")
    async with run_application(settings, door="cli") as container:

        async def ask(_: str) -> bool:
            await (await container.generate_image()(request)).result()
            return True

        admit = container.confirm_spending().admission(Consent(hint="", ask=ask))
        job = await container.generate_image()(request, admit=admit)
        assert (await job.result()).is_prepaid
    assert len(openai_api.posts) == 1

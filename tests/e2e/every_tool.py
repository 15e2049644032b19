"""A call of every tool, with arguments that are chosen by their names in its schema."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mcp import Client
from mcp_types import CallToolResult, Implementation, TextContent

from domain.provider_errors import OutcomeUnknown
from entrypoints.bootstrap.container import Container
from entrypoints.bootstrap.lifecycle import run_application
from entrypoints.config.settings import Settings
from entrypoints.mcp.server import build_server
from entrypoints.mcp.tools import TOOLS
from tests.testkit.fakes import FakeProvider, settings_in

PROMPT = "a red bridge"
CONVERSATION = "bridges"
NAMES = [tool.name for tool in TOOLS]
REQUIRED = {tool.name: tool.describe().input_schema.get("required", []) for tool in TOOLS}


@dataclass(frozen=True, slots=True)
class World:
    """What the calls are about: an image, its job and conversation, and a job that went missing."""

    image_id: str
    job_id: str
    unknown_job_id: str


def arguments_for(tool: str, world: World) -> dict[str, Any]:
    """Valid arguments; a KeyError names a required argument that has no value here yet."""
    values = {
        "prompt": f"{PROMPT}, {tool}",
        "images": [world.image_id],
        "id": world.unknown_job_id if tool == "dismiss_job" else world.image_id,
        "conversationId": CONVERSATION,
    }
    outside_conversations = ["images"] if tool == "edit_image" else []
    return {name: values[name] for name in (*REQUIRED[tool], *outside_conversations)}


@asynccontextmanager
async def open_client(
    folder: Path,
    provider: FakeProvider,
    **values: Any,  # noqa: ANN401 - fields of Settings
) -> AsyncIterator[Client]:
    """A client that is connected in memory to a server with this provider."""
    settings: Settings = settings_in(folder, **values)
    async with (
        run_application(settings, provider=provider) as container,
        client_of(container) as client,
    ):
        yield client


def client_of(container: Container, name: str = "test") -> Client:
    """A client with this name of an open application, with the limits of stdio."""

    async def opened() -> Container:
        return container

    server = build_server(opened, container.settings(), over_stdio=True)
    return Client(server, client_info=Implementation(name=name, version="1"))


async def made(client: Client, provider: FakeProvider, **more: int) -> World:
    """The world in which every tool has something to tell."""
    first = {"prompt": PROMPT, "conversationId": CONVERSATION, **more}
    facts = facts_of(await client.call_tool("generate_image", first))
    provider.fails.append(OutcomeUnknown("The connection broke."))
    await client.call_tool("generate_image", {"prompt": "a bridge that is lost"})
    (lost,) = facts_of(await client.call_tool("list_images", {}))["jobs"]
    return World(facts["images"][0]["id"], facts["jobId"], lost["jobId"])


def facts_of(result: CallToolResult) -> Mapping[str, Any]:
    """The structured content of a result that is no error."""
    assert not result.is_error, text_of(result)
    facts: Mapping[str, Any] | None = result.structured_content
    assert facts
    return facts


async def call_tool(client: Client, provider: FakeProvider, tool: str) -> CallToolResult:
    """The result of the tool's valid call."""
    return await client.call_tool(tool, arguments_for(tool, await made(client, provider)))


def text_of(result: CallToolResult) -> str:
    """The text of a result."""
    first = result.content[0]
    assert isinstance(first, TextContent)
    return first.text

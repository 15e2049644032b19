"""Every way to send arguments to one running application."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from mcp import Client
from mcp_types import TextContent

from adapters.openai.catalog import openai_catalog
from domain.image import Image
from domain.requests import EditRequest, ImageRequest
from entrypoints.bootstrap.container import Container
from entrypoints.mcp.server import build_server
from tests.e2e.asgi_client import AsgiClient, asgi_client
from tests.testkit.fakes import FakeProvider, settings_in, small_image

DOORS = ("mcp", "/images", "/mcp/stream")
SQUARE = small_image("teal", (1024, 1024))


class RecordingProvider(FakeProvider):
    """A provider with OpenAI's models; the same request always gets the same image."""

    catalog = openai_catalog()

    @property
    def requests(self) -> list[ImageRequest]:
        """What was sent, in order."""
        return [job.request for job in self.seen]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a caller got: whether it succeeded, the text, and the faults with their fields."""

    succeeded: bool
    text: str
    facts: Mapping[str, Any]

    @property
    def fields(self) -> set[str]:
        """The fields that the answer names."""
        errors = self.facts.get("errors")
        if errors is not None:
            return {error["field"] for error in errors}
        _, _, named = self.text.rpartition("; field")
        return {*named.partition(": ")[2].removesuffix("]").split(", ")}


@dataclass(frozen=True, kw_only=True)
class Doors:
    """One application behind MCP in memory and behind HTTP."""

    client: Client
    http: AsgiClient
    provider: RecordingProvider

    async def send(self, door: str, arguments: object, tool: str = "generate_image") -> Answer:
        """Call a tool, or post the same arguments."""
        if door == "mcp":
            return await self.call(tool, cast("dict[str, Any]", arguments))
        reply = await self.http.post(door, arguments)
        if reply.problem:
            return Answer(succeeded=False, text=reply.problem["message"], facts=reply.problem)
        if door == "/images":
            return Answer(succeeded=reply.status == 201, text="", facts=reply.json)
        frames = [json.loads(line[6:]) for line in reply.body.splitlines() if line[:6] == b"data: "]
        succeeded = frames[-1]["type"] == "complete"
        return Answer(
            succeeded=succeeded, text="", facts=frames[-1].get("data", {}).get("result", {})
        )

    async def call(self, tool: str, arguments: dict[str, Any]) -> Answer:
        """Call a tool."""
        result = await self.client.call_tool(tool, arguments)
        assert isinstance(result.content[0], TextContent)
        facts: Mapping[str, Any] = result.structured_content or {}
        return Answer(succeeded=not result.is_error, text=result.content[0].text, facts=facts)

    async def new_image(self, prompt: str = "a red bridge") -> dict[str, Any]:
        """Generate an image; return its facts, with the ID of its job in `job`."""
        facts = (await self.call("generate_image", {"prompt": prompt, "fresh": True})).facts
        image: dict[str, Any] = {**facts["images"][0], "job": facts["jobId"]}
        return image

    @property
    def edited(self) -> tuple[Image, ...]:
        """The input images of the last request."""
        request = self.provider.requests[-1]
        assert isinstance(request, EditRequest)
        return request.images


@asynccontextmanager
async def open_doors(
    folder: Path, *images: Image, result_max_bytes: int = 900_000
) -> AsyncIterator[Doors]:
    """Run an application whose provider delivers these images with each call."""
    provider = RecordingProvider(*(images or (SQUARE,)))
    settings = settings_in(folder, rate_limit="0", result_max_bytes=result_max_bytes)
    async with asgi_client(settings, provider=provider) as http:

        async def container() -> Container:
            return http.container

        async with Client(build_server(container, settings)) as client:
            yield Doors(client=client, http=http, provider=provider)

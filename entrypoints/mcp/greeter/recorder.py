"""Records what the server of this installation answers.

The server does so itself when it has been idle for a while and has no recording that is current:
after the installation, and after an update of a library. `python -m
entrypoints.mcp.greeter.recorder` does so at once. No other part of the greeter loads the SDK.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from anyio import create_memory_object_stream, create_task_group
from mcp.shared.message import SessionMessage
from mcp_types import JSONRPCRequest, JSONRPCResponse
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS, MODERN_PROTOCOL_VERSIONS

from entrypoints.bootstrap.lazy_application import LazyApplication
from entrypoints.config.settings import Settings
from entrypoints.mcp.app_clients import APP_TYPE, EXTENSION
from entrypoints.mcp.greeter.conversation import TOOLS, TOOLS_WITH_APPS
from entrypoints.mcp.greeter.known_messages import PREFIX
from entrypoints.mcp.greeter.recording import FILE, installed_versions
from entrypoints.mcp.json_rpc import encode
from entrypoints.mcp.server import build_server

CLIENT = {"name": "recorder", "version": "1"}
APPS = {"extensions": {EXTENSION: {"mimeTypes": [APP_TYPE]}}}
"""The capabilities of a client that shows MCP Apps."""


async def record(file: str = FILE) -> None:
    """Write the recording, whole or not at all; raise OSError if that is impossible."""
    _write({"installed": installed_versions(), "answers": await record_answers()}, file)


def _write(recording: Mapping[str, Any], file: str) -> None:
    with NamedTemporaryFile(
        "w", encoding="utf-8", dir=Path(file).parent, delete=False
    ) as temporary:
        json.dump(recording, temporary, indent=1, sort_keys=True)
    Path(temporary.name).chmod(0o644)  # others may run what one user has installed
    Path(temporary.name).replace(file)


async def record_answers() -> dict[str, dict[str, str]]:
    """Every answer, as the server of this process gives it; see `conversation.Answers`."""
    answers = {}
    async with _connection() as ask:
        answers[""] = {"ping": await ask("ping", {})}
    for version in HANDSHAKE_PROTOCOL_VERSIONS:
        handshake = {"protocolVersion": version, "capabilities": {}, "clientInfo": CLIENT}
        async with _connection() as ask:
            answers[version] = {
                "initialize": await ask("initialize", handshake),
                "ping": await ask("ping", {}),
                TOOLS: await ask(TOOLS, {}),
                "resources/templates/list": await ask("resources/templates/list", {}),
            }
        async with _connection() as ask:
            await ask("initialize", handshake | {"capabilities": APPS})
            answers[version][TOOLS_WITH_APPS] = await ask(TOOLS, {})
    for version in MODERN_PROTOCOL_VERSIONS:
        envelope = {f"{PREFIX}protocolVersion": version, f"{PREFIX}clientCapabilities": {}}
        async with _connection() as ask:
            answers[version] = {
                method: await ask(method, {"_meta": envelope})
                for method in ("server/discover", TOOLS, "resources/templates/list")
            }
            meta = {"_meta": envelope | {f"{PREFIX}clientCapabilities": APPS}}
            answers[version][TOOLS_WITH_APPS] = await ask(TOOLS, meta)
    return answers


class _Connection:
    def __init__(self, requests: Any, replies: Any) -> None:  # noqa: ANN401 - anyio's streams
        self._requests, self._replies = requests, replies

    async def __call__(self, method: str, params: Mapping[str, Any]) -> str:
        """The result as JSON; raise RuntimeError if the answer is an error."""
        request = JSONRPCRequest(jsonrpc="2.0", id=1, method=method, params=dict(params))
        await self._requests.send(SessionMessage(request))
        reply = (await self._replies.receive()).message
        if not isinstance(reply, JSONRPCResponse):
            raise RuntimeError(f"{method} was answered with {encode(reply)!r}")
        result = json.loads(encode(reply))["result"]
        return json.dumps(result, ensure_ascii=False, separators=(",", ":"))


@asynccontextmanager
async def _connection() -> AsyncIterator[_Connection]:
    settings = Settings.model_construct()
    server = build_server(LazyApplication(settings).container, settings)
    requests, incoming = create_memory_object_stream[SessionMessage | Exception](0)
    outgoing, replies = create_memory_object_stream[SessionMessage](0)
    async with create_task_group() as tasks, requests, replies:
        options = server.create_initialization_options()
        tasks.start_soon(server.run, incoming, outgoing, options)
        yield _Connection(requests, replies)
        tasks.cancel_scope.cancel()


if __name__ == "__main__":
    asyncio.run(record())

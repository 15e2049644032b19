"""The official MCP client over a WebSocket: a transport, as any program can write one."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from anyio import create_memory_object_stream, create_task_group
from mcp import Client
from mcp.client._transport import TransportStreams
from mcp.client.session import ElicitationFnT
from mcp.shared.message import SessionMessage
from mcp_types import jsonrpc_message_adapter
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

SUBPROTOCOL = Subprotocol("mcp")


@asynccontextmanager
async def websocket_transport(
    url: str, headers: Mapping[str, str] | None = None
) -> AsyncIterator[TransportStreams]:
    """Streams of messages to and from `/mcp/ws` of the server at this URL."""
    to_client, incoming = create_memory_object_stream[SessionMessage | Exception](0)
    outgoing, from_client = create_memory_object_stream[SessionMessage](0)
    address = url.replace("http://", "ws://") + "/mcp/ws"
    async with (
        connect(
            address,
            subprotocols=[SUBPROTOCOL],
            additional_headers=headers,
            max_size=None,
            proxy=None,
        ) as connection,
        create_task_group() as tasks,
    ):

        async def receive() -> None:
            async with to_client:
                async for text in connection:
                    message = jsonrpc_message_adapter.validate_json(text, by_name=False)
                    await to_client.send(SessionMessage(message))

        async def send() -> None:
            async with from_client:
                async for each in from_client:
                    text = each.message.model_dump_json(by_alias=True, exclude_unset=True)
                    await connection.send(text)

        tasks.start_soon(receive)
        tasks.start_soon(send)
        async with incoming, outgoing:
            yield incoming, outgoing
        tasks.cancel_scope.cancel()


@asynccontextmanager
async def connect_over_websocket(
    url: str,
    era: str = "auto",
    headers: Mapping[str, str] | None = None,
    answer: ElicitationFnT | None = None,
) -> AsyncIterator[Client]:
    """The official client, connected to `/mcp/ws` of this server, as `connect_over_http`."""
    transport = websocket_transport(url, headers)
    async with Client(transport, mode=era, elicitation_callback=answer) as client:
        yield client

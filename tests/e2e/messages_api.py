"""A stand-in for Anthropic's Messages API, which makes a real Claude Code call one MCP tool."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Block = dict[str, Any]
CALL, SEARCH = "toolu_call", "toolu_search"


@dataclass
class MessagesApi:
    """Answers every turn: it asks for the tool, then ends the conversation.

    `received` is the content of the tool's result as the model would get it. Claude Code keeps the
    schemas of MCP tools back until its ToolSearch is asked for them.
    """

    tool: str
    arguments: Mapping[str, Any]
    received: list[Block] = field(default_factory=list)
    url: str = ""

    def answer(self, request: Mapping[str, Any]) -> Block:
        """The block that the model sends next."""
        results = self._results(request)
        if CALL in results:
            content = results[CALL]
            self.received = (
                [{"type": "text", "text": content}] if isinstance(content, str) else content
            )
            return {"type": "text", "text": "Done."}
        offered = {tool.get("name") for tool in request.get("tools", [])}
        if self.tool in offered or SEARCH in results:
            return {"type": "tool_use", "id": CALL, "name": self.tool, "input": self.arguments}
        if "ToolSearch" in offered:
            query = {"query": f"select:{self.tool}", "max_results": 1}
            return {"type": "tool_use", "id": SEARCH, "name": "ToolSearch", "input": query}
        return {"type": "text", "text": "Hello."}

    def _results(self, request: Mapping[str, Any]) -> dict[str, Any]:
        blocks = [
            block
            for message in request.get("messages", [])
            if isinstance(message["content"], list)
            for block in message["content"]
        ]
        return {
            block["tool_use_id"]: block.get("content", "")
            for block in blocks
            if block["type"] == "tool_result"
        }


@contextmanager
def serve_messages(tool: str, arguments: Mapping[str, Any]) -> Iterator[MessagesApi]:
    """Serve the stand-in on a free loopback port."""
    api = MessagesApi(tool, arguments)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("content-length", 0))
            request = json.loads(self.rfile.read(length) or b"{}")
            if self.path.partition("?")[0] != "/v1/messages":
                self._send("application/json", json.dumps({"input_tokens": 1}).encode())
                return
            block = api.answer(request)
            if request.get("stream"):
                self._send("text/event-stream", b"".join(stream_of(block)))
            else:
                self._send("application/json", json.dumps(message_of([block])).encode())

        def do_GET(self) -> None:
            self._send("application/json", b"{}")

        def do_HEAD(self) -> None:
            self._send("application/json", b"")

        def _send(self, media_type: str, body: bytes) -> None:
            self.send_response(200)
            self.send_header("content-type", media_type)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    api.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield api
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def message_of(content: list[Block]) -> Block:
    """A whole message."""
    is_call = any(block["type"] == "tool_use" for block in content)
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-stand-in",
        "content": content,
        "stop_reason": "tool_use" if is_call else "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 1, "output_tokens": 1},
    }


def stream_of(block: Block) -> Iterator[bytes]:
    """The events of a message with this block."""
    whole = message_of([block])
    started = {**whole, "content": [], "stop_reason": None}
    if block["type"] == "tool_use":
        delta = {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
        empty = {**block, "input": {}}
    else:
        delta, empty = {"type": "text_delta", "text": block["text"]}, {**block, "text": ""}
    ended = {"stop_reason": whole["stop_reason"], "stop_sequence": None}
    for event in (
        {"type": "message_start", "message": started},
        {"type": "content_block_start", "index": 0, "content_block": empty},
        {"type": "content_block_delta", "index": 0, "delta": delta},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": ended, "usage": {"output_tokens": 1}},
        {"type": "message_stop"},
    ):
        yield f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()

"""What the OpenAPI document says of /mcp, whose answers are the SDK's."""

from entrypoints.http.openapi.operation import Answer, Operation, parameter
from entrypoints.http.openapi.schema_parts import ref
from entrypoints.wire.json_schema import Schema

MESSAGE: Schema = {"application/json": {"schema": ref("JSONRPCMessage")}}
STREAM: Schema = {"text/event-stream": {"schema": {"type": "object"}}}
SESSION = {"MCP-Session-Id": "Goes with every further request of the handshake eras."}
OTHER_ERA = Answer(
    words="Versions from 2026-07-28 on know only POST.", headers={"Allow": "What there is."}
)
HEADERS = (
    parameter("MCP-Session-Id", "header", "From the answer to `initialize`.", type="string"),
    parameter("MCP-Protocol-Version", "header", "The version that was agreed upon.", type="string"),
)


def _error(words: str) -> Answer:
    return Answer(words=words, content=MESSAGE)


ERRORS = {
    400: _error("A JSON-RPC error: not JSON, no message, or no session."),
    404: _error("A JSON-RPC error: the session is unknown or has ended; or no such method."),
    406: Answer(words="The Accept header lacks a media type that is needed."),
    500: _error("A JSON-RPC error: something went wrong inside the server."),
}


def _mcp(name: str, *headers: Schema, body: Schema | None = None, **rest: Answer) -> Operation:
    answers = {int(status.removeprefix("_")): answer for status, answer in rest.items()}
    return Operation(
        id=name, tag="MCP", parameters=headers, body=body, answers={**ERRORS, **answers}
    )


MCP: dict[str, tuple[Operation, str]] = {
    "POST": (
        _mcp(
            "mcpPost",
            *HEADERS,
            parameter("Accept", "header", "Both media types of the answer.", type="string"),
            body={"schema": ref("JSONRPCMessage")},
            _200=Answer(words="The answer.", content={**MESSAGE, **STREAM}, headers=SESSION),
            _202=Answer(words="A notification or an answer was taken."),
            _503=_error("A JSON-RPC error: too many sessions are open."),
        ),
        """Send a JSON-RPC message of the Model Context Protocol.

        All versions of the protocol are served: those that begin with `initialize`, which open a
        session, and those from 2026-07-28 on, which have none.
        """,
    ),
    "GET": (
        _mcp(
            "mcpGet",
            *HEADERS,
            _200=Answer(words="Messages of the server.", content=STREAM, headers=SESSION),
            _405=OTHER_ERA,
            _409=_error("A JSON-RPC error: the session has such a stream already."),
        ),
        """Listen to what the server sends to a session by itself.""",
    ),
    "DELETE": (
        _mcp(
            "mcpDelete",
            *HEADERS,
            _200=Answer(words="The session has ended.", content={"application/json": {}}),
            _405=OTHER_ERA,
        ),
        """End a session.""",
    ),
}
"""By method, with words as docstrings have them."""

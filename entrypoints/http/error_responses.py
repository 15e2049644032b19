"""Responses with errors, in the form that the clients of the path read."""

from dataclasses import dataclass

from starlette.types import Scope, Send

from entrypoints.http.openai_api.error_envelope import MEDIA_TYPE, envelope, is_openai_path
from entrypoints.http.problem_documents import Problem, headers_of

NO_STORE = {"cache-control": "no-store", "x-content-type-options": "nosniff"}


@dataclass(frozen=True, slots=True)
class ErrorResponse:
    """A whole response. Names of headers are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


def error_response(problem: Problem, path: str, *, close: bool = False) -> ErrorResponse:
    """The response to a request of this path: a problem document, or OpenAI's envelope."""
    if not is_openai_path(path):
        return ErrorResponse(problem.status, headers_of(problem, close=close), problem.body())
    status, headers, body = envelope(problem)
    length = {"content-type": MEDIA_TYPE, "content-length": str(len(body))}
    closing = {"connection": "close"} if close else {}
    return ErrorResponse(status, {**length, **NO_STORE, **headers, **closing}, body)


def note_problem(scope: Scope, problem: Problem) -> None:
    """Note, for the access log, that this problem is the response to the scope's request."""
    scope.setdefault("state", {})["problem"] = problem


async def send_problem(problem: Problem, scope: Scope, send: Send, *, close: bool = False) -> None:
    """Respond with the problem, also to the opening handshake of a WebSocket.

    `close` also closes the connection. A client that is still sending may then see a reset
    connection instead of the response.
    """
    note_problem(scope, problem)
    response = error_response(problem, scope["path"], close=close)
    raw = [(name.encode(), value.encode()) for name, value in response.headers.items()]
    kind = "websocket.http.response" if scope["type"] == "websocket" else "http.response"
    await send({"type": f"{kind}.start", "status": response.status, "headers": raw})
    await send({"type": f"{kind}.body", "body": response.body, "more_body": False})

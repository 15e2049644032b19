"""Puts a yes-or-no question to the person behind an MCP client, if the client supports that."""

import asyncio
from time import monotonic
from typing import Any

from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp_types import (
    CallToolRequestParams,
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitResult,
    InputRequiredResult,
)
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

NO_FIELDS: dict[str, Any] = {"type": "object", "properties": {}}
"""The form of a question that is answered by accepting or declining it."""


class AnswerRequired(Exception):
    """The client must answer `result` and repeat the call: it takes no request within it."""

    def __init__(self, result: InputRequiredResult) -> None:
        super().__init__()
        self.result = result


class Elicitation:
    """Asks within one call, until its deadline, a value of `time.monotonic()`.

    A client with a handshake is asked within the call, unless `within_call` is False. A later one
    is asked by the call's result, and repeats the call with the answer. The name of a question is
    its text, so that an answer never counts for another question.
    """

    def __init__(
        self,
        context: ServerRequestContext[Any, Any],
        params: CallToolRequestParams,
        deadline: float,
        *,
        within_call: bool,
    ) -> None:
        self._session = context.session
        self._within_call = within_call and context.session.can_send_request
        self._request_id = context.request_id
        self._answers = params.input_responses or {}
        self._deadline = deadline

    async def __call__(self, question: str) -> bool | None:
        """Return the answer; None if the client cannot ask, or nothing was answered.

        Raises AnswerRequired if the call must be repeated.
        """
        capabilities = self._session.client_capabilities
        able = capabilities.elicitation if capabilities else None
        if able is None or (able.form is None and able.url is not None):
            return None
        if self._session.protocol_version in MODERN_PROTOCOL_VERSIONS:
            answer = self._answers.get(question)
            if answer is None:
                raise AnswerRequired(
                    InputRequiredResult(input_requests={question: _form(question)})
                )
            return _agreed(answer)
        if not self._within_call:
            return None
        try:
            async with asyncio.timeout(self._deadline - monotonic()):
                return _agreed(
                    await self._session.elicit_form(question, NO_FIELDS, self._request_id)
                )
        except (TimeoutError, MCPError, ValueError):  # ValueError: an answer of another form
            return None


def _form(question: str) -> ElicitRequest:
    return ElicitRequest(
        params=ElicitRequestFormParams(message=question, requested_schema=NO_FIELDS)
    )


def _agreed(answer: object) -> bool | None:
    """Closing the question without an answer is none."""
    if not isinstance(answer, ElicitResult) or answer.action == "cancel":
        return None
    return answer.action == "accept"

"""Classifies incoming JSON-RPC messages, and answers the invalid ones.

Every transport does so before the SDK reads a message: the SDK treats a request with an invalid
`id` as a notification, so its client would wait forever.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from mcp_types import (
    INVALID_REQUEST,
    PARSE_ERROR,
    ErrorData,
    JSONRPCError,
    JSONRPCMessage,
    JSONRPCResponse,
    RequestId,
)

from domain.errors import InvalidRequest
from entrypoints.mcp.tool_results import to_tool_error
from entrypoints.wire.unicode_text import is_unicode, without_bom


def _invalid(reason: str) -> ErrorData:
    return ErrorData(code=INVALID_REQUEST, message=f"Invalid request: {reason}.")


NOT_JSON = ErrorData(code=PARSE_ERROR, message="Parse error: this is not JSON in UTF-8.")
NOT_AN_OBJECT = _invalid("the message is not an object; send one message at a time, not an array")
IN_USE = _invalid("a request with this `id` is still running")
BAD_PARAMS = _invalid("`params` must be an object")
REPLY = frozenset({"result", "error"})
"""The members of a response, which has one of them."""
UNREADABLE = "The request contains invalid Unicode (a lone surrogate), or is nested too deeply."
UNREADABLE_HINT = "Send whole characters in UTF-8: a \\ud83c needs the \\udf09 that follows it."


class _CallParams(msgspec.Struct):
    """The arguments of a tool call, not decoded."""

    arguments: msgspec.Raw = msgspec.Raw(b"{}")


class _Members(msgspec.Struct):
    """The members of a message. Values that may be large are not decoded."""

    jsonrpc: Any = None
    id: Any = msgspec.UNSET
    method: Any = msgspec.UNSET
    params: msgspec.Raw = msgspec.Raw(b"null")
    result: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    error: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


_members = msgspec.json.Decoder(_Members)
_call_params = msgspec.json.Decoder(_CallParams)
_raw_members = msgspec.json.Decoder(dict[str, msgspec.Raw])
OTHER_FORM = re.compile(rb'"(?:arguments|params)"\s*:\s*["\[]')
EMPTY_ARRAY = re.compile(rb"\[\s*\]")
EMPTY_OBJECT = msgspec.Raw(b"{}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """The facts about a message that are known before the SDK reads it.

    `request_id` is None unless it is a valid ID of a request. `needs_answer` is true for requests
    and for all invalid messages; notifications and responses get no answer.
    """

    request_id: RequestId | None = None
    method: str = ""
    needs_answer: bool = True
    fault: ErrorData | None = None

    def rejection(self) -> JSONRPCError | None:
        """The error that answers a message with a fault."""
        return None if self.fault is None else self.error(self.fault)

    def error(self, fault: ErrorData) -> JSONRPCError:
        """The error response for this message."""
        return JSONRPCError(jsonrpc="2.0", id=self.request_id, error=fault)

    def identified_error(self, body: bytes) -> JSONRPCResponse | JSONRPCError | None:
        """The answer that replaces the SDK's `body`; None unless that is an error without an ID."""
        try:
            error = JSONRPCError.model_validate_json(body)
        except ValueError:
            return None
        if error.id is not None:
            return None
        return self.unreadable() if error.error.code == PARSE_ERROR else self.error(error.error)

    def unreadable(self) -> JSONRPCResponse | JSONRPCError:
        """The answer to a request whose params cannot be read.

        A model sees results only, so the answer to a tool call is a result.
        """
        if self.method == "tools/call" and self.request_id is not None:
            result = to_tool_error(
                InvalidRequest(UNREADABLE, field="arguments", hint=UNREADABLE_HINT)
            )
            content = result.model_dump(mode="json", by_alias=True, exclude_none=True)
            return JSONRPCResponse(jsonrpc="2.0", id=self.request_id, result=content)
        return self.error(ErrorData(code=INVALID_REQUEST, message=UNREADABLE))


def repaired(data: bytes) -> bytes:
    """The message without a byte order mark, and with objects where clients send other forms.

    An empty array, which is PHP's empty object, becomes `{}` as `params` and as a tool's
    `arguments`. Arguments that are an object in a text become that object.
    """
    data = without_bom(data.lstrip())
    if not OTHER_FORM.search(data):
        return data
    try:
        params = _members.decode(data).params
        arguments = _call_params.decode(params).arguments if _starts(params, b"{") else EMPTY_OBJECT
        if EMPTY_ARRAY.fullmatch(params):
            return _with_member(data, "params", EMPTY_OBJECT)
        if not _starts(arguments, b'["'):
            return data
        meant = _meant_arguments(arguments)
        params = msgspec.Raw(_with_member(params, "arguments", meant))
        return data if meant is arguments else _with_member(data, "params", params)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return data


def _starts(raw: msgspec.Raw, characters: bytes) -> bool:
    return bytes(memoryview(raw)[:1]) in {bytes([each]) for each in characters}


def _meant_arguments(raw: msgspec.Raw) -> msgspec.Raw:
    """An empty object for an empty array or text, the object in a text, or else the same."""
    if _starts(raw, b"["):
        return EMPTY_OBJECT if EMPTY_ARRAY.fullmatch(raw) else raw
    text = msgspec.json.decode(raw, type=str).strip()
    return msgspec.Raw(msgspec.json.encode(_raw_members.decode(text))) if text else EMPTY_OBJECT


def _with_member(json_object: bytes | msgspec.Raw, name: str, value: msgspec.Raw) -> bytes:
    return msgspec.json.encode({**_raw_members.decode(json_object), name: value})


def read_envelope(data: bytes) -> Envelope:
    """Classify the message; most of a large message is skipped, not decoded."""
    try:
        members = msgspec.structs.asdict(_members.decode(data))
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return _read_leniently(data)
    given = {name: value for name, value in members.items() if value is not msgspec.UNSET}
    return _envelope(given | {"params": _shape(given["params"])})


def encode(message: JSONRPCMessage) -> bytes:
    """The message as JSON in UTF-8; lone surrogates, which UTF-8 cannot encode, become "?"."""
    try:
        text = message.model_dump_json(by_alias=True, exclude_unset=True)
    except ValueError:
        value = message.model_dump(mode="json", by_alias=True, exclude_unset=True)
        text = json.dumps(value, ensure_ascii=False)
    return text.encode(errors="replace")


def _read_leniently(data: bytes) -> Envelope:
    """Find the `id` in what is not strict JSON, such as a message with a lone surrogate."""
    try:
        value = json.loads(data.decode(errors="surrogateescape"))
    except (ValueError, RecursionError):
        return Envelope(fault=NOT_JSON)
    return _envelope(value) if isinstance(value, dict) else Envelope(fault=NOT_AN_OBJECT)


def _shape(raw: msgspec.Raw) -> object:
    """A small value of the same kind: an object, null, or a string for anything else."""
    return {b"{": {}, b"n": None}.get(bytes(memoryview(raw)[:1]), "else")


def _envelope(members: Mapping[str, Any]) -> Envelope:
    has_id, request_id = "id" in members, members.get("id")
    is_reply = "method" not in members and not members.keys().isdisjoint(REPLY)
    fault = _fault(members)
    return Envelope(
        request_id=request_id if _is_id(request_id) and not is_reply else None,
        method="" if fault or is_reply else members["method"],
        needs_answer=not is_reply and (has_id or (fault is not None and fault is not BAD_PARAMS)),
        fault=fault,
    )


def _fault(members: Mapping[str, Any]) -> ErrorData | None:
    """The first rule of JSON-RPC or MCP that a message breaks."""
    is_reply, method = not members.keys().isdisjoint(REPLY), members.get("method")
    request_id, params = members.get("id"), members.get("params")
    if "id" in members and not _is_id(request_id) and not (request_id is None and is_reply):
        return _invalid("`id` must be a string or an integer")
    if members.get("jsonrpc") != "2.0":
        return _invalid('`jsonrpc` must be "2.0"')
    if is_reply:
        return _invalid("the message has a `method` and a result") if "method" in members else None
    if not isinstance(method, str) or not is_unicode(method):
        return _invalid("`method` must be a string")
    return None if params is None or isinstance(params, dict) else BAD_PARAMS


def _is_id(value: object) -> bool:
    if isinstance(value, str):
        return is_unicode(value)
    return isinstance(value, int) and not isinstance(value, bool)

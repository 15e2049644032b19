"""Strict checks on a request to `POST /v1/responses` with the image tool. Pure, but for uploads.

Sources: the parameter texts of openai 3.57.0, read 2026-11-26, and refusals that people quote. Of
the many parameters of the real API, those are known that an image needs; all others are refused.
"""

import re
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.standin.calls import Upload
from tests.standin.model_list import MODELS
from tests.standin.refusals import Refused
from tests.standin.request_rules import ImageOrder, check
from tests.standin.uploads import check_uploads

MAINLINE = ("gpt-6-luna", "gpt-6.2-sol", "gpt-5.6-luna", "gpt-5.4-mini")
"""Models that call the image tool."""
WITHOUT_TOOL = ("o1-mini",)
TOOL = "image_generation"
DEFAULT_IMAGE_MODEL = "gpt-image-2.6-sunburst"
_TYPES: dict[str, tuple[type, ...]] = {
    "model": (str,),
    "input": (str, list),
    "instructions": (str,),
    "tools": (list,),
    "tool_choice": (str, dict),
    "store": (bool,),
    "background": (bool,),
    "stream": (bool,),
    "previous_response_id": (str,),
    "max_output_tokens": (int,),
    "max_tool_calls": (int,),
}
_OF_TOOL = ("type", "action", "input_image_mask")
"""Fields of the tool that the Images API does not have."""
_TOOL_FIELDS = frozenset(
    (
        *_OF_TOOL,
        "model",
        "size",
        "quality",
        "background",
        "output_format",
        "output_compression",
        "moderation",
        "partial_images",
    )
)
_ROLES = ("user", "assistant", "system", "developer")
_DETAILS = ("low", "high", "auto", "original")
_LEAST_OUTPUT = 16
_DATA_URL = re.compile(r"data:(image/[a-z+]{2,10});base64,([A-Za-z0-9+/]+={0,2})")
Given = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class ResponseOrder:
    """A valid request. `image` is what the tool is to do; `files` are the images, then the mask."""

    image: ImageOrder
    action: str
    mainline: str
    previous: str | None
    store: bool
    background: bool
    files: tuple[Upload, ...]
    inputs: int


def check_response(fields: Given) -> ResponseOrder:
    """Check the fields; null counts as absent."""
    given = {name: value for name, value in fields.items() if value is not None}
    _check_types(given)
    _check_model(given)
    tool = _the_tool(given)
    text, images = _read_input(given)
    mask = _read_mask(tool)
    if images:
        check_uploads([*images, *mask])
    elif mask:
        raise _invalid("tools[0].input_image_mask", "…", "absent without an input image")
    return ResponseOrder(
        image=_image_order(given, tool, text),
        action=_action(tool),
        mainline=given["model"],
        previous=given.get("previous_response_id"),
        store=given.get("store", True),
        background=given.get("background", False),
        files=(*images, *mask),
        inputs=len(images),
    )


def _check_types(given: Given) -> None:
    for name, value in given.items():
        if name not in _TYPES:
            raise Refused(f"Unknown parameter: '{name}'.", code="unknown_parameter", param=name)
        if type(value) not in _TYPES[name]:
            wanted, got = _TYPES[name][0].__name__, type(value).__name__
            text = f"Invalid type for '{name}': expected {wanted}, but got {got} instead."
            raise Refused(text, code="invalid_type", param=name)
    for name, least in (("max_output_tokens", _LEAST_OUTPUT), ("max_tool_calls", 1)):
        if given.get(name, least) < least:
            text = f"Invalid '{name}': {given[name]} is below the minimum of {least}."
            raise Refused(text, code="integer_below_min_value", param=name)
    if given.get("background") and not given.get("store", True):
        text = "Background mode requires 'store' to be true."
        raise Refused(text, code="invalid_value", param="store")


def _check_model(given: Given) -> None:
    name = given.get("model", "")
    if not name:
        text = "Missing required parameter: 'model'."
        raise Refused(text, code="missing_required_parameter", param="model")
    if name in MODELS:
        text = f"The model '{name}' is not supported in the Responses API."
        raise Refused(text, code="unsupported_model", param="model")
    if name in WITHOUT_TOOL:
        text = f"Tool '{TOOL}' is not supported with {name}."
        raise Refused(text, code="unsupported_value", param="tools")
    if name not in MAINLINE:
        text = f"The model '{name}' does not exist or you do not have access to it."
        raise Refused(text, code="model_not_found", param="model", status=404)


def _the_tool(given: Given) -> Given:
    tools = given.get("tools", [])
    if len(tools) != 1 or not isinstance(tools[0], dict) or tools[0].get("type") != TOOL:
        raise _invalid("tools", tools, f"one tool of the type '{TOOL}', the only one served here")
    for name in tools[0]:
        if name not in _TOOL_FIELDS:
            where = f"tools[0].{name}"
            raise Refused(f"Unknown parameter: '{where}'.", code="unknown_parameter", param=where)
    choice = given.get("tool_choice", "auto")
    if choice not in ("auto", "required", {"type": TOOL}):
        raise _invalid("tool_choice", choice, f"'auto', 'required' or the type '{TOOL}'")
    return {name: value for name, value in tools[0].items() if value is not None}


def _action(tool: Given) -> str:
    action = tool.get("action", "auto")
    if action not in ("generate", "edit", "auto"):
        raise _invalid("tools[0].action", action, "generate, edit or auto")
    return str(action)


def _image_order(given: Given, tool: Given, text: str) -> ImageOrder:
    """The tool's fields by the rules of the Images API."""
    fields = {name: value for name, value in tool.items() if name not in _OF_TOOL}
    stream = {"stream": True} if given.get("stream") else {}
    try:
        return check({"model": DEFAULT_IMAGE_MODEL, **fields, **stream, "prompt": text})
    except Refused as refused:
        param = refused.refusal.param
        where = "input" if param == "prompt" else f"tools[0].{param}"
        message = refused.refusal.message.replace(f"'{param}'", f"'{where}'")
        raise Refused(
            message,
            code=refused.refusal.code or "",
            param=where,
            status=refused.refusal.status,
        ) from refused


def _read_input(given: Given) -> tuple[str, list[Upload]]:
    """The texts and the images of the input."""
    source = given.get("input", "")
    if isinstance(source, str):
        return source, []
    texts, images = list[str](), list[Upload]()
    for at, item in enumerate(source):
        where = f"input[{at}]"
        if not isinstance(item, dict) or item.get("role") not in _ROLES:
            raise _invalid(where, item, f"a message with a role, one of {list(_ROLES)}")
        content = item.get("content", [])
        parts = [{"type": "input_text", "text": content}] if isinstance(content, str) else content
        for number, part in enumerate(parts):
            _read_part(part, f"{where}.content[{number}]", texts, images)
    return "\n".join(texts), images


def _read_part(part: Given, where: str, texts: list[str], images: list[Upload]) -> None:
    kind = part.get("type")
    if kind in ("input_text", "output_text") and isinstance(part.get("text"), str):
        texts.append(part["text"])
    elif kind == "input_image":
        if part.get("detail", "auto") not in _DETAILS:
            raise _invalid(f"{where}.detail", part["detail"], f"one of {list(_DETAILS)}")
        images.append(_upload("image[]", part.get("image_url"), f"{where}.image_url"))
    else:
        raise _invalid(where, kind, "an input_text or an input_image")


def _read_mask(tool: Given) -> list[Upload]:
    mask = tool.get("input_image_mask")
    if mask is None:
        return []
    where = "tools[0].input_image_mask"
    if not isinstance(mask, dict) or [*mask] != ["image_url"]:
        raise _invalid(where, mask, "an object with an image_url")
    return [_upload("mask", mask["image_url"], f"{where}.image_url")]


def _upload(field: str, url: object, where: str) -> Upload:
    """The bytes of a `data:` URL; nothing is fetched here."""
    found = _DATA_URL.fullmatch(url) if isinstance(url, str) else None
    if found is None:
        text = f"Invalid '{where}'. Expected a base64-encoded data URL with an image MIME type."
        raise Refused(text, code="invalid_value", param=where)
    extension = found[1].removeprefix("image/")
    return Upload(field, f"image.{extension}", found[1], b64decode(found[2], validate=True))


def _invalid(name: str, value: object, wanted: str) -> Refused:
    text = f"Invalid value for '{name}': {str(value)[:200]!r}. It must be {wanted}."
    return Refused(text, code="invalid_value", param=name)

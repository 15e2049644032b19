"""The parameters of requests: which are sent to which endpoint, and which one was refused."""

import re
from typing import Any

from adapters.openai.refusals.error_body import ErrorBody

DEFAULTS = {"background": "auto", "output_format": "png", "moderation": "auto", "n": 1}
"""What OpenAI does without the parameter too. Other services may not know the parameter."""
AUTOMATIC = {"size": "auto", "quality": "auto"}
CODES = (
    "unknown_parameter",
    "unsupported_parameter",
    "extra_forbidden",
    "unrecognized_parameter",
    "unrecognized_request_argument",
    "unsupported_params",
    "unexpected_keyword_argument",
)
NAME = r"[\[\s'\"`(]{0,4}(?:body\.|tools\[\d\]\.)?(\w{1,30})"
WORDS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?:unknown|unsupported|unrecogni[sz]ed|unexpected|extra) (?:request )?"
        rf"(?:keyword )?(?:parameter|argument|field|input|property|key)s?(?: supplied)?:?{NAME}",
        rf"(?:not|n't) (?:support|accept|recogni[sz]e|allow|take) (?:the )?"
        rf"(?:parameter|argument|field|option)s?:?{NAME}",
        rf"additional (?:property|properties) (?:are |is )?not allowed:?{NAME}",
        rf"{NAME}['\"`]? ?(?:parameter |field |argument )?(?:is|are|was|were) "
        r"(?:not supported|not allowed|not permitted|unsupported|unexpected|unknown)",
        rf"{NAME}: extra inputs? (?:are|is) not permitted",
    )
)
LEAVE_OUT = "Leave {} out: its default is not sent to this endpoint."
HINTS = {
    "background": LEAVE_OUT.format("background"),
    "moderation": LEAVE_OUT.format("moderation"),
    "n": LEAVE_OUT.format("n"),
    "output_format": "Ask for the format png, which is not sent to this endpoint.",
    "output_compression": "Ask for the format png, which has no compression.",
    "size": "Ask for the size auto, or choose another model.",
    "quality": "Ask for the quality auto, or choose another model.",
    "stream": "Ask for no partial images.",
    "partial_images": "Ask for no partial images.",
    "input_image_mask": "Edit without a mask, or choose another model.",
    "mask": "Edit without a mask, or choose another model.",
    "image": "The endpoint cannot edit images: choose another model.",
}
"""What to change, by the name of the parameter."""
MISSING_IMAGE = re.compile(
    r"(?:required|missing|no)\b[^.]{0,30}['\"`]?\bimage\b|"
    r"\bimage(?:\[\])?['\"`]?:?[^.]{0,30}(?:required|missing)",
    re.IGNORECASE,
)
"""What services say of a form without the field in which they expect the image."""


def without_defaults(parameters: dict[str, Any], *, known_model: bool) -> dict[str, Any]:
    """The parameters for an endpoint other than OpenAI's: without those that are defaults.

    Size and quality are always sent for a model that OpenAI has: see `generate_parameters`.
    """
    defaults = DEFAULTS if known_model else {**DEFAULTS, **AUTOMATIC}
    return {
        name: value
        for name, value in parameters.items()
        if name not in defaults or value != defaults[name]
    }


def refused_parameter(body: ErrorBody) -> tuple[str, str] | None:
    """The parameter that the endpoint does not know, and what to do; None if it named none."""
    names = [found[1] for words in WORDS for found in words.finditer(body.message)]
    if body.has_code(*CODES):
        names.insert(0, body.param.rpartition(".")[2])
        names += re.findall(r"['\"`](\w{1,30})['\"`]", body.message)
    known = next((name for name in names if name in HINTS), None)
    return None if known is None else (known, HINTS[known])

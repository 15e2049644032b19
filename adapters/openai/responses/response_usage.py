"""The tokens of both models in a response: the image tool's, and those of the mainline model."""

from dataclasses import replace

from adapters.openai.replies.fields import get_field
from adapters.openai.replies.token_counts import parse_mainline_usage, parse_usage
from adapters.openai.responses.response_parts import Response
from domain.counts import count
from domain.results import MainlineUsage, Usage

UNKNOWN = "so the cost is unknown."


def response_usage(response: Response, *, has_image: bool) -> tuple[Usage | None, tuple[str, ...]]:
    """The usage, and a note if the tokens of one model or of both are missing.

    Without those of the image tool it is None. A tool that used nothing for an image that came has
    no record: OpenAI leaves such calls out of the sum. An absent count of cached tokens is unknown,
    and counts as 0: that costs the most.
    """
    tool = parse_usage(get_field(get_field(response, "tool_usage"), "image_gen"))
    mainline = parse_mainline_usage(response.get("usage"))
    if tool is not None and has_image and not tool.tokens_out:
        tool = None
    if tool is None and mainline is None:
        return None, (f"The reply has no token counts, {UNKNOWN}",)
    if tool is None:
        used = f"the model that called it used {in_words(mainline)}" if mainline else ""
        return None, (f"The reply has no token counts of the image tool, {UNKNOWN[:-1]}; {used}.",)
    if mainline is None:
        text = f"The reply has no token counts of the model that called the image tool, {UNKNOWN}"
        return tool, (text,)
    return replace(tool, mainline=mainline), ()


def in_words(mainline: MainlineUsage) -> str:
    """The tokens of a mainline model for people."""
    return (
        f"{count(mainline.tokens_in, 'input token')} and "
        f"{count(mainline.tokens_out, 'output token')}"
    )

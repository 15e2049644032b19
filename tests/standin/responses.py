"""`POST /v1/responses`: remembers what it was told to store, and counts the tokens of each turn."""

from dataclasses import dataclass, replace

from tests.standin.background import BackgroundResponses
from tests.standin.calls import Charge
from tests.standin.faults import Fault
from tests.standin.generation import Generation, Generator
from tests.standin.refusals import Refused
from tests.standin.response_faults import ResponseFault
from tests.standin.response_replies import Answer
from tests.standin.response_rules import ResponseOrder

TOOL_TOKENS = 300
"""Mainline tokens of the image tool's description."""
TEXT_TOKENS = 40
"""Mainline tokens of the closing message."""
SEEN_IMAGE_TOKENS = 1_000
"""Mainline tokens of an image in the context."""


@dataclass(frozen=True, kw_only=True)
class Turn:
    """A stored response: what all turns until it weigh, and how many images they have."""

    tokens: int = 0
    images: int = 0


class Responses:
    """The responses of one stand-in."""

    def __init__(self, generator: Generator) -> None:
        self._generator = generator
        self._stored: dict[str, Turn] = {}
        self.background = BackgroundResponses()

    def forget(self) -> None:
        """Drop every stored response, as the real API does after 30 days."""
        self._stored.clear()
        self.background.forget()

    def check_context(self, order: ResponseOrder) -> Turn:
        """The turn that the request continues; raise Refused for one that is not stored."""
        if order.previous is None:
            before = Turn()
        elif order.previous in self._stored:
            before = self._stored[order.previous]
        else:
            text = f"Previous response with id '{order.previous}' not found."
            code = "previous_response_not_found"
            raise Refused(text, code=code, param="previous_response_id")
        if order.action == "edit" and not before.images + order.inputs:
            text = "Invalid value for 'tools[0].action': 'edit'. There is no image to edit."
            raise Refused(text, code="invalid_value", param="tools[0].action")
        return before

    async def answer(self, order: ResponseOrder, fault: Fault, number: int) -> Answer:
        """Generate; an edit without images in the request edits the last one of the context."""
        before = self.check_context(order)
        edited = order.inputs or (1 if order.action == "edit" else 0)
        generation = await self._generator.generate(order.image, fault, edited)
        if not generation.images:  # no image call, so the tool used nothing
            generation = replace(generation, usage=_without_call(generation))
        text = max(1, len(order.image.prompt) // 4)
        seen = before.tokens + text + SEEN_IMAGE_TOKENS * order.inputs
        name = f"resp_standin_{number}"
        if order.store:
            self._stored[name] = Turn(
                tokens=seen + TEXT_TOKENS + SEEN_IMAGE_TOKENS * len(generation.images),
                images=before.images + order.inputs + len(generation.images),
            )
        usage = _usage(seen, before.tokens, text, fault)
        return Answer(id=name, order=order, generation=generation, usage=usage)


def charge_of(index: int, answer: Answer) -> Charge:
    """What the answer costs: the images' tokens, and beside them those of the mainline model."""
    images = answer.generation.images
    return Charge(
        call=index,
        digests=tuple(image.digest for image in images),
        formats=tuple(image.format for image in images),
        usage=answer.generation.usage,
        mainline=answer.usage,
    )


def _usage(seen: int, cached: int, text: int, fault: Fault) -> dict[str, object]:
    """The context is read twice: to call the tool, and to finish after it."""
    into, out = 2 * (TOOL_TOKENS + seen), text + TEXT_TOKENS
    special = fault if isinstance(fault, ResponseFault) else ResponseFault()
    return {
        "input_tokens": into,
        "input_tokens_details": {
            "cached_tokens": special.cached or cached,
            "cache_write_tokens": special.written,
        },
        "output_tokens": out,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": into + out,
    }


def _without_call(generation: Generation) -> dict[str, object]:
    none = {"text_tokens": 0, "image_tokens": 0}
    counts = dict.fromkeys(("input_tokens", "output_tokens", "total_tokens"), 0)
    return {**counts, "input_tokens_details": none, "output_tokens_details": none}

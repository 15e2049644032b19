"""`/v1beta/interactions`: creates interactions, keeps them, and answers for them."""

import asyncio
import json
import time
from collections import deque
from dataclasses import replace
from itertools import count

from aiohttp import web

from tests.standin.call_log import CallLog
from tests.standin.calls import Call, Charge
from tests.standin.faults import Fault, normal
from tests.standin.gemini.gemini_faults import GeminiFault, as_gemini
from tests.standin.gemini.gemini_replies import (
    StoredInteraction,
    interaction_reply,
    stream_reply,
)
from tests.standin.gemini.gemini_rules import (
    GeminiRefused,
    InteractionOrder,
    check_interaction,
)
from tests.standin.gemini.gemini_sizes import PIXELS, TOKENS
from tests.standin.image_files import EncodedImage, ImageSpec, image_template
from tests.standin.raw_faults import Raw, send_raw
from tests.standin.replies import Reply, refusal_reply
from tests.standin.sending import send

_PATH = "/v1beta/interactions"
_TOKENS_PER_IMAGE = 1120
_DRAFT_BLOCKS = (64, 16)
_MAX_BODY = 800_000_000


class GeminiApi:
    """Answers every request that reaches the port, and logs it.

    `reads` are faults of GET requests, each for one. Every POST takes one fault from the script.
    """

    def __init__(self, log: CallLog) -> None:
        self.closing = False
        self.reads: deque[Fault] = deque()
        self.stored: dict[str, StoredInteraction] = {}
        self._log = log
        self._images = count(1)

    def app(self) -> web.Application:
        """The application."""
        app = web.Application(client_max_size=_MAX_BODY)
        app.router.add_route("*", "/{path:.*}", self._handle)
        return app

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        call = Call(method=request.method, path=request.path, headers=headers)
        number = self._log.add(call)
        fault: Fault = normal()
        if request.method == "POST":
            fault = self._log.next_fault()
        elif self.reads:
            fault = self.reads.popleft()
        try:
            body = await request.read()
            if isinstance(fault, Raw):
                self._log.add_begun()
                return await send_raw(request, call, fault)
            reply, fault = await self._checked_reply(request, call, body, fault, number)
            reply = reply.with_header("x-request-id", f"req_gemini_{number}")
            return await send(request, call, reply, fault)
        except (asyncio.CancelledError, ConnectionError):
            if not self.closing:
                self._log.add_hang_up(call)
            raise

    async def _checked_reply(
        self, request: web.Request, call: Call, body: bytes, fault: Fault, number: int
    ) -> tuple[Reply, Fault]:
        try:
            _check_key(call)
            if fault.refusal is not None:
                return refusal_reply(fault.refusal.about(call.headers["x-goog-api-key"], "")), fault
            if (call.method, call.path) == ("POST", _PATH):
                reply = await self._create(call, body, as_gemini(fault), number)
                # A request for the background is answered at once, and the image comes later.
                in_time = replace(fault, delay=0) if call.fields.get("background") else fault
                return reply, in_time
            if call.method == "GET" and call.path.startswith(f"{_PATH}/"):
                return self._read(request, fault), fault
            raise GeminiRefused("The requested URL was not found.", code="not_found", status=404)
        except GeminiRefused as refused:
            return refusal_reply(refused.refusal), normal()
        finally:
            if call.method == "POST":
                self._log.add_begun()

    async def _create(self, call: Call, body: bytes, fault: GeminiFault, number: int) -> Reply:
        try:
            call.fields = json.loads(body)
        except ValueError as error:
            raise GeminiRefused("Invalid JSON payload received.") from error
        order = check_interaction(call.fields)
        call.files = [*order.images]
        if order.previous is not None and order.previous not in self.stored:
            text = f"Interaction '{order.previous}' not found."
            raise GeminiRefused(text, code="not_found", status=404)
        stored = await self._generated(order, fault, f"v1_standin_{number}")
        self._log.add_charge(call, lambda index: _charge(index, stored))
        if order.store:
            self.stored[stored.id] = stored
        return interaction_reply(stored, is_over=not order.background)

    def _read(self, request: web.Request, fault: Fault) -> Reply:
        """The state of an interaction; a fault of the question replaces that of the creation."""
        stored = self.stored.get(request.path.removeprefix(f"{_PATH}/"))
        if stored is None:
            raise GeminiRefused("Interaction not found.", code="not_found", status=404)
        if isinstance(fault, GeminiFault):
            stored = replace(stored, fault=fault)
        if request.query.get("stream") == "true":
            return stream_reply(stored, request.query.get("last_event_id"))
        kept = self.stored[stored.id]
        kept.asked += 1
        is_over = kept.asked > kept.fault.asked and time.monotonic() >= kept.ready_at
        return interaction_reply(stored, is_over=is_over)

    async def _generated(
        self, order: InteractionOrder, fault: GeminiFault, name: str
    ) -> StoredInteraction:
        size = fault.size or PIXELS[order.aspect or "1:1"][order.tier]
        has_image = fault.outcome in ("image", "link")
        images = [await self._image(size, fault.format or "jpeg", 1)] if has_image else []
        drafts = _DRAFT_BLOCKS[: fault.drafts if order.summaries else 0]
        return StoredInteraction(
            id=name,
            order=order,
            fault=fault,
            images=tuple(images if fault.data != "none" else []),
            drafts=tuple([await self._image(size, "jpeg", block) for block in drafts]),
            usage=_usage(order, fault, images=len(images), before=self._before(order)),
            ready_at=time.monotonic() + fault.delay,
        )

    async def _image(self, size: tuple[int, int], kind: str, block: int) -> EncodedImage:
        spec = ImageSpec(size=size, format=kind, block=block)
        template = await asyncio.to_thread(image_template, spec)
        return template.with_number(next(self._images))

    def _before(self, order: InteractionOrder) -> int:
        """The images of the turns that the request continues."""
        total, name = 0, order.previous
        while name is not None and name in self.stored:
            earlier = self.stored[name]
            total += len(earlier.images) + len(earlier.order.images)
            name = earlier.order.previous
        return total


def _check_key(call: Call) -> None:
    if not call.headers.get("x-goog-api-key", "").strip():
        text = "API key is missing. Please pass a valid API key."
        raise GeminiRefused(text, code="authentication", status=401)


def _usage(
    order: InteractionOrder, fault: GeminiFault, *, images: int, before: int
) -> dict[str, object]:
    """Token counts in the form and magnitude of published replies."""
    text, seen = max(1, len(order.text) // 4), _TOKENS_PER_IMAGE * (len(order.images) + before)
    image = TOKENS[order.model][order.tier] * images
    words = len(fault.words) // 4
    into, out = text + seen, image + words
    modes = [{"modality": "text", "tokens": text}]
    if seen:
        modes.append({"modality": "image", "tokens": seen})
    return {
        "total_tokens": into + out + fault.thoughts,
        "total_input_tokens": into,
        "input_tokens_by_modality": modes,
        "total_cached_tokens": 0,
        "total_output_tokens": out,
        "output_tokens_by_modality": [{"modality": "image", "tokens": image}],
        "total_tool_use_tokens": 0,
        "total_thought_tokens": fault.thoughts,
    }


def _charge(index: int, stored: StoredInteraction) -> Charge:
    return Charge(
        call=index,
        digests=tuple(image.digest for image in stored.images),
        formats=tuple(image.format for image in stored.images),
        usage=stored.usage,
    )

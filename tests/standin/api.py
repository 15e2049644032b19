"""The image endpoints, responses and the list of models, with authentication and charges."""

import asyncio
from base64 import b64decode

from aiohttp import web

from tests.standin.azure import Route, azure_route
from tests.standin.body_faults import Flood
from tests.standin.body_parsing import read_form, read_json
from tests.standin.call_log import CallLog
from tests.standin.calls import Call, Charge, Upload
from tests.standin.faults import Fault, normal
from tests.standin.generation import Generation, Generator
from tests.standin.model_list import models_page
from tests.standin.quirks import NO_QUIRKS, Quirks
from tests.standin.raw_faults import Raw, send_raw
from tests.standin.raw_faults import body as raw_body
from tests.standin.refusals import Refused
from tests.standin.replies import Reply, image_path, image_reply, json_page, refusal_reply
from tests.standin.request_rules import ImageOrder, check, to_native
from tests.standin.response_replies import response_reply
from tests.standin.response_rules import MAINLINE, check_response
from tests.standin.responses import Responses, charge_of
from tests.standin.sending import send
from tests.standin.uploads import check_uploads

_KINDS = {"/v1/images/generations": "image_generation", "/v1/images/edits": "image_edit"}
_RESPONSES = "/v1/responses"
_ROUTES = ("/images/generations", "/images/edits", "/responses")
_MAX_BODY = 17 * 50 * 1024 * 1024


class Api:
    """Answers every request that reaches the port, and logs it.

    Below /openai it is a resource of Azure OpenAI. Outside /v1 and /openai there is nothing but the
    refusals and the raw replies that a test ordered.

    Without `keep_uploads` the bytes of uploads are dropped once they are checked, for long runs.
    """

    def __init__(
        self, log: CallLog, *, keep_uploads: bool = True, quirks: Quirks = NO_QUIRKS
    ) -> None:
        self.closing = False
        self._quirks = quirks
        self._log = log
        self._keep_uploads = keep_uploads
        self._generator = Generator()
        self.responses = Responses(self._generator)

    def app(self) -> web.Application:
        """The application, which accepts 16 images of 50 MB and a mask in one request."""
        app = web.Application(client_max_size=_MAX_BODY)
        app.router.add_route("*", "/{path:.*}", self._handle)
        return app

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        query = dict(request.query)
        call = Call(method=request.method, path=request.path, headers=headers, query=query)
        number = self._log.add(call)
        fault = normal()
        if request.method == "POST" and request.path.endswith(_ROUTES):
            fault = self._log.next_fault()
        elif request.method == "GET" and request.path.startswith(f"{_RESPONSES}/"):
            fault = self._log.next_read_fault()
        elif request.method == "GET":
            fault = self._log.files.get(request.path, fault)
        try:
            body = await request.read()
            if isinstance(fault, Raw):
                if call.method == "POST":
                    self._log.add_begun()
                return await send_raw(request, call, fault)
            reply, fault = await self._checked_reply(call, body, fault, number)
            reply = reply.with_header("x-request-id", f"req_standin_{number}")
            return await send(request, call, reply, fault)
        except (asyncio.CancelledError, ConnectionError):
            if not self.closing:
                self._log.add_hang_up(call)
            raise

    async def _checked_reply(
        self, call: Call, body: bytes, fault: Fault, number: int
    ) -> tuple[Reply, Fault]:
        """The reply and its fault; a request that breaks a rule is refused without any fault."""
        try:
            if call.path.startswith(f"{_RESPONSES}/"):
                return self._stored_response(call, fault)
            return await self._reply(call, body, fault, number)
        except Refused as refused:
            return refusal_reply(refused.refusal), normal()
        finally:
            if call.method == "POST":
                self._log.add_begun()

    async def _reply(
        self, call: Call, body: bytes, fault: Fault, number: int
    ) -> tuple[Reply, Fault]:
        self._quirks.check(call)
        route = azure_route(call) or Route(call.path, self._key(call))
        key, path = route.key, route.path
        if (call.method, path) == ("GET", "/v1/models"):
            return json_page(models_page(*MAINLINE)), fault
        if call.method == "POST" and call.path == _RESPONSES:
            return await self._response(call, body, fault, number, key)
        if call.method == "POST" and path not in _KINDS and fault.refusal is not None:
            return refusal_reply(fault.refusal), fault
        if call.method != "POST" or path not in _KINDS:
            text = f"Invalid URL ({call.method} {call.path})"
            raise Refused(text, code="unknown_url", status=404)
        order, images = self._read_order(call, body, route)
        if fault.refusal is not None:
            return refusal_reply(fault.refusal.about(key, order.model)), fault
        if isinstance(fault, Flood):
            return fault.reply(stream=order.stream), fault
        generation = await self._generator.generate(order, fault, images)
        self._log.add_charge(call, lambda index: _charge(index, generation))
        if fault.data == "link":
            self._serve(generation)
        return image_reply(_KINDS[path], order, generation, fault, number), fault

    def _serve(self, generation: Generation) -> None:
        """Put the images where the links of the reply lead."""
        for image in generation.images:
            data = b64decode(image.base64)
            self._log.files[image_path(image)] = raw_body(data, kind=f"image/{image.format}")

    async def _response(
        self, call: Call, body: bytes, fault: Fault, number: int, key: str
    ) -> tuple[Reply, Fault]:
        call.fields = read_json(call.headers.get("content-type", ""), body)
        order = check_response(call.fields)
        call.files = [*order.files] if self._keep_uploads else [*map(_without_data, order.files)]
        self.responses.check_context(order)
        if fault.refusal is not None:
            return refusal_reply(fault.refusal.about(key, order.mainline)), fault
        if isinstance(fault, Flood):
            return fault.reply(stream=order.image.stream), fault
        answer = await self.responses.answer(order, fault, number)
        self._log.add_charge(call, lambda index: charge_of(index, answer))
        if order.background:
            return self.responses.background.accept(answer, fault)
        return response_reply(answer, fault), fault

    def _stored_response(self, call: Call, fault: Fault) -> tuple[Reply, Fault]:
        """The reply to the read of a response, or to its cancellation."""
        key, name = _key(call), call.path.removeprefix(f"{_RESPONSES}/")
        if call.method == "POST" and name.endswith("/cancel"):
            return self.responses.background.cancel(name.removesuffix("/cancel")), normal()
        if call.method != "GET" or "/" in name:
            text = f"Invalid URL ({call.method} {call.path})"
            raise Refused(text, code="unknown_url", status=404)
        if fault.refusal is not None:
            return refusal_reply(fault.refusal.about(key, "")), fault
        return self.responses.background.read(name, call.query, fault)

    def _read_order(self, call: Call, body: bytes, route: Route) -> tuple[ImageOrder, int]:
        content_type = call.headers.get("content-type", "")
        if route.path.endswith("/generations"):
            call.fields = read_json(content_type, body)
            fields, _ = self._quirks.read(call.fields, ())
            return check(route.served(fields)), 0
        call.fields, files = read_form(content_type, body)
        call.files = files if self._keep_uploads else [_without_data(file) for file in files]
        fields, uploads = self._quirks.read(to_native(call.fields), files)
        return check(route.served(fields)), check_uploads(uploads)

    def _key(self, call: Call) -> str:
        return "" if self._quirks.keyless else _key(call)


def _key(call: Call) -> str:
    scheme, _, key = call.headers.get("authorization", "").partition(" ")
    if scheme != "Bearer" or not key.strip():
        text = "You didn't provide an API key in an Authorization header (Bearer YOUR_KEY)."
        raise Refused(text, code="invalid_api_key", status=401)
    return key


def _without_data(file: Upload) -> Upload:
    return Upload(file.field, file.filename, file.content_type, b"")


def _charge(index: int, generation: Generation) -> Charge:
    return Charge(
        call=index,
        digests=tuple(image.digest for image in generation.images),
        formats=tuple(image.format for image in generation.images),
        usage=generation.usage,
    )

"""Access by signed link: which requests have one, and what that allows them."""

import re

from starlette.datastructures import QueryParams
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from entrypoints.http.openapi.operation import parameter
from entrypoints.http.problem_documents import Problem, problem_of
from entrypoints.http.security.bearer_token import needs_token
from entrypoints.http.security.host_origin import CHECKED
from entrypoints.http.security.link_signer import LinkSigner, LinkTarget
from entrypoints.http.security.link_state import SignedLink, note_link
from entrypoints.http.websocket.opening_handshake import SUBPROTOCOLS

LINKABLE = re.compile(r"/images/img_[0-9a-f]{32}(?:/preview|/thumb)?|/jobs/job_[0-9a-f]{32}/events")
"""The paths that a link can open: of whole IDs, which never mean anything else."""
SOCKETS = re.compile("|".join(map(re.escape, SUBPROTOCOLS)))
"""The paths of WebSockets, which a link can open as well."""
NO_REFERRER = (b"referrer-policy", b"no-referrer")
AGAIN = (
    "Ask for the image or the job again to get a new link, such as with the tool get_image or "
    "GET /images. Or send Authorization: Bearer with the server's AUTH_TOKEN."
)

EXPIRED = Problem(status=403, code="link_expired", message="The link has expired.", hint=AGAIN)
NOT_SIGNED = Problem(
    status=403,
    code="link_invalid",
    message="The signature does not belong to this URL, or is no longer valid.",
    hint=f"Use links exactly as the server made them. {AGAIN}",
)
LINK_REFUSALS = (EXPIRED, NOT_SIGNED)
LINK_PARAMETERS = (
    parameter(
        "expires",
        "query",
        "With `signature`, in links that the server makes: the end, in seconds since 1970.",
        type="string",
    ),
    parameter("signature", "query", "Opens a link without the token.", type="string"),
)
"""For the description of the routes that a link can open."""


class SignedLinkMiddleware:
    """ASGI middleware around all checks: notes the link of a request, and refuses nothing.

    It is the outermost, because a link changes what the other checks allow. It also reads the
    secret again from time to time, for the links in responses. The URL of a request with a link is
    told to no other page or server as the referrer.
    """

    def __init__(self, app: ASGIApp, signer: LinkSigner, *, owner: str) -> None:
        self._app = app
        self._signer = signer
        self._owner = owner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in CHECKED or not needs_token(scope["path"]):
            await self._app(scope, receive, send)
            return
        await self._signer.refresh()
        query = QueryParams(scope["query_string"])
        is_socket = scope["type"] == "websocket"
        if "signature" in query and (SOCKETS if is_socket else LINKABLE).fullmatch(scope["path"]):
            if is_socket or scope["method"] in ("GET", "HEAD"):
                note_link(scope, self._link(scope["path"], query))
            send = _without_referrer(send)
        await self._app(scope, receive, send)

    def _link(self, path: str, query: QueryParams) -> SignedLink:
        if self._signer.failure is not None:
            return SignedLink(owner=self._owner, problem=problem_of(self._signer.failure))
        given = {name: query.getlist(name) for name in ("deliver", "expires", "signature")}
        if any(len(values) > 1 for values in given.values()):
            return SignedLink(owner=self._owner, problem=NOT_SIGNED)
        expires, signature = query.get("expires", ""), query["signature"]
        target = LinkTarget(owner=self._owner, path=path, deliver=query.get("deliver", ""))
        if not self._signer.is_signed(target, expires, signature):
            return SignedLink(owner=self._owner, problem=NOT_SIGNED)
        left = self._signer.seconds_left(int(expires))
        return SignedLink(
            owner=self._owner,
            expires=int(expires),
            seconds_left=left,
            problem=None if left > 0 else EXPIRED,
        )


def _without_referrer(send: Send) -> Send:
    async def send_without(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), NO_REFERRER]}
        await send(message)

    return send_without

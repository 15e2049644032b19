"""Signed links: URLs that open one image, or the events of one job, without the token."""

import hmac
import re
from asyncio import Lock
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import monotonic

import msgspec

from domain.errors import ArchiveUnavailable
from entrypoints.http.access_log import Log

PURPOSE = b"mcp-server-gpt-image: signed links to images and jobs, version 1"
"""The key of links is made of the secret and this text, so it signs nothing else."""
RECHECK_SECONDS = 5.0
"""Seconds after which a secret that was replaced is noticed."""
STEPS = 12
"""Links expire at whole multiples of a twelfth of LINK_TTL, so that a link to the same image is the
same for a while, and browsers find the image in their cache."""
SECONDS = re.compile(r"[1-9]\d{0,11}", re.ASCII)

Parameters = dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkTarget:
    """What a link opens: a path of this server, as its owner sees it.

    `deliver` is the query parameter of that name, because every other size costs work. The
    parameter `format` is free: there are few formats, and Accept chooses among them as well.
    """

    owner: str
    path: str
    deliver: str = ""


class LinkSigner:
    """Signs links that are valid for up to `ttl` seconds by the clock `now`, and checks them.

    The secret is read by `refresh`. Without it, nothing is signed and no signature is valid.
    """

    def __init__(
        self,
        read_secret: Callable[[], Awaitable[bytes]],
        now: Callable[[], float],
        *,
        ttl: int,
        log: Log,
    ) -> None:
        self._read_secret = read_secret
        self._now = now
        self._ttl = ttl
        self._log = log
        self._reading = Lock()
        self._recheck_at = 0.0
        self._key = b""
        self.failure: ArchiveUnavailable | None = None

    async def refresh(self) -> None:
        """Read the secret if that was not tried in the last RECHECK_SECONDS. Raises nothing."""
        if monotonic() < self._recheck_at:
            return
        async with self._reading:
            if monotonic() < self._recheck_at:
                return
            try:
                secret = await self._read_secret()
            except ArchiveUnavailable as error:
                self._fail(error)
            else:
                self._key, self.failure = hmac.digest(secret, PURPOSE, "sha256"), None
            self._recheck_at = monotonic() + RECHECK_SECONDS

    def sign(self, target: LinkTarget, *, until: int | None = None) -> Parameters:
        """The query parameters that open the target; none if there is no secret.

        The link expires at `until`, in seconds since 1970, if that is earlier than by `ttl`.
        """
        if not self._key:
            return {}
        step = max(1, self._ttl // STEPS)
        expires = (int(self._now()) + self._ttl) // step * step
        text = str(expires if until is None else min(expires, until))
        return {"expires": text, "signature": self._signature(target, text)}

    def is_signed(self, target: LinkTarget, expires: str, signature: str) -> bool:
        """Whether these parameters, which may have expired, are of a link to the target."""
        if not (self._key and SECONDS.fullmatch(expires) and signature.isascii()):
            return False
        return hmac.compare_digest(signature, self._signature(target, expires))

    def seconds_left(self, expires: int) -> int:
        """Whole seconds until then; 0 or fewer if it has expired."""
        return expires - int(self._now())

    def _signature(self, target: LinkTarget, expires: str) -> str:
        facts = msgspec.json.encode([target.owner, target.path, target.deliver, expires])
        digest = hmac.digest(self._key, facts, "sha256")
        return urlsafe_b64encode(digest).rstrip(b"=").decode()

    def _fail(self, error: ArchiveUnavailable) -> None:
        if self.failure is None:
            self._log.write("warning", "links_not_signed", reason=error.message, hint=error.hint)
        self._key, self.failure = b"", error

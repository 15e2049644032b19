"""Which caller an HTTP request comes from."""

from collections.abc import Mapping
from typing import Any

from domain.jobs import LOCAL
from entrypoints.config.settings import Settings
from entrypoints.http.security.link_state import link_of
from entrypoints.http.security.rate_limit import RateLimiter
from entrypoints.wire.caller import Caller
from entrypoints.wire.client_names import product_name

OWNER = "token"
"""The owner with the token, whatever its value: a new token opens what the old one stored."""


class CallerResolver:
    """Tells owners apart, and counts requests for images by client address.

    All clients with the token are one owner; without a token every client is the same owner as
    this machine's command line. A client with a signed link stands for the owner that it names.
    """

    def __init__(self, settings: Settings) -> None:
        self._opens_links = settings.auth_token is None or settings.signs_links
        self._reads_files = settings.serves_this_machine_only
        self.owner = OWNER if settings.auth_token else LOCAL
        self._rates = RateLimiter(settings.effective_rate_limit)

    def resolve(self, scope: Mapping[str, Any]) -> Caller:
        """The sender of this ASGI scope's request, which the security middleware has admitted."""
        link = link_of(scope)
        address = (scope.get("client") or ("",))[0]
        return Caller(
            owner=link.owner if link else self.owner,
            client=product_name(_user_agent(scope)),
            check_rate=self._rates.of(address),
            reads_files=self._reads_files,
            opens_links=self._opens_links,
        )


def _user_agent(scope: Mapping[str, Any]) -> str:
    named = (value for name, value in scope.get("headers", ()) if name == b"user-agent")
    return next(named, b"").decode("latin-1")

"""Who calls over HTTP."""

from collections.abc import Mapping
from typing import Any

from domain.jobs import LOCAL
from entrypoints.config.settings import Settings
from entrypoints.http.images.urls import image_urls_of
from entrypoints.http.security.rate_limit import RateLimiter
from entrypoints.wire.caller import Caller

OWNER = "token"
"""The owner who knows the token, whatever it is: a new one opens what was kept under the old."""


class CallerResolver:
    """Tells owners and paces.

    Who knows the token that lets callers in is one owner; without a token everybody is the same as
    at the command line of this machine.
    """

    def __init__(self, settings: Settings) -> None:
        self._owner = OWNER if settings.auth_token else LOCAL
        self._public_url = settings.public_url
        self._paces = RateLimiter(settings.rate_limit)

    def resolve(self, scope: Mapping[str, Any]) -> Caller:
        """Who sent the request of this ASGI scope: the Doorkeeper has let them in."""
        client = scope.get("client")
        link = image_urls_of(scope, self._public_url).image if scope else None
        admit = self._paces.of(client[0] if client else "")
        return Caller(owner=self._owner, link=link, check_rate=admit)

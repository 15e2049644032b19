"""Who calls over HTTP."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from domain.jobs import LOCAL
from entrypoints.config.settings import Settings
from entrypoints.http.access_log import visit_of
from entrypoints.http.images.urls import links_of
from entrypoints.http.security.rate_limit import Paces
from entrypoints.wire.caller import Caller

OWNER = "token"
"""The owner who knows the token, whatever it is: a new one opens what was kept under the old."""


class Callers:
    """Tells owners and paces.

    Who knows the token that lets callers in is one owner; without a token everybody is the same as
    at the command line of this machine.
    """

    def __init__(self, settings: Settings) -> None:
        self._owner = OWNER if settings.auth_token else LOCAL
        self._public_url = settings.public_url
        self._paces = Paces(settings.rate_limit)

    def of(self, scope: Mapping[str, Any]) -> Caller:
        """Who sent the request of this ASGI scope: the Doorkeeper has let them in."""
        client = scope.get("client")
        link = links_of(scope, self._public_url).picture if scope else None
        admit = self._paces.of(client[0] if client else "")
        caller = Caller(owner=self._owner, link=link, admit=admit)
        visit = visit_of(scope)
        return replace(caller, took=visit.took, refused=visit.refused) if visit else caller

"""The signed link of a request, as the checks before the route pass it on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.types import Scope

from entrypoints.http.problem_documents import Problem

LINK = "link"
"""The key of a request's SignedLink in the state of its ASGI scope."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedLink:
    """The link that a request came by, and the problem with it, if any.

    `expires` is in seconds since 1970; `seconds_left` were left when the request arrived.
    """

    owner: str
    expires: int = 0
    seconds_left: int = 0
    problem: Problem | None = None


def link_of(scope: Mapping[str, Any]) -> SignedLink | None:
    """The link of this ASGI scope's request; in a route, the one that admitted the request."""
    link: SignedLink | None = scope.get("state", {}).get(LINK)
    return link


def note_link(scope: Scope, link: SignedLink) -> None:
    """Note the link of this ASGI scope's request."""
    scope.setdefault("state", {})[LINK] = link


def drop_link(scope: Scope) -> None:
    """Forget the link of a request that needs none."""
    scope.get("state", {}).pop(LINK, None)

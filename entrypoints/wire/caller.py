"""The caller of a request: its owner, its rate limit, and its links to images."""

from collections.abc import Callable
from dataclasses import dataclass

from domain.jobs import LOCAL
from entrypoints.wire.image_results import Link


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The client behind a request; `client` is its name, empty if that is unknown.

    `check_rate` counts a request that needs the provider, and raises TooManyRequests above the
    client's rate; None for a client without a limit. Repeating a request under the same idempotency
    `key` joins its job. `retries`: whether the client says that it got no answer to the same
    request before. `link` makes the URL of a stored image, and `preview` that of its preview; None
    for clients that read files.
    `reads_files`: whether the client may be told paths, because it is on this machine.
    `opens_links`: whether whatever shows an answer can open the links, without a token.
    """

    owner: str = LOCAL
    client: str = ""
    key: str | None = None
    retries: bool = False
    link: Link | None = None
    preview: Link | None = None
    reads_files: bool = True
    opens_links: bool = False
    check_rate: Callable[[], None] | None = None

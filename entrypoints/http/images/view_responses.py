"""The responses with stored images: how long they may be cached, and where they may be shown."""

from application.use_cases.view_image import ImageView
from entrypoints.config.settings import Settings
from entrypoints.http.images.conditional_responses import CacheableBody
from entrypoints.http.security.link_state import SignedLink

YEAR = 31_536_000
"""Seconds for which an image may be cached; an ID never means another one."""
BRIEFLY = 60
"""Seconds for a response that will be better soon."""
CACHE_NEVER = "no-cache"
"""For a name that may mean another image at the next request, such as `last`."""
NO_SCRIPTS = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""An image opened as a page runs no scripts; browsers style the page around it."""


def cacheable_view(
    view: ImageView, name: str, settings: Settings, *, lasting: bool, link: SignedLink | None
) -> CacheableBody:
    """The body of a response; `lasting`: whether the path always means this image.

    The response to a `link` is cached no longer than the link lives, and only for its client. Pages
    of all origins may show it.
    """
    image = view.image
    audience = "private" if link or _has_access_control(settings) else "public"
    is_for_all = link or "*" in settings.cors_origin
    return CacheableBody(
        data=image.data,
        etag=f'"{image.digest[:32]}"',
        caching={
            "cache-control": f"{audience}, {_lifetime(view, link) if lasting else CACHE_NEVER}",
            "vary": "Accept",
        },
        describing={
            "content-type": image.format.media_type,
            "content-disposition": f'inline; filename="{name}.{image.format.extension}"',
            "x-content-type-options": "nosniff",
            "content-security-policy": NO_SCRIPTS,
            "cross-origin-resource-policy": "cross-origin" if is_for_all else "same-origin",
        },
    )


def _lifetime(view: ImageView, link: SignedLink | None) -> str:
    limit = link.seconds_left if link else YEAR
    if not view.cacheable:
        return f"max-age={min(BRIEFLY, limit)}"
    return f"max-age={limit}, immutable"


def _has_access_control(settings: Settings) -> bool:
    """Whether shared caches must not store images: a proxy in front may have its own login."""
    return bool(settings.auth_token or settings.public_url or settings.trusted_proxies)

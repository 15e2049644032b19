"""Where pictures are found over HTTP."""

from urllib.parse import urlsplit

from entrypoints.web.requests import AnyRequest, container_of


def base_url(request: AnyRequest) -> str:
    """PUBLIC_URL, or what the client called us by; without a slash at the end."""
    public = container_of(request).settings().public_url
    if public:
        return public.rstrip("/")
    called = urlsplit(str(request.url))
    return f"{called.scheme}://{called.netloc}"


def picture_url(request: AnyRequest, picture_id: str) -> str:
    """The picture as the provider sent it; `/preview` and `/thumb` behind it are smaller."""
    return f"{base_url(request)}/images/{picture_id}"

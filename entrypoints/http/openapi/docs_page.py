"""The OpenAPI document and its page as files; the page loads nothing from another host."""

from functools import cached_property
from hashlib import sha256
from importlib.metadata import distribution
from pathlib import Path

import msgspec
from litestar import Litestar

from entrypoints.config.settings import Settings
from entrypoints.http.images.conditional_responses import CacheableBody
from entrypoints.http.openapi.document import openapi
from entrypoints.http.websocket.asyncapi import asyncapi

HTML, JSON, SCRIPT, STYLE = "text/html", "application/json", "text/javascript", "text/css"
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src 'self' data: blob:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
"""What the page may load: nothing from another host, and no inline scripts or styles."""
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>mcp-server-gpt-image</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/{folder}/swagger.css">
</head>
<body>
<div id="ui">This page requires JavaScript. The document that it displays is
<a href="openapi.json">openapi.json</a>.</div>
<script src="docs/{folder}/swagger.js"></script>
<script src="docs/{folder}/start.js"></script>
</body>
</html>
"""
START = b"""SwaggerUIBundle({
  dom_id: "#ui",
  url: "openapi.json",
  deepLinking: true,
  displayRequestDuration: true,
  tryItOutEnabled: false,
  validatorUrl: null,
});
"""
BUNDLED = {
    "swagger.js": ("swagger_bundle.js", SCRIPT),
    "swagger.css": ("swagger_style.css", STYLE),
}
"""What the page loads: its name, and the file of offapi."""


class Docs:
    """The documents of an application, made at the first request for them."""

    def __init__(self, app: Litestar, settings: Settings) -> None:
        self._app = app
        self._settings = settings

    @cached_property
    def document(self) -> CacheableBody:
        """OpenAPI, as JSON."""
        return _revalidated(msgspec.json.encode(openapi(self._app, self._settings)), JSON)

    @cached_property
    def messages(self) -> CacheableBody:
        """AsyncAPI, as JSON."""
        return _revalidated(msgspec.json.encode(asyncapi(self._settings)), JSON)

    @cached_property
    def page(self) -> CacheableBody:
        """HTML that shows the document."""
        return _revalidated(PAGE.format(folder=self.folder).encode(), HTML)

    @cached_property
    def folder(self) -> str:
        """A folder name that changes with the assets, so that browsers may cache them forever."""
        return sha256(b"".join(part.data for part in self.assets.values())).hexdigest()[:12]

    @cached_property
    def assets(self) -> dict[str, CacheableBody]:
        """What the page loads, by name. Importing offapi would read all of its files."""
        immutable = "public, max-age=31536000, immutable"
        installed = Path(str(distribution("offapi").locate_file("offapi")))
        return {
            "start.js": _cacheable(START, SCRIPT, immutable),
            **{
                name: _cacheable((installed / file).read_bytes(), kind, immutable)
                for name, (file, kind) in BUNDLED.items()
            },
        }


def _revalidated(data: bytes, media_type: str) -> CacheableBody:
    return _cacheable(data, media_type, "no-cache")


def _cacheable(data: bytes, media_type: str, caching: str) -> CacheableBody:
    return CacheableBody(
        data=data,
        etag=f'"{sha256(data).hexdigest()[:32]}"',
        caching={"cache-control": caching},
        describing={
            "content-type": media_type if media_type == JSON else f"{media_type}; charset=utf-8",
            "content-security-policy": CONTENT_SECURITY_POLICY,
            "x-content-type-options": "nosniff",
            "referrer-policy": "no-referrer",
        },
    )

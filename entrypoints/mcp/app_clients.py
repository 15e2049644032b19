"""Which clients show MCP Apps (the extension io.modelcontextprotocol/ui, 2026-01-26).

Its imports are few, because the greeter asks before the libraries of the server are loaded.
"""

EXTENSION = "io.modelcontextprotocol/ui"
APP_TYPE = "text/html;profile=mcp-app"
"""The media type of an App."""
VIEWER_URI = "ui://gpt-image/viewer.html"


def takes_apps(extensions: object) -> bool:
    """Whether the `extensions` in a client's capabilities say that it shows Apps."""
    settings = extensions.get(EXTENSION) if isinstance(extensions, dict) else None
    types = settings.get("mimeTypes") if isinstance(settings, dict) else None
    return isinstance(types, list) and APP_TYPE in types

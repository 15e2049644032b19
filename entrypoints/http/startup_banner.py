"""The text that the server prints when it starts."""

from entrypoints.bootstrap.version import version
from entrypoints.config.host_names import is_loopback
from entrypoints.config.settings import APP, Settings
from entrypoints.http.listening_socket import LOOPBACK_ADDRESSES

NO_KEY = "OPENAI_API_KEY is not set, nor the key of another provider"

EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}  # noqa: S104 - nothing listens here
"""The address of this machine to open for a server that listens on all of them."""


def startup_banner(settings: Settings, port: int) -> str:
    """The server's address, and a line for each setting that its operator may not intend."""
    address = LOOPBACK_ADDRESSES[0] if settings.host.lower() == "localhost" else settings.host
    host = f"[{address.strip('[]')}]" if ":" in address else address
    url = f"http://{EVERY_ADDRESS.get(host, host)}:{port}"
    # a URL with 0.0.0.0 would be copied, and refused as the name of another server
    where = f"every address of this machine, port {port}" if host in EVERY_ADDRESS else url
    lines = [
        f"{APP} {version()} listens on {where} (MCP at /mcp). "
        f"Open {url}{'' if settings.page == 'on' else '/docs'} in a browser. Press Ctrl+C to stop."
    ]
    if sketches := sketch_note(settings):
        lines.append(sketches)
    if "*" in settings.cors_origin:
        lines.append(
            "Warning: with CORS_ORIGIN=* any web page in a browser that can reach this server may "
            "use it. List the allowed origins instead."
        )
    if "*" in settings.trusted_proxies:
        lines.append(
            "Warning: with TRUSTED_PROXIES=* any client can claim any address, so RATE_LIMIT has "
            "no effect. Set the proxy's address instead."
        )
    if settings.auth_token is None and not is_loopback(settings.host):
        lines.append(
            "Warning: any client that can reach this address may generate images at your cost, "
            "because AUTH_TOKEN is not set and ALLOW_UNAUTHENTICATED is true."
        )
    elif settings.auth_token is None and (settings.public_url or settings.trusted_proxies):
        lines.append(
            "Warning: any client that the proxy admits may generate images at your cost, because "
            "AUTH_TOKEN is not set."
        )
    lines += [f"Note: {note}" for note in settings.notes]
    return "\n".join(lines)


def sketch_note(settings: Settings) -> str:
    """Why images are sketches; empty if they are not."""
    if settings.provider_name != "sketch":
        return ""
    because = "PROVIDER is sketch" if settings.provider == "sketch" else NO_KEY
    return f"Images are offline sketches, because {because}."

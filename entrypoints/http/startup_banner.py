"""What the server says about itself when it starts."""

from entrypoints.bootstrap.version import version
from entrypoints.config.host_names import is_loopback
from entrypoints.config.settings import APP, Settings


def startup_banner(settings: Settings, port: int) -> str:
    """Where it listens, and a line for each thing that its operator might not want to be so."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    lines = [f"{APP} {version()} listens on http://{host}:{port} (MCP at /mcp). Ctrl+C ends it."]
    if settings.provider_name == "sketch":
        lines.append("Pictures are offline sketches, because PROVIDER is sketch.")
    if "*" in settings.cors_origin:
        lines.append(
            "Warning: with CORS_ORIGIN=* every web page that somebody opens may use this server, "
            "if it can reach it. Name the origins that should."
        )
    if "*" in settings.trusted_proxies:
        lines.append(
            "Warning: with TRUSTED_PROXIES=* everybody may say which address they come from, so "
            "RATE_LIMIT holds up nobody. Name the proxy's address."
        )
    if settings.auth_token is None and not is_loopback(settings.host):
        lines.append(
            "Warning: whoever reaches this address may paint at your cost, because there is no "
            "AUTH_TOKEN and ALLOW_UNAUTHENTICATED is true."
        )
    elif settings.auth_token is None and (settings.public_url or settings.trusted_proxies):
        lines.append(
            "Warning: there is no AUTH_TOKEN, so whoever the proxy lets through may paint at your "
            "cost."
        )
    return "\n".join(lines)

"""How many bytes the result of a call may have."""

from collections.abc import Mapping

from entrypoints.config.settings import Settings

LARGE_STDIO_RESULTS: Mapping[str, int] = {"claude-code": 5_000_000}
"""Bytes of a message that clients take over stdio, by the names they report; all others get
RESULT_MAX_BYTES. They get an image of up to 3.7 MB itself, where others get a preview.

Claude Code 2.1.330 took messages of 14 MB and disconnected at 19 MB (measured 2026-11). It scales
large images down itself. Claude Desktop refuses results above 1 MiB (fastmcp#1036)."""


def result_limit(settings: Settings, client: str, large_results: Mapping[str, int]) -> int:
    """Bytes for the whole message: RESULT_MAX_BYTES if it is set, else what the client takes."""
    if "result_max_bytes" in settings.model_fields_set:
        return settings.result_max_bytes
    return large_results.get(client, settings.result_max_bytes)

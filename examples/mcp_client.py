"""Paint a picture through MCP, with progress, and save it.

python examples/mcp_client.py "a lighthouse above a quiet sea" --url http://127.0.0.1:3000
"""

import argparse
import asyncio
import os
from pathlib import Path

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import TextContent


async def told(progress: float, total: float | None, message: str | None) -> None:
    """Print how far it is; the server says something at least every ten seconds."""
    print(f"{progress:5.1f} of {total or 100:.0f}  {message}")


async def paint(url: str, prompt: str) -> tuple[str, bytes]:
    """Call generate_image, then fetch the whole picture by its id; return its name and bytes."""
    token = os.environ.get("AUTH_TOKEN")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with httpx2.AsyncClient(headers=headers, timeout=httpx2.Timeout(None)) as http:
        async with Client(streamable_http_client(f"{url}/mcp", http_client=http)) as client:
            arguments = {"prompt": prompt, "partialImages": 2}
            result = await client.call_tool("generate_image", arguments, progress_callback=told)
        text = "\n".join(block.text for block in result.content if isinstance(block, TextContent))
        print(text)
        if result.is_error or not result.structured_content:
            raise SystemExit(1)  # the text says why, and what to do
        picture = result.structured_content["images"][0]
        answer = await http.get(f"{url}/images/{picture['id']}")  # the result has a preview of it
        answer.raise_for_status()
        return f"{picture['id']}.{picture['format']}", answer.content


def main() -> None:
    """Read the command line, paint, and say where the picture is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("prompt")
    parser.add_argument("--url", default="http://127.0.0.1:3000", help="the running server")
    parser.add_argument("--out", type=Path, default=Path("pictures"), help="folder for the file")
    options = parser.parse_args()
    name, data = asyncio.run(paint(options.url.rstrip("/"), options.prompt))
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / name).write_bytes(data)
    print(f"Saved {options.out / name}")


if __name__ == "__main__":
    main()

"""Generate an image through MCP, with progress, and save it.

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


async def print_progress(progress: float, total: float | None, message: str | None) -> None:
    """Print the progress; the server reports it at least every ten seconds."""
    print(f"{progress:5.1f} of {total or 100:.0f}  {message}")


async def generate(url: str, prompt: str) -> tuple[str, bytes]:
    """Call generate_image, then fetch the full image by its ID; return its file name and bytes."""
    token = os.environ.get("AUTH_TOKEN")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with httpx2.AsyncClient(headers=headers, timeout=httpx2.Timeout(None)) as http:
        async with Client(streamable_http_client(f"{url}/mcp", http_client=http)) as client:
            arguments = {"prompt": prompt, "partialImages": 2}
            result = await client.call_tool(
                "generate_image", arguments, progress_callback=print_progress
            )
        text = "\n".join(block.text for block in result.content if isinstance(block, TextContent))
        print(text)
        if result.is_error or not result.structured_content:
            raise SystemExit(1)  # the text has the reason and the next step
        image = result.structured_content["images"][0]
        response = await http.get(f"{url}/images/{image['id']}")  # the result has only a preview
        response.raise_for_status()
        return f"{image['id']}.{image['format']}", response.content


def main() -> None:
    """Parse the command line, generate the image, and print its path."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("prompt")
    parser.add_argument("--url", default="http://127.0.0.1:3000", help="URL of the running server")
    parser.add_argument("--out", type=Path, default=Path("images"), help="folder for the file")
    options = parser.parse_args()
    name, data = asyncio.run(generate(options.url.rstrip("/"), options.prompt))
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / name).write_bytes(data)
    print(f"Saved {options.out / name}")


if __name__ == "__main__":
    main()

"""Stream the generation of an image: live progress, and previews as files.

python examples/stream_client.py "a lighthouse above a quiet sea" --url http://127.0.0.1:3000
"""

import argparse
import json
import os
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

Event = dict[str, Any]
PREVIEWS = 3


def stream_events(url: str, prompt: str) -> Iterator[Event]:
    """The events of /mcp/stream, up to `complete` or `error`."""
    token = os.environ.get("AUTH_TOKEN")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    body = {"prompt": prompt, "partialImages": PREVIEWS}
    timeout = httpx2.Timeout(30)  # per read; a comment arrives at least every 15 seconds
    with httpx2.stream(
        "POST", f"{url}/mcp/stream", json=body, headers=headers, timeout=timeout
    ) as response:
        if response.status_code != 200:  # a problem document; nothing was started
            raise SystemExit(response.read().decode())
        for line in response.iter_lines():
            if line.startswith("data: "):
                yield json.loads(line.removeprefix("data: "))


def watch(url: str, prompt: str, folder: Path, progress: Progress) -> list[Path]:
    """Show the progress and save each image that arrives; the last file is the final image."""
    folder.mkdir(parents=True, exist_ok=True)
    files: list[Path] = []
    bar = progress.add_task("Connecting…", total=100)
    for event in stream_events(url, prompt):
        if event["type"] == "error":
            raise SystemExit(f"{event['error']}\n{event['hint']} [{event['code']}]")
        data = event["data"]
        progress.update(bar, completed=data["progress"], description=data["message"])
        base64 = data.get("partialImage") or data.get("finalImage")
        if base64:
            index = data.get("partialImageIndex")
            files.append(folder / ("final.png" if index is None else f"preview-{index + 1}.png"))
            files[-1].write_bytes(b64decode(base64))
            progress.console.print(f"{files[-1]}  {files[-1].stat().st_size:,} bytes")
    return files


def main() -> None:
    """Parse the command line and stream the image."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("prompt")
    parser.add_argument("--url", default="http://127.0.0.1:3000", help="URL of the running server")
    parser.add_argument("--out", type=Path, default=Path("images"), help="folder for the files")
    options = parser.parse_args()
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns) as progress:
        watch(options.url.rstrip("/"), options.prompt, options.out, progress)


if __name__ == "__main__":
    main()

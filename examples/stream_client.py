"""Watch a picture being painted: progress live, previews as files as they come.

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


def events(url: str, prompt: str) -> Iterator[Event]:
    """What /mcp/stream tells, one event at a time, up to `complete` or `error`."""
    token = os.environ.get("AUTH_TOKEN")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    body = {"prompt": prompt, "partialImages": PREVIEWS}
    patience = httpx2.Timeout(30)  # between two pieces: a comment comes at least every 15 seconds
    with httpx2.stream(
        "POST", f"{url}/mcp/stream", json=body, headers=headers, timeout=patience
    ) as answer:
        if answer.status_code != 200:  # a problem document, before anything was started
            raise SystemExit(answer.read().decode())
        for line in answer.iter_lines():
            if line.startswith("data: "):
                yield json.loads(line.removeprefix("data: "))


def watch(url: str, prompt: str, folder: Path, shown: Progress) -> list[Path]:
    """Show the progress and write each picture that comes; the last of the files is the whole."""
    folder.mkdir(parents=True, exist_ok=True)
    files: list[Path] = []
    bar = shown.add_task("Asking", total=100)
    for event in events(url, prompt):
        if event["type"] == "error":
            raise SystemExit(f"{event['error']}\n{event['hint']} [{event['code']}]")
        data = event["data"]
        shown.update(bar, completed=data["progress"], description=data["message"])
        text = data.get("partialImage") or data.get("finalImage")
        if text:
            index = data.get("partialImageIndex")
            files.append(folder / ("final.png" if index is None else f"preview-{index + 1}.png"))
            files[-1].write_bytes(b64decode(text))
            shown.console.print(f"{files[-1]}  {files[-1].stat().st_size:,} bytes")
    return files


def main() -> None:
    """Read the command line and watch."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("prompt")
    parser.add_argument("--url", default="http://127.0.0.1:3000", help="the running server")
    parser.add_argument("--out", type=Path, default=Path("pictures"), help="folder for the files")
    options = parser.parse_args()
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns) as shown:
        watch(options.url.rstrip("/"), options.prompt, options.out, shown)


if __name__ == "__main__":
    main()

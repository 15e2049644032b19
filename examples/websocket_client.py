"""Generate images over the WebSocket: two at once on one connection, resumed if it breaks.

python examples/websocket_client.py "a lighthouse above a quiet sea" --url http://127.0.0.1:3000
"""

import argparse
import json
import os
from pathlib import Path
from typing import Any
from uuid import uuid4

from websockets.exceptions import ConnectionClosedError
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

Message = dict[str, Any]
PROTOCOL = Subprotocol("gpt-image.v1")
STYLES = {"day": "in bright sunlight", "night": "at night"}


def start_message(name: str, prompt: str, seen: Message) -> Message:
    """The message that starts a job, or that continues it after what was seen of it."""
    if "jobId" in seen:
        return {"type": "watch", "id": name, "jobId": seen["jobId"], "cursor": seen["cursor"]}
    arguments = {"prompt": f"{prompt} {STYLES[name]}", "partialImages": 3}
    key = seen.setdefault("key", str(uuid4()))  # repeating it costs nothing
    return {"type": "generate", "id": name, "arguments": arguments, "idempotencyKey": key}


def read(socket: ClientConnection) -> tuple[str, Message, bytes]:
    """The next message, with its ID and the image that follows it."""
    message: Message = json.loads(socket.recv())
    image = socket.recv(decode=False) if message["type"] in ("partial", "image") else b""
    return message["id"], message, image


def follow(url: str, prompt: str, folder: Path, jobs: dict[str, Message]) -> None:
    """Serve the unfinished jobs on one connection; each keeps the cursor of what arrived whole."""
    folder.mkdir(parents=True, exist_ok=True)
    token = os.environ.get("AUTH_TOKEN")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    url = f"ws{url.removeprefix('http')}/ws"
    with connect(
        url, subprotocols=[PROTOCOL], additional_headers=headers, max_size=None, proxy=None
    ) as socket:
        for name, seen in jobs.items():
            socket.send(json.dumps(start_message(name, prompt, seen)))
        while jobs:
            name, message, image = read(socket)
            if message["type"] == "error":
                raise SystemExit(f"{message['message']}\n{message['hint']} [{message['code']}]")
            jobs[name] |= {"jobId": message["jobId"], "cursor": message["cursor"]}
            print(f"{name:6} {message.get('progress', 100):3} % {message.get('message', '')}")
            if image:
                number = message.get("partialImageIndex")
                label = "final" if number is None else f"preview-{number + 1}"
                (folder / f"{name}-{label}.png").write_bytes(image)
            if message["type"] == "complete":
                del jobs[name]


def main() -> None:
    """Parse the command line and generate the images."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("prompt")
    parser.add_argument("--url", default="http://127.0.0.1:3000", help="URL of the running server")
    parser.add_argument("--out", type=Path, default=Path("images"), help="folder for the files")
    options = parser.parse_args()
    jobs: dict[str, Message] = {name: {} for name in STYLES}
    while jobs:
        try:
            follow(options.url.rstrip("/"), options.prompt, options.out, jobs)
        except ConnectionClosedError as error:
            print(f"The connection broke ({error}); connecting again.")


if __name__ == "__main__":
    main()
